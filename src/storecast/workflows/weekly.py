"""The job of every Monday: forecast what came in since, publish it, write the files, thin the database out, and tell how it went.

One process at a time does it for a home, and one machine at a time for a PostgreSQL: the locks are of the operating system and of
the database, and end with the process that holds them, killed or not. Started again on the same data it does nothing.
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

from storecast.bundle.loading import load
from storecast.bundle.registry import CURRENT, current, open_model
from storecast.bundle.registry import prune as prune_models
from storecast.database.chain_info import version as chain_version
from storecast.database.connect import Database, home_url
from storecast.database.forecasts import newest_forecast
from storecast.database.job_lock import only_job
from storecast.database.prune import prune
from storecast.database.status import status
from storecast.errors import BusyError, ConfigError, DataError, HistoryError, UserError, quote
from storecast.files import atomic_write, make_folder, remove_abandoned_drafts
from storecast.language import check_language
from storecast.logs import log_file
from storecast.notify.alerts import Condition
from storecast.notify.notifier import Notifier
from storecast.plan.sentences import sentences
from storecast.stages import (
    FORECAST,
    PUBLISHING,
    READING,
    RUN_STAGES,
    STORING,
    Expect,
    Progress,
    no_expectation,
    no_progress,
)
from storecast.traces import span
from storecast.workflows.forecasting import forecast_with
from storecast.workflows.home import write_forecast
from storecast.workflows.plan_summary import plan_summary
from storecast.workflows.preparation import DatabaseSource, import_plugins_of, prepare
from storecast.workflows.publishing import publish
from storecast.workflows.run_cost import MOST_ACCURATE
from storecast.workflows.running import MODELS_KEPT, run
from storecast.workflows.storing import budget_in, save_run
from storecast.workflows.weekly_conditions import ending_certificates, ending_keys, incomplete, late, outside_bands

log = logging.getLogger(__name__)

LOCK, SUMMARY = "weekly.lock", "weekly.json"  # in the home
DONE, UNCHANGED = "done", "unchanged"
OK, ATTENTION = 0, 4  # exit codes
BY = "weekly"  # who publishes the version


@dataclass(frozen=True)
class WeeklySettings:
    """What a weekly job does.

    Attributes
    ----------
    retrain_after : days of sales after those that the model in use knows, from which on a new one is trained
    late_after : days before today up to which sales must have come
    models : names of those that are compared where one is trained; None: naive, linear and blend, the most accurate model, as
        nobody waits for it; those of a quick run where it is to be fast
    fast : train quicker, slightly less accurate models
    explain : keep what the forecast is made of with the version of the plan
    keep_forecasts, keep_requests : days for which the database keeps them
    force : work even where nothing is new
    language : of the workbook, and of the report where a model is trained: en or de
    """

    retrain_after: int = 28
    late_after: int = 3
    models: Sequence[str] | None = None
    fast: bool = False
    explain: bool = False
    keep_forecasts: int = 730
    keep_requests: int = 90
    force: bool = False
    language: str = "en"


def weekly(
    home: Path,
    db: str | None = None,
    settings: WeeklySettings = WeeklySettings(),
    *,
    notify: Path | None = None,
    today: dt.date | None = None,
    progress: Progress = no_progress,
    expect: Expect = no_expectation,
) -> dict[str, Any]:
    """Do the job of a week, and tell people what needs a look; return its summary, which weekly.json in the home holds, too.

    Parameters
    ----------
    home : folder of all outputs
    db : URL of the database; None: storecast.db in the home
    settings : what is done
    notify : file with [notify], who is told; None: storecast.toml in the home, where there is one
    today : to which sales are compared; None: the day of now, UTC
    progress : called with what is being done
    expect : called with the stages and what each is likely to take, once it is known whether a model is trained

    Returns
    -------
    status (done or unchanged), exit_code, attention and acknowledged (sentences), and what was done

    Raises
    ------
    BusyError
        where another process is at it
    ConfigError
        where there is no such home, and no database is named, no such language, or [notify] cannot be read
    DataError
        where the database holds no sales
    HistoryError
        where a model is trained, and the sales are too short for its windows
    DatabaseError
        where the database cannot be used
    ModelFileError
        where the model in use is refused
    """
    check_language(settings.language)
    if db is None and not home.is_dir():
        raise ConfigError(
            f"There is no folder {quote(home)}. Name the home of a run, or give --db with the URL of a database."
        )
    make_folder(home)
    url = home_url(home) if db is None else db
    day = today or dt.datetime.now(dt.UTC).date()
    with locked(home / LOCK):
        remove_abandoned_drafts(home)
        notifier = Notifier(home, notify)
        try:
            with closing(Database.open(url)) as database, only_job(database):
                summary, conditions = _work_where_new(home, database, url, settings, day, progress, expect)
            conditions += ending_keys(url, day)
            conditions += ending_certificates(notifier.settings.certificates, day, notifier.settings.certificate_days)
        except BusyError:
            raise
        except Exception as error:  # whatever it was, people are told, and it goes on upwards
            reason = str(error) if isinstance(error, UserError) else f"a bug, {type(error).__name__}; its log has more."
            notifier.report([Condition("failed", f"The weekly job failed: {reason}")], day, complete=False)
            raise
        unsent = notifier.report(conditions, day)
        known = [condition for condition in conditions if notifier.is_acknowledged(condition)]
        summary["attention"] = [*(each.sentence for each in conditions if each not in known), *unsent]
        summary["acknowledged"] = [condition.sentence for condition in known]
        summary["exit_code"] = ATTENTION if summary["attention"] else OK
        if summary["status"] == DONE:
            with atomic_write(home / SUMMARY) as draft:
                draft.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return summary


def _work_where_new(
    home: Path,
    database: Database,
    url: str,
    settings: WeeklySettings,
    today: dt.date,
    progress: Progress,
    expect: Expect,
) -> tuple[dict[str, Any], list[Condition]]:
    """Do the work where the chain is newer than at the last job; return the summary, and what needs a look.

    Parameters
    ----------
    home : folder of all outputs
    database, url : of the chain
    settings, today, progress, expect : as for `weekly`
    """
    version = chain_version(database)
    last_sale = status(database)["last_sale"]
    if last_sale is None:
        raise DataError("The database holds no sales yet. Load a chain: storecast db load --data DIR.")
    before = _summary_before(home / SUMMARY)
    if before is not None and before["chain_version"] == version and not settings.force:
        summary: dict[str, Any] = {**before, "status": UNCHANGED}
    else:
        with log_file(home / "run.log"):
            summary = _work(home, url, dt.date.fromisoformat(last_sale), settings, progress, expect)
    lateness = late(dt.date.fromisoformat(summary["data"]["last_day"]), today, settings.late_after)
    return summary, [*lateness, *(Condition(**plain) for plain in summary["data"]["conditions"])]


def _work(
    home: Path, url: str, last_sale: dt.date, settings: WeeklySettings, progress: Progress, expect: Expect
) -> dict[str, Any]:
    """Forecast, publish and prune; return the summary.

    Parameters
    ----------
    home, url : of the home and its database
    last_sale : the last day with sales, complete or not
    settings, progress, expect : as for `weekly`
    """
    began = dt.datetime.now(dt.UTC)
    with span("forecast"):
        trained, failed = _forecast(home, url, last_sale, settings, progress, expect)
    progress(PUBLISHING)
    with closing(Database.open(url)) as database:
        model = current(home / "models").name
        with span("publish"):
            published = publish(database, url, models=home / "models" if settings.explain else None, model=model, by=BY)
        forecast = newest_forecast(database, model)
        assert forecast is not None
        conditions = [*incomplete(database, forecast.cutoff, last_sale), *failed]
        words = sentences(plan_summary(database, published.version))
        keep = {"forecasts": settings.keep_forecasts, "requests": settings.keep_requests}
        with span("prune"):
            deleted = prune(database, **{name: dt.timedelta(days) for name, days in keep.items()})
    deleted["model_files"] = len(prune_models(home / "models", keep=MODELS_KEPT))
    conditions += outside_bands(url, home / "models")
    log.info("weekly job: version %d of the plan after %s", published.version, forecast.cutoff)
    return {
        "status": DONE,
        "began": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        "ended": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "chain_version": forecast.version,
        "data": {"last_day": forecast.cutoff.isoformat(), "conditions": [each.to_plain() for each in conditions]},
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
    home: Path, url: str, last_sale: dt.date, settings: WeeklySettings, progress: Progress, expect: Expect
) -> tuple[bool, list[Condition]]:
    """Forecast with the model in use, or with a new one where that is old; return whether it is new, and what failed.

    Parameters
    ----------
    home, url : of the home and its database
    last_sale : the last day with sales, complete or not
    settings, progress, expect : as for `weekly`
    """
    models, horizon = home / "models", None
    if (models / CURRENT).exists():
        manifest = open_model(current(models)).manifest
        if (last_sale - manifest.cutoff).days < settings.retrain_after:
            source = DatabaseSource(url)
            import_plugins_of(source)
            expect(dict.fromkeys((READING, FORECAST, PUBLISHING), 0.0))
            progress(READING)
            bundle = load(current(models))
            prepared = prepare(source, horizon=None, usual_horizon=bundle.task.horizon)
            progress(FORECAST)
            forecast = forecast_with(bundle, prepared)
            created = dt.datetime.now(dt.UTC).replace(microsecond=0)
            write_forecast(home, prepared, forecast, budget_in(url), created, settings.language)
            save_run(url, prepared, forecast)
            return False, []
        horizon = int(manifest.task["horizon"])
    expect(dict.fromkeys((*RUN_STAGES, PUBLISHING), 0.0))
    try:
        scores = _train(home, url, horizon, settings, progress, expect)
    except HistoryError as error:
        raise HistoryError(
            f"{error} These are options of `storecast run`: the weekly job goes on with the horizon of the model that it trained."
        ) from error
    return True, [
        Condition(f"model:{name}", f"The model {name} failed: {cause}.") for name, cause in scores["failed"].items()
    ]


def _train(
    home: Path, url: str, horizon: int | None, settings: WeeklySettings, progress: Progress, expect: Expect
) -> dict[str, Any]:
    """Do the main job, and return its scores.

    Parameters
    ----------
    home, url : of the home and its database
    horizon : of the model in use; None: there is none
    settings, progress, expect : as for `weekly`
    """
    return run(
        None,
        home=home,
        db=url,
        horizon=horizon,
        models=settings.models or (None if settings.fast else MOST_ACCURATE),
        fast=settings.fast,
        language=settings.language,
        progress=progress,
        announce=lambda cost, _: expect({**cost.seconds, PUBLISHING: cost.seconds[STORING]}),  # it writes as many rows
    )


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
