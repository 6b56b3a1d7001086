"""Data: what a file would change is shown before anything is written, and the last write can be taken back."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from storecast.database.connect import Database, home_url
from storecast.page.routes import page_routes
from support.page_client import PageClient, callback
from support.served_home import FIRST, Client, copy_of, make_key, running, settings_of

CSV = f"Store,Date,Sales,Open,Promo\n1,{FIRST},123.5,1,0\n2,{FIRST},99,1,0\n"


@pytest.fixture(scope="module")
def loading(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        own = copy_of(home, tmp_path_factory.mktemp("loading") / "home")
        with running(settings_of(own), make_key(home_url(own)), page=page_routes()) as client:
            yield client


@pytest.fixture
def planner(loading: Client) -> PageClient:
    somebody = PageClient(loading)
    assert loading.key is not None
    somebody.log_in(loading.key)
    return somebody


def shown(planner: PageClient, text: str, search: str = "") -> str:
    """Return what is shown of a file that is dropped."""
    contents = "data:text/csv;base64," + base64.b64encode(text.encode()).decode()
    answer = planner.post(callback("loaded.children", {"upload.contents": contents, "url.search": search}))
    assert answer.status_code == 200, answer.text
    return answer.text


def act(planner: PageClient, name: str, key: str = "", **entries: str) -> str:
    """Return what is said of an action."""
    click = {"name": name, "key": key, "entries": entries}
    return planner.post(callback("said.children", {"action.data": click})).text


def version(planner: PageClient) -> int:
    """Return the version of the chain."""
    return int(planner.client.service.live.snapshot.version)


def test_rows_are_shown_then_taken_then_taken_back(planner: PageClient) -> None:
    before = version(planner)
    preview = shown(planner, CSV)
    assert "Take these rows" in preview
    assert "123.5" in preview
    database = planner.client.service.live.database()
    assert _sales(database) == 0
    contents = "data:text/csv;base64," + base64.b64encode(CSV.encode()).decode()
    assert "2 new rows and 0 changed ones were taken." in act(planner, "data-load", **{"data-file": contents})
    assert _sales(database) == 2
    assert "All rows of the file stand already" in shown(planner, CSV)
    changed = shown(planner, CSV.replace("123.5", "124.5"))
    assert "Some rows stand already with other values" in changed
    drawn = planner.draw("/app/data")
    assert "Take the latest write back" in drawn
    taken = before + 1
    assert "There is a later write by now." in act(planner, "data-undo", str(before))
    assert "2 rows removed" in act(planner, "data-undo", str(taken))
    assert _sales(database) == 0
    assert "Take the latest write back" not in planner.draw("/app/data")


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
def test_a_file_that_cannot_be_read_is_refused_with_its_place(planner: PageClient, text: str, expected: str) -> None:
    refused = shown(planner, text)
    assert "refused" in refused
    assert expected in refused
    assert "Take these rows" not in refused


def test_days_ahead_are_shown_as_such(planner: PageClient) -> None:
    calendar = f"Store,Date,Open,Promo,StateHoliday,SchoolHoliday\n1,{FIRST},1,0,0,0\n"
    assert "Take these rows" in shown(planner, calendar, "?rows=calendar")


def test_who_may_only_read_is_shown_no_way_to_write(loading: Client) -> None:
    reader = PageClient(loading)
    reader.log_in(make_key(str(loading.service.settings.database_url), "read"))
    assert "Load rows" not in reader.draw("/app/data")
    assert "it needs the scope write" in shown(reader, CSV)
    contents = "data:text/csv;base64," + base64.b64encode(CSV.encode()).decode()
    assert "it needs the scope write" in act(reader, "data-load", **{"data-file": contents})


@pytest.mark.parametrize("key", ["", "x", "1" * 30, "-1"])
def test_a_button_that_names_no_write_is_refused(planner: PageClient, key: str) -> None:
    assert "names no write" in act(planner, "data-undo", key)
