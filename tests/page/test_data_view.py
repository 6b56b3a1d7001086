"""Data: what a file would change is shown before anything is written, and the last write can be taken back."""

import base64

import pytest

from storecast.database.connect import Database
from support.page_client import PageClient, callback
from support.served_home import FIRST, Client, make_key

CSV = f"Store,Date,Sales,Open,Promo\n1,{FIRST},123.5,1,0\n2,{FIRST},99,1,0\n"


def shown(browser: PageClient, text: str, search: str = "", language: str = "en") -> str:
    """Return what is shown of a file that is dropped."""
    contents = "data:text/csv;base64," + base64.b64encode(text.encode()).decode()
    answer = browser.post(
        callback(
            "loaded.children",
            {"upload.contents": contents, "url.search": search, "preferences.data": {"language": language}},
        )
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def act(browser: PageClient, name: str, key: str = "", **entries: str) -> str:
    """Return what is said of an action."""
    click = {"name": name, "key": key, "entries": entries}
    return browser.post(callback("said.children", {"action.data": click})).text


def version(browser: PageClient) -> int:
    """Return the version of the chain."""
    return int(browser.client.service.live.snapshot.version)


def test_rows_are_shown_then_taken_then_taken_back(browser: PageClient) -> None:
    before = version(browser)
    preview = shown(browser, CSV)
    assert "Take these rows" in preview
    assert "123.5" in preview
    database = browser.client.service.live.database()
    assert _sales(database) == 0
    contents = "data:text/csv;base64," + base64.b64encode(CSV.encode()).decode()
    assert "2 new rows and 0 changed ones were taken." in act(browser, "data-load", **{"data-file": contents})
    assert _sales(database) == 2
    assert "All rows of the file stand already" in shown(browser, CSV)
    changed = shown(browser, CSV.replace("123.5", "124.5"))
    assert "Some rows stand already with other values" in changed
    drawn = browser.draw("/app/data")
    assert "Take the latest write back" in drawn
    taken = before + 1
    assert "There is a later write by now." in act(browser, "data-undo", str(before))
    assert "2 rows removed" in act(browser, "data-undo", str(taken))
    assert _sales(database) == 0
    assert "Take the latest write back" not in browser.draw("/app/data")


def _sales(database: Database) -> int:
    from storecast.database.panel_io import read_panel

    panel, _ = read_panel(database)
    return panel.sales.filter(panel.sales["Date"] == FIRST).height


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Store,Date,Sales\n1,not a day,5\n", "line 2, column Date"),
        ("Store,Sales\n1,5\n", "Date"),
        ("<script>alert(1)</script>", "header"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(browser: PageClient, text: str, expected: str) -> None:
    refused = shown(browser, text)
    assert "refused" in refused
    assert expected in refused
    assert "Take these rows" not in refused


def test_days_ahead_are_shown_as_such(browser: PageClient) -> None:
    calendar = f"Store,Date,Open,Promo,StateHoliday,SchoolHoliday\n1,{FIRST},1,0,0,0\n"
    assert "Take these rows" in shown(browser, calendar, "?rows=calendar")


def test_who_may_only_read_is_shown_no_way_to_write(client: Client) -> None:
    reader = PageClient(client)
    reader.log_in(make_key(str(client.service.settings.database_url), "read"))
    assert "Load rows" not in reader.draw("/app/data")
    assert "it needs the scope write" in shown(reader, CSV)
    contents = "data:text/csv;base64," + base64.b64encode(CSV.encode()).decode()
    assert "it needs the scope write" in act(reader, "data-load", **{"data-file": contents})


def test_a_file_that_cannot_be_read_is_refused_in_the_language_of_its_reader(browser: PageClient) -> None:
    refused = shown(browser, "Store,Date,Sales\n1,not a day,5\n", language="de")
    assert "Datei, Zeile 2, Spalte Date: Erwartet wird ein ISO-Datum wie" in refused


@pytest.mark.parametrize("key", ["", "x", "1" * 30, "-1"])
def test_a_button_that_names_no_write_is_refused(browser: PageClient, key: str) -> None:
    assert "names no write" in act(browser, "data-undo", key)
