import datetime as dt
from functools import cache

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.alike import (
    AHEAD,
    BY,
    CONTROL,
    DATED,
    EFFECT,
    EMPTY,
    FACTS,
    MISSING,
    NEW_STORES,
    P_VALUE,
    PAST,
    PLACEBO,
    PLAIN,
    SEASON,
    SEASON_EFFECT,
    SEASONS,
    SHARES,
    STORES_AHEAD,
    TELL,
    TEST,
    USUAL,
    alike,
)
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, PART, TIDY, VALUE, NotAnswerableError
from support.known_chain import first_stores, last_days, usual_chain


@cache
def usual() -> pl.DataFrame:
    return alike(usual_chain())


def with_calendar(panel: Panel, column: str, ahead: object) -> Panel:
    """Return the chain with one value of a column on all days ahead."""
    value = pl.when(pl.col(s.DATE) > panel.end).then(pl.lit(ahead)).otherwise(pl.col(column))
    return panel.with_calendar(panel.calendar.with_columns(value.cast(panel.calendar.schema[column]).alias(column)))


def line(table: pl.DataFrame, part: str, group: str, measure: str) -> dict[str, float]:
    rows = table.filter((pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure))
    return rows.row(0, named=True)


def test_a_chain_that_goes_on_as_it_was_is_alike() -> None:
    found = usual()
    assert dict(found.schema) == TIDY
    assert line(found, TEST, s.PROMO, PLACEBO)[VALUE] > 0.05
    tell = line(found, TELL, PLAIN, "AUC")
    assert tell[LOW] < 0.65


def test_a_season_is_told_by_its_date_and_by_nothing_else() -> None:
    found = usual()
    dated, plain = (line(found, TELL, name, "AUC") for name in (DATED, PLAIN))
    assert dated[LOW] > plain[VALUE]
    windows = found.filter((pl.col(PART) == TELL) & pl.col(GROUP).str.starts_with(CONTROL))[VALUE]
    assert len(windows) >= 5
    assert windows.min() <= plain[VALUE] <= windows.max()  # type: ignore[operator]


def test_the_same_days_of_earlier_years_are_counted_and_compared() -> None:
    panel = usual_chain()
    found = usual()
    assert line(found, FACTS, SEASONS, "rows")[VALUE] == 2
    assert line(found, SHARES, "Promo: 1", SEASON)[VALUE] == pytest.approx(promotions_on_the_same_days(panel))
    assert line(found, TEST, "Weekday", SEASON_EFFECT)[VALUE] < 0.01
    gone = pl.col(s.DATE).is_between(dt.date(2014, 6, 15), dt.date(2014, 7, 12)) & (pl.col(s.STORE) <= 75)
    fewer = Panel(panel.sales.filter(~gone), panel.stores, panel.calendar.filter(~gone))
    before, after = (line(alike(one), FACTS, EMPTY, "rows")[VALUE] for one in (panel, fewer))
    assert after > before + 0.1


def promotions_on_the_same_days(panel: Panel) -> float:
    """Return the share of store-days with a promotion 52 and 104 weeks before the days ahead, row by row."""
    ahead = panel.calendar.filter(pl.col(s.DATE) > panel.end)[s.DATE].unique()
    days = [day - dt.timedelta(weeks=52 * back) for day in ahead for back in (1, 2)]
    return float(panel.calendar.filter(pl.col(s.DATE).is_in(days))[s.PROMO].mean())  # type: ignore[arg-type]


def test_cramers_v_is_that_of_as_many_rows_ahead_as_past() -> None:
    past, ahead = (line(usual(), SHARES, "Promo: 1", name)[VALUE] for name in (PAST, AHEAD))
    middle = (past + ahead) / 2
    phi = abs(ahead - past) / (2 * np.sqrt(middle * (1 - middle)))
    assert line(usual(), TEST, s.PROMO, EFFECT)[VALUE] == pytest.approx(phi)


def test_ahead_lies_within_what_windows_of_the_past_do() -> None:
    windows = line(usual(), TEST, s.PROMO, USUAL)
    assert 0 <= windows[LOW] <= windows[VALUE] <= windows[HIGH] <= 1
    assert windows[LOW] <= line(usual(), TEST, s.PROMO, EFFECT)[VALUE] <= windows[HIGH]


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
    found = alike(panel.with_calendar(pl.concat([past, ahead]).sort(s.KEYS)))
    assert line(found, TEST, s.STORE_TYPE, PLACEBO)[VALUE] == 0
    assert line(found, SHARES, "StoreType: a", AHEAD)[VALUE] == 1
    assert line(found, FACTS, STORES_AHEAD, "rows")[VALUE] == kept.height
    assert line(found, FACTS, NEW_STORES, "rows")[VALUE] == 0
    assert "StoreType: d" in found.filter(pl.col(PART) == MISSING)[GROUP].to_list()


def test_assumed_days_are_not_compared() -> None:
    panel = usual_chain()
    assumed = panel.with_calendar(panel.calendar.with_columns((pl.col(s.DATE) > panel.end).alias(s.ASSUMED)))
    with pytest.raises(NotAnswerableError, match="no days ahead are given"):
        alike(assumed)


def test_shares_of_the_past_add_up_to_one() -> None:
    found = usual().filter((pl.col(PART) == SHARES) & (pl.col(MEASURE) == PAST))
    for column in (s.PROMO, "Weekday", s.STORE_TYPE):
        assert found.filter(pl.col(GROUP).str.starts_with(f"{column}: "))[VALUE].sum() == pytest.approx(1)


def test_one_store_and_a_short_past_are_compared_too() -> None:
    assert alike(first_stores(usual_chain(), 1)).height
    short = alike(last_days(usual_chain(), 60))
    assert short.height
    assert PLACEBO not in set(short[MEASURE])
    assert short.filter(pl.col(PART) == TELL)[HIGH].fill_null(0).max() <= 1  # type: ignore[operator]


def test_holidays_that_do_not_come_ahead_are_named() -> None:
    panel = usual_chain()
    assert dt.date(2015, 12, 25) > panel.calendar[s.DATE].max()  # type: ignore[operator]
    assert "StateHoliday: c" in usual().filter(pl.col(PART) == MISSING)[GROUP].to_list()
