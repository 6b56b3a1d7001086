"""Sales that are added up from day to day, as tills count them since the first of the month or year: no day's sales."""

import polars as pl

from storecast import schema as s
from storecast.errors import DataError, quote

MAX_STORES = 50  # that are looked at: files are written in one way
MIN_STEPS = 40  # from a day with sales to the next of its month, below which nothing is said about a store
MAX_FALLS = 0.03  # of them: a day of returns
MIN_RISES = 0.5  # of them: what stands still is no total that runs
MIN_VARIATION = 0.02  # of the rises: days differ; figures that rise by the same each day were made up
MIN_SHARE = 0.9  # of the stores


def refuse_running_totals(name: str, sales: pl.DataFrame) -> None:
    """Refuse sales that rise from each day to the next, but for the first of a month: no store sells more every day.

    Parameters
    ----------
    name : of the file
    sales : Store, Date, Sales, one row a store and day

    Raises
    ------
    DataError
        with one of the stores
    """
    first = sales[s.STORE].unique().sort().head(MAX_STORES)
    sold = sales.filter(pl.col(s.SALES) > 0, pl.col(s.STORE).is_in(first.implode())).sort(s.KEYS)
    month = [pl.col(s.STORE), pl.col(s.DATE).dt.truncate("1mo")]
    steps = sold.select(s.STORE, pl.col(s.SALES).diff().over(month).alias("step")).drop_nulls()
    step = pl.col("step")
    stores = (
        steps.group_by(s.STORE)
        .agg(
            pl.len().alias("steps"),
            (step < 0).mean().alias("falls"),
            (step > 0).mean().alias("rises"),
            ((step - step.median()).abs().median() / step.median()).alias("varies"),
        )
        .filter(pl.col("steps") >= MIN_STEPS)
    )
    running = stores.filter(
        pl.col("falls") <= MAX_FALLS, pl.col("rises") >= MIN_RISES, pl.col("varies") >= MIN_VARIATION
    )
    if running.height and running.height >= MIN_SHARE * stores.height:
        raise DataError(
            f"{name}: the sales of store {quote(running[s.STORE].min())} and others rise from each day to the next within a month, "
            "so they are running totals; expected the sales of each day alone. Give these, or the differences between days."
        )
