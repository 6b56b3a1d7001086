"""What a fitted model says of a window, in money, before intervals are put around it."""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast import traces
from storecast.data.grid import store_positions
from storecast.data.panel import Window
from storecast.dates import weekday
from storecast.features.store import FeatureStore
from storecast.models.base import Forecaster
from storecast.uncertainty.hurdle import CHANCE

PLAUSIBLE = 2.0  # times the highest, and one over it times the lowest day that a store has sold


def point_forecasts(model: Forecaster, window: Window, calendar: pl.DataFrame | None = None) -> pl.DataFrame:
    """Ask a fitted model for a window: Store, Date, Ahead (days, from 1), Open, Promo, Median (money), History, Chance.

    The median is that of a day with sales, History counts the store's days with sales up to the cutoff, and Chance is how likely
    an open day is to have any: exactly 1 except in stores that often sell nothing.
    A median is kept within what is plausible for the store: twice its highest day, half its lowest.

    Parameters
    ----------
    calendar : the days ahead of some stores, sorted by store and date, in place of the window's own
    """
    future = window.future if calendar is None else calendar
    with traces.span("features", **{"storecast.rows": future.height}):
        features = model.features(window, calendar)
    chances = FeatureStore.of(window).sale_chances(window)
    store = store_positions(window.panel.stores, future[s.STORE])
    chance = chances[store, weekday(future[s.DATE].to_numpy())]
    with traces.span("model", **{"storecast.rows": future.height}):
        median = np.exp(model.predict(features))
    medians = future.select(
        *s.KEYS, (pl.col(s.DATE) - window.cutoff).dt.total_days().alias("Ahead"), s.OPEN, s.PROMO
    ).with_columns(pl.Series("Median", median), pl.Series(CHANCE, chance))
    return (
        medians.join(FeatureStore.of(window).sales_range(window), on=s.STORE, how="left", maintain_order="left")
        .with_columns(
            pl.col("Median").clip(pl.col("lowest") / PLAUSIBLE, pl.col("highest") * PLAUSIBLE),
            pl.col("days").fill_null(0).alias("History"),
        )
        .drop("lowest", "highest", "days")
        .select(pl.exclude(CHANCE), CHANCE)
    )
