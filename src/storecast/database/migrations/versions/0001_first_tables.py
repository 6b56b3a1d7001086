"""The first tables.

A step says what it does by itself, and not by `tables`: that module goes on, this one stays as it was released.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STORE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; the chain has no version yet."""
    chain = op.create_table(
        "chain",
        sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("replaced", sa.BigInteger, nullable=False),
        sa.Column("generated", sa.Boolean, nullable=False),
        sa.Column("store_ids", sa.Text, nullable=False),
        sa.Column("known", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text),
    )
    op.bulk_insert(
        chain,
        [{"id": 1, "version": 0, "replaced": 0, "generated": False, "store_ids": "number", "known": "[]"}],
    )
    _chain_tables()
    _forecast_tables()
    _service_tables()


def downgrade() -> None:
    """Drop all tables, and what they hold."""
    for name in (
        "idempotency", "audit", "requests", "keys", "forecast_rows", "forecasts", "sales", "calendar", "stores", "chain",
    ):  # fmt: skip
        op.drop_table(name)


def _chain_tables() -> None:
    op.create_table(
        "stores",
        sa.Column("store", _STORE, primary_key=True),
        sa.Column("store_type", sa.Text, nullable=False),
        sa.Column("assortment", sa.Text, nullable=False),
        sa.Column("competition_distance", sa.Double),
        sa.Column("competition_since", sa.Date),
        sa.Column("promo2", sa.SmallInteger, nullable=False),
        sa.Column("promo2_since", sa.Date),
        sa.Column("promo_interval", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "calendar",
        sa.Column("store", _STORE, sa.ForeignKey("stores.store"), primary_key=True),
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("open", sa.SmallInteger, sa.CheckConstraint("open IN (0, 1)"), nullable=False),
        sa.Column("promo", sa.SmallInteger, sa.CheckConstraint("promo IN (0, 1)"), nullable=False),
        sa.Column(
            "state_holiday", sa.Text, sa.CheckConstraint("state_holiday IN ('0', 'a', 'b', 'c')"), nullable=False
        ),
        sa.Column("school_holiday", sa.SmallInteger, sa.CheckConstraint("school_holiday IN (0, 1)"), nullable=False),
        sa.Column("assumed", sa.Boolean, nullable=False),
        sa.Column("own", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("calendar_version", "calendar", ["version"])
    op.create_table(
        "sales",
        sa.Column("store", _STORE, primary_key=True),
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("sales", sa.Double, sa.CheckConstraint("sales >= 0 AND sales <= 1e9"), nullable=False),
        sa.Column("customers", sa.Double, sa.CheckConstraint("customers >= 0 AND customers <= 1e9")),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["store", "date"], ["calendar.store", "calendar.date"]),
        sqlite_with_rowid=False,
    )
    op.create_index("sales_version", "sales", ["version"])


def _forecast_tables() -> None:
    op.create_table(
        "forecasts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("cutoff", sa.Date, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("made", _MOMENT, nullable=False),
        sa.Column("store_ids", sa.Text, nullable=False),
        sa.Column("quantiles", sa.Text, nullable=False),
        sa.UniqueConstraint("model", "cutoff", "version", name="forecasts_once"),
    )
    op.create_table(
        "forecast_rows",
        sa.Column(
            "forecast", _ID, sa.ForeignKey("forecasts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("store", _STORE, primary_key=True),
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("lower80", sa.Double, nullable=False),
        sa.Column("upper80", sa.Double, nullable=False),
        sa.Column("lower95", sa.Double, nullable=False),
        sa.Column("upper95", sa.Double, nullable=False),
        sa.Column("quantiles", sa.Text),
        sqlite_with_rowid=False,
    )


def _service_tables() -> None:
    op.create_table(
        "keys",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT),
        sa.Column("revoked", _MOMENT),
    )
    op.create_table(
        "requests",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("key", sa.BigInteger),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("rows", sa.Integer),
        sa.Column("milliseconds", sa.Double, nullable=False),
        sa.Column("model", sa.Text),
    )
    op.create_table(
        "audit",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "idempotency",
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("status", sa.SmallInteger),
        sa.Column("media_type", sa.Text),
        sa.Column("body", sa.LargeBinary),
    )
    for table in ("requests", "audit", "idempotency"):
        op.create_index(f"ix_{table}_at", table, ["at"])
