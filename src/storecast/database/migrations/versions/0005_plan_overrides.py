"""What people put in the place of the forecast, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REASONS = ("competition", "local event", "opening hours", "other", "promotion", "supply", "weather")  # to begin with


def upgrade() -> None:
    """Make the tables; the forecast stands as it is."""
    op.create_table(
        "plan_writes",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
    )
    op.create_table(
        "plan_overrides",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("plan", sa.BigInteger, nullable=False),
        sa.Column("added", _ID, sa.ForeignKey("plan_writes.id"), nullable=False),
        sa.Column("withdrawn", _ID, sa.ForeignKey("plan_writes.id")),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )
    op.create_index("ix_plan_overrides_added", "plan_overrides", ["added"])
    op.create_index("ix_plan_overrides_withdrawn", "plan_overrides", ["withdrawn"])
    reasons = op.create_table("plan_reasons", sa.Column("name", sa.Text, primary_key=True))
    op.bulk_insert(reasons, [{"name": name} for name in REASONS])


def downgrade() -> None:
    """Drop the tables, and the overrides with them."""
    for name in ("plan_reasons", "plan_overrides", "plan_writes"):
        op.drop_table(name)
