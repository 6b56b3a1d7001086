"""A few stores to look at before the forecast is used, each with its reason: found by rules, the most money first."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from storecast import schema as s
from storecast.report.tables import beside_last_year, bounds_of, like_for_like

MISSED, BELOW, SHUT, UNCERTAIN, ABOVE = REASONS = ("missed", "below", "shut", "uncertain", "above")
LEAST_MISSED = 0.1  # of a store's sales: by how much the last test must have been off
LEAST_APART = 0.1  # of last year's sales: by how much a store must move away from the chain
LEAST_SHUT = 3  # days on which a store is usually open
LEAST_OPEN = 0.9  # of a weekday's dates: a store that was open on them usually is
TIMES_AS_WIDE = 1.5  # as the interval of the middle store


@dataclass(frozen=True)
class StoreToCheck:
    """A store with the reason why it should be looked at.

    Attributes
    ----------
    store : its id
    reason : one of `REASONS`
    expected : its forecast over all days ahead
    share : missed: by how much the last test was too high, of what came; below, above: against last year; uncertain: half of the
        80% interval, of the forecast; shut: 0
    other : below, above: the share by which the chain moves; shut: the days on which it is shut; else 0
    """

    store: object
    reason: str
    expected: float
    share: float
    other: float = 0.0


def stores_to_check(
    forecast: pl.DataFrame, sales: pl.DataFrame, sums: pl.DataFrame, calendar: pl.DataFrame, tested: pl.DataFrame
) -> list[StoreToCheck]:
    """Return up to five stores, each with another reason.

    Parameters
    ----------
    forecast : the rows of forecast.csv
    sales : a row per store and day of the past
    sums : the rows of totals.csv
    calendar : of the past and the days ahead
    tested : Store, Date, Forecast, Sales of the last test, of the model in use
    """
    totals = forecast.group_by(s.STORE).agg(pl.col(s.FORECAST).sum().round(2).alias("expected"))
    if totals.height < 2:
        return []
    apart = _beside_last_year(forecast, sales)
    candidates = [
        _missed(tested),
        apart.filter(pl.col("gap") < 0).sort("gap", s.STORE).with_columns(pl.lit(BELOW).alias("reason")),
        _shut(forecast, calendar, sales),
        _uncertain(sums, totals),
        apart.filter(pl.col("gap") > 0)
        .sort("gap", s.STORE, descending=[True, False])
        .with_columns(pl.lit(ABOVE).alias("reason")),
    ]
    chosen: dict[object, StoreToCheck] = {}
    for table in candidates:
        known = table.join(totals, on=s.STORE, maintain_order="left").filter(~pl.col(s.STORE).is_in(list(chosen)))
        for row in known.head(1).iter_rows(named=True):
            chosen[row[s.STORE]] = StoreToCheck(
                row[s.STORE], row["reason"], row["expected"], row["share"], row["other"]
            )
    return list(chosen.values())


def _missed(tested: pl.DataFrame) -> pl.DataFrame:
    sums = tested.group_by(s.STORE).agg(pl.col(s.FORECAST, s.SALES).sum()).filter(pl.col(s.SALES) > 0)
    off = sums.select(
        s.STORE,
        pl.lit(MISSED).alias("reason"),
        (pl.col(s.FORECAST) / pl.col(s.SALES) - 1).alias("share"),
        pl.lit(0.0).alias("other"),
        (pl.col(s.FORECAST) - pl.col(s.SALES)).abs().alias("money"),
    )
    return off.filter(pl.col("share").abs() >= LEAST_MISSED).sort("money", s.STORE, descending=[True, False])


def _beside_last_year(forecast: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Return Store, share (against last year), other (the chain's), gap: the money by which a store departs from the chain."""
    weeks = beside_last_year(forecast, sales)
    chain = like_for_like(weeks)["Change"][0]
    apart = like_for_like(weeks, s.STORE).drop_nulls("Change")
    return apart.select(
        s.STORE,
        pl.col("Change").alias("share"),
        pl.lit(chain or 0.0).alias("other"),
        (pl.col("Like") - pl.col("LastYear") * (1 + (chain or 0.0))).alias("gap"),
    ).filter((pl.col("share") - pl.col("other")).abs() >= LEAST_APART)


def _shut(forecast: pl.DataFrame, calendar: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Return the stores that are shut ahead on weekdays on which they usually are open, holidays aside.

    A weekday with less than half the rows of the store's fullest one is none of them: closed days may have no rows.
    """
    last = sales[s.DATE].max()
    assert isinstance(last, dt.date)
    weekday = pl.col(s.DATE).dt.weekday().alias("weekday")
    past = calendar.filter(pl.col(s.DATE).is_between(last - dt.timedelta(weeks=26), last))
    usual = (
        past.filter(pl.col(s.STATE_HOLIDAY).cast(pl.String) == s.NO_HOLIDAY)
        .group_by(s.STORE, weekday)
        .agg(pl.col(s.OPEN).mean().alias("open"), pl.len().alias("rows"))
    )
    usual = usual.filter(2 * pl.col("rows") >= pl.col("rows").max().over(s.STORE))
    ahead = calendar.join(forecast.select(s.KEYS), on=s.KEYS, how="semi")
    shut = ahead.filter((pl.col(s.OPEN) == 0) & (pl.col(s.STATE_HOLIDAY).cast(pl.String) == s.NO_HOLIDAY))
    counts = (
        shut.with_columns(weekday)
        .join(usual.filter(pl.col("open") >= LEAST_OPEN), on=[s.STORE, "weekday"])
        .group_by(s.STORE)
        .agg(pl.len().cast(pl.Float64).alias("other"))
        .filter(pl.col("other") >= LEAST_SHUT)
    )
    return counts.sort("other", s.STORE, descending=[True, False]).select(
        s.STORE, pl.lit(SHUT).alias("reason"), pl.lit(0.0).alias("share"), "other"
    )


def _uncertain(sums: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    bounds = bounds_of(sums, "store-horizon").with_columns(((pl.col("Upper80") - pl.col("Lower80")) / 2).alias("half"))
    keyed = totals.with_columns(pl.col(s.STORE).cast(pl.String).alias("Key"))
    widths = (
        keyed.join(bounds.select("Key", "half"), on="Key")
        .filter(pl.col("expected") > 0)
        .select(
            s.STORE,
            pl.lit(UNCERTAIN).alias("reason"),
            (pl.col("half") / pl.col("expected")).alias("share"),
            pl.lit(0.0).alias("other"),
        )
        .drop_nulls("share")
    )
    return widths.filter(pl.col("share") >= TIMES_AS_WIDE * pl.col("share").median()).sort(
        "share", s.STORE, descending=[True, False]
    )
