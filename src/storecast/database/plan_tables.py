"""The tables of the plan and of scenarios; `tables` has them with all others."""

import sqlalchemy as sa
from sqlalchemy import Column, Table

from storecast.database.sql_columns import STORE_ID
from storecast.database.table_types import BIG_ID, NO_ROWID, Moment, metadata

plan_versions = Table(
    "plan_versions",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("model", sa.Text, nullable=False),
    Column("cutoff", sa.Date, nullable=False),
    Column("version", sa.BigInteger, nullable=False),  # of the chain that the forecast was made of
    Column("first", sa.Date, nullable=False),
    Column("last", sa.Date, nullable=False),
    Column("store_ids", sa.Text, nullable=False),  # number or text
    Column("stores", sa.Text, nullable=False),  # JSON: their ids, sorted
    Column("state", sa.Text, nullable=False),
    Column("totals", sa.Text),  # JSON: the intervals of the forecast's totals, see plan.totals; null: not known
    Column("scenario", sa.BigInteger),  # that the forecast is of; null: it is of the stored calendar
    sa.UniqueConstraint("model", "cutoff", "version", name="plan_versions_once"),
)
plan_states = Table(
    "plan_states",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("plan", BIG_ID, sa.ForeignKey("plan_versions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("state", sa.Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", sa.Text, nullable=False),  # the name of a key, or who ran a command
    Column("note", sa.Text, nullable=False),
)
plan_figures = Table(
    "plan_figures",
    metadata,
    Column(
        "plan", BIG_ID, sa.ForeignKey("plan_versions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("part", sa.Text, primary_key=True),  # forecast; drivers: what it is made of
    Column("name", sa.Text, primary_key=True),  # of the figure: Forecast, Lower80, Promotion …
    Column("place", sa.SmallInteger, nullable=False),  # among those of its part
    Column("cells", sa.LargeBinary, nullable=False),  # cents by store and day, see plan.store_days.compact
)
plan_writes = Table(
    "plan_writes",
    metadata,
    Column("id", BIG_ID, primary_key=True),  # the revision of the plan after it
    Column("at", Moment, nullable=False),
    Column("by", sa.Text, nullable=False),
    Column("action", sa.Text, nullable=False),  # overridden, withdrawn, undone
)
plan_overrides = Table(
    "plan_overrides",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("plan", sa.BigInteger, nullable=False),  # the version on which it was written
    Column("added", BIG_ID, sa.ForeignKey("plan_writes.id"), nullable=False, index=True),
    Column("withdrawn", BIG_ID, sa.ForeignKey("plan_writes.id"), index=True),  # null: it stands
    Column("level", sa.Text, nullable=False),  # as of totals: store, type, state, Region, chain
    Column("key", sa.Text, nullable=False),
    Column("first", sa.Date, nullable=False),
    Column("last", sa.Date, nullable=False),
    Column("kind", sa.Text, nullable=False),  # figure, amount, factor
    Column("value", sa.Double, nullable=False),
    Column("reason", sa.Text, nullable=False),
    Column("note", sa.Text, nullable=False),
    Column("by", sa.Text, nullable=False),  # whose it is, whoever brought it back
)
plan_reasons = Table(
    "plan_reasons",
    metadata,
    Column("name", sa.Text, primary_key=True),
)
plan_budget = Table(
    "plan_budget",
    metadata,
    Column("store", STORE_ID, primary_key=True),
    Column("first", sa.Date, primary_key=True),
    Column("last", sa.Date, nullable=False),
    Column("amount", sa.Double, nullable=False),
    **NO_ROWID,
)
budget_loads = Table(
    "budget_loads",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", sa.Text, nullable=False),
    Column("rows", sa.Integer, nullable=False),  # amounts that it put in place
    Column("undone", sa.Boolean, nullable=False),
    Column("before", sa.LargeBinary, nullable=False),  # JSON, deflated: [[store, first, last, amount], …]
)
plan_exceptions = Table(
    "plan_exceptions",
    metadata,
    Column("name", sa.Text, primary_key=True),  # kind, first day, and whose it is
    Column("state", sa.Text, nullable=False),  # open, done, snoozed
    Column("owner", sa.Text, nullable=False),
    Column("until", sa.Date),  # of one that is snoozed
    Column("stake", sa.Double, nullable=False),  # when that was said
    Column("note", sa.Text, nullable=False),
    Column("by", sa.Text, nullable=False),
    Column("at", Moment, nullable=False),
)
plan_comments = Table(
    "plan_comments",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("plan", BIG_ID, sa.ForeignKey("plan_versions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("store", sa.Text),  # null: the version as a whole
    Column("first", sa.Date),  # null: all days
    Column("last", sa.Date),
    Column("text", sa.Text, nullable=False),
    Column("by", sa.Text, nullable=False),
    Column("at", Moment, nullable=False),
)
scenarios = Table(
    "scenarios",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("name", sa.Text, nullable=False),
    Column("model", sa.Text, nullable=False),
    Column("cutoff", sa.Date, nullable=False),
    Column("version", sa.BigInteger, nullable=False),  # of the chain that the forecasts were made of
    Column("store_ids", sa.Text, nullable=False),  # number or text
    Column("stores", sa.Text, nullable=False),  # JSON: their ids, sorted
    Column("first", sa.Date, nullable=False),
    Column("last", sa.Date, nullable=False),
    Column("stored", sa.Double, nullable=False),  # expected of all stores and days, as the calendar was
    Column("scenario", sa.Double, nullable=False),  # and with the changes
    Column("difference", sa.Double, nullable=False),
    Column("lower80", sa.Double),
    Column("upper80", sa.Double),
    Column("weeks", sa.Text, nullable=False),  # JSON: the same by week
    Column("changes", sa.Text, nullable=False),  # JSON: [[level, key, first, last, column, value], …]
    Column("notices", sa.Text, nullable=False),  # JSON: where they leave what was ever seen
    Column("note", sa.Text, nullable=False),
    Column("by", sa.Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("deleted", Moment),  # null: it stands
)
scenario_figures = Table(
    "scenario_figures",
    metadata,
    Column(
        "scenario", BIG_ID, sa.ForeignKey("scenarios.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("name", sa.Text, primary_key=True),  # of the figure: Forecast, Lower80, Upper80
    Column("place", sa.SmallInteger, nullable=False),
    Column("cells", sa.LargeBinary, nullable=False),  # cents by store and day, see plan.store_days.compact
)
