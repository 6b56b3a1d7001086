"""Tables that people read: totals, last year beside them, the submission, what moved. Money is summed in whole cents."""

import datetime as dt

import polars as pl

from storecast import schema as s
from storecast.arrays import F64
from storecast.config import LEVELS
from storecast.data.breakdown import UNKNOWN_GROUP

CENT = 100
YEAR = dt.timedelta(days=364)  # the same weekdays a year before
BOUNDS = tuple(name for level in LEVELS for name in s.bound_columns(level))


def forecast_table(forecast: pl.DataFrame, requested: pl.DataFrame | None) -> pl.DataFrame:
    """Return the forecast of the rows of test.csv, in their order; without a test.csv, every row by store and date.

    Parameters
    ----------
    forecast : a row per store and day
    requested : the rows of test.csv; None where there is none
    """
    if requested is None:
        return forecast.sort(*s.KEYS)
    return requested.select(*s.KEYS).join(forecast, on=s.KEYS, how="left", maintain_order="left")


def submission(forecast: pl.DataFrame, requested: pl.DataFrame, factor: F64) -> pl.DataFrame:
    """Return Id and Sales in the order of test.csv, scaled to minimise RMSPE.

    Parameters
    ----------
    forecast : a row per store and day
    requested : the rows of test.csv
    factor : of each row of the forecast
    """
    scaled = forecast.select(*s.KEYS, (pl.col(s.FORECAST) * pl.Series(factor)).round(2).alias(s.SALES))
    return requested.select(s.ID).with_columns(forecast_table(scaled, requested)[s.SALES])


def store_types(stores: pl.DataFrame) -> pl.DataFrame:
    """Return Store and StoreType, "unknown" where the type is not known."""
    return stores.select(
        s.STORE,
        pl.when(pl.col(s.STORE_TYPE) == "").then(pl.lit(UNKNOWN_GROUP)).otherwise(s.STORE_TYPE).alias(s.STORE_TYPE),
    )


def beside_last_year(forecast: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Sum a forecast by store and week, and set the sales of the same weekdays of last year beside it.

    Last year is 364 days before. It counts only where it is known for the whole week: every day that the store is to be
    open had a row then, and one of them sales. Else a store that was shut last year would pass for growth. A store that has
    no row of a closed day was shut on the only day of a week without one, such as a holiday. `like_for_like` sums what can be
    compared.

    Returns
    -------
    Store, Week (its Monday), Forecast, LastYear (null where it is not known)
    """
    before = sales.select(*s.KEYS, s.SALES).with_columns(pl.col(s.DATE) + YEAR)
    closed_have_rows = sales.group_by(s.STORE).agg((pl.col(s.SALES) == 0).any().alias("closed have rows"))
    known, to_be_open = pl.col(s.SALES).is_not_null(), pl.col(s.FORECAST) != 0
    one_at_most = (~known & to_be_open).sum() <= 1
    return (
        forecast.select(*s.KEYS, s.FORECAST)
        .join(before, on=s.KEYS, how="left")
        .join(closed_have_rows, on=s.STORE, how="left")
        .group_by(s.STORE, pl.col(s.DATE).dt.truncate("1w").alias("Week"))
        .agg(
            (_cents(s.FORECAST).sum() / CENT).round(2),
            pl.when(
                (known | ~to_be_open | (~pl.col("closed have rows") & one_at_most)).all()
                & known.any()
                & ((pl.col(s.SALES) > 0).any() | ~to_be_open.any())
            )
            .then((_cents(s.SALES).sum() / CENT).round(2))
            .alias("LastYear"),
        )
        .sort(s.STORE, "Week")
    )


def like_for_like(weeks: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Sum what `beside_last_year` gives, and compare it over the store-weeks whose last year is known.

    Returns
    -------
    the columns of ``by``, Forecast, Like (the part of it that can be compared), LastYear and Change (a share); the last
    three are null where nothing can be compared
    """
    known = pl.col("LastYear").is_not_null()
    sums = (
        weeks.group_by(*by or [pl.lit("chain").alias("Key")])
        .agg(
            (_cents(s.FORECAST).sum() / CENT).round(2),
            pl.when(known.any()).then((_cents(s.FORECAST).filter(known).sum() / CENT).round(2)).alias("Like"),
            pl.when(known.any()).then((_cents("LastYear").sum() / CENT).round(2)).alias("LastYear"),
        )
        .with_columns(pl.when(pl.col("LastYear") > 0).then(pl.col("Like") / pl.col("LastYear") - 1).alias("Change"))
    )
    return sums.sort(*by) if by else sums


def bounds_of(sums: pl.DataFrame, level: str) -> pl.DataFrame:
    """Return Key, Start and the bounds of a level of totals.csv; bounds are null where the totals have none."""
    bounds = (pl.col(name) if name in sums.columns else pl.lit(None, pl.Float64).alias(name) for name in BOUNDS)
    return sums.filter(pl.col("Level") == level).select("Key", "Start", *bounds)


def changes(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Return the changes since the previous forecast, on the days that are in both, the largest first.

    Parameters
    ----------
    before, now : the rows of forecast.csv

    Returns
    -------
    Store, Date, Before, Now, Change (money), ChangePercent
    """
    both = now.select(*s.KEYS, pl.col(s.FORECAST).alias("Now")).join(
        before.select(*s.KEYS, pl.col(s.FORECAST).alias("Before")), on=s.KEYS
    )
    change = (pl.col("Now") - pl.col("Before")).round(2)
    moved = both.select(
        *s.KEYS,
        "Before",
        "Now",
        change.alias("Change"),
        pl.when(pl.col("Before") > 0).then(change / pl.col("Before") * 100).round(1).alias("ChangePercent"),
    ).filter(pl.col("Change") != 0)
    return moved.sort(pl.col("Change").abs(), *s.KEYS, descending=[True, False, False])


def _cents(column: str) -> pl.Expr:
    return (pl.col(column) * CENT).round().cast(pl.Int64)
