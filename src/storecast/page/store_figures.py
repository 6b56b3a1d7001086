"""Figures of one store: its days, past and ahead, and what its forecasts are made of."""

import datetime as dt
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.bundle.past_days import explain_past_day
from storecast.bundle.predictor import Predictor
from storecast.page.figures import YEAR
from storecast.result_cache import ResultCache
from storecast.service.live.snapshot import Snapshot

YEAR_BEFORE = "YearBefore"
EXPLANATIONS_KEPT = 50  # of a snapshot

_EXPLAINED: ResultCache[pl.DataFrame] = ResultCache(EXPLANATIONS_KEPT)


def store_days(predictor: Predictor, store: object, first: dt.date | None = None) -> pl.DataFrame:
    """Return the days of a store from one on, to the last of its forecast.

    Parameters
    ----------
    predictor : with the chain
    store : its id
    first : the first day; None: that of the chain

    Returns
    -------
    Date, Open, Promo, StateHoliday, SchoolHoliday, Sales (null where none are known), YearBefore (sales of the same weekday a year
    before), Forecast and its bounds (null in the past); sorted
    """
    panel = predictor.panel
    of_store = pl.col(s.STORE) == store
    sales = panel.sales.filter(of_store).select(s.DATE, s.SALES)
    before = sales.select(pl.col(s.DATE) + YEAR, pl.col(s.SALES).alias(YEAR_BEFORE))
    days = panel.calendar.filter(of_store & (pl.col(s.DATE) <= predictor.last)).select(s.DATE, *s.KNOWN)
    forecast = predictor.forecast().filter(of_store).drop(s.STORE)
    every = days.join(sales, on=s.DATE, how="full", coalesce=True).join(before, on=s.DATE, how="left")
    every = every.join(forecast, on=s.DATE, how="left").sort(s.DATE)
    return every if first is None else every.filter(pl.col(s.DATE) >= first)


def explained_days(snapshot: Snapshot, store: object) -> pl.DataFrame:
    """Return what the forecasts of a store are made of, as `Predictor.explain` with counterfactuals; the last stores are kept.

    Raises
    ------
    ConfigError
        where the model does not tell what its forecasts are made of
    """
    return _EXPLAINED.get(snapshot, store, lambda: snapshot.predictor.explain([store], counterfactuals=True))


def explained_day(snapshot: Snapshot, store: object, day: dt.date) -> dict[str, Any]:
    """Return what the forecast of a day is made of by column: of one ahead as `explained_days`, of one past as `explain_past_day`.

    Parameters
    ----------
    snapshot : the model and its forecast
    store : its id
    day : of the past or ahead

    Raises
    ------
    UserError
        as `explain_past_day`
    """
    if day > snapshot.predictor.cutoff:
        return explained_days(snapshot, store).row(by_predicate=pl.col(s.DATE) == day, named=True)
    return _EXPLAINED.get(snapshot, (store, day), lambda: explain_past_day(snapshot.predictor, [store], day)).row(
        0, named=True
    )
