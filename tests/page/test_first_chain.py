"""The first chain of an empty database: shown as it was read, taken once, and refused with its place."""

import base64
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storecast.database.connect import Database, home_url
from storecast.database.panel_io import read_panel
from storecast.page.routes import page_routes
from support.chain_files import write_chain
from support.page_client import PageClient, callback
from support.served_home import Client, make_key, running, settings_of, wait_until

ROWS = 500  # most of a file


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("empty")
    Database.open(home_url(home), create=True).close()
    with running(
        settings_of(home, row_limit=ROWS), make_key(home_url(home)), page=page_routes(), ready=False
    ) as client:
        wait_until(lambda: not client.service.live.source.trouble, 20)
        yield client


@pytest.fixture
def browser(service: Client) -> PageClient:
    logged_in = PageClient(service)
    logged_in.log_in(str(service.key))
    return logged_in


def of_browser(text: str) -> str:
    """Return a file as browsers give it."""
    return "data:text/csv;base64," + base64.b64encode(text.encode()).decode()


def shown(browser: PageClient, text: str, language: str = "en") -> str:
    """Return what is shown of a file that is dropped."""
    values = {"upload.contents": of_browser(text), "url.search": "", "preferences.data": {"language": language}}
    answer = browser.post(callback("loaded.children", values))
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Store,Date,Sales\n1,not a day,5\n", "en", "line 2, column Date: found 'not a day'; expected an ISO date"),
        ("Store,Date,Sales\n1,not a day,5\n", "de", "Datei, Zeile 2, Spalte Date: Erwartet wird ein ISO-Datum wie"),
        ("Store,Sales\n1,5\n", "en", "column 'Date' is missing"),
        ("PK\x03\x04\x00\x00", "en", "holds NUL bytes"),
        ("Store,Date,Sales\n" + "1,2014-01-01,5\n" * (ROWS + 50), "en", "more than 500 rows"),
        ("," * 1000, "en", "more than 200 columns"),
    ],
)
def test_a_first_file_that_cannot_be_read_is_refused_with_its_place(
    browser: PageClient, text: str, language: str, expected: str
) -> None:
    refused = shown(browser, text, language)
    assert "refused" in refused
    assert expected in refused
    assert "data-first" not in refused


def test_a_file_of_one_row_is_read(browser: PageClient) -> None:
    preview = shown(browser, "Store,Date,Sales\n1,2014-01-01,5\n")
    assert "Take these sales" in preview
    assert "needs 154 days of sales to train a model for six weeks ahead, and the file holds 1;" in preview


def test_the_sales_of_an_empty_database_are_shown_then_taken_once(
    service: Client, browser: PageClient, tmp_path: Path
) -> None:
    url = str(service.service.settings.database_url)
    reader = PageClient(service)
    reader.log_in(make_key(url, "read"))
    text = (write_chain(tmp_path, days=100) / "train.csv").read_text(encoding="utf-8")
    assert "it needs the scope write" in shown(reader, text)
    assert 'id": "upload"' not in reader.draw("/app/data")
    assert 'id": "upload"' in browser.draw("/app/data")
    assert "Load them in the view Data" in browser.draw("/app/store")
    preview = shown(browser, text)
    assert "Take these sales" in preview
    assert "What was repaired or noticed" in preview  # that the days ahead are in seasons which the past does not hold
    assert "Latest writes" not in browser.draw("/app/data")  # nothing was written
    reply, kind, drawn_anew = browser.act("data-first", data_first_file=of_browser(text))
    assert reply.startswith("400 rows of sales were taken.")
    assert (kind, drawn_anew) == ("done", True)
    with closing(Database.open(url)) as database:
        panel, _ = read_panel(database)
    assert (panel.stores.height, panel.sales.height) == (4, 400)
    drawn = browser.draw("/app/data")
    assert "`storecast weekly` trains one from the sales in the database" in drawn
    assert "Load rows" in drawn
    reply, kind, _ = browser.act("data-first", data_first_file=of_browser(text))
    assert reply.startswith("The database holds a chain by now.")
    assert kind == "refused"
