"""What was said of a chain when it was loaded: days that models should not learn from, how its files are written."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Make the table; of a chain that is stored already nothing was said."""
    op.create_table(
        "chain_settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop the table: models then learn from all days again."""
    op.drop_table("chain_settings")
