"""Answers in German: found by their templates, whole or not at all."""

import ast
import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import storecast
from storecast.answers import CATALOGUES, translated, translated_label
from storecast.data.cleaning_rules import RULES
from storecast.data.notice_sentences import repair_sentence
from storecast.evaluate.scores import DEFINITIONS
from storecast.exploration.registry import questions
from support.german_texts import english_in


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "Without promotions Friday is the strongest weekday, +8.4 % (95% interval +6.9 to +9.9%) and Saturday the weakest, "
            "−1,004.2% beside the mean of Monday to Saturday; December is the strongest month, +21.8% beside the average "
            "month. School holidays themselves move sales by −2.6%.",
            "Ohne Aktionen ist Freitag der stärkste Wochentag, +8,4 % (95-%-Intervall +6,9 bis +9,9\u00a0%), und Samstag der "
            "schwächste, −1.004,2\u00a0%, gegenüber dem Mittel von Montag bis Samstag; Dezember ist der stärkste Monat, "
            "+21,8\u00a0% gegenüber dem mittleren. Schulferien selbst bewegen die Umsätze um −2,6\u00a0%.",
        ),
        (
            "Promotions on Sundays and Mondays: 3 days of stores, such as store 12 on 2015-06-14. No store has had a promotion on "
            "such a weekday; its effect there is taken from other weekdays.",
            "Aktionen an Sonntagen und Montagen: 3 Tage von Filialen, etwa Filiale 12 am 14.06.2015. Keine Filiale hatte an einem "
            "solchen Wochentag eine Aktion; ihre Wirkung dort stammt von anderen Wochentagen.",
        ),
        (
            "line 3, column Sales: expected a number from 0 to 1e+09.",
            "Zeile 3, Spalte Sales: Erwartet wird eine Zahl von 0 bis 1e+09.",
        ),
        ("Nobody has translated this. A customer spends 9.62.", "Nobody has translated this. Ein Kunde gibt 9,62 aus."),
        (
            "A day with price of coffee sells +3.5%. Of may and price of tea no effect beyond chance is seen.",
            "Ein Tag mit price of coffee bringt +3,5\u00a0%. Bei may und price of tea ist keine Wirkung über den Zufall hinaus "
            "zu sehen.",
        ),
        (
            "The uplift runs from +9.1% in store St. Blasien to +1.2% in store Bad Aibling; of the 40 stores none of them surely "
            "gains sales.",
            "Der Mehrumsatz durch Aktionen reicht von +9,1\u00a0% in Filiale St. Blasien bis +1,2\u00a0% in Filiale Bad Aibling; "
            "von den 40 Filialen gewinnt keine sicher Umsatz.",
        ),
        (
            "School holidays themselves move sales by nobody knows what.",
            "School holidays themselves move sales by nobody knows what.",
        ),
        ("", ""),
    ],
)
def test_a_sentence_is_translated_whole_or_stays_english(english: str, german: str) -> None:
    assert translated(english, "de") == german
    assert translated(english, "en") == english


def test_every_template_has_the_places_of_its_translation() -> None:
    with (CATALOGUES / "de.po").open("rb") as file:
        pairs = [(str(each.id), str(each.string)) for each in read_po(file, locale="de") if each.id]
    assert len(pairs) > 100
    for english, german in pairs:
        places = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, german)]
        assert places[0] == places[1], english


SOURCE = Path(storecast.__file__).parent
WITH_SENTENCES = (
    *sorted((SOURCE / "exploration").glob("*/section.py")),
    *sorted((SOURCE / "exploration").glob("*/pictures.py")),
    *(SOURCE / "exploration" / "shared" / f"{name}.py" for name in ("evidence", "like_for_like")),
)
KEYS = {  # of tables, which no sentence shows
    *("all stores together", "open on Christmas", "open on Easter", "open on public", "span of the sales", "of growth"),
    *("days {} of the month", "5 days or more"),
}
TWO_WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
MARKS = " .,;:()“”"


def pieces(path: Path) -> set[str]:
    """Return the pieces of text in a file that stand between figures: two words or more, docstrings aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and TWO_WORDS.search(node.value):
            parts |= {each.strip(MARKS) for each in node.value.split(". ")}
    return {part for part in parts if TWO_WORDS.search(part)}


def test_every_piece_of_a_sentence_in_the_source_stands_in_the_catalogue() -> None:
    with (CATALOGUES / "de.po").open("rb") as file:
        known = "\n".join(str(each.id) for each in read_po(file, locale="de") if each.id)
    unknown = {
        f"{path.parent.name}: {piece}" for path in WITH_SENTENCES for piece in pieces(path) - KEYS if piece not in known
    }
    assert sorted(unknown) == []


def test_every_text_that_stands_alone_has_its_german() -> None:
    titles = {text for each in questions().values() for text in (each.title, each.short_title)}
    assert sorted(title for title in titles if translated_label(title, "de") == title) == []
    sentences = {*RULES.values(), *DEFINITIONS.values()}
    assert sorted(text for text in sentences if translated(text, "de") == text) == []
    examples = {"absent_columns": "Open", "level_jump": "from 2015-01-02 on 5 times as much"}
    actions = {"own_columns_ahead": "Give the values in the test file"}
    notices = {
        repair_sentence(
            rule, what, actions.get(rule, "dropped"), rows, [examples.get(rule, "store 7: from 2015-01-02")]
        )
        for rule, what in RULES.items()
        for rows in (1, 7)
    }
    assert english_in(translated(notice, "de") for notice in notices) == []
