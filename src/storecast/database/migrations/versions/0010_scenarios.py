"""Scenarios that are kept by name."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision: str | None = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; no scenario is kept yet."""
    op.create_table(
        "scenarios",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("cutoff", sa.Date, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("store_ids", sa.Text, nullable=False),
        sa.Column("stores", sa.Text, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("stored", sa.Double, nullable=False),
        sa.Column("scenario", sa.Double, nullable=False),
        sa.Column("difference", sa.Double, nullable=False),
        sa.Column("lower80", sa.Double),
        sa.Column("upper80", sa.Double),
        sa.Column("weeks", sa.Text, nullable=False),
        sa.Column("changes", sa.Text, nullable=False),
        sa.Column("notices", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "scenario_figures",
        sa.Column(
            "scenario",
            _ID,
            sa.ForeignKey("scenarios.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("place", sa.SmallInteger, nullable=False),
        sa.Column("cells", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables, and the scenarios with them."""
    op.drop_table("scenario_figures")
    op.drop_table("scenarios")
