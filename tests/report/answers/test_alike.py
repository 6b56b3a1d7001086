from functools import cache

import polars as pl
import pytest

from storecast import schema as s
from storecast.questions.alike import (
    AHEAD,
    CONTROL,
    EFFECT,
    FACTS,
    MONTH,
    PLACEBO,
    PLAIN,
    SEASONS,
    SHARES,
    STORES_AHEAD,
    TELL,
    TEST,
    alike,
)
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, PART, VALUE
from storecast.report.answers.alike import section
from support.known_chain import last_days, usual_chain


@cache
def table() -> pl.DataFrame:
    return alike(usual_chain())


def changed(part: str, group: str, measure: str, value: float, *columns: str) -> pl.DataFrame:
    """Return the table with other figures in one row."""
    row = (pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure)
    return table().with_columns(
        pl.when(row).then(value).otherwise(pl.col(name)).alias(name) for name in columns or (VALUE,)
    )


def test_columns_that_windows_of_the_past_never_match_are_named() -> None:
    assert section(table()).answer.startswith("Yes")
    small = changed(TEST, s.PROMO, PLACEBO, 0.0)
    assert section(small).answer.startswith("Yes")
    large = (pl.col(GROUP) == s.PROMO) & (pl.col(MEASURE) == EFFECT)
    other = section(small.with_columns(pl.when(large).then(0.4).otherwise(VALUE).alias(VALUE)))
    assert other.answer.startswith("Not in promotions")
    assert "careful with promotions" in other.unproven


def test_the_largest_effect_is_named_but_for_the_month() -> None:
    effects = table().filter((pl.col(PART) == TEST) & (pl.col(MEASURE) == EFFECT)).sort(VALUE, descending=True)
    assert effects[GROUP][0] == MONTH
    assert "is in open days (Cramér's V 0.90" in section(changed(TEST, s.OPEN, EFFECT, 0.9)).answer


def test_a_model_tells_apart_what_it_tells_better_than_any_window_of_the_past() -> None:
    assert "no better than it tells windows of the past" in section(table()).answer
    told = section(changed(TELL, PLAIN, "AUC", 0.97, VALUE, LOW, HIGH)).answer
    assert "a model tells them from the past, mostly by" in told
    assert "AUC 0.97" in told
    best = table().filter(pl.col(GROUP).str.starts_with(CONTROL))[GROUP][0]
    rows = changed(TELL, PLAIN, "AUC", 0.97, VALUE, LOW, HIGH).with_columns(
        pl.when(pl.col(GROUP) == best).then(0.98).otherwise(VALUE).alias(VALUE)
    )
    assert "no better than it tells windows of the past" in section(rows).answer


def test_a_season_never_seen_is_said() -> None:
    assert "the same days of 2 earlier years" in section(table()).unproven
    assert "the same days of no earlier year" in section(changed(FACTS, SEASONS, "rows", 0)).unproven


def test_shares_that_do_not_carry_over_by_their_date_are_said() -> None:
    more = section(changed(SHARES, f"{s.SCHOOL_HOLIDAY}: 1", AHEAD, 0.99)).unproven
    assert "“school holiday” holds on 99.0 % of the store-days ahead" in more


def test_fewer_stores_ahead_are_said() -> None:
    assert "Only 7 of 150 stores are asked for" in section(changed(FACTS, STORES_AHEAD, "rows", 7)).unproven
    assert "are asked for" not in section(table()).unproven


@pytest.mark.parametrize("days", [60, 100])
def test_a_short_past_is_not_called_alike(days: int) -> None:
    found = section(alike(last_days(usual_chain(), days)))
    assert found.answer.startswith("The past is too short")
    assert len(found.pictures) >= 2
