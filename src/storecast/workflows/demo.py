"""A home to look at: a generated chain, and three months of a plan that people worked on, made as a user makes them.

Each Monday the sales of the week come in, the chain is forecast, the forecast is published, people override it, look after
exceptions and agree on it. Every step is what a command or a route of the service does.

demo_chain     the generated chain, handed out week by week
demo_planners  the people, and what they put in
"""

import contextlib
import datetime as dt
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.bundle.loading import load
from storecast.bundle.registry import current
from storecast.csv_files import write_csv
from storecast.database.connect import Database, home_url
from storecast.database.current_plan import read_overrides
from storecast.database.plan_comments import add_comment
from storecast.database.plan_overrides import PlanWritten, add_overrides, undo_plan_write, withdraw_override
from storecast.database.plan_publishing import advance_version
from storecast.database.request_log import audit
from storecast.database.writes import add_calendar, add_sales
from storecast.errors import ConfigError, quote
from storecast.files import atomic_write, make_folder
from storecast.workflows import plan_exceptions, planning
from storecast.workflows.demo_chain import DemoChain, DemoSpec
from storecast.workflows.demo_planners import (
    ADA,
    BO,
    CLEO,
    budget_of,
    comments_on,
    is_withdrawn_on,
    overrides_on,
    states_on,
    typing_error_on,
)
from storecast.workflows.forecasting import forecast_with
from storecast.workflows.preparation import DatabaseSource, prepare
from storecast.workflows.publishing import publish
from storecast.workflows.running import run
from storecast.workflows.storing import save_run

DEMO_FILE = "demo.json"  # in the home; the last file that is written
MODEL = "linear"
RUN_EVERY = 6  # weeks, after which a model is fitted anew
ACTOR = "command line"  # of the audit
EXCEPTIONS_HANDLED = 2  # a week
SNOOZED = dt.timedelta(weeks=2)


def make_demo(home: Path, spec: DemoSpec, report: Callable[[str], None] = print) -> bool:
    """Make the home of a demo, whole or not at all; return False where it is there already.

    It is made in a folder beside the home, which takes its name at the end. What a killed process left is made anew.

    Parameters
    ----------
    home : the folder
    spec : how large a demo
    report : takes a line for each week

    Raises
    ------
    ConfigError
        where the folder holds something else, or somebody makes the same demo now
    """
    home = home.resolve()
    if _is_complete(home, spec):
        return False
    with _draft_of(home) as draft:
        if _is_complete(home, spec):  # by somebody who was faster
            return False
        chain = DemoChain(spec)
        chain.write_files(draft / "data")
        for line in _mondays(draft, chain):
            report(line)
        with atomic_write(draft / DEMO_FILE) as file:
            file.write_text(json.dumps({"generated": True, **asdict(spec)}, indent=1) + "\n", encoding="utf-8")
        draft.replace(home)
    return True


def _is_complete(home: Path, spec: DemoSpec) -> bool:
    """Say whether a folder holds this demo; refuse one that holds anything else."""
    if not home.exists() or (home.is_dir() and not any(home.iterdir())):
        return False
    file = home / DEMO_FILE
    if not file.is_file():
        raise ConfigError(f"{quote(home)} is there and is no demo; nothing is changed. Choose another folder.")
    if json.loads(file.read_text(encoding="utf-8")) != {"generated": True, **asdict(spec)}:
        raise ConfigError(f"{quote(home)} holds another demo. Choose another folder, or remove this one.")
    return True


@contextmanager
def _draft_of(home: Path) -> Iterator[Path]:
    """Yield an empty folder beside the home, which nobody else writes into; remove it where it is there at the end."""
    draft = make_folder(home.with_name(f".{home.name}.part"))
    lock = os.open(draft, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"Another process makes the demo {quote(home)} now. Wait for it.") from error
        for path in draft.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        try:
            yield draft
        finally:
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(draft)
    finally:
        os.close(lock)


def _mondays(home: Path, chain: DemoChain) -> Iterator[str]:
    """Do what is done on each Monday, and yield a line on it."""
    spec, url = chain.spec, home_url(home)
    for week, cutoff in enumerate(spec.cutoffs):
        if week:
            with closing(Database.open(url)) as db:
                _take_week(db, chain, week)
        if week % RUN_EVERY == 0:
            run(None if week else home / "data", home=home, models=(MODEL,), windows=1)
            bundle = load(current(home / "models"))
        else:  # with the model in use, as a running service does when sales have come
            prepared = prepare(DatabaseSource(url), horizon=None, usual_horizon=bundle.task.horizon)
            save_run(url, prepared, forecast_with(bundle, prepared))
        monday = cutoff + dt.timedelta(days=1)
        with closing(Database.open(url)) as db:
            if week == 0:
                _load_budget(db, home, chain)
            version = publish(db, url, models=home / "models", by=ADA).version
            overrides = _override(db, chain, week, version)
            _comment(db, spec, week)
            exceptions = _handle_exceptions(db, monday)
            state = _agree(db, spec, week, version)
        count = f"{week + 1} of {len(spec.cutoffs)}"
        yield f"{count}  {monday}: version {version}, {state}; overrides written: {overrides}, exceptions handled: {exceptions}"


def _take_week(db: Database, chain: DemoChain, week: int) -> None:
    """Add the sales of a week and the days that come into sight, as POST /v1/sales and POST /v1/calendar do."""
    for add, rows in ((add_sales, chain.sales_until(week)), (add_calendar, chain.days_ahead(week))):
        with db.begin() as conn:
            written = add(conn, rows)
            audit(conn, ACTOR, "sales" if add is add_sales else "calendar", vars(written))


def _load_budget(db: Database, home: Path, chain: DemoChain) -> None:
    """Write the budget to a file, and load it as `storecast plan budget` does."""
    file = home / "data" / "budget.csv"
    days = chain.calendar.filter(pl.col(s.DATE) > chain.spec.cutoffs[0])
    write_csv(budget_of(chain.year_before(), days), file)
    planning.load_budget(db, file)


def _override(db: Database, chain: DemoChain, week: int, version: int) -> int:
    """Let everybody put in what they think they know; return how many overrides that made."""
    spec = chain.spec
    count = 0
    days = planning.show_version(db, version).days
    for person, rows in overrides_on(spec, week, chain.districts, days).items():
        if rows:
            _write(db, rows, person)
            count += len(rows)
    mistyped = typing_error_on(spec, week)
    if mistyped is not None:
        written = _write(db, [mistyped], CLEO)
        with db.begin() as conn:
            undone = undo_plan_write(conn, written.revision, by=CLEO)
            audit(conn, ACTOR, "plan write undone", {**vars(undone), "undone": written.revision, "by": CLEO})
    if is_withdrawn_on(week):
        with db.begin() as conn:
            number = int(read_overrides(conn).filter(pl.col("by") == BO)["id"][-1])
            withdrawn = withdraw_override(conn, number, by=ADA)
            audit(conn, ACTOR, "override withdrawn", {**vars(withdrawn), "override": number, "by": ADA})
    return count


def _write(db: Database, rows: list[dict[str, object]], by: str) -> PlanWritten:
    with db.begin() as conn:
        written = add_overrides(conn, pl.DataFrame(rows), by=by)
        audit(conn, ACTOR, "plan overridden", {**vars(written), "by": by})
    return written


def _comment(db: Database, spec: DemoSpec, week: int) -> None:
    for comment in comments_on(spec, week):
        with db.begin() as conn:
            written = add_comment(conn, **comment)
            audit(conn, ACTOR, "plan commented", {**vars(written), "by": comment["by"]})


def _handle_exceptions(db: Database, monday: dt.date) -> int:
    """Look after the exceptions with the most money at stake: Ada settles the first, Bo takes the next or leaves it for a while."""
    names = plan_exceptions.show_exceptions(db, monday)["Exception"].to_list()[:EXCEPTIONS_HANDLED]
    for place, name in enumerate(names):
        state, person, note = ("done", ADA, "Known, and in the plan") if place == 0 else ("open", BO, "I ask the store")
        until = None
        if place and monday.isocalendar().week % 2 == 0:
            state, until = "snoozed", monday + SNOOZED
        with db.begin() as conn:
            handled = plan_exceptions.handle(conn, name, state=state, by=person, owner=person, until=until, note=note)
            audit(conn, ACTOR, "exception handled", {**vars(handled), "by": person})
    return len(names)


def _agree(db: Database, spec: DemoSpec, week: int, version: int) -> str:
    """Bring a version as far as it gets on its Monday, and return its state."""
    state = "draft"
    for state, person, note in states_on(spec, week):
        with db.begin() as conn:
            advanced = advance_version(conn, version, state, by=person, note=note)
            audit(conn, ACTOR, "plan advanced", {**vars(advanced), "by": person})
    return state
