"""A year of Mondays in fast motion: the database, the memory and the work of the weekly job do not grow with the weeks."""

import cProfile
import datetime as dt
import pstats
import resource
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database, home_url
from storecast.database.writes import add_sales
from storecast.workflows.storing import load
from storecast.workflows.weekly import WeeklySettings, weekly
from support.chain_files import FIRST, write_chain
from support.commands import leave_out_exploration

DAYS = 150
WEEKS = 52
KEPT_DAYS = 56  # of forecasts, so that pruning has reached its balance after two months
QUARTER = WEEKS // 4


def memory() -> float:
    """Return the megabytes that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def database_size(home: Path) -> int:
    """Return the bytes of the database without the chain, whose sales grow with each week."""
    with closing(Database.open(home_url(home))) as database, database.reading() as conn:
        pages = "SELECT SUM(pgsize) FROM dbstat WHERE name NOT LIKE '%sales%' AND name NOT LIKE '%calendar%'"
        return int(conn.exec_driver_sql(pages).scalar_one())


def send_week(home: Path, first: dt.date) -> None:
    """Post the sales of a week, as shops do."""
    dates = pl.DataFrame({s.DATE: [first + dt.timedelta(days=day) for day in range(7)]})
    rows = pl.DataFrame({s.STORE: [1, 2, 3, 4]}).join(dates, how="cross")
    is_open = (pl.col(s.DATE).dt.weekday() < 7).cast(pl.Int64)
    columns = {s.OPEN: is_open, s.PROMO: pl.lit(0), s.STATE_HOLIDAY: pl.lit("0"), s.SCHOOL_HOLIDAY: pl.lit(0)}
    with closing(Database.open(home_url(home))) as database, database.begin() as conn:
        add_sales(conn, rows.with_columns((is_open * 5000.0).alias(s.SALES), **columns))


@pytest.mark.long
def test_after_a_year_of_mondays_nothing_has_grown_but_the_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out_exploration(monkeypatch)
    home = tmp_path / "home"
    home.mkdir()
    load(write_chain(tmp_path / "data", days=DAYS), home_url(home))
    settings = WeeklySettings(models=("naive",), fast=True, keep_forecasts=KEPT_DAYS, late_after=36_500)
    monday = FIRST + dt.timedelta(days=DAYS)
    sizes, memories, calls = [], [], []
    for week in range(WEEKS):
        send_week(home, monday + dt.timedelta(days=7 * week))
        with cProfile.Profile() as profile:
            summary = weekly(home, settings=settings)
        calls.append(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
        sizes.append(database_size(home))
        memories.append(memory())
        assert summary["status"] == "done", summary
    assert summary["plan"]["version"] == WEEKS
    second, last = slice(QUARTER, 2 * QUARTER), slice(3 * QUARTER, WEEKS)
    # A year's versions of the plan stay; each is small.
    assert max(sizes[last]) < 1.5 * max(sizes[second]), sizes
    assert max(memories[last]) < 1.15 * max(memories[second]), memories
    # Calls of functions, as seconds of a busy machine say nothing; the least of a quarter, as some weeks train a model. Feasts
    # ahead make some more of them; what grew with the weeks would double them.
    assert min(calls[last]) < 1.3 * min(calls[second]), calls
    assert len(list((home / "models").glob("*.pkl"))) <= 10
