"""Exceptions of the data: stores that lack days lately, and days whose record must be wrong.

missing    a store reported, in the last two weeks, less than half of the days that it usually does; or it has no row on a single
           day on which it is usually open and most of the others sold; at stake: its usual sales of the days that lack
broken     a store sold, in the last two weeks, so much more or less than on the weekdays before that no model learns from it (see
           `data.broken_days`); at stake: the difference
"""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.broken_days import broken_days, usual_log_sales
from storecast.data.end_of_sales import COMPLETE_SHARE
from storecast.dates import as_date
from storecast.errors import Amount, Message, Write
from storecast.plan.exceptions import BROKEN, MISSING, MOST_OF_A_KIND, named

WINDOW = 14  # days that are looked at
BEFORE = 56  # days before them, by which is told what is usual
MIN_USUAL = 4.0  # days of a window, below which a store reports too seldom to miss any
WEEKDAYS = 6  # of the eight of a kind before the window: who sold on so many is usually open on that weekday
DAYS_READ = 15 * 7  # of sales: the broken days need the weeks before


def missing_reports(
    sales: pl.DataFrame, closed: pl.DataFrame, holidays: pl.DataFrame, write: Write = str
) -> pl.DataFrame:
    """Return the stores that lack days lately: many of them, or a few.

    Parameters
    ----------
    sales : Store, Date, Sales; of the last `DAYS_READ` days
    closed : Store, Date; days on which the calendar says that the store is closed
    holidays : Store, Date; holidays, which no store need work on
    write : of a message, the text in a language
    """
    few = few_reports(sales, closed, write)
    days = missing_days(sales, closed, holidays, write)
    single = days.filter(~pl.col("Key").is_in(few["Key"].implode()))
    return pl.concat([few, single]).sort(["Stake", "Key"], descending=[True, False]).head(MOST_OF_A_KIND)


def few_reports(sales: pl.DataFrame, closed: pl.DataFrame, write: Write = str) -> pl.DataFrame:
    """Return the stores that report no or few days lately.

    Parameters
    ----------
    sales : Store, Date, Sales; of the last `DAYS_READ` days
    closed : Store, Date; days on which the calendar says that the store is closed
    write : of a message, the text in a language
    """
    if sales.is_empty():
        return named(_empty(), MISSING, [])
    end = as_date(sales[s.DATE].max())
    start = end - dt.timedelta(days=WINDOW - 1)
    reported = sales.select(*s.KEYS, s.SALES)
    late = pl.concat([reported.select(s.KEYS), closed.select(s.KEYS)]).filter(pl.col(s.DATE).is_between(start, end))
    before = reported.filter(pl.col(s.DATE).is_between(start - dt.timedelta(days=BEFORE), start, closed="left"))
    stores = (
        before.group_by(s.STORE)
        .agg((pl.len() * WINDOW / BEFORE).alias("usual"), pl.col(s.SALES).mean().fill_null(0.0).alias("mean"))
        .join(late.unique().group_by(s.STORE).agg(pl.len().alias("late")), on=s.STORE, how="left")
        .join(reported.group_by(s.STORE).agg(pl.col(s.DATE).max().alias("newest")), on=s.STORE, how="left")
        .with_columns(pl.col("late").fill_null(0))
        .filter((pl.col("usual") >= MIN_USUAL) & (pl.col("late") < pl.col("usual") / 2))
        .with_columns(((pl.col("usual") - pl.col("late")) * pl.col("mean")).round(2).alias("Stake"))
        .sort(["Stake", s.STORE], descending=[True, False])
        .head(MOST_OF_A_KIND)
    )
    texts = [
        write(
            Message(
                "it reported {late} of the {usual} days that are usual in two weeks, the last on {newest}: load the missing "
                "sales, or mark the days as closed",
                late=row["late"],
                usual=round(row["usual"]),
                newest=row["newest"],
            )
        )
        for row in stores.iter_rows(named=True)
    ]
    key = pl.col(s.STORE).cast(pl.String).alias("Key")
    # From the day after its last, and not that of the window: what was marked as done stays so while nothing new comes.
    silent_since = pl.min_horizontal(pl.col("newest") + dt.timedelta(days=1), pl.lit(end)).alias("Start")
    return named(stores.select(key, silent_since, pl.lit(end).alias("End"), "Stake"), MISSING, texts)


def missing_days(sales: pl.DataFrame, closed: pl.DataFrame, holidays: pl.DataFrame, write: Write = str) -> pl.DataFrame:
    """Return the stores without a row on a day on which they are usually open, and most of the stores that usually are did sell.

    A day that is a holiday of any store is left out: where the row of a store is missing, nothing says whose holiday it is.

    Parameters
    ----------
    sales : Store, Date, Sales; of the last `DAYS_READ` days
    closed : Store, Date; days on which the calendar says that the store is closed
    holidays : Store, Date; holidays
    write : of a message, the text in a language
    """
    if sales.is_empty():
        return named(_empty(), MISSING, [])
    start = as_date(sales[s.DATE].max()) - dt.timedelta(days=WINDOW - 1)
    weekday = pl.col(s.DATE).dt.weekday().alias("weekday")
    sold = sales.filter(pl.col(s.SALES) > 0).select(*s.KEYS, s.SALES, weekday)
    usual = (
        sold.filter(pl.col(s.DATE).is_between(start - dt.timedelta(days=BEFORE), start, closed="left"))
        .group_by(s.STORE, "weekday")
        .agg(pl.len().alias("times"), pl.col(s.SALES).mean().alias("usual"))
        .filter(pl.col("times") >= WEEKDAYS)
    )
    days = sales.select(s.DATE).unique().filter(pl.col(s.DATE) >= start).select(s.DATE, weekday)
    expected = days.join(usual, on="weekday").join(holidays.select(s.DATE).unique(), on=s.DATE, how="anti")
    sold_then = expected.join(sold.select(*s.KEYS, pl.lit(1).alias("sold")), on=list(s.KEYS), how="left")
    lacking = (
        sold_then.filter(pl.col("sold").count().over(s.DATE) >= COMPLETE_SHARE * pl.len().over(s.DATE))
        .join(sales, on=list(s.KEYS), how="anti")
        .join(closed, on=list(s.KEYS), how="anti")
    )
    stores = (
        lacking.group_by(s.STORE)
        .agg(
            pl.col(s.DATE).min().alias("Start"),
            pl.col(s.DATE).max().alias("End"),
            pl.len().alias("days"),
            pl.col("usual").sum().round(2).alias("Stake"),
        )
        .sort(["Stake", s.STORE], descending=[True, False])
    )
    texts = [write(_lacking(row)) for row in stores.iter_rows(named=True)]
    return named(stores.select(pl.col(s.STORE).cast(pl.String).alias("Key"), "Start", "End", "Stake"), MISSING, texts)


def _lacking(row: dict[str, Any]) -> Message:
    if row["days"] == 1:
        return Message(
            "it reported nothing on {day}, where {usual} is usual: load the missing sales, or mark the day as closed",
            day=row["Start"],
            usual=Amount(row["Stake"]),
        )
    return Message(
        "it reported nothing on {days} days from {first} to {last}, where {usual} is usual: load the missing sales, or mark the "
        "days as closed",
        days=row["days"],
        first=row["Start"],
        last=row["End"],
        usual=Amount(row["Stake"]),
    )


def broken_records(sales: pl.DataFrame, holidays: pl.DataFrame, write: Write = str) -> pl.DataFrame:
    """Return the stores with days in the last two weeks from which no model learns.

    Parameters
    ----------
    sales : Store, Date, Sales; of the last `DAYS_READ` days, without those that models should not learn from anyway
    holidays : Store, Date; days on which sales may be anything
    write : of a message, the text in a language
    """
    sold = sales.filter(pl.col(s.SALES) > 0)
    if sold.is_empty():
        return named(_empty(), BROKEN, [])
    end, first = as_date(sales[s.DATE].max()), as_date(sales[s.DATE].min())
    stores = sold[s.STORE].unique().sort()
    places = stores.search_sorted(sold[s.STORE]).to_numpy(), (sold[s.DATE] - first).dt.total_days().to_numpy()
    log_sales = np.full((len(stores), (end - first).days + 1), np.nan, np.float32)
    log_sales[places] = np.log(sold[s.SALES].to_numpy())
    rows, columns = np.nonzero(broken_days(log_sales, np.zeros(log_sales.shape, bool)))
    usual = np.exp(usual_log_sales(log_sales)[rows, columns].astype(np.float64))
    days = pl.DataFrame(
        {
            s.STORE: stores.gather(rows),
            s.DATE: [first + dt.timedelta(days=int(column)) for column in columns],
            "usual": usual,
        },
        schema_overrides={s.DATE: pl.Date},
    )
    days = (
        days.filter(pl.col(s.DATE) > end - dt.timedelta(days=WINDOW))
        .join(holidays, on=s.KEYS, how="anti")
        .join(sold.select(*s.KEYS, s.SALES), on=s.KEYS)
        .with_columns((pl.col(s.SALES) - pl.col("usual")).abs().alias("gap"))
        .sort("gap", s.STORE, descending=[True, False])
    )
    worst = (
        days.group_by(s.STORE, maintain_order=True)
        .agg(
            pl.col(s.DATE).min().alias("Start"),
            pl.col(s.DATE).max().alias("End"),
            pl.col("gap").sum().round(2).alias("Stake"),
            pl.col(s.DATE).first().alias("day"),
            pl.col(s.SALES, "usual").first(),
            pl.len().alias("days"),
        )
        .sort(["Stake", s.STORE], descending=[True, False])
        .head(MOST_OF_A_KIND)
    )
    texts = [write(_broken(row)) for row in worst.iter_rows(named=True)]
    return named(worst.select(pl.col(s.STORE).cast(pl.String).alias("Key"), "Start", "End", "Stake"), BROKEN, texts)


def _broken(row: dict[str, Any]) -> Message:
    values = {"sales": Amount(row[s.SALES]), "day": row["day"], "usual": Amount(row["usual"])}
    if row["days"] == 1:
        return Message(
            "it sold {sales} on {day}, where {usual} is usual: models do not learn from it. Correct the record if it is wrong",
            **values,
        )
    return Message(
        "it sold {sales} on {day}, where {usual} is usual, and {more} more such days: models do not learn from them. Correct the "
        "records if they are wrong",
        **values,
        more=row["days"] - 1,
    )


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema={"Key": pl.String, "Start": pl.Date, "End": pl.Date, "Stake": pl.Float64})
