"""The job of every Monday: forecast what came in since, publish it, write the files, thin the database out, and say how it went.

One process at a time does it for a home: the lock is one of the operating system, which ends with the process that holds it, killed
or not. Started again on the same data it does nothing.
"""

import datetime as dt
import fcntl
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.bundle.fitting import Progress, no_progress
from storecast.bundle.loading import load
from storecast.bundle.registry import CURRENT, current, open_model
from storecast.bundle.registry import prune as prune_models
from storecast.database.chain_info import version as chain_version
from storecast.database.connect import Database, home_url
from storecast.database.day_spans import sales_between
from storecast.database.forecasts import newest_forecast
from storecast.database.prune import prune
from storecast.database.status import status
from storecast.errors import BusyError, ConfigError, DataError, quote
from storecast.files import atomic_write, make_folder
from storecast.logs import log_file
from storecast.plan.sentences import sentences
from storecast.workflows.forecasting import forecast_with
from storecast.workflows.home import write_forecast
from storecast.workflows.plan_summary import plan_summary
from storecast.workflows.preparation import DatabaseSource, import_plugins_of, prepare
from storecast.workflows.publishing import publish
from storecast.workflows.running import MODELS_KEPT, run
from storecast.workflows.storing import save_run

log = logging.getLogger(__name__)

LOCK, SUMMARY = "weekly.lock", "weekly.json"  # in the home
DONE, UNCHANGED = "done", "unchanged"
OK, ATTENTION = 0, 4  # exit codes
BY = "weekly"  # who publishes the version
RECENT_DAYS, LOOK_BACK_DAYS = 7, 35  # a store that had rows in these days and none in those is missing
MAX_NAMED = 5  # stores in a sentence


@dataclass(frozen=True)
class WeeklySettings:
    """What a weekly job does.

    Attributes
    ----------
    retrain_after : days of sales after those that the model in use knows, from which on a new one is trained
    late_after : days before today up to which sales must have come
    models : names of those that are compared where one is trained; None: those of a run
    fast : train quicker, slightly less accurate models
    explain : keep what the forecast is made of with the version of the plan
    keep_forecasts, keep_requests : days for which the database keeps them
    force : work even where nothing is new
    """

    retrain_after: int = 28
    late_after: int = 3
    models: Sequence[str] | None = None
    fast: bool = False
    explain: bool = False
    keep_forecasts: int = 730
    keep_requests: int = 90
    force: bool = False


def weekly(
    home: Path,
    db: str | None = None,
    settings: WeeklySettings = WeeklySettings(),
    *,
    today: dt.date | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Do the job of a week; return its summary, which weekly.json in the home holds, too.

    Parameters
    ----------
    home : folder of all outputs
    db : URL of the database; None: storecast.db in the home
    settings : what is done
    today : to which sales are compared; None: the day of now, UTC
    progress : called with what is being done

    Returns
    -------
    status (done or unchanged), exit_code, attention (sentences), and what was done

    Raises
    ------
    BusyError
        where another process is at it
    ConfigError
        where there is no such home, and no database is named
    DataError
        where the database holds no sales
    DatabaseError
        where the database cannot be used
    ModelFileError
        where the model in use is refused
    """
    if db is None and not home.is_dir():
        raise ConfigError(
            f"There is no folder {quote(home)}. Name the home of a run, or give --db with the URL of a database."
        )
    make_folder(home)
    url = home_url(home) if db is None else db
    day = today or dt.datetime.now(dt.UTC).date()
    with locked(home / LOCK):
        with closing(Database.open(url)) as database:
            version = chain_version(database)
            last_sale = status(database)["last_sale"]
        if last_sale is None:
            raise DataError("The database holds no sales yet. Load a chain: storecast db load --data DIR.")
        before = _summary_before(home / SUMMARY)
        if before is not None and before["chain_version"] == version and not settings.force:
            cutoff = dt.date.fromisoformat(before["data"]["last_day"])
            attention = [*_late(cutoff, day, settings.late_after), *before["data"]["sentences"]]
            return {**before, "status": UNCHANGED, "attention": attention, "exit_code": ATTENTION if attention else OK}
        with log_file(home / "run.log"):
            summary = _work(home, url, dt.date.fromisoformat(last_sale), settings, day, progress)
        with atomic_write(home / SUMMARY) as draft:
            draft.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return summary


def _work(
    home: Path, url: str, last_sale: dt.date, settings: WeeklySettings, today: dt.date, progress: Progress
) -> dict[str, Any]:
    """Forecast, publish and prune; return the summary.

    Parameters
    ----------
    home, url : of the home and its database
    last_sale : the last day with sales, complete or not
    settings, today, progress : as for `weekly`
    """
    began = dt.datetime.now(dt.UTC)
    trained, failed = _forecast(home, url, last_sale, settings, progress)
    progress("publishing and pruning")
    with closing(Database.open(url)) as database:
        model = current(home / "models").name
        published = publish(database, url, models=home / "models" if settings.explain else None, model=model, by=BY)
        forecast = newest_forecast(database, model)
        assert forecast is not None
        data = [*_incomplete(database, forecast.cutoff, last_sale), *failed]
        words = sentences(plan_summary(database, published.version))
        keep = {"forecasts": settings.keep_forecasts, "requests": settings.keep_requests}
        deleted = prune(database, **{name: dt.timedelta(days) for name, days in keep.items()})
    deleted["model_files"] = len(prune_models(home / "models", keep=MODELS_KEPT))
    attention = [*_late(forecast.cutoff, today, settings.late_after), *data]
    log.info("weekly job: version %d of the plan after %s", published.version, forecast.cutoff)
    return {
        "status": DONE,
        "exit_code": ATTENTION if attention else OK,
        "attention": attention,
        "began": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        "ended": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "chain_version": forecast.version,
        "data": {"last_day": forecast.cutoff.isoformat(), "sentences": data},
        "model": {"name": forecast.model, "trained": trained},
        "plan": {"version": published.version, "sentences": words},
        "deleted": deleted,
    }


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, however it ends.

    Parameters
    ----------
    path : of the file of the lock, which stays

    Raises
    ------
    BusyError
        where another process holds it
    """
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise BusyError(
                f"The weekly job is at work on {path.parent} already ({holder}). Wait for it, or end that process."
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()} since {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} UTC\n")
        file.flush()
        yield
        file.truncate(0)


def _forecast(
    home: Path, url: str, last_sale: dt.date, settings: WeeklySettings, progress: Progress
) -> tuple[bool, list[str]]:
    """Forecast with the model in use, or with a new one where that is old; return whether it is new, and what failed.

    Parameters
    ----------
    home, url : of the home and its database
    last_sale : the last day with sales, complete or not
    settings : as for `weekly`
    progress : as for `weekly`
    """
    models = home / "models"
    if (models / CURRENT).exists():
        manifest = open_model(current(models)).manifest
        if (last_sale - manifest.cutoff).days < settings.retrain_after:
            source = DatabaseSource(url)
            import_plugins_of(source)
            progress("forecast")
            bundle = load(current(models))
            prepared = prepare(source, horizon=None, usual_horizon=bundle.task.horizon)
            forecast = forecast_with(bundle, prepared)
            write_forecast(home, prepared, forecast, dt.datetime.now(dt.UTC).replace(microsecond=0))
            save_run(url, prepared, forecast)
            return False, []
    scores = run(None, home=home, db=url, models=settings.models, fast=settings.fast, progress=progress)
    return True, [f"The model {name} failed: {cause}." for name, cause in scores["failed"].items()]


def _late(cutoff: dt.date, today: dt.date, late_after: int) -> list[str]:
    """Say that sales are late.

    Parameters
    ----------
    cutoff : the last complete day
    today : the day of the job
    late_after : days before it up to which sales must have come
    """
    expected = today - dt.timedelta(days=late_after)
    days = (expected - cutoff).days
    if days <= 0:
        return []
    count = "1 day" if days == 1 else f"{days} days"
    return [f"The sales are late: the last complete day is {cutoff}, expected was {expected} at least ({count} more)."]


def _incomplete(database: Database, cutoff: dt.date, last_sale: dt.date) -> list[str]:
    """Say which stores stopped sending, and which days are not complete yet.

    Parameters
    ----------
    database : with the chain
    cutoff : the last complete day
    last_sale : the last day with sales
    """
    with database.reading() as conn:
        rows = sales_between(conn, cutoff - dt.timedelta(days=LOOK_BACK_DAYS - 1), last_sale)
    past = rows.filter(pl.col(s.DATE) <= cutoff)
    recent = pl.col(s.DATE) > cutoff - dt.timedelta(days=RECENT_DAYS)
    known = past.filter(~recent)[s.STORE].unique().sort()
    missing = known.filter(~known.is_in(past.filter(recent)[s.STORE].unique().to_list())).to_list()
    lines = []
    if missing:
        more = f" and {len(missing) - MAX_NAMED} more" if len(missing) > MAX_NAMED else ""
        which = ", ".join(map(str, missing[:MAX_NAMED])) + more
        lines.append(
            f"No sales of the week up to {cutoff} have come from {len(missing)} of {len(known)} stores: {which}."
        )
    days = rows.filter(pl.col(s.DATE) > cutoff).group_by(s.DATE).len("stores").sort(s.DATE)
    if days.height:
        listed = ", ".join(f"{day} ({stores} of {len(known)} stores)" for day, stores in days.iter_rows())
        lines.append(f"Days that are not complete yet were left out: {listed}.")
    return lines


def _summary_before(path: Path) -> dict[str, Any] | None:
    """Return the summary of the last job; None where there is none yet."""
    if not path.exists():
        return None
    try:
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(
            f"{path} is no JSON; expected the summary of the last weekly job. Delete it, and start again."
        ) from error
    return summary
