"""What a fitted model says of a window, in money, before intervals are put around it."""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.panel import Window
from storecast.features.store import FeatureStore
from storecast.models.base import Forecaster

PLAUSIBLE = 2.0  # times the highest, and one over it times the lowest day that a store has sold


def point_forecasts(model: Forecaster, window: Window, calendar: pl.DataFrame | None = None) -> pl.DataFrame:
    """Ask a fitted model for a window: Store, Date, Ahead (days, from 1), Open, Promo, Median (money), History.

    History counts the store's days with sales up to the cutoff.
    A median is kept within what is plausible for the store: twice its highest day, half its lowest.

    Parameters
    ----------
    calendar : the days ahead of some stores, sorted by store and date, in place of the window's own
    """
    future = window.future if calendar is None else calendar
    features = model.features(window, calendar)
    medians = future.select(
        *s.KEYS, (pl.col(s.DATE) - window.cutoff).dt.total_days().alias("Ahead"), s.OPEN, s.PROMO
    ).with_columns(pl.Series("Median", np.exp(model.predict(features))))
    return (
        medians.join(FeatureStore.of(window).sales_range(window), on=s.STORE, how="left", maintain_order="left")
        .with_columns(
            pl.col("Median").clip(pl.col("lowest") / PLAUSIBLE, pl.col("highest") * PLAUSIBLE),
            pl.col("days").fill_null(0).alias("History"),
        )
        .drop("lowest", "highest", "days")
    )
