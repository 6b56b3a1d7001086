"""The scenario that a version of the plan was made of, as a number."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision: str | None = "0012"

NUMBERED = """
UPDATE plan_versions SET scenario = (
  SELECT id FROM scenarios WHERE plan_versions.model = scenarios.model || ', scenario ' || CAST(scenarios.id AS TEXT)
)
"""  # the name of the model alone had the number


def upgrade() -> None:
    """Add the column, and fill it in."""
    op.add_column("plan_versions", sa.Column("scenario", sa.BigInteger))
    op.execute(NUMBERED)


def downgrade() -> None:
    """Drop the column; the name of the model says it, too."""
    op.drop_column("plan_versions", "scenario")
