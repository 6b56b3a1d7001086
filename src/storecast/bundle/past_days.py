"""What days of the past are made of: the model explains what it forecasts for them from what was known before.

The chain is cut at the end of a week before the day, on the weekday on which its sales end now, and is then explained as the days
ahead are. No sales after the cut play a part. The model itself may have learned from the day: then it explains it in hindsight.
"""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from storecast import schema as s
from storecast.bundle.predictor import Predictor
from storecast.data.panel import Panel
from storecast.dates import WEEK
from storecast.errors import ConfigError, DataError, HistoryError, quote
from storecast.evaluate.cutoffs import LEAST_PAST
from storecast.result_cache import ResultCache

CENT = 100
WEEKS_KEPT = 2  # of which a predictor remembers what was known: a hundred megabytes each in a chain of 1,000 stores

_PAST: ResultCache[Predictor] = ResultCache(WEEKS_KEPT)


def first_explained(predictor: Predictor) -> dt.date:
    """Return the first day that has enough history before it."""
    step = _step(predictor)
    weeks = (predictor.cutoff - _least_cutoff(predictor)).days // step
    return predictor.cutoff - dt.timedelta(days=step * weeks - 1)


def explain_day(
    predictor: Predictor, stores: Sequence[object], day: dt.date, *, counterfactuals: bool = True
) -> pl.DataFrame:
    """Return what the forecast of a day is made of: of one ahead as `Predictor.explain`, of one past as `explain_past_day`.

    Parameters
    ----------
    predictor : the model and the chain
    stores : ids
    day : of the past or ahead
    counterfactuals : add the columns of `explain.counterfactuals`

    Raises
    ------
    ConfigError
        where the day lies beyond the horizon, there is no such store, or the model does not tell what its forecasts are made of
    HistoryError, DataError
        as `explain_past_day`
    """
    if day <= predictor.cutoff:
        return explain_past_day(predictor, stores, day, counterfactuals=counterfactuals)
    if day > predictor.last:
        raise ConfigError(
            f"{day} lies beyond the forecast; expected a day from {first_explained(predictor)} to {predictor.last}."
        )
    return predictor.explain(stores, counterfactuals=counterfactuals).filter(pl.col(s.DATE) == day)


def explain_past_day(
    predictor: Predictor, stores: Sequence[object], day: dt.date, *, counterfactuals: bool = True
) -> pl.DataFrame:
    """Return what the forecast of a past day is made of, and what was sold. Takes seconds for the first day of a week.

    Parameters
    ----------
    predictor : the model and the chain
    stores : ids
    day : up to the last day with sales
    counterfactuals : add the columns of `explain.counterfactuals`

    Returns
    -------
    a row per store as `Predictor.explain` returns it, and Cutoff (the last day whose sales the forecast
    knows), Sales (null where they are not known) and Unexplained: what Sales exceed Forecast by

    Raises
    ------
    HistoryError
        where the day lies too early
    DataError
        where a store has no row on the day
    ConfigError
        where there is no such store, or the model does not tell what its forecasts are made of
    """
    cutoff = _cutoff_before(predictor, day)
    if cutoff < _least_cutoff(predictor):
        raise HistoryError(
            f"There is too little history before {day} to explain it; expected a day from {first_explained(predictor)} on."
        )
    before = _PAST.get(predictor, cutoff, lambda: Predictor.of(predictor.bundle, _known_at(predictor, cutoff)))
    explained = before.explain(stores, counterfactuals=counterfactuals).filter(pl.col(s.DATE) == day)
    of_day = pl.col(s.DATE) == day
    without_row = explained.join(predictor.panel.calendar.filter(of_day), on=s.STORE, how="anti")
    if without_row.height:
        raise DataError(
            "The data hold no row of the store {store} on {day}; nothing is known of it.",
            store=quote(without_row[s.STORE][0]),
            day=day,
        )
    sold = predictor.panel.sales.filter(of_day).select(*s.KEYS, s.SALES)
    return explained.join(sold, on=s.KEYS, how="left", maintain_order="left").select(
        *explained.columns,
        pl.lit(cutoff).alias(s.CUTOFF),
        s.SALES,
        (pl.col(s.SALES) - pl.col(s.FORECAST)).mul(CENT).round().truediv(CENT).alias(s.UNEXPLAINED),
    )


def _known_at(predictor: Predictor, cutoff: dt.date) -> Panel:
    """Return the chain as it was known at the end of a day, with the calendar of the days ahead of it."""
    panel, last = predictor.panel, cutoff + dt.timedelta(days=predictor.window.horizon)
    return panel.until(cutoff).with_calendar(panel.calendar.filter(pl.col(s.DATE) <= last))


def _cutoff_before(predictor: Predictor, day: dt.date) -> dt.date:
    """Return the last day, whole weeks before the end of the sales, from which a day is forecast."""
    step = _step(predictor)
    weeks = (predictor.cutoff - day).days // step + 1
    return predictor.cutoff - dt.timedelta(days=step * weeks)


def _least_cutoff(predictor: Predictor) -> dt.date:
    return predictor.panel.first + dt.timedelta(days=LEAST_PAST - 1)


def _step(predictor: Predictor) -> int:
    return min(WEEK, predictor.window.horizon)
