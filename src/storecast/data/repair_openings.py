"""Repair what the column Open says of days that never sell: kinds of day that a store is closed on, and days after it stopped.

Some systems write every store and day as open. Where Open says nothing, the sales do: a weekday on which a store never sold
anything, in at least eight of them, is one on which it is closed, in the past and ahead; so are its holidays. A single day on
which no store of a chain sold anything is one on which the chain was closed. A day in a long silence is closed too, but only from
the day on which the silence could be known.
"""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.active_stores import silence_limit
from storecast.data.cleaning_rules import MIN_IDLE_HOLIDAYS, MIN_IDLE_WEEKDAYS, Work, store_name
from storecast.dates import WEEKDAYS

MIN_OPEN_STORES = 3  # on a day, none of which sold anything
MAX_IDLE_SHARE = 0.05  # of the days of a chain; a chain that has more of them sells rarely
HOLIDAY = 0  # beside the weekdays 1 to 7: all holidays of a store together
KIND = "kind"


def close_weekdays_without_sales(work: Work) -> None:
    """Close the weekdays of a store, and its holidays, that were always open and never sold anything."""
    opened = work.sales.filter(pl.col(s.OPEN) == 1).with_columns(_kind())
    enough = pl.when(pl.col(KIND) == HOLIDAY).then(MIN_IDLE_HOLIDAYS).otherwise(MIN_IDLE_WEEKDAYS)
    sells = pl.col(s.SALES).max().over(s.STORE) > 0  # of a store that never sold, no weekday is unlike the others
    idle = (
        opened.with_columns(sells.alias("sells"))
        .group_by(s.STORE, KIND)
        .agg(pl.len().alias("days"), pl.col(s.SALES).max().alias("most"), pl.col("sells").first())
        .filter(pl.col("sells") & (pl.col("most") == 0) & (pl.col("days") >= enough))
        .sort(s.STORE, KIND)
    )
    if idle.is_empty() or "weekday_without_sales" in work.skip:
        return
    rows = 0
    closed_sales, count = _closed(work.sales, idle)
    rows += count
    work.sales = closed_sales
    if work.ahead is not None:
        work.ahead, count = _closed(work.ahead, idle)
        rows += count
    names = ["holidays", *WEEKDAYS]
    examples = [
        f"{store_name(store)}: {names[kind]}, {days} without a sale"
        for store, kind, days in idle.select(s.STORE, KIND, "days").iter_rows()
    ]
    work.note("weekday_without_sales", "taken as closed, in the past and ahead", rows, examples)


def close_days_of_a_chain_without_sales(work: Work) -> None:
    """Close the few days on which several stores were open and none of them sold anything."""
    opened = work.sales.filter(pl.col(s.OPEN) == 1, pl.col(s.SALES).is_not_null())
    days = opened.group_by(s.DATE).agg(pl.len().alias("stores"), (pl.col(s.SALES) > 0).any().alias("sold"))
    days = days.filter(pl.col("stores") >= MIN_OPEN_STORES)
    idle = days.filter(~pl.col("sold")).sort(s.DATE)
    if idle.is_empty() or idle.height > MAX_IDLE_SHARE * days.height or "chain_without_sales" in work.skip:
        return
    shut = pl.col(s.DATE).is_in(idle[s.DATE].implode()) & (pl.col(s.OPEN) == 1)
    work.sales = work.sales.with_columns(pl.when(shut).then(0).otherwise(s.OPEN).cast(pl.Int8).alias(s.OPEN))
    examples = [f"{day}: {stores} stores" for day, stores in idle.select(s.DATE, "stores").iter_rows()]
    work.note("chain_without_sales", "taken as closed", int(idle["stores"].sum()), examples)


def close_silent_days(work: Work) -> None:
    """Close open days without sales once a store has been silent for so long that it counts as inactive."""
    sold = pl.col(s.SALES) > 0
    limits = {}
    for store, days in work.sales.filter(sold).sort(s.DATE).group_by(s.STORE).agg(pl.col(s.DATE)).iter_rows():
        limits[store] = silence_limit(np.array([day.toordinal() for day in days], np.int64))
    if not limits:
        return
    limit = pl.col(s.STORE).replace_strict(
        pl.Series(list(limits), dtype=work.sales.schema[s.STORE]), pl.Series(list(limits.values())), default=None
    )
    # Rows are counted, not days: a gap without rows does not affect the day after it.
    sales_before = sold.cast(pl.Int64).cum_sum().over(s.STORE, order_by=s.DATE)
    rows_since = pl.int_range(pl.len()).over(s.STORE, "sales_before", order_by=s.DATE)
    counted = work.sales.with_columns(sales_before.alias("sales_before")).with_columns(rows_since.alias("since"))[
        "since"
    ]
    silent = (pl.col(s.OPEN) == 1) & (pl.col(s.SALES) == 0) & (counted >= limit)
    marked = work.sales.with_columns(silent.fill_null(value=False).alias("silent"))
    days = marked.filter(pl.col("silent"))
    if days.is_empty() or "silent_days" in work.skip:
        return
    work.sales = marked.with_columns(pl.when("silent").then(0).otherwise(s.OPEN).cast(pl.Int8).alias(s.OPEN)).drop(
        "silent"
    )
    spans = days.group_by(s.STORE).agg(pl.col(s.DATE).min().alias("from"), pl.len().alias("days")).sort(s.STORE)
    examples = [f"{store_name(store)}: {count} days from {day} on" for store, day, count in spans.iter_rows()]
    work.note("silent_days", "taken as closed", days.height, examples)


def _closed(frame: pl.DataFrame, idle: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return a table with the idle kinds of day closed, and how many rows that changed."""
    kinds = frame.with_columns(_kind()).join(
        idle.select(s.STORE, KIND, pl.lit(value=True).alias("idle")),
        on=[s.STORE, KIND],
        how="left",
        maintain_order="left",
    )
    change = kinds["idle"].fill_null(value=False) & (frame[s.OPEN] == 1)
    closed = pl.when(change).then(0).otherwise(s.OPEN).cast(pl.Int8).alias(s.OPEN)
    return frame.with_columns(closed), int(change.sum())


def _kind() -> pl.Expr:
    no_holiday = pl.col(s.STATE_HOLIDAY) == s.NO_HOLIDAY
    return pl.when(no_holiday).then(pl.col(s.DATE).dt.weekday()).otherwise(HOLIDAY).cast(pl.Int64).alias(KIND)
