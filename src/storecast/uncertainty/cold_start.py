"""How much wider the interval of a store without history must be: measured by hiding all the past of some stores.

The ridge stands in for every model, because it is fitted in seconds and what a new store lacks is the same for all: its level.
"""

import logging

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel, Window
from storecast.models.base import create
from storecast.uncertainty.point import point_forecasts

log = logging.getLogger(__name__)

EVERY = 5  # one store of so many is hidden
FEWEST = 10  # stores; with fewer, hiding some says nothing
UNMEASURED = 3.0  # where it cannot be measured; on the Rossmann files it is between 2.9 and 3.4


def cold_start_factor(window: Window) -> float:
    """Return by how much the mean size of an error grows for stores whose past is hidden."""
    stores = window.past.stores[s.STORE]
    if len(stores) < FEWEST:
        return UNMEASURED
    hidden = stores.gather_every(EVERY, offset=EVERY // 2)
    shown = ~pl.col(s.STORE).is_in(hidden.implode())
    cut = Panel(
        window.past.sales.filter(shown),
        window.panel.stores,
        pl.concat([window.past.calendar.filter(shown), window.future.select(window.past.calendar.columns)]).sort(
            s.KEYS
        ),
        known_until=window.cutoff,  # of which the hidden stores alone may have a row
        excluded=window.panel.excluded,
        country=window.panel.holiday_country,
        feasts=window.panel.feasts,
    )
    with_past, without = (_size(of, window, hidden) for of in (window, cut.window(window.cutoff, window.horizon)))
    if not with_past > 0 or not np.isfinite(without):
        return UNMEASURED
    factor = max(1.0, without / with_past)
    log.info("without history, a store's errors are %.1f times as large (%d stores hidden)", factor, len(hidden))
    return factor


def _size(hidden_window: Window, window: Window, stores: pl.Series) -> float:
    """Return the mean |log(actual / median)| of some stores."""
    model = create("linear")
    model.fit(hidden_window.past, hidden_window.horizon)
    errors = point_forecasts(model, hidden_window).join(window.actual(), on=s.KEYS)
    rows = errors.filter(pl.col(s.STORE).is_in(stores.implode()), pl.col(s.OPEN) == 1, pl.col(s.SALES) > 0)
    size = (rows[s.SALES] / rows["Median"]).log().abs().mean()
    return float(size) if isinstance(size, float) else float("nan")
