"""The plan: publish a forecast as a version of it, and look at versions beside each other."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.bundle.loading import load
from storecast.data.panel import Panel
from storecast.database.connect import Database
from storecast.database.forecasts import MadeForecast, newest_forecast
from storecast.database.plan_versions import (
    DRIVERS_PART,
    Published,
    all_versions,
    publish_version,
    read_figures,
    read_version,
)
from storecast.database.request_log import audit
from storecast.errors import ConfigError, MissingError
from storecast.explain import explanations
from storecast.plan.comparison import Comparison, compare
from storecast.plan.store_days import weeks_of
from storecast.plan.versions import PlanVersion
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
) -> Published:
    """Publish the newest forecast of a database as a version of the plan.

    Parameters
    ----------
    db, url : the database
    models : the folder with the model file, by which is said what the forecast is made of; None: that stays unknown
    model : the name of the model whose forecast is meant; None: the one that forecast last
    by : who publishes it
    note : a remark

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
    drivers = None if models is None else _drivers(url, forecast, models / forecast.model)
    with db.begin() as conn:
        published = publish_version(conn, forecast, drivers, by=by, note=note)
        audit(conn, "command line", "plan published", {**vars(published), "by": by})
    return published


def _drivers(url: str, forecast: MadeForecast, model_file: Path) -> pl.DataFrame:
    source = DatabaseSource(url)
    import_plugins_of(source)
    bundle = load(model_file)
    prepared = prepare(source, horizon=None)
    if (prepared.panel.end, prepared.version) != (forecast.cutoff, forecast.version):
        raise ConfigError(
            f"The newest forecast is of version {forecast.version} of the chain, which is at version {prepared.version} by now: "
            "what it is made of cannot be worked out any more. Forecast again, or leave --explain out."
        )
    panel: Panel = whole_horizon(bundle, prepared)
    window = panel.window(panel.end, bundle.task.horizon)
    stores = forecast.rows[s.STORE].unique().to_list()
    return explanations.explain(bundle.model, bundle.calibration, window, stores)


def compare_versions(db: Database, before: int | None = None, after: int | None = None) -> Comparison:
    """Compare two versions of the plan.

    Parameters
    ----------
    db : the database
    before, after : their numbers; None: the newest one, and the one before it

    Raises
    ------
    MissingError
        where there is no such version, or none before it
    DataError
        where they have no store and day in common
    """
    with db.reading() as conn:
        second = read_version(conn, after)
        earlier = [each.version for each in all_versions(conn) if each.version < second.version]
        if before is None and not earlier:
            raise MissingError(f"Version {second.version} is the first of the plan: there is none to compare it with.")
        first = read_version(conn, earlier[0] if before is None else before)
        figures = [read_figures(conn, each.version) for each in (first, second)]
        drivers = [read_figures(conn, each.version, DRIVERS_PART) for each in (first, second)]
    assert figures[0] is not None
    assert figures[1] is not None
    return compare((first, second), (figures[0], figures[1]), (drivers[0], drivers[1]))


@dataclass(frozen=True, eq=False)
class ShownVersion:
    """A version of the plan, as people look at it.

    Attributes
    ----------
    version : what is known of it
    days : Store, Date and its figures
    weeks : Start, End and the sums of the chain
    """

    version: PlanVersion
    days: pl.DataFrame
    weeks: pl.DataFrame


def show_version(db: Database, version: int | None = None) -> ShownVersion:
    """Return a version of the plan with its figures.

    Parameters
    ----------
    db : the database
    version : its number; None: the newest

    Raises
    ------
    MissingError
        where there is none
    """
    with db.reading() as conn:
        wanted = read_version(conn, version)
        figures = read_figures(conn, wanted.version)
    assert figures is not None
    return ShownVersion(wanted, figures.to_frame(), weeks_of(figures, [s.FORECAST]))
