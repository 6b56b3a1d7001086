"""The languages of the workbook: every text has its German, and no title of one language means something else in another."""

import ast
import re
from pathlib import Path

import pytest

import storecast
from storecast.data.breakdown import BUILT_IN
from storecast.plan import workbook_layout as w
from storecast.plan import workbook_writing
from storecast.plan.overrides import KINDS, USUAL_REASONS
from storecast.plan.versions import STATES
from storecast.plan.workbook_words import EVERY_LANGUAGE, LOCALE, WorkbookWords
from storecast.workflows.workbook_content import GENERATED
from support.catalogues import assert_complete, german_of, with_other_places

SOURCE = Path(storecast.__file__).parent
MODULES = (
    *SOURCE.glob("plan/workbook_*.py"),
    *(SOURCE / "workflows" / name for name in ("workbook_content.py", "workbook_export.py")),
)
GERMAN = WorkbookWords("de")
CALLS = {"text": 1, "plural": 2}  # methods of WorkbookWords: how many of their arguments are messages
OF_MESSAGES = {("plan/overrides.py", "describe"), ("errors.py", "moment")}  # whose messages stand in cells
FACTS = (*w.OF_PLAN, w.STATE, w.DAYS, w.MADE, w.EXPORTED)
SHEETS = (w.CHAIN, w.GROUPS, w.STORES, w.WEEKS, w.ABOUT, w.REASONS)


def messages() -> set[str]:
    """Return every message of the workbook in the source."""
    labels = {value for name, value in vars(w).items() if name.isupper() and isinstance(value, str)}
    texts = {*labels, *USUAL_REASONS, *STATES, *KINDS, *BUILT_IN.values(), GENERATED}
    texts |= {*workbook_writing.HELP, workbook_writing.OF_SUMS, workbook_writing.OF_DAYS}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
                texts |= constants(node.args[: CALLS.get(name, 0)])
    for file, function in OF_MESSAGES:
        for node in ast.walk(ast.parse((SOURCE / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == function:
                calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
                texts |= constants([arg for each in calls if ast.unparse(each.func) == "Message" for arg in each.args])
    return texts


def constants(arguments: list[ast.expr]) -> set[str]:
    """Return the texts among arguments."""
    return {each.value for each in arguments if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_every_text_has_its_german_and_no_german_is_left_over() -> None:
    assert_complete(messages(), german_of(LOCALE))


def test_a_translation_has_the_places_of_its_message() -> None:
    assert with_other_places(german_of(LOCALE)) == set()


@pytest.mark.parametrize("names", [SHEETS, (*w.TITLES, w.LOWER_OF_DAYS, w.UPPER_OF_DAYS), FACTS])
def test_no_title_means_two_things_in_any_two_languages(names: tuple[str, ...]) -> None:
    meanings: dict[str, set[str]] = {}
    for words in EVERY_LANGUAGE:
        for name in names:
            meanings.setdefault(words.text(name), set()).add(name)
    assert {title: each for title, each in meanings.items() if len(each) > 1} == {}
    assert len(meanings) > len(names)


def test_what_the_help_names_are_columns_of_the_workbook() -> None:
    named = {name for text in german_of(LOCALE).values() for name in re.findall("„(.+?)“", text)}
    assert len(named) > 5
    assert named - {GERMAN.text(title) for title in (*w.TITLES, w.LOWER_OF_DAYS, w.UPPER_OF_DAYS)} == set()


def test_a_name_of_a_sheet_is_one_that_spreadsheets_take() -> None:
    names = [words.text(name) for words in EVERY_LANGUAGE for name in SHEETS]
    assert [name for name in names if len(name) > 31 or set(name) & set("[]:*?/\\'")] == []
