"""Publish a forecast as a version of the plan."""

from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.bundle.loading import load
from storecast.data.panel import Panel
from storecast.database.connect import Database
from storecast.database.forecasts import MadeForecast, newest_forecast
from storecast.database.plan_publishing import Published, publish_version
from storecast.database.request_log import audit
from storecast.errors import ConfigError, MissingError
from storecast.explain import explanations
from storecast.stages import EXPLAINING, READING, SAVING, Progress, no_progress
from storecast.workflows.forecasting import whole_horizon
from storecast.workflows.preparation import DatabaseSource, import_plugins_of, prepare


def publish(
    db: Database,
    url: str,
    *,
    models: Path | None = None,
    model: str | None = None,
    by: str,
    note: str = "",
    progress: Progress = no_progress,
) -> Published:
    """Publish the newest forecast of a database as a version of the plan.

    Parameters
    ----------
    db, url : the database
    models : the folder with the model file, by which is said what the forecast is made of; None: that stays unknown
    model : the name of the model whose forecast is meant; None: the one that forecast last
    by : who publishes it
    note : a remark
    progress : called with what is being done: `stages.PUBLISH_STAGES`, the last of them alone where ``models`` is None

    Raises
    ------
    MissingError
        where there is no forecast
    ConfigError
        where the chain was changed since the forecast, and what it is made of is asked for
    ModelFileError
        where the model file is refused
    """
    forecast = newest_forecast(db, model)
    if forecast is None:
        of_model = "" if model is None else f" of {model}"
        raise MissingError(f"The database holds no forecast{of_model}. Make one: storecast run.")
    drivers = None if models is None else _drivers(url, forecast, models / forecast.model, progress)
    progress(SAVING)
    with db.begin() as conn:
        published = publish_version(conn, forecast, drivers, by=by, note=note)
        audit(conn, "command line", "plan published", {**vars(published), "by": by})
    return published


def _drivers(url: str, forecast: MadeForecast, model_file: Path, progress: Progress) -> pl.DataFrame:
    progress(READING)
    source = DatabaseSource(url)
    import_plugins_of(source)
    bundle = load(model_file)
    prepared = prepare(source, horizon=None, usual_horizon=bundle.task.horizon)
    if (prepared.panel.end, prepared.version) != (forecast.cutoff, forecast.version):
        raise ConfigError(
            f"The newest forecast is of version {forecast.version} of the chain, which is at version {prepared.version} by now: "
            "what it is made of cannot be worked out any more. Forecast again, or leave --explain out."
        )
    progress(EXPLAINING)
    panel: Panel = whole_horizon(bundle, prepared)
    window = panel.window(panel.end, bundle.task.horizon)
    stores = forecast.rows[s.STORE].unique().to_list()
    chain = explanations.ChainForecast.of(bundle.model, window)
    return explanations.explain(chain, bundle.calibration, stores)
