"""Forecast a folder with a saved model."""

import datetime as dt
from collections.abc import Collection
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.arrays import F64
from storecast.bundle.bundle import Bundle
from storecast.bundle.fitted import check_columns
from storecast.bundle.loading import load
from storecast.config import Task
from storecast.csv_files import write_csv
from storecast.data.ahead import extend
from storecast.data.panel import Panel
from storecast.errors import ConfigError
from storecast.files import atomic_write
from storecast.stages import FORECAST, READING, Progress, no_progress
from storecast.uncertainty.common_errors import MAX_PATHS
from storecast.uncertainty.forecast import Forecast
from storecast.uncertainty.path_table import path_table
from storecast.uncertainty.totals import totals
from storecast.workflows.preparation import Source, import_plugins_of, prepare
from storecast.workflows.prepared import Prepared


def forecast(
    data: Source,
    *,
    model: Path | str,
    out: Path | str,
    horizon: int | None = None,
    quantiles: tuple[float, ...] = (),
    skip: Collection[str] = (),
    sum_rows: bool = False,
    sums: Path | str | None = None,
    paths: Path | str | None = None,
    path_count: int = MAX_PATHS,
    progress: Progress = no_progress,
) -> tuple[int, Forecast]:
    """Load a model file, forecast the days after the end of a folder's sales and write them.

    Parameters
    ----------
    data : a folder of files, or a chain in a database
    model : the model file
    out : CSV file to write
    horizon : days ahead; None: the days that test.csv covers, else those that the model was trained for
    quantiles : columns to add
    skip : cleaning rules to switch off
    sum_rows : add several rows of a store and day up
    sums : where to write the totals; None: nowhere
    paths : where to write sample paths, a Parquet file; None: nowhere
    path_count : how many of them
    progress : called with what is being done: `stages.FORECAST_STAGES`

    Returns
    -------
    the number of rows written (exactly those of test.csv where there is one), and the forecast of every store and day

    Raises
    ------
    ModelFileError
        where the model file is refused
    DataError
        where the input cannot be read
    """
    progress(READING)
    import_plugins_of(data)
    bundle = load(model)
    prepared = prepare(
        data, horizon=horizon, usual_horizon=bundle.task.horizon, quantiles=quantiles, skip=skip, sum_rows=sum_rows
    )
    progress(FORECAST)
    whole = forecast_with(bundle, prepared)
    rows = prepared.rows_to_write(whole.rows)
    table = None
    if paths is not None:
        whole_numbers = bundle.calibration.whole_numbers
        table = path_table(rows, sample_paths_of(whole, rows), path_count, whole_numbers=whole_numbers)
    write_csv(rows, Path(out))
    if sums is not None:
        panel = prepared.panel
        write_csv(totals(rows, panel.stores, sample_paths_of(whole, rows), panel.breakdown), Path(sums))
    if table is not None and paths is not None:
        with atomic_write(Path(paths)) as draft:
            table.write_parquet(draft)
    return rows.height, whole


def forecast_with(bundle: Bundle, prepared: Prepared) -> Forecast:
    """Forecast a prepared chain.

    The model looks at the whole horizon that it was trained for, whatever part of it was asked: a day's figure does not
    depend on how many days are asked for.
    """
    full = whole_horizon(bundle, prepared)
    last = full.end + dt.timedelta(days=prepared.task.horizon)
    task = Task(bundle.task.horizon, prepared.task.quantiles)
    forecast = bundle.forecast(full, task)
    near = forecast.rows[s.DATE] <= last
    sample_paths, factor = (
        None if values is None else values[near.to_numpy()] for values in (forecast.paths, forecast.rmspe_factor)
    )
    return Forecast(forecast.rows.filter(near), forecast.cutoff, forecast.model, sample_paths, factor)


def whole_horizon(bundle: Bundle, prepared: Prepared) -> Panel:
    """Return the panel with a calendar over all days that the model was trained for.

    Raises
    ------
    ConfigError
        where more days are asked for, or the data's own columns are not the model's
    """
    if prepared.task.horizon > bundle.task.horizon:
        raise ConfigError(
            f"The model was trained for {bundle.task.horizon} days ahead; {prepared.task.horizon} are asked for. "
            f"Give --horizon {bundle.task.horizon} or less, or train one with --horizon {prepared.task.horizon}."
        )
    check_columns(bundle, prepared.panel)
    return extend(prepared.panel, prepared.panel.end + dt.timedelta(days=bundle.task.horizon))


def sample_paths_of(forecast: Forecast, rows: pl.DataFrame) -> F64 | None:
    """Return the sample paths of some rows of a forecast, in their order, (rows, paths); None where it has none."""
    if forecast.paths is None:
        return None
    places = forecast.rows.select(*s.KEYS).with_row_index("place")
    place = rows.select(*s.KEYS).join(places, on=s.KEYS, how="left", maintain_order="left")["place"]
    paths: F64 = forecast.paths[place.to_numpy()]
    return paths
