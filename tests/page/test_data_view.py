"""Data: what a file would change is shown before anything is written, and the last write can be taken back."""

import base64

import pytest

from storecast.data.column_names import ColumnNames
from storecast.database.chain_writes import latest_writes
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


def undo_latest_write(browser: PageClient) -> None:
    """Take a write back, so that the next test begins without it."""
    with browser.client.service.live.database().reading() as conn:
        latest = latest_writes(conn, 1)[0].version
    assert "The write was taken back" in act(browser, "data-undo", str(latest))


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


REPAIRED = f"""Sales of the week
Store;Date;Till;Sales;Open;Promo;Stockout
1;{FIRST};A;100,5;1;0;0
1;{FIRST};B;20;1;0;0
2;{FIRST};A;-3;1;0;0
3;{FIRST};A;5;1;0;1
Total;;;122,5;;;
"""
REPAIRS = {
    "en": (
        "The header stands on line 2; the lines above it are left out.",
        "Columns that storecast does not use are left out: 'Till'.",
        "A file ends in rows without a store and a date: totals, or empty cells (found: 1; line 7): dropped (rule total_rows).",
        f"A store has several rows on a day (found: 1; store 1, {FIRST}): added to the others of their day (rule summed_rows).",
        f"The column Stockout marks a day (found: 1; store 3, {FIRST}): taken as unknown; no model learns from the day, and no "
        "score counts it (rule stockouts).",
        f"The returns of a day are more than its sales (found: 1; store 2, {FIRST}): taken as unknown (rule negative_sales).",
    ),
    "de": (
        "Die Kopfzeile ist Zeile 2; die Zeilen darüber werden weggelassen.",
        "Spalten, die storecast nicht verwendet, werden weggelassen: 'Till'.",
        "Eine Datei endet mit Zeilen ohne Filiale und Datum: Summen oder leere Zellen (gefunden: 1; Zeile 7): weggelassen "
        "(Regel total_rows).",
        f"Eine Filiale hat an einem Tag mehrere Zeilen (gefunden: 1; Filiale 1, {FIRST:%d.%m.%Y}): zu den anderen ihres Tages "
        "addiert (Regel summed_rows).",
        f"Die Spalte Stockout vermerkt einen Tag (gefunden: 1; Filiale 3, {FIRST:%d.%m.%Y}): als unbekannt behandelt; kein Modell "
        "lernt aus dem Tag, und kein Maß zählt ihn (Regel stockouts).",
        f"Die Rückgaben eines Tages übersteigen seinen Umsatz (gefunden: 1; Filiale 2, {FIRST:%d.%m.%Y}): als unbekannt "
        "behandelt (Regel negative_sales).",
    ),
}
HEADINGS = {"en": "What is repaired, converted or left out:", "de": "Was bereinigt, umgewandelt oder weggelassen wird:"}


@pytest.fixture
def with_tills(browser: PageClient, monkeypatch: pytest.MonkeyPatch) -> PageClient:
    """Return a browser of a chain whose files have several rows of a store and day, by the till."""
    names = ColumnNames(sum_rows=True, unused=("Till",))
    monkeypatch.setattr(type(browser.client.service.live.source), "names", lambda _: names)
    return browser


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_repair_is_shown_before_anything_is_written(with_tills: PageClient, language: str) -> None:
    preview = shown(with_tills, REPAIRED, language=language)
    assert HEADINGS[language] in preview
    assert [sentence for sentence in REPAIRS[language] if sentence not in preview] == []
    converted = {"en": "Values were converted, such as Sales '100,5' to 100.5.", "de": "Sales '100,5' in 100.5."}
    assert converted[language] in preview
    assert "120.5" in preview
    assert _sales(with_tills.client.service.live.database()) == 0


def test_every_repair_is_named_after_the_rows_were_taken_and_of_rows_that_stand(with_tills: PageClient) -> None:
    contents = "data:text/csv;base64," + base64.b64encode(REPAIRED.encode()).decode()
    taken = act(with_tills, "data-load", **{"data-file": contents})
    assert "1 new rows and 0 changed ones were taken." in taken
    assert [sentence for sentence in REPAIRS["en"] if sentence not in taken] == []
    again = shown(with_tills, REPAIRED)
    assert "All rows of the file stand already" in again
    assert [sentence for sentence in REPAIRS["en"] if sentence not in again] == []
    undo_latest_write(with_tills)


def test_a_file_without_repairs_shows_none(browser: PageClient) -> None:
    assert HEADINGS["en"] not in shown(browser, CSV)
    contents = "data:text/csv;base64," + base64.b64encode(CSV.encode()).decode()
    taken = act(browser, "data-load", **{"data-file": contents})
    assert "The forecast follows." in taken
    assert "(rule" not in taken
    undo_latest_write(browser)


def test_totals_at_the_end_of_days_ahead_are_shown(browser: PageClient) -> None:
    calendar = f"Store,Date,Open,Promo,StateHoliday,SchoolHoliday\n1,{FIRST},1,0,0,0\nTotal,,,,,\n"
    assert "found: 1; line 3): dropped (rule total_rows)" in shown(browser, calendar, "?rows=calendar")
