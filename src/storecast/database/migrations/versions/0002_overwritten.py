"""Rows that a write took the place of, so that the write can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Make the table; writes of before cannot be taken back."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "overwritten",
        sa.Column("id", number, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("stored", sa.Text, nullable=False),
        sa.Column("was", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row", sa.Text, nullable=False),
    )
    op.create_index("overwritten_version", "overwritten", ["version"])
    op.create_index("overwritten_was", "overwritten", ["was"])
    op.create_index("ix_overwritten_at", "overwritten", ["at"])

    op.execute(
        "INSERT INTO overwritten (version, stored, was, at, row) "
        "SELECT version, 'chain', 0, CURRENT_TIMESTAMP, '{}' FROM chain WHERE replaced > 0"
    )


def downgrade() -> None:
    """Drop the table, and the values it keeps."""
    op.drop_table("overwritten")
