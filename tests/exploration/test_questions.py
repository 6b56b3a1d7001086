"""What holds for every question: its section is made of its table alone, and every figure in its sentence stands there."""

import re
from functools import cache

import polars as pl
import pytest

from storecast import schema as s
from storecast.answers import translated
from storecast.data.panel import Panel
from storecast.exploration.covariate_shift import adversarial_validation, separability
from storecast.exploration.registry import ask, questions
from storecast.exploration.seasons import strength
from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, PART, POSITION, UNIT, VALUE, N
from storecast.exploration.shared.wording import format_value
from storecast.report.section import Section
from storecast.report.translation import translated_section
from support.german_texts import english_in, texts_of_section
from support.known_chain import first_stores, last_days, usual_answer, usual_chain, without_customers

FIGURE = re.compile(r"[+−]?\d[\d,]*(?:\.\d+)?(?: (?:%|million))?")
WORDS = re.compile(
    r"95% interval|95%|10% lower|\d+(?:\.\d+)? (?:to|and) \d+(?:\.\d+)? (?:km|m|days)|under \d+ m|over \d+ km|Promo2|store\.csv"
)


def with_leaflets(panel: Panel) -> Panel:
    """Return the chain with a column of its own that moves its sales."""
    days = panel.calendar.with_columns(
        ((pl.col(s.DATE).dt.ordinal_day() // 7 + pl.col(s.STORE)) % 4 == 0).cast(pl.Float64).alias("Leaflet")
    )
    flags = days.select(*s.KEYS, "Leaflet")
    sales = panel.sales.join(flags, on=s.KEYS, how="left", maintain_order="left")
    raised = (pl.col(s.SALES) * (1 + 0.1 * pl.col("Leaflet"))).alias(s.SALES)
    return Panel(sales.with_columns(raised).drop("Leaflet"), panel.stores, days)


@cache
def table_of(key: str) -> pl.DataFrame:
    if key != "own_columns":
        return usual_answer(key)
    answer = ask(with_leaflets(usual_chain()), questions()[key])
    assert isinstance(answer, pl.DataFrame), answer
    return answer


def figures_of(table: pl.DataFrame) -> set[str]:
    """Return every figure of a table as text, in each of the ways in which a sentence may write it."""
    result = set()
    for row in table.iter_rows(named=True):
        for column in (VALUE, LOW, HIGH, N, POSITION):
            for digits in (None, 0, 1, 2):
                for unit in (row[UNIT], "count"):
                    text = format_value(row[column], str(unit), digits)
                    result |= {
                        text,
                        text.removesuffix("%"),
                        text.removesuffix(" million"),
                        text.lstrip("+−"),
                        text.lstrip("+−").removesuffix("%"),
                    }
    return result  # fmt: skip


@cache
def section_of(key: str) -> Section:
    return questions()[key].titled_section(table_of(key))


@pytest.mark.parametrize("key", questions())
def test_a_section_states_the_question_and_how_it_was_answered(key: str) -> None:
    body = section_of(key).body
    assert body.answer.endswith((".", ")"))
    assert body.pictures
    assert body.tables
    assert min(len(body.method), len(body.unproven)) > 80
    assert all(picture.alt.endswith((".", ")")) and picture.title for picture in body.pictures)
    assert len({picture.name for picture in body.pictures}) == len(body.pictures)
    assert not any("&lt;br&gt;" in str(picture.figure.to_plotly_json()) for picture in body.pictures)
    assert all(len(row) == len(text_table.head) for text_table in body.tables for row in text_table.rows)


@pytest.mark.parametrize("key", questions())
def test_every_figure_of_the_sentence_stands_in_the_table(key: str) -> None:
    table, answer = table_of(key), section_of(key).body.answer
    for group in sorted({str(group) for group in table[GROUP]}, key=len, reverse=True):
        if any(letter.isalpha() for letter in group):
            answer = answer.replace(group, "")
    text = FIGURE.findall(WORDS.sub("", answer))
    assert text
    known = figures_of(table) | {str(group) for group in table[GROUP]}
    assert not [figure for figure in text if figure.strip(",. ") not in known], section_of(key).body.answer


@pytest.mark.parametrize("key", questions())
def test_the_sentence_changes_with_its_table(key: str) -> None:
    other = table_of(key).with_columns((pl.col(column) * 0.7 + 0.013).alias(column) for column in (VALUE, LOW, HIGH))
    assert section_of(key).body.answer != questions()[key].section(other).answer


@pytest.mark.parametrize("key", questions())
def test_a_section_is_german_in_german_and_untouched_in_english(key: str) -> None:
    section = section_of(key)
    assert english_in(texts_of_section(translated_section(section, "de"))) == []
    assert translated_section(section, "en") is section


KINDS = (
    "no customers", "one store", "three stores", "a season", "eight months", "never closed", "the same every day", "own promotions",
)  # fmt: skip


BETWEEN = ("three stores", "eight months")  # of a kind with those before them, which know less


def never_closed(panel: Panel) -> Panel:
    """Return a chain that is open on every day and never promotes."""
    sold = pl.when(pl.col(s.SALES) == 0).then(500.0 + pl.col(s.DATE).dt.day()).otherwise(pl.col(s.SALES))
    flags = [pl.lit(1, pl.Int8).alias(s.OPEN), pl.lit(0, pl.Int8).alias(s.PROMO), pl.lit("0").alias(s.STATE_HOLIDAY)]
    return Panel(panel.sales.with_columns(sold.alias(s.SALES)), panel.stores, panel.calendar.with_columns(flags))


def the_same_every_day(panel: Panel) -> Panel:
    """Return a chain whose stores all sell the same on every open day."""
    sold = pl.when(pl.col(s.SALES) > 0).then(1000.0).otherwise(0.0)
    return Panel(panel.sales.with_columns(sold.alias(s.SALES)), panel.stores, panel.calendar)


def with_own_promotions(panel: Panel) -> Panel:
    """Return a chain whose stores promote in weeks of their own, and of which nothing else is known."""
    own = ((pl.col(s.STORE) + pl.col(s.DATE).dt.week().cast(pl.Int64)) % 3 == 0).cast(pl.Int8)
    unknown = panel.stores.with_columns(
        *(pl.lit("").alias(name) for name in (s.STORE_TYPE, s.ASSORTMENT, s.STATE, s.PROMO_INTERVAL)),
        pl.lit(None, pl.Float64).alias(s.COMPETITION_DISTANCE),
        *(pl.lit(None, pl.Date).alias(name) for name in (s.COMPETITION_SINCE, s.PROMO2_SINCE)),
        pl.lit(0, pl.Int8).alias(s.PROMO2),
    )
    return Panel(panel.sales, unknown, panel.calendar.with_columns(own.alias(s.PROMO)))


@cache
def chains() -> dict[str, Panel]:
    panel = first_stores(usual_chain(), 20)
    return {
        "no customers": without_customers(panel), "one store": first_stores(panel, 1), "three stores": first_stores(panel, 3),
        "a season": last_days(panel, 120), "eight months": last_days(panel, 240),
        "never closed": never_closed(first_stores(panel, 12)), "the same every day": the_same_every_day(first_stores(panel, 10)),
        "own promotions": with_own_promotions(first_stores(last_days(panel, 500), 15)),
    }  # fmt: skip


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.long if kind in BETWEEN else ()) for kind in KINDS]
)
@pytest.mark.parametrize("key", questions())
def test_a_poor_chain_gets_an_answer_or_the_reason_why_not(
    key: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(separability, "MAX_WINDOWS", 1)  # each window of the past takes as long as the next
    monkeypatch.setattr(adversarial_validation, "FOLDS", adversarial_validation.MIN_FOLDS)
    monkeypatch.setattr(strength, "DRAWS", 1)
    result = ask(chains()[kind], questions()[key])
    if isinstance(result, str):
        assert len(result) > 20
        assert english_in([translated(result, "de")]) == []
        return
    section = questions()[key].titled_section(result)
    assert english_in(texts_of_section(translated_section(section, "de"))) == []
    assert section.body.answer
    assert "unknown" not in section.body.answer
    assert "nan" not in section.body.answer.lower()
    assert not result.filter(pl.col(PART) == "").height
