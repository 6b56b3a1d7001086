"""Whether a store was open on a past day, worked out from sales where no column says it.

A store that sold was open. A day without sales may be a closed one, or an open one on which nobody came: that differs between a
drugstore and a kiosk, so each store's own days decide.
"""

import polars as pl

from storecast import schema as s

MAX_IDLE_SHARE = (
    0.02  # of the days of a store's selling weekdays; a store with fewer days without sales was closed on them
)
MIN_CLOSED_RUN = 14  # rows without sales in a row, from which a store that sells on most days was closed
MIN_USUAL_SHARE = 0.5  # of days with sales, that such a store has
MAX_CHAIN_SHARE = 0.2  # of the stores that sell on a day; with fewer the chain was closed
MIN_CHAIN_STORES = 3  # with rows on a day, from which they say so


def open_by_sales(days: pl.DataFrame) -> pl.Series:
    """Return whether each store was open on each day, by what it sold: 1 open, 0 closed.

    A day without sales is a closed one where hardly any store sold on it, where its weekday never sells in this store, where it
    lies in two weeks without sales of a store that sells on most days, or where the store has hardly any such days otherwise.
    On other days without sales the store was open and sold nothing. A day whose returns are more than its sales is an open one.

    Parameters
    ----------
    days : Store, Date and Sales, a row per store and day; unknown sales (null) are no sign of a closed day

    Returns
    -------
    pl.Series
        Int8, in the order of the rows
    """
    sold = (pl.col(s.SALES) != 0).fill_null(value=True)  # who takes goods back is open
    weekday = pl.col(s.DATE).dt.weekday().alias("weekday")
    rows = days.select(*s.KEYS, sold.alias("sold"), weekday).with_row_index("row").sort(*s.KEYS)
    chain_closed = (pl.len().over(s.DATE) >= MIN_CHAIN_STORES) & (pl.col("sold").mean().over(s.DATE) < MAX_CHAIN_SHARE)
    never = ~pl.col("sold").any().over(s.STORE, "weekday")
    rows = rows.with_columns((~pl.col("sold") & (chain_closed | never)).alias("closed"))
    possible = rows.filter(~pl.col("closed"))
    possible = possible.with_columns(
        pl.col("sold").rle_id().over(s.STORE).alias("run"), pl.col("sold").mean().over(s.STORE).alias("usual")
    )
    long_run = (pl.len().over(s.STORE, "run") >= MIN_CLOSED_RUN) & (pl.col("usual") >= MIN_USUAL_SHARE)
    possible = possible.with_columns((~pl.col("sold") & long_run).alias("closed"))
    rest = possible.filter(~pl.col("closed"))
    rare = (1 - pl.col("sold").mean().over(s.STORE)) <= MAX_IDLE_SHARE
    rest = rest.with_columns((~pl.col("sold") & rare).alias("closed"))
    columns = ["row", "closed"]
    parts = [frame.filter("closed").select(columns) for frame in (rows, possible)]
    closed = pl.concat([*parts, rest.select(columns)]).sort("row")["closed"]
    return (~closed).cast(pl.Int8).alias(s.OPEN)
