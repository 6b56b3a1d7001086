"""Intervals of 95% hold the true effects of generated chains about as often as they say."""

from collections import Counter
from collections.abc import Iterable
from functools import cache

import numpy as np
import polars as pl
import pytest

from storecast.data.generate import ChainSpec, generate
from storecast.data.generate_effects import Effects
from storecast.data.panel import Panel
from storecast.exploration.competition.estimate import estimate_competition
from storecast.exploration.competition.parts import Comparison
from storecast.exploration.competition.parts import Part as CompetitionPart
from storecast.exploration.holidays.estimate import estimate_holidays
from storecast.exploration.holidays.parts import Part as HolidayPart
from storecast.exploration.openings.estimate import estimate_openings
from storecast.exploration.openings.parts import Part as OpeningPart
from storecast.exploration.promotions.estimate import estimate_promotions
from storecast.exploration.promotions.parts import ALL_WEEKDAYS
from storecast.exploration.promotions.parts import Part as PromotionPart
from storecast.exploration.shared.adjusted import adjust
from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, MEASURE, PART, POSITION
from storecast.exploration.shared.growth import growth_by_store
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.promotion_weeks import promotion_weeks
from support.known_chain import known_chain

EFFECTS = Effects()
STORES, DAYS = 150, 942
FEW, MANY = range(1, 11), range(1, 51)
ENOUGH_OF_FEW, ENOUGH_OF_MANY = 8, 43


@cache
def chain(seed: int) -> Panel:
    return known_chain(stores=STORES, days=DAYS, seed=seed)


def holds(rows: pl.DataFrame, truth: float) -> bool:
    """Whether the interval of the one row holds a true effect on logs."""
    assert rows.height <= 1
    return rows.height == 1 and float(rows[LOW][0]) <= np.expm1(truth) <= float(rows[HIGH][0])


def of(table: pl.DataFrame, part: str, group: str, measure: str = SALES, position: float | None = None) -> pl.DataFrame:
    rows = table.filter((pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure))
    return rows if position is None else rows.filter(pl.col(POSITION) == position)


def promotion_hits(seed: int) -> dict[str, bool]:
    """A promotion is compared with the weeks off as they are: most of them follow one, and sell less for it."""
    table = estimate_promotions(chain(seed))
    weeks = promotion_weeks(adjust(chain(seed)))
    usual = EFFECTS.after_promo_week * float((weeks.weeks_off[weeks.week_in_spell == 0] == 1).mean())
    mean = float(np.mean(list(EFFECTS.promo.values())))
    result = {day: holds(of(table, PromotionPart.UPLIFT, day), size - usual) for day, size in EFFECTS.promo.items()}
    result[ALL_WEEKDAYS] = holds(of(table, PromotionPart.UPLIFT, ALL_WEEKDAYS), mean - usual)
    result["customers"] = holds(
        of(table, PromotionPart.UPLIFT, ALL_WEEKDAYS, CUSTOMERS), EFFECTS.promo_customers_share * mean - usual
    )
    result["Promo2"] = holds(
        of(table, PromotionPart.PROMO2_BEGINS, "joined"), EFFECTS.promo2 + EFFECTS.promo2_round / 3
    )
    return result


def holiday_hits(seed: int) -> dict[str, bool]:
    table = estimate_holidays(chain(seed))
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
        f"{kind} {day:+d}": holds(of(table, HolidayPart.CURVE, kind, position=day), size)
        for (kind, day), size in truth.items()
    }


def competition_hits(seed: int) -> dict[str, bool]:
    table = estimate_competition(chain(seed))
    return {
        name: holds(of(table, CompetitionPart.OPENING, name), EFFECTS.competition)
        for name in (Comparison.NOT_YET_REACHED, Comparison.LONG_SETTLED)
    }


def sunday_hits(seed: int) -> dict[str, bool]:
    table = estimate_openings(chain(seed))
    truth = {"Saturday": EFFECTS.sunday_trading_saturday, "Monday": EFFECTS.sunday_trading_monday}
    return {day: holds(of(table, OpeningPart.SUNDAY_TRADING, day), size) for day, size in truth.items()}


def growth_hits(seed: int) -> dict[str, bool]:
    """The truth is the mean growth of all stores of the chain, as if no competitor had opened."""
    truth = generate(ChainSpec(stores=STORES, days=DAYS, seed=seed)).truth["trend_by_store"]
    growth = growth_by_store(adjust(chain(seed)), SALES).chain
    assert growth.low is not None
    assert growth.high is not None
    return {"growth": growth.low <= float(np.mean(truth)) <= growth.high}


HITS = {
    "promotions": promotion_hits, "holidays": holiday_hits, "competition": competition_hits,
    "Sunday trading": sunday_hits, "growth": growth_hits,
}  # fmt: skip


def count(question: str, seeds: Iterable[int]) -> Counter[str]:
    hits: Counter[str] = Counter()
    for seed in seeds:
        hits.update({name: int(hit) for name, hit in HITS[question](seed).items()})
    return hits


@pytest.mark.long
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
