"""What the model would forecast without a promotion, without a school holiday, or were a column of the chain's own as usual.

A contribution compares a day with the average day of the chain, on which promotions count too. What a promotion adds is another
question, and here the model is asked it: the days of a promotion in a row are taken out of the calendar together, as in a scenario.
What no calendar can change, such as a store's level or the trend, has no such answer.
"""

from collections.abc import Sequence

import polars as pl

from storecast import schema as s
from storecast.config import Task
from storecast.data.ahead_own import is_flag, never_changed, past_values
from storecast.data.panel import Panel, Window
from storecast.models.base import Forecaster
from storecast.uncertainty.calibration import Calibration
from storecast.uncertainty.point import point_forecasts

NO_PROMOTION = f"{s.COUNTERFACTUAL}no promotion"
NO_SCHOOL_HOLIDAY = f"{s.COUNTERFACTUAL}no school holiday"


def counterfactuals(
    model: Forecaster, calibration: Calibration, window: Window, stores: Sequence[object]
) -> pl.DataFrame:
    """Return what the model would forecast for some stores, were one driver of a day not there.

    Parameters
    ----------
    model : fitted
    calibration : turns its medians into expected values
    window : the days ahead
    stores : ids

    Returns
    -------
    Store, Date, and in the unit of sales, to the cent: ``If no promotion`` (without the promotion that the day belongs to: its
    days in a row), ``If no school holiday``, and for own columns ``If no Leaflet`` (a flag) or ``If usual Price`` (the store's
    median of the past). Null on days that are closed or already so; a column is left out where it would move no forecast.
    """
    calendar = window.future.filter(pl.col(s.STORE).is_in(list(stores))).sort(*s.KEYS)
    forecast = _forecast(model, calibration, window, calendar)
    out = calendar.select(*s.KEYS)
    for title, column, usual in _questions(window.panel):
        days = calendar.join(usual, on=s.STORE, how="left", maintain_order="left")
        differs = (pl.col(column) != pl.col("usual")).fill_null(value=False)
        begins = differs & ~differs.shift(fill_value=False).over(s.STORE)
        days = days.with_columns(pl.when(differs).then(begins.cast(pl.Int64).cum_sum().over(s.STORE)).alias("run"))
        answer = pl.Series([None] * calendar.height, dtype=pl.Float64)
        for run in days["run"].drop_nulls().unique().sort():
            inside = (days["run"] == run).fill_null(value=False)
            other = days.with_columns(
                pl.when(inside).then("usual").otherwise(column).cast(calendar.schema[column]).alias(column)
            )
            answer = _forecast(model, calibration, window, other.select(calendar.columns)).zip_with(inside, answer)
        answer = pl.select(pl.when(calendar[s.OPEN] == 1).then(answer)).to_series()
        if (answer != forecast).any():
            out = out.with_columns(answer.alias(title))
    return out


def with_counterfactuals(
    explained: pl.DataFrame, model: Forecaster, calibration: Calibration, window: Window
) -> pl.DataFrame:
    """Add the counterfactuals of its stores to what forecasts are made of.

    Parameters
    ----------
    explained : as `explanations.explain` returns it
    model, calibration, window : as for `counterfactuals`
    """
    answers = counterfactuals(model, calibration, window, explained[s.STORE].unique().to_list())
    return explained.join(answers, on=s.KEYS, how="left", maintain_order="left")


def _questions(panel: Panel) -> list[tuple[str, str, pl.DataFrame]]:
    """Return for each column that is asked about its title, its name, and the value of each store (Store, usual)."""
    none = panel.stores.select(s.STORE, pl.lit(0.0).alias("usual"))
    questions = [(NO_PROMOTION, s.PROMO, none), (NO_SCHOOL_HOLIDAY, s.SCHOOL_HOLIDAY, none)]
    for column in panel.known:
        if never_changed(panel, column):
            continue
        seen = past_values(panel, column)
        if is_flag(seen[column]):
            questions.append((f"{s.COUNTERFACTUAL}no {column}", column, none))
        else:
            median = pl.col(column).quantile(0.5, "lower").alias("usual")  # a value that the store has had
            questions.append((f"{s.COUNTERFACTUAL}usual {column}", column, seen.group_by(s.STORE).agg(median)))
    return questions


def _forecast(model: Forecaster, calibration: Calibration, window: Window, calendar: pl.DataFrame) -> pl.Series:
    return calibration.apply(point_forecasts(model, window, calendar), Task(window.horizon))[s.FORECAST]
