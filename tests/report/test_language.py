"""The languages of the report: every text has its German, with the same places, and the whole page can be written in it."""

import ast
import calendar
import dataclasses
import re
from pathlib import Path

import pytest

import storecast.report
from storecast.errors import ConfigError
from storecast.explain.explanations import USUAL, title
from storecast.features.drivers import DRIVERS
from storecast.report.page import render
from storecast.report.report_input import LOCALE, ReportInput, report_words
from support.catalogues import assert_complete, german_of, with_other_places
from support.german_texts import english_in, texts_of_page

SOURCE = Path(storecast.report.__file__).parent
CALLS = {"text": 1, "plural": 2}  # methods of Words: how many of their arguments are messages
IN_TEMPLATES = re.compile(r"""\bt\((?:"((?:[^"])*)"|'([^']*)')""")
PLURALS_IN_TEMPLATES = re.compile(r'\btn\("([^"]*)", "([^"]*)"')
BY_NAME = {
    *("Sales", "sales", "sales and customers"),
    *("Easter", "Christmas", *calendar.month_name[1:]),
    *("The only store.", "The largest store.", "A store of middle size.", "The smallest store."),
    "The store whose sales swung most in the last 12 weeks.",
    *map(title, DRIVERS),
    USUAL,
}


def messages() -> set[str]:
    """Return every message in the source of the report."""
    texts = set(BY_NAME)
    for path in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS:
                arguments = node.args[: CALLS[node.func.attr]]
                values = [each.value for each in arguments if isinstance(each, ast.Constant)]
                texts |= {value for value in values if isinstance(value, str)}
    for path in SOURCE.glob("*.html"):
        source = path.read_text(encoding="utf-8")
        texts |= {one or other for one, other in IN_TEMPLATES.findall(source)}
        texts |= {text for pair in PLURALS_IN_TEMPLATES.findall(source) for text in pair}
    return texts


def test_every_text_has_its_german_and_no_german_is_left_over() -> None:
    assert_complete(messages(), german_of(LOCALE))


def test_a_translation_has_the_places_of_its_message() -> None:
    assert with_other_places(german_of(LOCALE), left_out="count") == set()


def test_the_report_is_written_in_german(report_input: ReportInput) -> None:
    page = render(dataclasses.replace(report_input, words=report_words("de")))
    assert '<html lang="de">' in page
    assert "Woche für Woche" in page
    assert "Gegenüber dem Vorjahr" in page
    assert "Week by week" not in page
    assert english_in(texts_of_page(page)) == []


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"There is no language 'fr'\. There are: en, de\."):
        report_words("fr")
