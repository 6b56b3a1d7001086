"""Intervals of 95 % hold the true effects of generated chains about as often as they say."""

from collections import Counter
from collections.abc import Iterable
from functools import cache

import numpy as np
import polars as pl
import pytest

from storecast.data.generate_effects import Effects
from storecast.data.panel import Panel
from storecast.questions.adjusted import adjusted
from storecast.questions.competition import NOT_YET, OPENING, SETTLED, competition
from storecast.questions.holidays import CURVE, holidays
from storecast.questions.levels import CUSTOMERS, SALES
from storecast.questions.openings import openings
from storecast.questions.promotions import ALL, JOINING, UPLIFT, promotions
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, PART, POSITION
from storecast.questions.weeks import weeks
from support.known_chain import known_chain

EFFECTS = Effects()
FEW, MANY = range(1, 11), range(1, 51)
ENOUGH_OF_FEW, ENOUGH_OF_MANY = 8, 43


@cache
def chain(seed: int) -> Panel:
    return known_chain(seed=seed)


def holds(rows: pl.DataFrame, truth: float) -> bool:
    """Whether the interval of the one row holds a true effect on logs."""
    assert rows.height <= 1
    return rows.height == 1 and float(rows[LOW][0]) <= np.expm1(truth) <= float(rows[HIGH][0])


def of(table: pl.DataFrame, part: str, group: str, measure: str = SALES, position: float | None = None) -> pl.DataFrame:
    rows = table.filter((pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure))
    return rows if position is None else rows.filter(pl.col(POSITION) == position)


def promotion_hits(panel: Panel) -> dict[str, bool]:
    """A promotion is compared with the weeks off as they are: most of them follow one, and sell less for it."""
    table = promotions(panel)
    ran = weeks(adjusted(panel))
    usual = EFFECTS.after_promo_week * float((ran.off[ran.in_spell == 0] == 1).mean())
    mean = float(np.mean(list(EFFECTS.promo.values())))
    found = {day: holds(of(table, UPLIFT, day), size - usual) for day, size in EFFECTS.promo.items()}
    found[ALL] = holds(of(table, UPLIFT, ALL), mean - usual)
    found["customers"] = holds(of(table, UPLIFT, ALL, CUSTOMERS), EFFECTS.promo_customers_share * mean - usual)
    found["Promo2"] = holds(of(table, JOINING, "joined"), EFFECTS.promo2 + EFFECTS.promo2_round / 3)
    return found


def holiday_hits(panel: Panel) -> dict[str, bool]:
    table = holidays(panel)
    before, after = EFFECTS.before_holiday, EFFECTS.after_holiday
    truth = {
        ("public", -1): before["a"],
        ("public", 1): after["a"],
        ("Easter", -1): before["b"],
        ("Easter", 0): after["b"] + EFFECTS.easter_saturday,
        ("Easter", 1): after["b"],
        ("Christmas", -1): before["c"] + EFFECTS.christmas,
        ("Christmas", 1): after["c"],
        ("school", 0): EFFECTS.school_holiday,
    }
    return {
        f"{kind} {day:+d}": holds(of(table, CURVE, kind, position=day), size) for (kind, day), size in truth.items()
    }


def competition_hits(panel: Panel) -> dict[str, bool]:
    table = competition(panel)
    return {name: holds(of(table, OPENING, name), EFFECTS.competition) for name in (NOT_YET, SETTLED)}


def sunday_hits(panel: Panel) -> dict[str, bool]:
    table = openings(panel)
    truth = {"Saturday": EFFECTS.sunday_trading_saturday, "Monday": EFFECTS.sunday_trading_monday}
    return {day: holds(of(table, "Sunday trading", day), size) for day, size in truth.items()}


HITS = {
    "promotions": promotion_hits, "holidays": holiday_hits, "competition": competition_hits, "Sunday trading": sunday_hits,
}  # fmt: skip


def count(question: str, seeds: Iterable[int]) -> Counter[str]:
    hits: Counter[str] = Counter()
    for seed in seeds:
        hits.update({name: int(hit) for name, hit in HITS[question](chain(seed)).items()})
    return hits


@pytest.mark.parametrize("question", HITS)
def test_intervals_hold_the_truth_in_eight_of_ten_chains(question: str) -> None:
    hits = count(question, FEW)
    assert hits
    assert min(hits.values()) >= ENOUGH_OF_FEW, hits


@pytest.mark.long
@pytest.mark.parametrize("question", HITS)
def test_intervals_hold_the_truth_in_43_of_50_chains(question: str) -> None:
    hits = count(question, MANY)
    assert hits
    assert min(hits.values()) >= ENOUGH_OF_MANY, hits
