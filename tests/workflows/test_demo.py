"""The demo: a home that people worked on for some Mondays, whole or not at all."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.connect import Database, home_url
from storecast.database.plan_budget import read_budget
from storecast.database.plan_comments import read_comments
from storecast.database.plan_versions import all_versions
from storecast.errors import ConfigError
from storecast.workflows import demo, planning
from storecast.workflows.demo import DEMO_FILE, make_demo
from storecast.workflows.demo_chain import INCIDENTS, DemoChain, DemoSpec, span_of
from storecast.workflows.demo_planners import ADA, BO, CLEO, overrides_on
from storecast.workflows.plan_exceptions import show_exceptions

SMALL = DemoSpec(weeks=2, stores=8, history=24)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "home"
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storecast.workflows.running._explore", lambda *_: None)  # as where its libraries are missing
        assert make_demo(folder, SMALL, lines.append)
    assert [line.partition(";")[0] for line in lines] == [
        "1 of 2  2013-06-17: version 1, locked",
        "2 of 2  2013-06-24: version 2, draft",
    ]
    assert [path.name for path in folder.parent.iterdir()] == ["home"]
    return folder


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    with closing(Database.open(home_url(home))) as opened:
        yield opened


def test_a_version_of_each_monday_knows_the_sales_that_came_until_then(database: Database) -> None:
    with database.reading() as conn:
        versions = all_versions(conn)
        last = conn.execute(sa.select(sa.func.max(t.sales.c.date))).scalar()
        until = conn.execute(sa.select(sa.func.max(t.calendar.c.date))).scalar()
    assert [(each.version, each.cutoff, each.state, each.explained) for each in versions] == [
        (2, dt.date(2013, 6, 23), "draft", True),
        (1, dt.date(2013, 6, 16), "locked", True),
    ]
    assert (last, until) == (versions[0].cutoff, versions[0].last)


def test_people_overrode_it_with_reasons_and_value_added_knows_whose_they_were(database: Database) -> None:
    shown = planning.show_overrides(database).overrides
    assert set(shown["By"]) == {ADA, BO, CLEO}
    assert shown.filter(pl.col("By") == ADA)["Reason"].to_list() == ["supply"]
    added = planning.plan_value(database)
    assert added.steps.filter(pl.col("Slice") == "person")["Key"].to_list() == [CLEO]
    with database.reading() as conn:
        undone = conn.execute(sa.select(t.plan_writes.c.by).where(t.plan_writes.c.action == "undone")).scalars().all()
        handled = conn.execute(sa.select(t.plan_exceptions.c.state)).scalars().all()
        comments = read_comments(conn)
        actions = set(conn.execute(sa.select(t.audit.c.action)).scalars())
    assert undone == [CLEO]
    assert comments.select("Version", "Store", "By").rows() == [(1, None, CLEO), (1, "3", ADA)]
    assert "done" in handled
    assert {"sales", "calendar", "plan published", "plan overridden", "plan advanced", "budget replaced"} <= actions
    assert show_exceptions(database, dt.date(2013, 6, 24)).height > 0


def test_the_plan_stands_beside_a_budget(database: Database) -> None:
    weeks = planning.show_version(database).weeks
    assert weeks.height == 6
    assert weeks["Budget"].null_count() == 0
    assert (weeks["Variance"].abs() < weeks["Budget"] / 4).all()
    with database.reading() as conn:
        assert read_budget(conn)["store"].n_unique() == SMALL.stores


def test_it_is_there_already_and_another_demo_is_refused(home: Path) -> None:
    assert not make_demo(home, SMALL)
    with pytest.raises(ConfigError, match="holds another demo"):
        make_demo(home, DemoSpec(weeks=3, stores=8, history=24))


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(ConfigError, match="is no demo; nothing is changed"):
        make_demo(tmp_path, SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_demo_that_breaks_off_leaves_nothing_and_what_a_killed_one_left_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / ".home.part"
    left.mkdir()
    (left / "storecast.db").write_text("half a database")

    def mondays(draft: Path, _: DemoChain) -> Iterator[str]:
        assert [path.name for path in draft.iterdir()] == ["data"]
        with pytest.raises(ConfigError, match="Another process makes the demo"):
            make_demo(tmp_path / "home", SMALL)
        yield "2013-06-17"
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_mondays", mondays)
    with pytest.raises(KeyboardInterrupt):
        make_demo(tmp_path / "home", SMALL, lambda _: None)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(demo, "_mondays", lambda *_: iter(()))
    assert make_demo(tmp_path / "home", SMALL)
    assert json.loads((tmp_path / "home" / DEMO_FILE).read_text())["generated"]


@pytest.mark.parametrize(
    ("option", "value"), [("weeks", 1), ("weeks", 27), ("stores", 7), ("stores", 61), ("seed", -1)]
)
def test_a_demo_that_would_show_nothing_is_refused(option: str, value: int) -> None:
    with pytest.raises(ConfigError, match=f"--{option}: found {value}; expected"):
        DemoSpec(**{option: value})


def test_the_same_seed_gives_the_same_sales_and_the_same_overrides() -> None:
    chains = [DemoChain(DemoSpec(weeks=3, stores=8, seed=seed, history=24)) for seed in (1, 1, 2)]
    sales = [chain.sales_until(2) for chain in chains]
    assert sales[0].equals(sales[1])
    assert not sales[0].equals(sales[2])
    days = chains[0].calendar.with_columns(Forecast=100.0)
    rows = [[overrides_on(each.spec, week, each.districts, days) for week in range(3)] for each in chains]
    assert rows[0] == rows[1] != rows[2]


def test_an_incident_moves_the_sales_of_its_store_and_days_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = DemoSpec(weeks=3, stores=8, history=24)
    with_them = DemoChain(spec).sales_until(2)
    monkeypatch.setattr("storecast.workflows.demo_chain.INCIDENTS", ())
    without = DemoChain(spec).sales_until(2)
    first, last = span_of(INCIDENTS[0], spec.cutoffs[0])
    moved = with_them.filter(with_them["Sales"] != without["Sales"])
    assert moved["Store"].unique().to_list() == [INCIDENTS[0].store]
    assert moved["Date"].is_between(first, last).all()
    assert moved["Sales"].sum() == pytest.approx(
        without.filter(with_them["Sales"] != without["Sales"])["Sales"].sum() * INCIDENTS[0].effect, rel=0.001
    )
