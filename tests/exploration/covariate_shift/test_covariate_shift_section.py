import polars as pl
import pytest

from storecast import schema as s
from storecast.exploration.covariate_shift import adversarial_validation
from storecast.exploration.covariate_shift.estimate import estimate_covariate_shift
from storecast.exploration.covariate_shift.parts import MONTH, PAST_WINDOW, WITHOUT_SEASON, ColumnTest, Fact, Part, Span
from storecast.exploration.covariate_shift.section import covariate_shift_section
from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, MEASURE, PART, VALUE
from support.known_chain import last_days, usual_answer, usual_chain


def table() -> pl.DataFrame:
    return usual_answer("alike")


def changed(part: str, group: str, measure: str, value: float, *columns: str) -> pl.DataFrame:
    """Return the table with other figures in one row."""
    row = (pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure)
    return table().with_columns(
        pl.when(row).then(value).otherwise(pl.col(name)).alias(name) for name in columns or (VALUE,)
    )


def test_columns_that_windows_of_the_past_never_match_are_named() -> None:
    assert covariate_shift_section(table()).answer.startswith("Yes")
    small = changed(Part.TEST, s.PROMO, ColumnTest.SHARE_AS_DIFFERENT, 0.0)
    assert covariate_shift_section(small).answer.startswith("Yes")
    large = (pl.col(GROUP) == s.PROMO) & (pl.col(MEASURE) == ColumnTest.CRAMERS_V)
    other = covariate_shift_section(small.with_columns(pl.when(large).then(0.4).otherwise(VALUE).alias(VALUE)))
    assert other.answer.startswith("Not in promotions")
    assert "careful with promotions" in other.unproven


def test_the_largest_effect_is_named_but_for_the_month() -> None:
    effects = (
        table()
        .filter((pl.col(PART) == Part.TEST) & (pl.col(MEASURE) == ColumnTest.CRAMERS_V))
        .sort(VALUE, descending=True)
    )
    assert effects[GROUP][0] == MONTH
    assert (
        "is in open days (Cramér's V 0.90"
        in covariate_shift_section(changed(Part.TEST, s.OPEN, ColumnTest.CRAMERS_V, 0.9)).answer
    )


def test_a_model_tells_apart_what_it_tells_better_than_any_window_of_the_past() -> None:
    assert "no better than it tells windows of the past" in covariate_shift_section(table()).answer
    text = covariate_shift_section(changed(Part.MODEL, WITHOUT_SEASON, "AUC", 0.97, VALUE, LOW, HIGH)).answer
    assert "a model tells them from the past, mostly by" in text
    assert "AUC 0.97" in text
    best = table().filter(pl.col(GROUP).str.starts_with(PAST_WINDOW))[GROUP][0]
    rows = changed(Part.MODEL, WITHOUT_SEASON, "AUC", 0.97, VALUE, LOW, HIGH).with_columns(
        pl.when(pl.col(GROUP) == best).then(0.98).otherwise(VALUE).alias(VALUE)
    )
    assert "no better than it tells windows of the past" in covariate_shift_section(rows).answer


def test_a_season_never_seen_is_reported() -> None:
    assert "the same days of 2 earlier years" in covariate_shift_section(table()).unproven
    assert (
        "the same days of no earlier year"
        in covariate_shift_section(changed(Part.FACTS, Fact.YEARS_WITH_SAME_DAYS, "rows", 0)).unproven
    )


def test_shares_that_do_not_carry_over_by_their_date_are_reported() -> None:
    more = covariate_shift_section(changed(Part.SHARES, f"{s.SCHOOL_HOLIDAY}: 1", Span.AHEAD, 0.99)).unproven
    assert "“school holiday” holds on 99.0% of the store-days ahead" in more


def test_fewer_stores_ahead_are_reported() -> None:
    assert (
        "Only 7 of 150 stores are asked for"
        in covariate_shift_section(changed(Part.FACTS, Fact.STORES_AHEAD, "rows", 7)).unproven
    )
    assert "are asked for" not in covariate_shift_section(table()).unproven


@pytest.mark.parametrize("days", [60, 100])
def test_a_short_past_is_not_called_alike(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adversarial_validation, "FOLDS", adversarial_validation.MIN_FOLDS)
    body = covariate_shift_section(estimate_covariate_shift(last_days(usual_chain(), days)))
    assert body.answer.startswith("The past is too short")
    assert len(body.pictures) >= 2
