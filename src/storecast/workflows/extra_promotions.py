"""Where an extra promotion day pays most: what the model expects of each, how sure that is, and a plan under a budget of days.

One extra day is put into the calendar of a store, and the model is asked: its gain is what the store sells more over all days
ahead, the days around it, too, from which a promotion borrows. Many such days are asked at once, as far apart as no day feels two
of them. How sure a gain is comes from the store's own past: the interval of its response to promotions (`exploration.response`).
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64, Bool
from storecast.bundle.predictor import Predictor
from storecast.data.panel import Panel
from storecast.exploration.registry import ask, find_question, missing_libraries
from storecast.exploration.response.parts import UPLIFT, Part
from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, MEASURE, PART, VALUE
from storecast.exploration.shared.regression import NORMAL

GAIN, GAIN_LOW, GAIN_HIGH = "Gain", "GainLow", "GainHigh"
UPLIFT_OF_DAY, UPLIFT_LOW, MEASURED = "Uplift", "UpliftLow", "Measured"
REACH = 14  # days: an extra day changes what models know of its week, of the one before and of the one after
APART = 2 * REACH + 1  # days between two extra days of a store that are asked at once
DECIMALS = 2


@dataclass(frozen=True, eq=False)
class ExtraPromotions:
    """Every day ahead that could have an extra promotion.

    Attributes
    ----------
    days : Store, Date, Forecast (without), Gain (over all days ahead, to the cent), GainLow and GainHigh (95%, null where the past
        does not tell), Uplift (of the day itself, 0.1: a tenth more), UpliftLow, Measured (the store's mean uplift in the past, or
        null); the largest gain first
    unanswered : why the past does not tell how sure the gains are; empty: it does
    """

    days: pl.DataFrame
    unanswered: str


@dataclass(frozen=True, eq=False)
class PromotionPlan:
    """Extra promotion days under a budget.

    Attributes
    ----------
    days : those of `ExtraPromotions.days` that are taken, the largest gain first
    together : what the model expects all of them to bring, asked at once; their gains one by one may add up to something else
    """

    days: pl.DataFrame
    together: float


def extra_promotions(predictor: Predictor) -> ExtraPromotions:
    """Return what one extra promotion day would bring, for every open day ahead without one. Takes seconds to a minute.

    Only weekdays on which the chain ever had promotions are asked about.
    """
    responses, unanswered = _responses(predictor.panel)
    days = _gains(predictor).join(responses, on=s.STORE, how="left", maintain_order="left")
    log_uplift = pl.col(UPLIFT_OF_DAY).log1p()
    departure = log_uplift.mean().over(s.STORE) - pl.col(MEASURED).log1p()
    half = NORMAL * (pl.col("error") ** 2 + departure**2).sqrt()
    usual, uplift = pl.col(s.FORECAST), log_uplift.exp()
    days = days.with_columns(
        (pl.col(GAIN) - usual * (uplift - (log_uplift - half).exp())).round(DECIMALS).alias(GAIN_LOW),
        (pl.col(GAIN) + usual * ((log_uplift + half).exp() - uplift)).round(DECIMALS).alias(GAIN_HIGH),
        ((log_uplift - half).exp() - 1).alias(UPLIFT_LOW),
    ).drop("error")
    return ExtraPromotions(days.sort(GAIN, s.STORE, s.DATE, descending=[True, False, False]), unanswered)


def plan_promotions(
    predictor: Predictor,
    days: pl.DataFrame,
    budget: int,
    *,
    weeks: Collection[dt.date] = (),
    most_per_store: int = 1,
    needed: float = 0.0,
) -> PromotionPlan:
    """Take the days that bring most, until the budget is spent.

    Parameters
    ----------
    predictor : the model
    days : as in `ExtraPromotions.days`
    budget : store-days
    weeks : their Mondays; none: all
    most_per_store : days of one store
    needed : uplift that a day must have to pay: 0.2 is a fifth more; its lower bound counts where it is known
    """
    surely = pl.coalesce(UPLIFT_LOW, UPLIFT_OF_DAY)
    paying = days.filter((pl.col(GAIN) > 0) & (surely >= needed))
    if weeks:
        paying = paying.filter(pl.col(s.DATE).dt.truncate("1w").is_in(list(weeks)))
    of_store = pl.int_range(pl.len()).over(s.STORE)  # the days stand in the order of their gain
    taken = paying.filter(of_store < most_per_store).head(budget)
    return PromotionPlan(taken, _together(predictor, taken))


def _gains(predictor: Predictor) -> pl.DataFrame:
    """Return Store, Date, Forecast, Gain and Uplift of each day that could have an extra promotion."""
    future, width = predictor.future, predictor.window.horizon
    usual = predictor.forecast()[s.FORECAST].to_numpy().reshape(-1, width)
    weekday = pl.col(s.DATE).dt.weekday()
    promoted = predictor.window.past.calendar.filter((pl.col(s.PROMO) == 1) & (pl.col(s.OPEN) == 1))
    weekdays = promoted.select(weekday).to_series().unique()
    possible = future.select(
        (pl.col(s.OPEN) == 1) & (pl.col(s.PROMO) == 0) & weekday.is_in(weekdays.implode())
    ).to_series()
    candidates = possible.to_numpy().reshape(-1, width) & (usual > 0)
    gain, uplift = np.zeros(usual.shape), np.zeros(usual.shape)
    for start in range(min(APART, width)):
        at = np.arange(start, width, APART)
        extra = np.zeros(usual.shape, bool)
        extra[:, at] = candidates[:, at]
        if not extra.any():
            continue
        difference = _forecast_with(predictor, extra.ravel()).reshape(-1, width) - usual
        for day in at:
            near = difference[:, max(0, day - REACH) : day + REACH + 1]
            gain[:, day] = near.sum(axis=1)
            uplift[:, day] = difference[:, day] / np.where(usual[:, day] > 0, usual[:, day], 1.0)
    values = {s.FORECAST: usual, GAIN: gain.round(DECIMALS), UPLIFT_OF_DAY: uplift}
    days = future.select(*s.KEYS).with_columns(pl.Series(name, of.ravel()) for name, of in values.items())
    return days.filter(pl.Series(candidates.ravel()))


def _forecast_with(predictor: Predictor, extra: Bool) -> F64:
    """Return the forecast of all stores and days with a promotion on some rows more, (rows,).

    Parameters
    ----------
    predictor : the model
    extra : whether a row of its calendar gets one, (rows,)
    """
    changed, _ = predictor.predict(_with_promotion(predictor.future.filter(pl.Series(extra))))
    with_extra = changed.select(*s.KEYS, pl.col(s.FORECAST).alias("with"))
    every = predictor.forecast().join(with_extra, on=list(s.KEYS), how="left", maintain_order="left")
    forecast: F64 = every.select(pl.coalesce("with", s.FORECAST)).to_series().to_numpy()
    return forecast


def _with_promotion(days: pl.DataFrame) -> pl.DataFrame:
    return days.select(*s.KEYS, pl.lit(1, pl.Int8()).alias(s.PROMO)).sort(*s.KEYS)


def _together(predictor: Predictor, days: pl.DataFrame) -> float:
    if days.is_empty():
        return 0.0
    forecast, _ = predictor.predict(_with_promotion(days))
    usual = predictor.forecast().join(forecast, on=list(s.KEYS), how="semi")
    return round(float(forecast[s.FORECAST].sum()) - float(usual[s.FORECAST].sum()), DECIMALS)


def _responses(panel: Panel) -> tuple[pl.DataFrame, str]:
    """Return the measured uplift of each store and its standard error on logs; and why there is none."""
    schema = {s.STORE: panel.stores.schema[s.STORE], MEASURED: pl.Float64(), "error": pl.Float64()}
    question = find_question("response")
    lacking = missing_libraries([question])
    if lacking:
        return pl.DataFrame(schema=schema), f"exploration needs {', '.join(lacking)}, which is not installed here"
    answer = ask(panel, question)
    if isinstance(answer, str):
        return pl.DataFrame(schema=schema), answer
    stores = answer.filter((pl.col(PART) == Part.STORE) & (pl.col(MEASURE) == UPLIFT))
    error = (pl.col(HIGH).log1p() - pl.col(LOW).log1p()) / (2 * NORMAL)
    return stores.select(
        pl.col(GROUP).cast(schema[s.STORE]).alias(s.STORE), pl.col(VALUE).alias(MEASURED), error.alias("error")
    ), ""
