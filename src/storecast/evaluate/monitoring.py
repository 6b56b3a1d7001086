"""How good the forecasts were that were made: kept forecasts against the sales that came."""

from collections.abc import Sequence

import polars as pl

from storecast import schema as s
from storecast.config import LEVELS

AHEAD = "Ahead"
WEEK_AHEAD = "WeekAhead"


def accuracy(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Score forecasts beside what came.

    Parameters
    ----------
    rows : Model, Cutoff, Store, Date, Ahead (days, from 1), Forecast, bounds, Sales, Open
    by : columns to score by, of these and WeekAhead (from 1); none: all rows as one

    Returns
    -------
    the columns of ``by``, Rows (open days with sales), First, Last, RMSPE, WAPE, Bias (a share of sales; above 0: too high),
    Coverage80, Coverage95
    """
    scored = rows.filter((pl.col(s.OPEN) == 1) & (pl.col(s.SALES) > 0)).with_columns(
        ((pl.col(AHEAD) - 1) // 7 + 1).alias(WEEK_AHEAD)
    )
    error = pl.col(s.FORECAST) - pl.col(s.SALES)
    scores = [
        pl.len().alias("Rows"),
        pl.col(s.DATE).min().alias("First"),
        pl.col(s.DATE).max().alias("Last"),
        ((error / pl.col(s.SALES)) ** 2).mean().sqrt().alias("RMSPE"),
        (error.abs().sum() / pl.col(s.SALES).sum()).alias("WAPE"),
        (error.sum() / pl.col(s.SALES).sum()).alias("Bias"),
        *(_inside(*s.bound_columns(level)).mean().alias(f"Coverage{level}") for level in LEVELS),
    ]
    names: Sequence[str] = by
    if not names:
        return scored.select(scores).filter(pl.col("Rows") > 0)
    return scored.group_by(names).agg(scores).sort(names)


def _inside(low: str, high: str) -> pl.Expr:
    return (pl.col(s.SALES) >= pl.col(low)) & (pl.col(s.SALES) <= pl.col(high))
