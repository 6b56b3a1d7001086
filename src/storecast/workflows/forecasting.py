"""Forecast a folder with a saved model."""

import datetime as dt
from collections.abc import Collection
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.bundle.bundle import Bundle, check_columns, load
from storecast.config import Task
from storecast.data.ahead import extend
from storecast.errors import ConfigError
from storecast.evaluate.forecast import Forecast
from storecast.features.rows import Memo
from storecast.workflows.preparation import Prepared, prepare


def forecast(
    data: Path,
    *,
    model: Path,
    horizon: int | None = None,
    quantiles: tuple[float, ...] = (),
    skip: Collection[str] = (),
) -> tuple[Forecast, Prepared]:
    """Load a model file and forecast the days after the end of a folder's sales."""
    bundle = load(model)
    prepared = prepare(data, horizon=horizon, quantiles=quantiles, skip=skip)
    return forecast_with(bundle, prepared), prepared


def forecast_with(bundle: Bundle, prepared: Prepared, memo: Memo | None = None) -> Forecast:
    """Forecast a prepared chain.

    The model looks at the whole horizon that it was trained for, whatever part of it was asked: a day's figure does not
    depend on how many days are asked for.
    """
    if prepared.task.horizon > bundle.task.horizon:
        raise ConfigError(
            f"The model was trained for {bundle.task.horizon} days ahead; {prepared.task.horizon} are asked for. "
            f"Give --horizon {bundle.task.horizon} or less, or train one with --horizon {prepared.task.horizon}."
        )
    check_columns(bundle, prepared.panel)
    panel = prepared.panel
    last = panel.end + dt.timedelta(days=prepared.task.horizon)
    full = extend(panel, panel.end + dt.timedelta(days=bundle.task.horizon))
    task = Task(bundle.task.horizon, prepared.task.quantiles)
    found = bundle.forecast(full, task, memo)
    return Forecast(found.rows.filter(pl.col(s.DATE) <= last), found.cutoff, found.model)
