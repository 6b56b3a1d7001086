"""Tables that people read: totals, the submission, what moved since the forecast before. Money is summed in whole cents."""

import datetime as dt

import polars as pl

from storecast import schema as s

CENT = 100


def forecast_table(forecast: pl.DataFrame, asked: pl.DataFrame | None) -> pl.DataFrame:
    """Return exactly the rows of test.csv in its order where there is one, else every row by store and date."""
    if asked is None:
        return forecast.sort(*s.KEYS)
    return asked.select(*s.KEYS).join(forecast, on=s.KEYS, how="left", maintain_order="left")


def submission(forecast: pl.DataFrame, asked: pl.DataFrame, factor: float) -> pl.DataFrame:
    """Return Id and Sales in the order of test.csv, scaled by the factor that RMSPE asks for."""
    rows = forecast_table(forecast, asked)
    return asked.select(s.ID).with_columns((rows[s.FORECAST] * factor).round(2).alias(s.SALES))


def totals(forecast: pl.DataFrame, stores: pl.DataFrame) -> pl.DataFrame:
    """Sum a forecast over weeks and over the whole horizon, by store, store type and chain.

    Returns
    -------
    Level (store-week, store-horizon, type-week, type-horizon, chain-week, chain-horizon), Key (the store, the type or
    "chain"), Start, End, Forecast: the sum of the days' forecasts, to the cent. Weeks run from Monday to Sunday, cut at the
    ends of the forecast.
    """
    days = forecast.join(
        stores.select(s.STORE, s.STORE_TYPE), on=s.STORE, how="left", maintain_order="left"
    ).with_columns(
        pl.lit("chain").alias("chain"),
        pl.col(s.DATE).dt.truncate("1w").alias("week"),
        (pl.col(s.FORECAST) * CENT).round().cast(pl.Int64).alias("cents"),
    )
    first, last = days[s.DATE].min(), days[s.DATE].max()
    parts = []
    for name, column in (("store", s.STORE), ("type", s.STORE_TYPE), ("chain", "chain")):
        weeks = days.group_by(column, "week").agg(pl.col("cents").sum()).sort(column, "week")
        ends = pl.min_horizontal(pl.col("week") + dt.timedelta(days=6), pl.lit(last))
        parts.append(_lines(weeks, f"{name}-week", column, pl.max_horizontal(pl.col("week"), pl.lit(first)), ends))
        whole = days.group_by(column).agg(pl.col("cents").sum()).sort(column)
        parts.append(_lines(whole, f"{name}-horizon", column, pl.lit(first), pl.lit(last)))
    return pl.concat(parts)


def changes(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Return what moved since the forecast before, for the days that both hold, the largest change first.

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


def _lines(sums: pl.DataFrame, level: str, key: str, start: pl.Expr, end: pl.Expr) -> pl.DataFrame:
    return sums.select(
        pl.lit(level).alias("Level"),
        pl.col(key).cast(pl.String).alias("Key"),
        start.cast(pl.Date).alias("Start"),
        end.cast(pl.Date).alias("End"),
        (pl.col("cents") / CENT).round(2).alias(s.FORECAST),
    )
