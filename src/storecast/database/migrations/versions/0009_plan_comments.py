"""Comments on the plan."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; nobody has commented yet."""
    op.create_table(
        "plan_comments",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("plan", _ID, sa.ForeignKey("plan_versions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("store", sa.Text),
        sa.Column("first", sa.Date),
        sa.Column("last", sa.Date),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_plan_comments_plan", "plan_comments", ["plan"])


def downgrade() -> None:
    """Drop the table, and the comments with it."""
    op.drop_table("plan_comments")
