"""What a database takes: a folder's chain, and what a run made of it."""

import logging
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import polars as pl

from storecast.database.connect import Database
from storecast.database.forecasts import save_forecast
from storecast.database.panel_io import write_panel
from storecast.database.plan_budget import read_budget
from storecast.plan.totals import total_intervals
from storecast.stages import READING, STORING, Progress, no_progress
from storecast.uncertainty.forecast import Forecast
from storecast.uncertainty.totals import group_totals
from storecast.workflows.preparation import prepare
from storecast.workflows.prepared import Prepared

log = logging.getLogger(__name__)


def load(
    data: Path,
    url: str,
    *,
    skip: Collection[str] = (),
    sum_rows: bool = False,
    progress: Progress = no_progress,
) -> int:
    """Read and clean a folder, and put its chain into a database in place of what it held; return the version.

    Parameters
    ----------
    data : the folder
    url : of the database
    skip : cleaning rules to switch off
    sum_rows : add several rows of a store and day up
    progress : called with what is being done: `stages.LOAD_STAGES`

    Raises
    ------
    DataError
        where the input cannot be read
    DatabaseError
        where the database is not one of storecast
    DatabaseUnavailable
        where it does not answer
    """
    progress(READING)
    prepared = prepare(data, horizon=None, skip=skip, sum_rows=sum_rows)
    progress(STORING)
    with closing(Database.open(url, create=True)) as db:
        return _write(db, prepared)


def check_writable(url: str) -> None:
    """Find out at the start of a long run that its database cannot be used, not at its end."""
    Database.open(url, create=True).close()


def budget_in(url: str) -> pl.DataFrame:
    """Return the budget that a database holds: store (text), first, last, amount; no rows where there is no database yet."""
    with closing(Database.open(url, create=True)) as db, db.reading() as conn:
        return read_budget(conn)


def save_run(url: str, prepared: Prepared, forecast: Forecast) -> None:
    """Put a chain that was read from files, and a forecast of it, into a database.

    The calendar goes in as it was given: what was worked out ahead is worked out anew from what will then be known. A row of a
    test.csv without some columns goes in whole, so that what it gives is not lost.

    Parameters
    ----------
    url : of the database
    prepared : the chain
    forecast : of it
    """
    with closing(Database.open(url, create=True)) as db:
        version = prepared.version
        if version is None:
            version = _write(db, prepared)
        panel = prepared.panel
        sums = total_intervals(group_totals(forecast.rows, panel.stores, forecast.paths, panel.breakdown))
        save_forecast(
            db, model=forecast.model, cutoff=forecast.cutoff, version=version, rows=forecast.rows, totals=sums
        )
        log.info("%s holds the chain, version %d, and this forecast", db.name, version)


def _write(db: Database, prepared: Prepared) -> int:
    cleaned = prepared.cleaned
    return write_panel(db, prepared.panel_to_store, generated=cleaned.generated, names=cleaned.names)
