"""What own columns move is what was planted; what cannot be told, and what is known afterwards, is said and not estimated."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import Panel
from storecast import schema as s
from storecast.exploration.own_columns import QUESTION
from storecast.exploration.own_columns.estimate import estimate_own_columns
from storecast.exploration.own_columns.parts import Part
from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, PART, VALUE, NotAnswerableError
from support.panels import make_panel

STORES, DAYS = 10, 420
LEAFLET, ELASTICITY, RAIN, DEGREE = 0.2, -0.8, -0.1, 0.01


@pytest.fixture(scope="module")
def frames() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return sales and a calendar: leaflets by store, prices that move by store, the weather of one town, and more."""
    rng = np.random.default_rng(7)
    rain, degrees = rng.random(DAYS) < 0.3, rng.normal(0, 8, DAYS)
    rows = []
    for store in range(STORES):
        price = 0.0
        for day in range(DAYS):
            price = rng.normal(0, 0.1) if rng.random() < 0.05 else price
            leaflet = int((day // 7 + store) % 5 == 0)
            effect = LEAFLET * leaflet + ELASTICITY * price + RAIN * rain[day] + DEGREE * degrees[day]
            sales = 1000 * np.exp(0.1 * (day % 7) + effect + rng.normal(0, 0.05))
            date = dt.date(2014, 1, 1) + dt.timedelta(days=day)
            rows.append(
                (store, date, sales, leaflet, 10 * np.exp(price), float(rain[day]), degrees[day], float(day >= 200))
            )
    names = [*s.KEYS, s.SALES, "Leaflet", "Price", "Weather = rain", "Degrees", "New till"]
    table = pl.DataFrame(rows, names, orient="row")
    calendar = table.drop(s.SALES).with_columns(
        (1 - pl.col("Weather = rain")).alias("Weather = dry"),
        (pl.col(s.STORE) * 10.0).alias("Area"),
        (table[s.SALES] / 7).alias(f"{s.PAST_ONLY}Receipts"),
    )
    return table.select(*s.KEYS, s.SALES), calendar


@pytest.fixture(scope="module")
def answer(frames: tuple[pl.DataFrame, pl.DataFrame]) -> pl.DataFrame:
    return estimate_own_columns(Panel.from_frames(frames[0], calendar=frames[1]))


def line(table: pl.DataFrame, part: Part, name: str) -> dict[str, float]:
    return table.filter((pl.col(PART) == part) & (pl.col(GROUP) == name)).row(0, named=True)


@pytest.mark.parametrize(
    ("part", "name", "truth"),
    [
        (Part.FLAG, "Leaflet", np.expm1(LEAFLET)),
        (Part.ELASTICITY, "Price", ELASTICITY),
        (Part.TENTH_LESS, "Price", 0.9**ELASTICITY - 1),
        (Part.FLAG, "Weather = rain", np.expm1(RAIN)),
    ],
)
def test_planted_effects_come_out_within_their_intervals(
    answer: pl.DataFrame, part: Part, name: str, truth: float
) -> None:
    row = line(answer, part, name)
    assert row[LOW] < truth < row[HIGH]
    assert row[HIGH] - row[LOW] < 0.25 * abs(truth)


def test_a_number_is_told_by_its_usual_departure(answer: pl.DataFrame) -> None:
    size = line(answer, Part.DEPARTURE, "Degrees")[VALUE]
    row = line(answer, Part.NUMBER, "Degrees")
    assert row[LOW] < np.expm1(DEGREE * size) < row[HIGH]


def test_what_changed_once_or_never_has_no_effect_and_the_section_says_why(answer: pl.DataFrame) -> None:
    assert answer.filter(pl.col(GROUP) == "New till")[PART].to_list() == [Part.TOO_RARE]
    assert answer.filter(pl.col(GROUP) == "Area")[PART].to_list() == [Part.NEVER_CHANGES]
    assert answer.filter(pl.col(GROUP) == "Receipts")[PART].to_list() == [Part.PAST_ONLY]
    body = QUESTION.section(answer)
    assert "A day with Leaflet sells +2" in body.answer
    assert "A 10% lower Price brings +8" in body.answer
    for words in (
        "New till changed in too few weeks",
        "Area never changes within a store",
        "Receipts is known only afterwards (on 100.0% of the days with sales)",
        "Nobody dealt these values out at random",
    ):
        assert words in body.unproven


def test_columns_that_move_nothing_are_said_to_move_nothing(frames: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    sales, calendar = frames
    rng = np.random.default_rng(1)
    noise = calendar.select(*s.KEYS).with_columns(pl.Series("Moon", rng.integers(0, 2, calendar.height).astype(float)))
    flat = sales.with_columns(pl.Series(s.SALES, 1000 * np.exp(rng.normal(0, 0.05, sales.height))))
    body = QUESTION.section(estimate_own_columns(Panel.from_frames(flat, calendar=noise)))
    assert body.answer == "None of the chain's own columns moves sales by more than chance may."


def test_a_chain_without_own_columns_is_told_so() -> None:
    with pytest.raises(NotAnswerableError, match="no columns of its own"):
        estimate_own_columns(make_panel(stores=2, days=100))


def test_where_many_days_sell_nothing_sales_are_regressed_as_counts(
    frames: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    rng = np.random.default_rng(2)
    sales = frames[0].with_columns(pl.col(s.SALES) * pl.Series(rng.random(frames[0].height) > 0.1))
    days = frames[1].select(*s.KEYS, "Leaflet", pl.lit(1).alias(s.OPEN))
    body = QUESTION.section(estimate_own_columns(Panel.from_frames(sales, calendar=days)))
    assert body.answer.startswith("A day with Leaflet sells +2")
    assert "days without sales are part of an effect" in body.method
