"""The budget, beside which the plan is set."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"

_STORE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table; there is no budget yet."""
    op.create_table(
        "plan_budget",
        sa.Column("store", _STORE, primary_key=True),
        sa.Column("first", sa.Date, primary_key=True),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("amount", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the table, and the budget with it."""
    op.drop_table("plan_budget")
