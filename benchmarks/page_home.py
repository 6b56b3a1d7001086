"""A home with a plan, for `page.py`: three years of a chain, some Mondays with a version each, overrides and a budget."""

import datetime as dt
import json
import shutil
from contextlib import closing
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.bundle.loading import load
from storecast.bundle.registry import current
from storecast.csv_files import write_csv
from storecast.data.generate import ChainSpec, generate, write_chain
from storecast.database.connect import Database, home_url
from storecast.database.plan_overrides import add_overrides
from storecast.database.writes import add_calendar, add_sales
from storecast.workflows.demo_planners import budget_of
from storecast.workflows.forecasting import forecast_with
from storecast.workflows.planning import load_budget
from storecast.workflows.preparation import DatabaseSource, prepare
from storecast.workflows.publishing import publish
from storecast.workflows.running import run
from storecast.workflows.storing import save_run

STORES, DAYS, HORIZON = 1115, 1096, 42
OVERRIDDEN = 100  # stores, one after the other, each Monday
PLANNERS = ("Ada", "Bo", "Cleo")
DONE = "page-home.json"  # the last file that is written


def make_home(home: Path, data: Path | None, weeks: int) -> None:
    """Make a home whose plan has a version for each of the last weeks; one that is there already is left as it is.

    Parameters
    ----------
    home : the folder
    data : with train.csv, test.csv, store.csv and store_states.csv; None: a chain is generated
    weeks : Mondays, each with its version
    """
    if (home / DONE).is_file():
        return
    files = home / "data"
    files.mkdir(parents=True)
    if data is None:
        data = home / "generated"
        write_chain(data, generate(ChainSpec(STORES, DAYS + HORIZON, horizon=HORIZON)))
    train, test = read(data / "train.csv"), read(data / "test.csv")
    end = dt.date.fromisoformat(str(train[s.DATE].max()))
    cutoffs = [end - dt.timedelta(weeks=week) for week in reversed(range(weeks))]
    ahead = pl.concat(each.select(s.STORE, s.DAY_OF_WEEK, s.DATE, *s.KNOWN) for each in (train, test))
    ahead = ahead.filter(pl.col(s.DATE) > cutoffs[0])
    past = train.filter(pl.col(s.DATE) <= cutoffs[0])
    budget = budget_of(past.filter(pl.col(s.DATE) > cutoffs[0] - dt.timedelta(weeks=52)), ahead)
    seen = [cutoff + dt.timedelta(days=HORIZON) for cutoff in cutoffs]  # the last day whose calendar is known
    known = ahead.filter(pl.col(s.DATE) <= seen[0])
    for name, table in (("train", past), ("test", known), ("budget", budget)):
        write_csv(table, files / f"{name}.csv")
    for name in ("store.csv", "store_states.csv"):
        shutil.copy(data / name, files / name)
    url = home_url(home)
    run(files, home=home, horizon=HORIZON, models=("linear",), windows=1)
    bundle = load(current(home / "models"))
    with closing(Database.open(url)) as database:
        load_budget(database, files / "budget.csv")
        for week, cutoff in enumerate(cutoffs):
            if week:
                with database.begin() as conn:
                    add_sales(conn, between(train, cutoffs[week - 1], cutoff))
                    add_calendar(conn, between(ahead, seen[week - 1], seen[week]))
                prepared = prepare(DatabaseSource(url), horizon=None, usual_horizon=HORIZON)
                save_run(url, prepared, forecast_with(bundle, prepared))
            compared = week >= weeks - 2  # by what the two are made of
            version = publish(database, url, models=home / "models" if compared else None, by=PLANNERS[0]).version
            with database.begin() as conn:
                add_overrides(conn, overrides(week, cutoff, past[s.STORE].unique().sort()), by=PLANNERS[week % 3])
            print(f"# version {version} of {weeks}", flush=True)
    (home / DONE).write_text(json.dumps({"weeks": weeks}), encoding="utf-8")


def read(file: Path) -> pl.DataFrame:
    """Read a file of sales or days."""
    return pl.read_csv(file, schema_overrides={s.DATE: pl.Date(), s.STATE_HOLIDAY: pl.String()})


def between(rows: pl.DataFrame, after: dt.date, last: dt.date) -> pl.DataFrame:
    """Return the rows of the days after one, to another."""
    return rows.filter(pl.col(s.DATE) > after, pl.col(s.DATE) <= last).drop(s.DAY_OF_WEEK)


def overrides(week: int, cutoff: dt.date, stores: pl.Series) -> pl.DataFrame:
    """Return what planners put in on a Monday: 5% more for some stores in the second week ahead.

    Parameters
    ----------
    week : of the Monday, from 0
    cutoff : the last day with sales
    stores : of the chain
    """
    return pl.DataFrame({"key": stores[week * OVERRIDDEN : (week + 1) * OVERRIDDEN].cast(pl.String)}).select(
        pl.lit("store").alias("level"),
        "key",
        pl.lit(cutoff + dt.timedelta(days=8)).alias("first"),
        pl.lit(cutoff + dt.timedelta(days=14)).alias("last"),
        pl.lit("factor").alias("kind"),
        pl.lit(1.05).alias("value"),
        pl.lit("local event").alias("reason"),
        pl.lit("").alias("note"),
    )
