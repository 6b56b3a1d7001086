"""The plan goes out as a workbook and comes back: nothing changes by itself, and what is filled in is taken to the cent."""

import datetime as dt
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import openpyxl
import polars as pl
import pytest

from storecast.database.connect import Database
from storecast.database.current_plan import read_plan, read_reasons
from storecast.database.plan_budget import read_budget, replace_budget, undo_budget
from storecast.database.plan_overrides import add_overrides, change_reasons, undo_plan_write
from storecast.database.plan_publishing import advance_version
from storecast.errors import CellsError, ConflictError, DataError
from storecast.plan.overrides import PLAN, USUAL_REASONS
from storecast.plan.workbook_words import WorkbookWords
from storecast.workflows.plan_workbook import WorkbookTaken, preview_workbook, take_workbook
from storecast.workflows.workbook_export import export_workbook
from support.databases import ON_SQLITE
from support.german_texts import english_in, texts_of_workbook
from support.plans import filled, made_forecast, published

MONDAY, SUNDAY = dt.date(2013, 3, 25), dt.date(2013, 3, 31)
NAME = "plan.xlsx"


def row_of(value: float, *, key: str = "1", kind: str = "figure", reason: str = "weather", note: str = "") -> Any:
    row = {"level": "store", "key": key, "first": MONDAY, "last": SUNDAY, "kind": kind, "value": value}
    return pl.DataFrame([{**row, "reason": reason, "note": note}])


@pytest.fixture
def planned(db: Database) -> Database:
    """Return a database whose plan has a version, an override of a store's week, a broader one and a budget."""
    published(filled(db), made_forecast())
    chain = {"level": "chain", "key": "chain", "first": MONDAY, "last": SUNDAY, "kind": "factor", "value": 1.1}
    with db.begin() as conn:
        add_overrides(conn, row_of(900.25, note="=a fair\nin town\x07"), by="=Ada")
        add_overrides(conn, pl.DataFrame([{**chain, "reason": "promotion", "note": ""}]), by="Bo")
        budget = {"store": ["2"], "first": [MONDAY], "last": [SUNDAY], "amount": [700.5]}
        replace_budget(conn, pl.DataFrame(budget))
    return db


def edited(data: bytes, edit: Callable[[Any, Callable[[str, int], Any]], None]) -> bytes:
    """Return a workbook after an edit of its sheet of weeks, which may look cells up by title and store's week."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["Weeks" if "Weeks" in book else "Wochen"]
    titles = {cell.value: cell.column for cell in sheet[5]}

    def cell(title: str, row: int) -> Any:
        return sheet.cell(row, titles[title])

    edit(sheet, cell)
    return saved(book)


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def filled_in(data: bytes, store: str, week: dt.date, values: Mapping[str, Any], language: str = "en") -> bytes:
    words = WorkbookWords(language)

    def edit(sheet: Any, cell: Callable[[str, int], Any]) -> None:
        for row in range(6, sheet.max_row + 1):
            if (cell(words.text("Store"), row).value, cell(words.text("From"), row).value.date()) == (store, week):
                for title, value in values.items():
                    cell(title, row).value = value
                    if title == words.text("Note") and value is not None:
                        cell(title, row).data_type = "s"  # text, as a spreadsheet keeps it behind a quote

    return edited(data, edit)


def previewed(db: Database, data: bytes) -> WorkbookTaken:
    with db.begin() as conn:
        return preview_workbook(conn, NAME, data)


def taken(db: Database, data: bytes, by: str = "Cy") -> WorkbookTaken:
    with db.begin() as conn:
        return take_workbook(conn, NAME, data, by=by)


def weeks_of(db: Database) -> dict[tuple[int, dt.date], int]:
    with db.reading() as conn:
        _, figures = read_plan(conn)
    days = figures.in_cents().with_columns(pl.col("Date").dt.truncate("1w"))
    return {(store, day): cents for store, day, cents in days.group_by("Store", "Date").agg(pl.col(PLAN).sum()).rows()}


@ON_SQLITE
def test_the_workbook_has_real_dates_figures_budget_and_what_stands(planned: Database) -> None:
    book = openpyxl.load_workbook(io.BytesIO(export_workbook(planned)))
    assert book.sheetnames == ["Chain", "Groups", "Stores", "Weeks", "About", "Reasons"]
    sheet = book["Weeks"]
    table = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    rows = [dict(zip(table[0], row, strict=True)) for row in table[1:]]
    assert len(rows) == 4 * 3
    by_week = {(row["Store"], row["From"].date()): row for row in rows}
    first = by_week["1", MONDAY]
    assert (first["To"], first["Forecast"], first["Plan"]) == (dt.datetime(2013, 3, 31), 606.0, 900.25)
    assert (first["Override"], first["Reason"], first["Note"]) == (900.25, "weather", "=a fair\nin town")
    assert first["Overrides now"] == "override 1: store 1, 2013-03-25 to 2013-03-31: figure 900.25 (weather, =Ada)"
    assert first["Lower80 of days"] == pytest.approx(545.4)
    second = by_week["2", MONDAY]
    assert (second["Override"], second["Reason"], second["Budget"]) == (None, None, 700.5)
    assert "factor 1.1" in second["Overrides now"]
    assert (first["Days open"], first["Promotion days"], first["Holidays"], first["Last year"]) == (6, 4, 0, None)
    assert {str(rule.sqref).split(":")[0][1:] for rule in sheet.data_validations.dataValidation} == {"6"}
    about = {row[0].value: row[1].value for row in book["About"].iter_rows(max_row=7)}
    assert (about["Version"], about["Revision"], about["Cutoff"]) == (1, 2, dt.datetime(2013, 3, 21))
    assert [row[0].value for row in book["Reasons"].iter_rows()][:2] == ["competition", "local event"]


@ON_SQLITE
def test_a_file_that_comes_back_as_it_went_changes_nothing(planned: Database) -> None:
    data = export_workbook(planned)
    for file in (data, edited(data, lambda *_: None)):
        result = previewed(planned, file)
        assert (result.changes, result.refused, result.notices) == ((), "", ())
        result = taken(planned, file)
        assert (result.applied, result.revision) == (False, 2)


@ON_SQLITE
def test_one_changed_cell_is_exactly_that_override(planned: Database) -> None:
    before = weeks_of(planned)
    data = filled_in(
        export_workbook(planned), "3", MONDAY, {"Override": 777.335, "Reason": "local event", "Note": "=1+1"}
    )
    shown = previewed(planned, data)
    [change] = shown.changes
    assert (change.action, change.store, change.first, change.before, change.after) == (
        "add",
        "3",
        MONDAY,
        None,
        777.34,
    )
    assert (change.forecast, change.exported, change.stale, shown.refused) == (618.0, 618.0, "", "")
    assert (shown.applied, shown.added, shown.revision) == (False, 1, 2)
    assert weeks_of(planned) == before, "nothing is written before it is asked for"
    result = taken(planned, data)
    assert (result.applied, result.added, result.withdrawn, result.revision > 2) == (True, 1, 0, True)
    after = weeks_of(planned)
    assert after.pop((3, MONDAY)) == 77734, "to the cent"
    del before[3, MONDAY]
    assert after == before
    again = previewed(planned, export_workbook(planned))
    assert again.changes == ()


@ON_SQLITE
def test_many_cells_filled_in_add_up_to_the_cent_and_others_keep_theirs(planned: Database) -> None:
    rng = np.random.default_rng(7)
    totals: dict[tuple[int, dt.date], int] = {}

    def edit(sheet: Any, cell: Callable[[str, int], Any]) -> None:
        for row in range(6, sheet.max_row + 1):
            if rng.random() < 0.6:
                cents = int(rng.integers(0, 10**7))
                cell("Override", row).value, cell("Reason", row).value = cents / 100, "weather"
                monday = cell("From", row).value.date()
                monday -= dt.timedelta(days=monday.weekday())
                totals[int(cell("Store", row).value), monday] = cents

    before = weeks_of(planned)
    result = taken(planned, edited(export_workbook(planned), edit))
    after = weeks_of(planned)
    assert len(result.changes) == len(totals) > 3
    assert after == before | totals
    with planned.begin() as conn:
        undo_plan_write(conn, result.revision, by="Ada")
    assert weeks_of(planned) == before, "one write takes all of it back"


def test_overrides_are_changed_and_withdrawn_in_one_write(planned: Database) -> None:
    data = filled_in(export_workbook(planned), "1", MONDAY, {"Override": None})
    data = filled_in(data, "2", MONDAY, {"Override": 0, "Reason": "weather"})
    result = taken(planned, data)
    assert [(each.action, each.store, each.before, each.after) for each in result.changes] == [
        ("withdraw", "1", 900.25, None),
        ("add", "2", None, 0.0),
    ]
    assert (result.added, result.withdrawn) == (1, 1)
    weeks = weeks_of(planned)
    assert (weeks[1, MONDAY] > 60600, weeks[2, MONDAY]) == (True, 0), "the broader one holds store 1 again"
    changed = filled_in(export_workbook(planned), "2", MONDAY, {"Reason": "other"})
    result = taken(planned, changed)
    assert [(each.action, each.reason) for each in result.changes] == [("change", "other")]
    assert (result.added, result.withdrawn) == (1, 1)


@ON_SQLITE
def test_a_german_workbook_comes_back_as_the_english_one_does(planned: Database) -> None:
    english, german = export_workbook(planned), export_workbook(planned, language="de")
    assert openpyxl.load_workbook(io.BytesIO(german))["Wochen"]["A1"].value == (
        "Version 1 des Plans, Entwurf, Datenstand 21.03.2013: Filialen und Wochen"
    )
    texts = list(texts_of_workbook(german))
    assert english_in(texts) == []
    assert any(
        "Anpassung 1: Filiale 1, 25.03.2013 bis 31.03.2013: Summe 900,25 (Wetter, =Ada)" in text for text in texts
    )
    assert any("alle Filialen, 25.03.2013 bis 31.03.2013: Faktor 1,1 (" in text for text in texts)
    assert previewed(planned, german).changes == ()
    values = {"Override": 777.335, "Reason": "local event", "Note": "=1+1"}
    in_german = {"Anpassung": 777.335, "Grund": "local event", "Notiz": "=1+1"}
    [expected] = previewed(planned, filled_in(english, "3", MONDAY, values)).changes
    [change] = previewed(planned, filled_in(german, "3", MONDAY, in_german, "de")).changes
    assert change == replace(expected, cell=expected.cell.replace("Weeks!", "Wochen!"))
    with pytest.raises(CellsError, match=r"plan\.xlsx, sheet Wochen, P10: found 'abc', expected the total"):
        previewed(planned, filled_in(german, "2", MONDAY, {"Anpassung": "abc"}, "de"))
    unpublished = openpyxl.load_workbook(io.BytesIO(german))
    unpublished["Hinweise"]["B1"], unpublished["Hinweise"]["B2"] = "unveröffentlicht", 2
    assert previewed(planned, saved(unpublished)).changes == ()
    unpublished["Hinweise"]["B4"] = "gestern"
    with pytest.raises(CellsError, match="sheet Hinweise, B4: found 'gestern', expected a day"):
        previewed(planned, saved(unpublished))
    del unpublished["Hinweise"]
    with pytest.raises(DataError, match="has no sheet Hinweise"):
        previewed(planned, saved(unpublished))


def test_who_comes_second_is_told_and_nothing_is_lost(planned: Database) -> None:
    data = filled_in(export_workbook(planned), "2", MONDAY, {"Override": 500, "Reason": "weather"})
    with planned.begin() as conn:
        add_overrides(conn, row_of(555.0, key="2"), by="Dee")
    shown = previewed(planned, data)
    assert "Dee wrote store 2, 2013-03-25 to 2013-03-31: figure 555.00" in shown.refused
    assert [each.after for each in shown.changes] == [500.0]
    assert "is at 3" in " ".join(shown.notices)
    with pytest.raises(ConflictError, match="Dee wrote store 2"):
        taken(planned, data)
    assert weeks_of(planned)[2, MONDAY] == 55500
    other = filled_in(export_workbook(planned), "4", MONDAY, {"Override": 400, "Reason": "weather"})
    assert taken(planned, other).applied, "other stores are not held up"


@ON_SQLITE
def test_a_file_of_an_older_version_is_told_so_and_stale_changes_are_refused(planned: Database) -> None:
    old = export_workbook(planned)
    near = filled_in(old, "3", MONDAY, {"Override": 1000, "Reason": "weather"})
    far = filled_in(near, "4", MONDAY, {"Override": 625, "Reason": "weather"})
    published(planned, made_forecast(104.0, version=2))
    shown = previewed(planned, far)
    assert "The file is of version 1, the newest is 2" in shown.notices[0]
    assert [(each.store, each.exported, each.forecast, bool(each.stale)) for each in shown.changes] == [
        ("3", 618.0, 642.0, False),
        ("4", 624.0, 648.0, True),
    ]
    assert "1 of its 2 changes no longer fit" in shown.refused
    with pytest.raises(ConflictError, match="by more than the override"):
        taken(planned, far)
    result = taken(planned, near)
    assert (result.applied, result.version, result.file_version) == (True, 2, 1)
    published(planned, made_forecast(104.0, version=3, late=7))
    over = filled_in(old, "4", MONDAY, {"Override": 9000, "Reason": "weather"})
    assert previewed(planned, over).changes[0].stale.startswith("some of its days are over")


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"Override": "abc", "Reason": "weather"}, "P7", "found 'abc', expected the total"),
    ({"Override": "'=cmd|x", "Reason": "weather"}, "P7", "expected the total"),
    ({"Override": -1, "Reason": "weather"}, "P7", "found '-1', expected the total"),
    ({"Override": True, "Reason": "weather"}, "P7", "expected the total"),
    ({"Override": "=1+1", "Reason": "weather"}, "P7", "a formula without its value"),
    ({"Override": 5}, "S7", "found nothing, expected one of competition, local"),
    ({"Override": 5, "Reason": "whim"}, "S7", "found 'whim', expected one of"),
    ({"Override": 5, "Reason": "weather", "Note": "n" * 1001}, "T7", "at most 1000 characters"),
    ({"Reason": "weather"}, "P7", "a total, or no reason"),
    ({"Store": "9"}, "A7", "found '9', expected a store of the plan"),
    ({"Store": "2"}, "A10", "each store and week once"),
    ({"From": "soon"}, "B7", "found 'soon', expected a day"),
    ({"To": dt.datetime(2013, 3, 30)}, "B7", "expected a week of the plan"),
]


@ON_SQLITE
def test_what_cannot_be_read_is_refused_by_cell(planned: Database) -> None:
    with planned.begin() as conn:
        conn.exec_driver_sql("UPDATE plan_overrides SET withdrawn = added")
    data = export_workbook(planned)
    for values, cell, expected in REFUSED:
        with pytest.raises(CellsError) as refused:
            previewed(planned, filled_in(data, "1", MONDAY, values))
        assert f"plan.xlsx, sheet Weeks, {cell}: " in str(refused.value)
        assert expected in str(refused.value)
        assert refused.value.cells[0][0] == f"Weeks!{cell}"


@ON_SQLITE
def test_sorted_rows_removed_rows_and_moved_columns_change_nothing(planned: Database) -> None:
    def edit(sheet: Any, cell: Any) -> None:
        sheet.delete_rows(8, 2)
        sheet.delete_cols(15)
        sheet.insert_cols(1)
        sheet.insert_rows(1, 3)

    assert previewed(planned, edited(export_workbook(planned), edit)).changes == ()


@ON_SQLITE
@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"PK\x03\x04", "not a whole workbook"), (b"a,b\n1,2\n", "not a whole workbook"), (b"", "not a whole workbook")],
)
def test_another_file_is_refused(planned: Database, data: bytes, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        previewed(planned, data)


@ON_SQLITE
def test_a_workbook_of_another_plan_is_refused(planned: Database) -> None:
    book = openpyxl.load_workbook(io.BytesIO(export_workbook(planned)))
    book["About"]["B3"] = "model-x.pkl"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(DataError, match="version 1 of another plan"):
        previewed(planned, out.getvalue())
    del book["About"]
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(DataError, match="has no sheet About"):
        previewed(planned, out.getvalue())


@ON_SQLITE
def test_a_workbook_that_unpacks_to_too_much_is_refused(planned: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storecast.plan.workbook_reading.MAX_UNPACKED", 10_000)
    with pytest.raises(DataError, match="unpacks to more than 10000 bytes"):
        previewed(planned, export_workbook(planned))


@ON_SQLITE
def test_an_approved_plan_takes_nothing(planned: Database) -> None:
    data = filled_in(export_workbook(planned), "3", MONDAY, {"Override": 700, "Reason": "weather"})
    with planned.begin() as conn:
        advance_version(conn, 1, "reviewed", by="Ada")
        advance_version(conn, 1, "approved", by="Ada")
    assert "is approved" in previewed(planned, data).refused
    with pytest.raises(ConflictError, match="is approved"):
        taken(planned, data)


@ON_SQLITE
def test_the_workbook_of_a_run_comes_back_once_its_forecast_is_published(planned: Database) -> None:
    data = filled_in(export_workbook(planned), "1", MONDAY, {"Override": None, "Reason": None, "Note": None})
    data = filled_in(data, "3", MONDAY + dt.timedelta(days=7), {"Override": 700, "Reason": "weather"})
    book = openpyxl.load_workbook(io.BytesIO(data))
    book["About"]["B1"], book["About"]["B2"] = "unpublished", 0
    out = io.BytesIO()
    book.save(out)
    shown = previewed(planned, out.getvalue())
    assert (shown.file_version, shown.refused) == (1, "")
    assert [(each.store, each.after) for each in shown.changes] == [("3", 700.0)], (
        "of overrides that stand it knows none"
    )
    book["About"]["B3"] = "model-x.pkl"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(DataError, match="no version of this plan yet"):
        previewed(planned, out.getvalue())


@ON_SQLITE
def test_a_new_plan_has_the_usual_reasons(planned: Database) -> None:
    with planned.reading() as conn:
        assert read_reasons(conn) == list(USUAL_REASONS)


def budgets_in(data: bytes, language: str = "en") -> dict[tuple[str, dt.date], float | None]:
    """Return the budget of each store's week in a workbook, by store and first day."""
    words = WorkbookWords(language)
    budgets: dict[tuple[str, dt.date], float | None] = {}

    def look(sheet: Any, cell: Callable[[str, int], Any]) -> None:
        for row in range(6, sheet.max_row + 1):
            week = cell(words.text("Store"), row).value, cell(words.text("From"), row).value.date()
            budgets[week] = cell(words.text("Budget"), row).value

    edited(data, look)
    return budgets


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_budget_that_is_typed_in_changed_or_emptied_is_shown_and_taken_with_the_rest(
    planned: Database, language: str
) -> None:
    data = export_workbook(planned, language=language)
    before, plan_before = budgets_in(data, language), weeks_of(planned)
    data = filled_in(data, "1", MONDAY, {"Budget": 650.26}, language)
    data = filled_in(data, "2", MONDAY, {"Budget": None}, language)
    shown = previewed(planned, data)
    assert [(each.action, each.store, each.before, each.after, each.stale) for each in shown.changes] == [
        ("budget", "1", None, 650.26, ""),
        ("budget", "2", 700.5, None, ""),
    ]
    assert {each.cell.partition("!")[0] for each in shown.changes} == {WorkbookWords(language).text("Weeks")}
    assert (shown.applied, shown.refused, shown.budget, shown.budget_load) == (False, "", 2, None)
    assert budgets_in(export_workbook(planned)) == before, "nothing is written before it is asked for"
    result = taken(planned, data)
    assert (result.applied, result.added, result.budget, result.revision) == (True, 0, 2, shown.revision)
    after = budgets_in(export_workbook(planned))
    assert after == before | {("1", MONDAY): 650.26, ("2", MONDAY): None}
    assert weeks_of(planned) == plan_before, "a budget moves no plan"
    with planned.begin() as conn:
        undo_budget(conn, result.budget_load)
    assert budgets_in(export_workbook(planned)) == before


def test_a_month_keeps_its_figures_in_the_weeks_that_are_not_changed(planned: Database) -> None:
    month = {"store": ["2", "3"], "first": [dt.date(2013, 3, 1)] * 2, "last": [dt.date(2013, 4, 30)] * 2}
    with planned.begin() as conn:
        replace_budget(conn, pl.DataFrame({**month, "amount": [61_000.0, 1_000.0]}))
    data = export_workbook(planned)
    before = budgets_in(data)
    result = taken(planned, filled_in(data, "2", MONDAY, {"Budget": 1}))
    assert result.budget == 1
    assert budgets_in(export_workbook(planned)) == before | {("2", MONDAY): 1.0}
    with planned.reading() as conn:
        budget = read_budget(conn)
    assert budget.filter(pl.col("store") == "3").height == 1, "others stay as they were"
    replaced = before["2", MONDAY]
    assert replaced is not None
    assert budget.filter(pl.col("store") == "2")["amount"].sum() == pytest.approx(61_000 - replaced + 1, abs=0.02)


def test_a_budget_that_somebody_else_changed_since_is_refused(planned: Database) -> None:
    data = export_workbook(planned)
    budget = pl.DataFrame({"store": ["2"], "first": [MONDAY], "last": [SUNDAY], "amount": [800.0]})
    with planned.begin() as conn:
        replace_budget(conn, budget, by="Ada")
    assert previewed(planned, data).changes == (), "what was not typed in takes nothing back"
    changed = filled_in(data, "2", MONDAY, {"Budget": 900})
    shown = previewed(planned, changed)
    assert "no longer fit" in shown.refused
    assert (shown.changes[0].before, shown.changes[0].stale) == (
        800.0,
        "the budget was changed since the file was exported",
    )
    with pytest.raises(ConflictError, match="the budget was changed since"):
        taken(planned, changed)
    assert previewed(planned, filled_in(data, "2", MONDAY, {"Budget": 800})).changes == (), "as it is now"


def test_a_budget_that_cannot_be_read_is_refused_by_its_cell(planned: Database) -> None:
    for value in ("much", -1, True):
        with pytest.raises(CellsError, match="expected the budget of the store and week") as refused:
            previewed(planned, filled_in(export_workbook(planned), "1", MONDAY, {"Budget": value}))
        assert next(cell for cell, _ in refused.value.cells).startswith("Weeks!")


def test_a_file_without_the_hidden_column_says_that_its_budget_is_not_read(planned: Database) -> None:
    def drop(sheet: Any, cell: Callable[[str, int], Any]) -> None:
        cell("Budget as exported", 5).value = "mine"
        cell("Budget", 6).value = 12

    result = previewed(planned, edited(export_workbook(planned), drop))
    assert result.changes == ()
    assert "Its budget is not read" in result.notices[0]


def test_usual_reasons_are_german_in_a_german_file_and_read_in_either_language(planned: Database) -> None:
    with planned.begin() as conn:
        change_reasons(conn, add=["Aktion"])  # an own one, called as a usual one is in German
    data = export_workbook(planned, language="de")
    book = openpyxl.load_workbook(io.BytesIO(data))
    listed = [row[0].value for row in book["Gründe"].iter_rows()]
    assert {"Wetter", "Aktion", "promotion", "örtliche Veranstaltung"} <= {*listed}
    assert len(listed) == len(set(listed)), "no two reasons read the same"
    assert any("(Wetter, =Ada)" in str(cell.value) for row in book["Wochen"].iter_rows() for cell in row)
    assert previewed(planned, data).changes == ()
    for store, reason in (("2", "Lieferung"), ("3", "supply"), ("4", "Aktion")):
        data = filled_in(data, store, MONDAY, {"Anpassung": 500, "Grund": reason}, "de")
    assert [each.reason for each in taken(planned, data).changes] == ["supply", "supply", "Aktion"]
