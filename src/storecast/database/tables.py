"""The tables, as the code sees them. How a database gets them, version by version, stands in migrations/.

chain           one row: the version, and what holds for the whole chain
chain_settings  what was said of the chain when it was loaded, by name
stores          a row per store
calendar        a row per store and day, past and known ahead, as given; what is worked out is not stored
sales           a row per store and day that was observed
forecasts       a row per forecast that was made of the chain
forecast_rows   a row per forecast, store and day
keys            who may do what; of a key itself, the SHA-256
sessions        who is logged in to the web page; of a session itself, the SHA-256
requests        requests that were answered
audit           writes, and who made them
overwritten     rows that a write took the place of, so that it can be taken back
plan_versions   a row per forecast that was published
plan_states     the states that each of them came into, by whom
plan_figures    the figures of their stores and days, packed
plan_writes     writes to the plan: who overrode something, or took it back
plan_overrides  what stands in the place of the forecast, and what stood there
plan_reasons    the reasons that an override may have
plan_exceptions who looks after what needs a look, and what is done
plan_comments   what people said about a version, a store or some of its days
plan_budget     a row per store and day, week or month that has a budget
budget_loads    budgets that were put in place, each with the one before it, so that it can be taken back
scenarios       other calendars that were worked out and kept by name
scenario_figures what stores are expected to sell under them, packed
jobs            long work that services do beside requests, its progress and its replies of the last 24 hours
idempotency     replies to writes, so that the same write asked again is answered and not done again

Stores are text here, whatever they are in files: `chain.store_ids` says what they were. Money and own columns are double
precision, so that what is read is bit for bit what was written. Sales, calendar and stores carry the version at which a row
was last written.
"""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table

from storecast.database.plan_tables import (
    budget_loads,
    plan_budget,
    plan_comments,
    plan_exceptions,
    plan_figures,
    plan_overrides,
    plan_reasons,
    plan_states,
    plan_versions,
    plan_writes,
    scenario_figures,
    scenarios,
)
from storecast.database.sql_columns import STORE_ID, sql_columns
from storecast.database.table_types import BIG_ID, NO_ROWID, Moment, metadata

VERSIONS = Path(__file__).parent / "migrations" / "versions"
REVISIONS = tuple(
    sorted(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))
)  # oldest first; this code works on the last

__all__ = [
    "REVISIONS",
    "VERSIONS",
    "audit",
    "budget_loads",
    "calendar",
    "chain",
    "chain_settings",
    "forecast_rows",
    "forecasts",
    "idempotency",
    "jobs",
    "keys",
    "metadata",
    "overwritten",
    "plan_budget",
    "plan_comments",
    "plan_exceptions",
    "plan_figures",
    "plan_overrides",
    "plan_reasons",
    "plan_states",
    "plan_versions",
    "plan_writes",
    "requests",
    "sales",
    "scenario_figures",
    "scenarios",
    "sessions",
    "stores",
]

chain = Table(
    "chain",
    metadata,
    Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("version", sa.BigInteger, nullable=False),  # counted up by every write; 0: nothing was written yet
    Column("replaced", sa.BigInteger, nullable=False),  # the version at which the chain was last replaced whole
    Column("generated", sa.Boolean, nullable=False),
    Column("store_ids", sa.Text, nullable=False),  # number or text
    Column("known", sa.Text, nullable=False),  # JSON: the names of the chain's own known-ahead columns
    Column("fingerprint", sa.Text),  # of the Panel that was written whole; null once rows were changed
)
chain_settings = Table(
    "chain_settings",
    metadata,
    Column("name", sa.Text, primary_key=True),  # excluded: [[first, last, store, name], …]; written: how its files are
    Column("value", sa.Text, nullable=False),  # JSON
)
stores = Table(
    "stores",
    metadata,
    Column("store", STORE_ID, primary_key=True),
    *sql_columns("stores"),
    Column("version", sa.BigInteger, nullable=False),
    **NO_ROWID,
)
calendar = Table(
    "calendar",
    metadata,
    Column("store", STORE_ID, sa.ForeignKey("stores.store"), primary_key=True),
    Column("date", sa.Date, primary_key=True),
    *sql_columns("calendar"),
    Column("own", sa.Text),  # JSON: the chain's own columns, {"Leaflet": 1.5}; null where it has none
    Column("version", sa.BigInteger, nullable=False),
    Index("calendar_version", "version"),
    **NO_ROWID,
)
sales = Table(
    "sales",
    metadata,
    Column("store", STORE_ID, primary_key=True),
    Column("date", sa.Date, primary_key=True),
    *sql_columns("sales"),
    Column("version", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(["store", "date"], ["calendar.store", "calendar.date"]),
    Index("sales_version", "version"),
    **NO_ROWID,
)
forecasts = Table(
    "forecasts",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("model", sa.Text, nullable=False),
    Column("cutoff", sa.Date, nullable=False),
    Column("version", sa.BigInteger, nullable=False),  # of the chain that it was made of
    Column("made", Moment, nullable=False),
    Column("store_ids", sa.Text, nullable=False),  # number or text
    Column("quantiles", sa.Text, nullable=False),  # JSON: the quantile columns, ["Q10", …]
    Column("totals", sa.Text),  # JSON: the intervals of its totals, see plan.totals; null: not known
    sa.UniqueConstraint("model", "cutoff", "version", name="forecasts_once"),
)
forecast_rows = Table(
    "forecast_rows",
    metadata,
    Column(
        "forecast", BIG_ID, sa.ForeignKey("forecasts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("store", STORE_ID, primary_key=True),
    Column("date", sa.Date, primary_key=True),
    Column("value", sa.Double, nullable=False),
    Column("lower80", sa.Double, nullable=False),
    Column("upper80", sa.Double, nullable=False),
    Column("lower95", sa.Double, nullable=False),
    Column("upper95", sa.Double, nullable=False),
    Column("quantiles", sa.Text),  # JSON: {"Q10": 4210.5}; null without any
    **NO_ROWID,
)
keys = Table(
    "keys",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("name", sa.Text, nullable=False),
    Column("hash", sa.Text, nullable=False, unique=True),  # SHA-256 of the secret, or of a person's name at a provider
    Column("scopes", sa.Text, nullable=False),  # with commas between
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("revoked", Moment),
)
sessions = Table(
    "sessions",
    metadata,
    Column("hash", sa.Text, primary_key=True),  # SHA-256 in hexadecimal
    Column("key", sa.BigInteger, sa.ForeignKey("keys.id", ondelete="CASCADE"), nullable=False),
    Column("expires", Moment, nullable=False),
)
requests = Table(
    "requests",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("request", sa.Text, nullable=False),  # the request's id, as in the log
    Column("key", sa.BigInteger),  # null without a key
    Column("method", sa.Text, nullable=False),
    Column("route", sa.Text, nullable=False),  # as documented, not as asked
    Column("status", sa.SmallInteger, nullable=False),
    Column("rows", sa.Integer),  # of the reply
    Column("milliseconds", sa.Double, nullable=False),
    Column("model", sa.Text),
)
audit = Table(
    "audit",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("actor", sa.Text, nullable=False),  # key:ID, or who ran a command
    Column("action", sa.Text, nullable=False),
    Column("detail", sa.Text, nullable=False),  # JSON
)
overwritten = Table(
    "overwritten",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("version", sa.BigInteger, nullable=False),  # of the write that took its place
    Column("stored", sa.Text, nullable=False),  # sales, calendar or stores; chain: it was filled whole
    Column("was", sa.BigInteger, nullable=False),  # the version that had written the row
    Column("at", Moment, nullable=False, index=True),
    Column("row", sa.Text, nullable=False),  # JSON, as the table held it
    Index("overwritten_version", "version"),
    Index("overwritten_was", "was"),
)
jobs = Table(
    "jobs",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("kind", sa.Text, nullable=False),
    Column("key", sa.BigInteger, nullable=False),  # that asked for it; 0 without keys
    Column("digest", sa.Text, nullable=False),  # of what is asked for
    Column("process", sa.Text, nullable=False),  # that works on it
    Column("state", sa.Text, nullable=False),  # waiting, running, done, failed, cancelled
    Column("progress", sa.Double, nullable=False),  # 0 to 1
    Column("cancel", sa.Boolean, nullable=False),  # somebody wants it to end
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False),  # when its process last said that it is at work
    Column("finished", Moment),
    Column("detail", sa.Text, nullable=False),  # why it failed
    Column("status", sa.SmallInteger),  # of the reply, as HTTP has it
    Column("media_type", sa.Text),
    Column("reply", sa.LargeBinary),  # deflated
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("key", sa.BigInteger, primary_key=True, autoincrement=False),  # 0 without keys
    Column("name", sa.Text, primary_key=True),  # the Idempotency-Key
    Column("digest", sa.Text, nullable=False),  # of the request
    Column("at", Moment, nullable=False, index=True),
    Column("status", sa.SmallInteger),  # null while the write is under way
    Column("media_type", sa.Text),
    Column("body", sa.LargeBinary),
)
