"""A wrong upload is taken back over HTTP, by command and by the client, and forecasts are then what they were."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from storecast.cli.app import app
from storecast.database.connect import Database, home_url
from storecast.database.panel_io import read_panel
from storecast.database.writes import add_sales
from support.served_home import FIRST, Client, client_through, copy_of, make_key, running, settings_of

DAY = FIRST.isoformat()
SALES = {"rows": [{"Store": store, "Date": DAY, "Sales": 900000.0} for store in range(1, 7)]}


@pytest.fixture
def own_client(home: Path, tmp_path: Path) -> Iterator[Client]:
    own = copy_of(home, tmp_path / "home")
    with running(settings_of(own), make_key(home_url(own))) as client:
        yield client


def test_a_wrong_upload_is_taken_back_and_forecasts_are_what_they_were(own_client: Client) -> None:
    before = own_client.forecasts({"store": 2}).json()
    written = own_client.post("/v1/sales", SALES).json()
    assert own_client.forecasts({"store": 2}).json()["forecasts"] != before["forecasts"]
    undone = own_client.ask("DELETE", f"/v1/writes/{written['version']}")
    assert undone.json() == {"removed": 6, "restored": 0, "version": written["version"] + 1}
    assert own_client.forecasts({"store": 2}).json()["forecasts"] == before["forecasts"]


def test_sales_are_removed_by_store_and_day(own_client: Client) -> None:
    own_client.post("/v1/sales", SALES)
    reply = own_client.ask("DELETE", f"/v1/sales?store=2&first={DAY}")
    assert reply.json()["removed"] == 1
    history = own_client.get(f"/v1/stores/2/history?first={DAY}").json()["history"]
    assert history == []
    assert own_client.get(f"/v1/stores/3/history?first={DAY}").json()["history"][0]["Sales"] == 900000.0


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v1/writes/999", 422, "is no write that can be taken back"),
        ("/v1/writes/1", 422, "was filled whole"),
        ("/v1/writes/x", 404, "no such write"),
        ("/v1/sales", 422, "Say which sales"),
        ("/v1/sales?store=99", 422, "no such store"),
        ("/v1/sales?first=2010-01-01", 422, "No sales of the chain would be left"),
        ("/v1/sales?first=yesterday", 422, "expected a date"),
    ],
)
def test_what_cannot_be_taken_back_is_refused(client: Client, path: str, status: int, words: str) -> None:
    version = client.service.live.source.chain()[1]
    reply = client.ask("DELETE", path)
    assert (reply.status_code, words in reply.json()["detail"]) == (status, True), reply.text
    assert client.service.live.source.chain()[1] == version


def test_the_client_takes_writes_back(own_client: Client) -> None:
    with client_through(own_client) as service:
        before = service.forecast(2)
        written = service.add_sales(SALES["rows"])
        removed = service.remove_sales(first=FIRST)
        assert removed["removed"] == 6
        service.undo(removed["version"])
        assert service.undo(written["version"])["removed"] == 6
        assert service.forecast(2)["forecasts"] == before["forecasts"]


def test_the_command_takes_a_write_back(home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    with closing(Database.open(home_url(own))) as db:
        before = read_panel(db)[0]
        wrong = before.sales.filter(pl.col("Sales") > 0).tail(1).with_columns(pl.col("Sales") * 100)
        with db.begin() as conn:
            written = add_sales(conn, wrong, replace=True)
        result = CliRunner().invoke(app, ["db", "undo", "--home", str(own), "--version", str(written.version)])
        assert (result.exit_code, "0 rows removed, 1 restored" in result.stdout) == (0, True), result.output
        assert read_panel(db)[0].fingerprint == before.fingerprint
        with db.reading() as conn:
            actor, action = conn.exec_driver_sql("SELECT actor, action FROM audit ORDER BY id DESC LIMIT 1").one()
        assert (actor, action) == ("command line", "write undone")
