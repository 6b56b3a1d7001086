"""What a fitted model says of a window, in money, before intervals are put around it."""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.panel import Window
from storecast.features.rows import Memo
from storecast.models.base import Forecaster

PLAUSIBLE = 2.0  # times the highest, and one over it times the lowest day that a store has sold


def point_forecasts(
    model: Forecaster, window: Window, memo: Memo, calendar: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Ask a fitted model for a window: Store, Date, Ahead (days, from 1), Open, Promo, Median (money), History.

    History counts the store's days with sales up to the cutoff.
    A median is kept within what is plausible for the store: twice its highest day, half its lowest.

    Parameters
    ----------
    calendar : the days ahead of some stores, sorted by store and date, in place of the window's own; the memo serves
    """
    future = window.future.sort(*s.KEYS) if calendar is None else calendar
    design = model.features(window.past, future, window.horizon, memo)
    medians = future.select(
        *s.KEYS, (pl.col(s.DATE) - window.cutoff).dt.total_days().alias("Ahead"), s.OPEN, s.PROMO
    ).with_columns(pl.Series("Median", np.exp(model.predict(design))))
    sold = memo.once(("sold", window.cutoff), lambda: _sold(window.past.sales))
    return (
        medians.join(sold, on=s.STORE, how="left", maintain_order="left")
        .with_columns(
            pl.col("Median").clip(pl.col("low") / PLAUSIBLE, pl.col("high") * PLAUSIBLE), pl.col("History").fill_null(0)
        )
        .drop("low", "high")
    )


def _sold(sales: pl.DataFrame) -> pl.DataFrame:
    """Return each store's lowest and highest day with sales, and how many it has."""
    sold = pl.col(s.SALES)
    return (
        sales.filter(sold > 0)
        .group_by(s.STORE)
        .agg(sold.min().alias("low"), sold.max().alias("high"), pl.len().alias("History"))
    )
