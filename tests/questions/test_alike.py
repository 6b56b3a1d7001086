import datetime as dt

import polars as pl
import pytest

from known_chain import first_stores, last_days, usual_chain
from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.alike import (
    AHEAD,
    BY,
    EFFECT,
    MISSING,
    P_VALUE,
    PAST,
    PLACEBO,
    PLAIN,
    SHARES,
    TELL,
    TEST,
    alike,
)
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, PART, TIDY, VALUE, NotAnswerableError


def with_calendar(panel: Panel, column: str, ahead: object) -> Panel:
    """Return the chain with one value of a column on all days ahead."""
    value = pl.when(pl.col(s.DATE) > panel.end).then(pl.lit(ahead)).otherwise(pl.col(column))
    return panel.with_calendar(panel.calendar.with_columns(value.cast(panel.calendar.schema[column]).alias(column)))


def line(table: pl.DataFrame, part: str, group: str, measure: str) -> dict[str, float]:
    rows = table.filter((pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure))
    return rows.row(0, named=True)


def test_a_chain_that_goes_on_as_it_was_is_alike() -> None:
    found = alike(usual_chain())
    assert dict(found.schema) == TIDY
    assert line(found, TEST, s.PROMO, PLACEBO)[VALUE] > 0.05
    tell = line(found, TELL, PLAIN, "AUC")
    assert tell[LOW] < 0.65


def test_promotions_on_every_day_ahead_are_unlike_any_window_of_the_past() -> None:
    found = alike(with_calendar(usual_chain(), s.PROMO, 1))
    assert line(found, TEST, s.PROMO, PLACEBO)[VALUE] == 0
    assert line(found, TEST, s.PROMO, EFFECT)[VALUE] > 0.2
    assert line(found, TEST, s.PROMO, P_VALUE)[VALUE] < 1e-6
    assert line(found, SHARES, "Promo: 1", AHEAD)[VALUE] == 1
    tell = line(found, TELL, PLAIN, "AUC")
    assert tell[VALUE] > 0.75
    lost = found.filter(pl.col(PART) == BY).sort(VALUE, descending=True)
    assert s.PROMO in lost[GROUP].head(2).to_list()


def test_another_mix_of_stores_is_seen() -> None:
    panel = usual_chain()
    kept = panel.stores.filter(pl.col(s.STORE_TYPE) == "a").select(s.STORE)
    past = panel.calendar.filter(pl.col(s.DATE) <= panel.end)
    ahead = panel.calendar.filter(pl.col(s.DATE) > panel.end).join(kept, on=s.STORE, how="semi")
    found = alike(panel.with_calendar(pl.concat([past, ahead])))
    assert line(found, TEST, s.STORE_TYPE, PLACEBO)[VALUE] == 0
    assert line(found, SHARES, "StoreType: a", AHEAD)[VALUE] == 1
    assert "StoreType: d" in found.filter(pl.col(PART) == MISSING)[GROUP].to_list()


def test_assumed_days_are_not_compared() -> None:
    panel = usual_chain()
    assumed = panel.with_calendar(panel.calendar.with_columns((pl.col(s.DATE) > panel.end).alias(s.ASSUMED)))
    with pytest.raises(NotAnswerableError, match="no days ahead are given"):
        alike(assumed)


def test_shares_of_the_past_add_up_to_one() -> None:
    found = alike(usual_chain()).filter((pl.col(PART) == SHARES) & (pl.col(MEASURE) == PAST))
    for column in (s.PROMO, "Weekday", s.STORE_TYPE):
        assert found.filter(pl.col(GROUP).str.starts_with(f"{column}: "))[VALUE].sum() == pytest.approx(1)


def test_one_store_and_a_short_past_are_compared_too() -> None:
    assert alike(first_stores(usual_chain(), 1)).height
    short = alike(last_days(usual_chain(), 60))
    assert short.height
    assert short.filter(pl.col(PART) == TELL)[HIGH].fill_null(0).max() <= 1  # type: ignore[operator]


def test_holidays_that_do_not_come_ahead_are_named() -> None:
    panel = usual_chain()
    assert dt.date(2015, 12, 25) > panel.calendar[s.DATE].max()  # type: ignore[operator]
    assert "StateHoliday: c" in alike(panel).filter(pl.col(PART) == MISSING)[GROUP].to_list()
