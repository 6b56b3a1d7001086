"""The languages of the page: every text has its German, with the same places; numbers and dates are written as there."""

import ast
import datetime as dt
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import storecast.page
from storecast.data.breakdown import BUILT_IN
from storecast.database.chain_writes import OF_CHAIN
from storecast.errors import Amount, ConflictError, Message, MissingError
from storecast.language import LANGUAGES
from storecast.page import tables
from storecast.page.language import LOCALE, Shown, Words, preferred_language
from storecast.page.views import VIEWS
from storecast.plan import sentences
from storecast.plan.comparison import compare
from storecast.plan.overrides import KINDS, USUAL_REASONS, describe
from storecast.plan.store_days import StoreDays
from storecast.plan.versions import STATES, PlanVersion
from support.catalogues import assert_complete, german_of, with_other_places

SOURCE = Path(storecast.page.__file__).parent
CALLS = {"text": slice(1), "plural": slice(2)}  # methods of Words: which of their arguments are messages
ERRORS = ("unreadable", "DataError", "CellsError", "MissingError", "ConflictError", "Message")
RAISED = {"Problem": slice(1, 2), **dict.fromkeys(ERRORS, slice(1))}  # refusals, and texts from below the page
BELOW = (  # whose refusals and texts the page shows
    "bundle/past_days.py",
    "database/panel_io.py",
    "database/plan_exceptions.py",
    "database/plan_override_conflicts.py",
    "database/plan_overrides.py",
    "database/plan_publishing.py",
    "database/plan_versions.py",
    "database/undo.py",
    "plan/comparison.py",
    "plan/data_exceptions.py",
    "plan/exceptions.py",
    "plan/overrides.py",
    "plan/scopes.py",
    "plan/totals.py",
    "plan/versions.py",
    "plan/workbook_changes.py",
    "plan/workbook_reading.py",
    "service/requests/csv_repairs.py",
    "workflows/plan_workbook.py",
    "errors.py",
)
NAMED = {
    *STATES,
    *OF_CHAIN,
    *USUAL_REASONS,
    *KINDS,
    *BUILT_IN.values(),
}  # states of a plan and actions of the audit, reasons and kinds of overrides, and the levels of their stores


def messages() -> set[str]:
    """Return every message in the source of the page."""
    texts = {view.title for view in VIEWS} | NAMED
    for message in sentences.messages():
        texts |= set(message) if isinstance(message, tuple) else {message}
    for path in (*SOURCE.rglob("*.py"), *(SOURCE.parent / name for name in BELOW)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                calls = CALLS if isinstance(node.func, ast.Attribute) else RAISED
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
                arguments = node.args[calls.get(name, slice(0))]
                texts |= {each.value for each in arguments if isinstance(each, ast.Constant)}
                texts.discard("")
            if isinstance(node, ast.ListComp | ast.GeneratorExp) and ast.unparse(node.elt) == "words.text(name)":
                texts |= set(ast.literal_eval(node.generators[0].iter))
    return texts


def test_every_text_has_its_german_and_no_german_is_left_over() -> None:
    assert_complete(messages(), german_of(LOCALE))


def test_a_translation_has_the_places_of_its_message() -> None:
    assert with_other_places(german_of(LOCALE)) == set()


@pytest.mark.parametrize(
    ("language", "money", "cents", "percent", "day"),
    [("en", "1,234,568", "12.50", "+3.4%", "Mon, Jan 6"), ("de", "1.234.568", "12,50", "+3,4 %", "Mo. 6. Jan.")],
)
def test_numbers_and_dates_are_written_as_the_language_writes_them(
    language: str, money: str, cents: str, percent: str, day: str
) -> None:
    words = Words(language)
    assert (words.money(1_234_567.8), words.money(12.5)) == (money, cents)
    assert "+" + words.percent(0.0338) == percent
    assert words.day(dt.date(2014, 1, 6)).replace(",", ",") in (day, day.replace("Mo.", "Mo"))
    assert words.signed(5.0).startswith("+")
    assert [words.signed_percent(share)[:3] for share in (0.0004, -0.0004)] == [words.percent(0.0)[:3]] * 2


def test_amounts_of_a_column_have_cents_where_all_of_them_are_small() -> None:
    words = Words("de")

    def column(*values: float) -> list[Shown]:
        rows = [[words.signed(value)] for value in values]
        _, cells = tables.cells_of(tables.table(["Betrag"], rows, text=()).children["props"])
        return [row[0] for row in cells]

    assert column(12.5, -0.25, 0) == ["+12,50", "-0,25", "0,00"]
    mixed = column(9991.7, 706.28, -0.25, 0)
    assert mixed == ["+9.992", "+706", "0", "0"]
    assert [cell.value for cell in mixed] == [9991.7, 706.28, -0.25, 0], "files keep the cents"


def test_the_browser_says_which_language_it_likes_most() -> None:
    assert preferred_language("de-AT,de;q=0.9,en;q=0.8") == "de"
    assert preferred_language("fr,en;q=0.5") == "en"
    assert preferred_language("") == "en"
    assert preferred_language("xx-!!,;q") == "en"


def test_one_and_several_have_their_own_forms() -> None:
    one, many = "{count} exception is open.", "{count} exceptions are open."
    assert Words("en").plural(one, many, 1) == "1 exception is open."
    assert Words("de").plural(one, many, 1_000) == "1.000 Ausnahmen sind offen."


def test_a_text_from_below_is_english_by_itself_and_written_as_the_language_writes_it() -> None:
    sold = Message("it sold {sales}, outside {low} to {high}", sales=Amount(12_000), low=Amount(1.5), high=Amount(9))
    error = ConflictError(Message("override {number}: {why}", number=7, why=sold))
    assert str(error) == "override 7: it sold 12,000.00, outside 1.50 to 9.00"
    in_german = Words("de").message(error.message)
    assert in_german == "Anpassung 7: der Umsatz war 12.000, außerhalb von 1,50 bis 9,00"
    again = pickle.loads(pickle.dumps(error))
    assert Words("de").message(again.message) == in_german
    late = MissingError(
        "The plan has no version {version}; the newest is {newest}.", version=dt.date(2014, 1, 6), newest=2
    )
    assert str(late) == "The plan has no version 2014-01-06; the newest is 2."
    assert Words("de").message(late.message) == "Der Plan hat keine Version 06.01.2014; die neueste ist 2."
    assert Words("de").message("not {translated}") == "not {translated}"


def test_a_refused_override_is_described_in_german() -> None:
    monday = dt.date(2014, 1, 6)
    row = {"level": "type", "key": "b", "first": monday, "last": monday, "kind": "factor", "value": 1.15}
    assert str(describe(row)) == "type b, 2014-01-06: factor 1.15"
    assert Words("de").message(describe(row)) == "Typ b, 06.01.2014: Faktor 1,15"


def test_what_a_reader_of_a_comparison_must_know_has_days_as_each_language_writes_them() -> None:
    monday = dt.date(2014, 3, 3)
    version = PlanVersion(1, "m", monday, 1, monday, monday, 2, "draft", True, (), (), None)
    figures, fewer = (
        StoreDays(pl.Series("Store", [1]), monday, {"Forecast": np.full((1, days), 1000, np.int64)}) for days in (14, 7)
    )
    days, unknown = compare((version, replace(version, version=2)), (figures, fewer), (None, None)).notices
    expected = {
        "en": ("Mar 3, 2014 to Mar 9, 2014.", "version 1 and 2 was"),
        "de": ("03.03.2014 bis 09.03.2014.", "Version 1 und 2 wurde"),
    }
    for language, (end, part) in expected.items():
        assert Words(language).message(days).endswith(end)
        assert part in Words(language).message(unknown)


def test_an_empty_message_is_empty_in_every_language() -> None:
    assert [Words(code).message(Message("")) for code in LANGUAGES] == [""] * len(LANGUAGES)
