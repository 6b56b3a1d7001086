"""storecast monitor as a user runs it."""

import datetime as dt
import json
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast import workflows
from storecast.data.panel import Panel
from storecast.data.target import Target
from storecast.database.connect import Database, home_url
from storecast.database.forecasts import save_forecast
from storecast.database.panel_io import write_panel
from storecast.database.writes import add_sales
from storecast.stages import MONITOR_STAGES
from support.chain_files import write_chain
from support.commands import Cli, ended_stages, leave_out_exploration
from support.new_databases import new_database
from support.panels import make_panel

PANEL = make_panel(stores=6, days=500, ahead=10)
CUTOFF = PANEL.end - dt.timedelta(days=28)


def write_home(home: Path, end: dt.date) -> Path:
    """Write a home with a forecast of twice what came, whose sales have come up to a day."""
    panel = Panel(PANEL.sales.filter(pl.col(s.DATE) <= end), PANEL.stores, PANEL.calendar)
    ahead = PANEL.sales.filter(pl.col(s.DATE) > CUTOFF)
    shares = {"Forecast": 2.0, "Lower80": 1.8, "Upper80": 2.2, "Lower95": 1.5, "Upper95": 2.5}
    rows = ahead.select(*s.KEYS, *((pl.col(s.SALES) * share).alias(name) for name, share in shares.items()))
    database = new_database(home_url(home))
    version = write_panel(database, panel)
    save_forecast(database, model="model-2014-05-01-00-00-00.pkl", cutoff=CUTOFF, version=version, rows=rows)
    database.close()
    return home


def test_scores_and_alerts_are_printed(cli: Cli, tmp_path: Path) -> None:
    code, out, err = cli("monitor", "--home", write_home(tmp_path, PANEL.end), "--out", tmp_path / "out")
    assert (code, ended_stages(err)) == (0, MONITOR_STAGES), err
    for words in ("Accuracy so far", "By week ahead", "Stores furthest off", "What goes into the forecasts", "bias"):
        assert words in out
    assert "ALERT model-2014-05-01-00-00-00.pkl: coverage80 is 0.000, outside 0." in out
    assert "Advice: retrain" in out
    assert "WAPE has no band, where the model file is not here: model-2014" in out
    assert (tmp_path / "out" / "accuracy.csv").exists()


def test_another_figure_in_whole_numbers_is_compared_and_called_by_its_name(cli: Cli, tmp_path: Path) -> None:
    whole = replace(
        PANEL,
        sales=PANEL.sales.with_columns(pl.col(s.SALES).round() // 10),
        target=Target("orders", "pieces", whole_numbers=True),
    )
    sales = whole.sales.filter(pl.col(s.DATE) > CUTOFF).select(*s.KEYS, s.SALES)
    bounds = {"Forecast": 0.3, "Lower80": 0.0, "Upper80": 0.0, "Lower95": -1.0, "Upper95": 1.0}
    rows = sales.select(*s.KEYS, *((pl.col(s.SALES) + move).alias(name) for name, move in bounds.items()))
    database = new_database(home_url(tmp_path))
    save_forecast(database, model="m", cutoff=CUTOFF, version=write_panel(database, whole), rows=rows)
    database.close()
    code, out, _ = cli("monitor", "--home", tmp_path, "--json")
    monitored = json.loads(out)
    assert (code, monitored["accuracy"][0]["coverage80"]) == (0, 1)
    assert monitored["definitions"]["wape"] == "sum of |orders - Forecast| / sum of orders"
    assert monitored["sales"]["stale"].startswith("The last orders are of")
    assert "ALERT The last orders" in cli("monitor", "--home", tmp_path)[1]


def test_when_no_sales_have_come_then_one_line_says_so(cli: Cli, tmp_path: Path) -> None:
    code, out, err = cli("monitor", "--home", write_home(tmp_path, CUTOFF))
    assert code == 0, err
    line, age = out.splitlines()
    assert line == "No day of a forecast has come yet: there is nothing to compare."
    assert age.startswith("ALERT The last sales are of 2014-04-17, ")


def test_json_holds_all_of_it(cli: Cli, tmp_path: Path) -> None:
    url = home_url(write_home(tmp_path, CUTOFF + dt.timedelta(days=3)))
    code, out, err = cli("monitor", "--db", url, "--json")
    assert code == 0, err
    printed = json.loads(out)
    assert set(printed) == {"accuracy", "drift", "alerts", "unbound", "sales", "definitions"}
    assert printed["accuracy"][0]["Rows"] == 18
    assert printed["alerts"] == []


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home that a run has written."""
    folder = tmp_path_factory.mktemp("ran")
    data = write_chain(folder / "data", stores=3, days=200, ahead=14)
    with pytest.MonkeyPatch.context() as patch:  # the tests' key, which is not set yet when a module begins
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        patch.delenv("STORECAST_SIGNING_KEY", raising=False)
        leave_out_exploration(patch)
        workflows.run(data, home=folder / "home", models=["naive"], windows=1, horizon=14)
    return folder / "home"


@pytest.mark.usefixtures("no_exploration")
@pytest.mark.parametrize("by", ["run", "db load", "add_sales"])
def test_when_one_more_day_of_sales_comes_then_it_shows_up(cli: Cli, ran: Path, tmp_path: Path, by: str) -> None:
    home = shutil.copytree(ran, tmp_path / "home")
    assert json.loads(cli("monitor", "--home", home, "--json")[1])["accuracy"] == []
    next_day = write_chain(tmp_path / "next", stores=3, days=201, ahead=14)
    if by == "run":
        words = ("--models", "naive", "--windows", 1, "--horizon", 14)
        code, _, err = cli("run", "--data", next_day, "--out", home, *words)
        assert code == 0, err
    elif by == "db load":
        code, _, err = cli("db", "load", "--data", next_day, "--home", home)
        assert code == 0, err
    else:
        day = pl.read_csv(next_day / "train.csv", try_parse_dates=True, schema_overrides={s.STATE_HOLIDAY: pl.String})
        rows = day.filter(pl.col(s.DATE) == pl.col(s.DATE).max()).select(*s.KEYS, pl.col(s.SALES).cast(pl.Float64))
        database = Database.open(home_url(home))
        with database.begin() as conn:
            add_sales(conn, rows)
        database.close()
    printed = json.loads(cli("monitor", "--home", home, "--json")[1])
    whole = printed["accuracy"][0]
    assert (whole["Rows"], whole["First"]) == (3, whole["Last"])
    assert printed["unbound"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give --home HOME, --db URL, or both"),
        (["--home", "nowhere"], "does not exist"),
        (["--since", "May"], "--since: found"),
    ],
)
def test_a_mistake_is_one_message(cli: Cli, words: list[str], message: str) -> None:
    code, out, err = cli("monitor", *words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
