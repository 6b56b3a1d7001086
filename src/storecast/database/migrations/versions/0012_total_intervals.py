"""The intervals of a forecast's own totals, kept with it and with the version of the plan that it becomes."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision: str | None = "0011"


def upgrade() -> None:
    """Add the columns; of forecasts that are there already the intervals are not known."""
    for table in ("forecasts", "plan_versions"):
        op.add_column(table, sa.Column("totals", sa.Text))


def downgrade() -> None:
    """Drop the columns."""
    for table in ("forecasts", "plan_versions"):
        op.drop_column(table, "totals")
