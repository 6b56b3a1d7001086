"""storecast db and run on a database: what is loaded is what a run reads, and a run leaves its forecast there."""

import datetime as dt
import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast import workflows
from storecast.database.connect import Database, home_url
from storecast.database.panel_io import read_panel
from storecast.database.writes import add_sales
from storecast.stages import BACKUP, LOAD_STAGES, PRUNE, RESTORE
from support.chain_files import write_chain
from support.commands import Cli, ended_stages, leave_out_exploration
from support.databases import add_day_before_the_first_sale
from support.served_home import make_key, running, settings_of
from support.stored_forecasts import stored_forecast

pytestmark = pytest.mark.usefixtures("no_exploration")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chain(tmp_path_factory.mktemp("files") / "data", stores=4, days=260, ahead=14)


FAST = ("--models", "naive", "--windows", 1, "--horizon", 14)


@pytest.fixture(scope="module")
def home_of_a_run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))  # as in each test
        leave_out_exploration(patch)
        workflows.run(folder, home=home, models=["naive"], windows=1, horizon=14)
    return home


@pytest.fixture
def home(home_of_a_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(home_of_a_run, tmp_path / "home"))


def lines(path: Path) -> list[str]:
    return sorted(path.read_text(encoding="utf-8").splitlines())


def status(cli: Cli, *words: object) -> dict[str, object]:
    code, out, err = cli("db", "status", *words, "--json")
    assert code == 0, err
    printed: dict[str, object] = json.loads(out)
    return printed


def test_a_run_on_a_database_forecasts_what_files_do(
    cli: Cli, folder: Path, home_of_a_run: Path, tmp_path: Path, url: str
) -> None:
    code, out, err = cli("db", "load", "--data", folder, "--db", url)
    assert code == 0, err
    assert "version 1" in out
    assert ended_stages(err) == LOAD_STAGES
    code, _, err = cli("run", "--db", url, "--out", tmp_path / "base", *FAST)
    assert code == 0, err
    assert not (tmp_path / "base" / "storecast.db").exists()
    assert lines(tmp_path / "base" / "forecast.csv") == lines(home_of_a_run / "forecast.csv"), (
        "but for the order of test.csv"
    )
    database_status = status(cli, "--db", url)
    assert database_status["version"] == 1, "what was read is not written again"
    model = (tmp_path / "base" / "models" / "current").read_text().strip()
    database = Database.open(url)
    stored = stored_forecast(database, model, workflows.check(folder).panel.end)
    database.close()
    assert stored is not None
    assert stored.height == 4 * 14


def test_the_database_of_a_home_is_the_record(cli: Cli, folder: Path, home: Path) -> None:
    database = Database.open(home_url(home))
    panel, version = read_panel(database)
    assert version == 1
    assert panel.fingerprint == workflows.check(folder).panel.fingerprint, "what was given, and no guess"
    with database.begin() as conn:
        day = panel.end + dt.timedelta(days=1)
        stores = panel.stores[s.STORE]
        sold = pl.DataFrame({s.STORE: stores, s.DATE: [day] * len(stores), s.SALES: [4000.0] * len(stores)})
        add_sales(conn, sold.with_columns(pl.lit(1).alias(s.OPEN)))
    database.close()
    code, _, err = cli("run", "--out", home, *FAST)
    assert code == 0, err
    first = pl.read_csv(home / "forecast.csv", try_parse_dates=True)["Date"].min()
    assert first == day + dt.timedelta(days=1), "sales that came since count"
    code, _, err = cli("db", "load", "--data", folder, "--home", home)
    assert code == 0
    assert "rows that were written into the database since it was last filled are replaced" in err


def test_commands_read_a_database_in_place_of_files(cli: Cli, home: Path, tmp_path: Path) -> None:
    url = home_url(home)
    model = home / "models" / (home / "models" / "current").read_text().strip()
    code, _, err = cli("forecast", "--db", url, "--model", model, "--out", tmp_path / "again.csv", "--horizon", 14)
    assert code == 0, err
    assert lines(tmp_path / "again.csv") == lines(home / "forecast.csv")
    code, _, err = cli("future", "--db", url, "--out", tmp_path / "f.csv", "--skip", "double_rows")
    assert code == 2
    assert "--skip means files" in err


def test_backup_and_restore_from_one_kind_to_the_other(cli: Cli, folder: Path, tmp_path: Path, url: str) -> None:
    assert cli("db", "load", "--data", folder, "--home", tmp_path)[0] == 0
    code, out, err = cli("db", "backup", "--home", tmp_path, "--out", tmp_path / "b.zip")
    assert code == 0, err
    assert "of 26 tables" in out
    assert ended_stages(err) == (BACKUP,)
    code, _, err = cli("db", "restore", "--db", url, "--file", tmp_path / "b.zip")
    assert code == 0, err
    assert ended_stages(err) == (RESTORE,)
    code, _, err = cli("db", "restore", "--db", url, "--file", tmp_path / "b.zip")
    assert code == 2
    assert "--replace" in err
    one, two = status(cli, "--home", tmp_path), status(cli, "--db", url)
    assert one["last_sale"] == two["last_sale"]
    assert "rows of sales" in cli("db", "status", "--db", url)[1]


def test_prune_says_what_went(cli: Cli, home: Path) -> None:
    code, out, err = cli("db", "prune", "--home", home)
    assert code == 0, err
    assert ended_stages(err) == (PRUNE,)
    assert out.startswith("Deleted 0 requests, 0 forecasts that newer ones took the place of, 0 old ones,")
    assert out.endswith("and 0 rows that writes had overwritten.\n")
    for days in (0, 1_000_000):
        assert cli("db", "prune", "--home", home, "--forecasts", days)[0] == 2
    assert cli("db", "prune", "--home", home / "none")[0] == 2


def test_tables_go_up_and_down(cli: Cli, url: str) -> None:
    assert cli("db", "upgrade", "--db", url)[0] == 0
    code, _, err = cli("db", "downgrade", "--db", url, "--to", "base")
    assert code == 2
    assert "--yes" in err
    assert cli("db", "downgrade", "--db", url, "--to", "base", "--yes")[0] == 0
    assert "is empty" in cli("db", "status", "--db", url)[2]


def test_a_model_is_trained_and_served_from_a_database_that_holds_a_day_before_the_first_sale(
    cli: Cli, home: Path, tmp_path: Path
) -> None:
    database = Database.open(home_url(home))
    add_day_before_the_first_sale(database)
    database.close()
    code, _, err = cli("train", "--db", home_url(home), "--out", tmp_path / "out", "--models", "naive", "--horizon", 14)
    assert code == 0, err
    key = make_key(home_url(home), "read")
    with running(settings_of(home), key) as client:  # the next start is ready
        assert client.get("/health/ready").json()["status"] == "ready"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("db", "status"), "--home"),
        (("db", "status", "--home", "x", "--db", "sqlite:///y"), "one of them"),
        (("db", "status", "--home", "nowhere"), "does not exist"),
        (("db", "status", "--db", "postgresql://u:hunter2@127.0.0.1:1/x"), "does not answer"),
        (("run", "--out", "OUT", "--models", "naive"), "no chain yet"),
        (("run", "--db", "postgresql://u:hunter2@127.0.0.1:1/x", "--data", "DATA", "--out", "OUT"), "does not answer"),
        (("train", "--out", "OUT", "--models", "naive"), "--data"),
        (("train", "--out", "OUT", "--models", "naive", "--data", "DATA", "--db", "sqlite:///y"), "one of them"),
        (("db", "load", "--data", "nowhere", "--home", "OUT"), "does not exist"),
    ],
)
def test_a_mistake_is_one_message_and_nothing_is_written(
    cli: Cli, folder: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    places = {"OUT": tmp_path / "home", "DATA": folder}
    if words[0] == "run" and "--data" not in words:
        Database.open(home_url(tmp_path / "home"), create=True).close()
    code, out, err = cli(*(places.get(word, word) for word in words))
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert "hunter2" not in err
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] in ([], ["storecast.db"])


def test_the_environment_names_the_database(cli: Cli, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORECAST_DB", url)
    assert cli("db", "upgrade")[0] == 0
    assert cli("db", "status")[0] == 0
