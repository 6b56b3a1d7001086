"""Promo2, the second promotion, which a store joins for good: what joining does, and what the months of its rounds do."""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import I64
from storecast.data.panel import Panel
from storecast.dates import MONTHS
from storecast.exploration.promotions.parts import Part
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.estimates import Estimate, Interval, relative_change
from storecast.exploration.shared.event_study import BIN_DAYS, day_columns, event_study
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.panel_regression import two_way_effects
from storecast.exploration.shared.regression import demean

BINS = 6  # of 30 days, before and after
MIN_STORES = 9
MIN_DAYS_IN_MONTH = 10  # with sales
MIN_SPREAD = 0.05  # standard deviation of the term, within stores and months


def promo2_estimates(adjusted: Adjusted, panel: Panel) -> list[Estimate]:
    """Measure what joining Promo2 does, and what its months do in stores that have joined.

    Parameters
    ----------
    adjusted : the chain
    panel : the same chain, with the dates after its end
    """
    observed = adjusted.observed
    stores = observed.stores.select(s.STORE).join(panel.stores, on=s.STORE, how="left", maintain_order="left")
    starts = day_columns(stores[s.PROMO2_SINCE].to_list(), observed.grid.first)
    estimates = []
    for measure in (m for m in (SALES, CUSTOMERS) if m in adjusted.logs):
        study = event_study(adjusted.logs[measure], starts, bins=BINS)
        if study is not None:
            estimates += [
                relative_change(Part.AROUND_PROMO2, "joined", measure, interval, position=k * BIN_DAYS, n=study.starts)
                for k, interval in study.bins
            ]
            estimates.append(relative_change(Part.PROMO2_BEGINS, "joined", measure, study.effect, n=study.starts))
            estimates.append(
                relative_change(Part.PROMO2_BEGINS, "drift before", measure, study.drift, n=study.controls)
            )
        interval = _rounds(adjusted, stores, starts, measure)
        if interval is not None:
            joined = int((starts < observed.grid.days).sum())
            estimates.append(relative_change(Part.PROMO2_ROUND, "months of the round", measure, interval, n=joined))
    return estimates


def _rounds(adjusted: Adjusted, stores: pl.DataFrame, starts: I64, measure: str) -> Interval | None:
    """Compare months of a store's round with its other months, with effects of stores and months (two-way, clustered)."""
    observed, logs = adjusted.observed, adjusted.logs[measure]
    month = observed.month
    first = int(month[0])
    member = np.eye(int(month[-1]) - first + 1)[month - first]
    known = ~np.isnan(logs) & (np.arange(observed.grid.days)[None, :] >= starts[:, None])
    number = known @ member
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.where(known, logs, 0.0) @ member) / number
    names = [MONTHS[(first + k) % 12] for k in range(member.shape[1])]
    rounds = [text.replace("Sept", "Sep").split(",") for text in stores[s.PROMO_INTERVAL].fill_null("")]
    x = np.array([[float(name in months) for name in names] for months in rounds])
    used = number >= MIN_DAYS_IN_MONTH
    store, column = np.nonzero(used)
    different = {tuple(months) for months in np.array(rounds, object)[np.unique(store)]}
    if len(np.unique(store)) < MIN_STORES or len(different) < 2:
        return None
    rest = x[used]
    for _ in range(20):  # what store and month effects leave of the term: nothing where all stores have the same months
        rest = demean(demean(rest, store), column)
    if rest.std() < MIN_SPREAD:
        return None
    (interval,) = two_way_effects(mean[used], x[used][:, None], store, column)
    return interval
