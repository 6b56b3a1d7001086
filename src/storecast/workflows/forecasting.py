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
from storecast.report.tables import forecast_table
from storecast.report.writers import write_csv
from storecast.workflows.preparation import Prepared, prepare


def forecast(
    data: Path,
    *,
    model: Path,
    out: Path,
    horizon: int | None = None,
    quantiles: tuple[float, ...] = (),
    skip: Collection[str] = (),
) -> tuple[int, Forecast]:
    """Load a model file, forecast the days after the end of a folder's sales and write them.

    Returns
    -------
    the number of rows written (exactly test.csv's where there is one), and the whole forecast
    """
    bundle = load(model)
    prepared = prepare(data, horizon=horizon, quantiles=quantiles, skip=skip)
    found = forecast_with(bundle, prepared)
    rows = forecast_table(found.rows, prepared.asked)
    write_csv(rows, out)
    return rows.height, found


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
