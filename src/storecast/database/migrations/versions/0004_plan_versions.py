"""Forecasts that were published: versions of the plan, their states, and their figures."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; nothing is published yet."""
    op.create_table(
        "plan_versions",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("cutoff", sa.Date, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("store_ids", sa.Text, nullable=False),
        sa.Column("stores", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.UniqueConstraint("model", "cutoff", "version", name="plan_versions_once"),
    )
    op.create_table(
        "plan_states",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("plan", _ID, sa.ForeignKey("plan_versions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("ix_plan_states_plan", "plan_states", ["plan"])
    op.create_table(
        "plan_figures",
        sa.Column(
            "plan", _ID, sa.ForeignKey("plan_versions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("place", sa.SmallInteger, nullable=False),
        sa.Column("cells", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables, and the versions with them."""
    for name in ("plan_figures", "plan_states", "plan_versions"):
        op.drop_table(name)
