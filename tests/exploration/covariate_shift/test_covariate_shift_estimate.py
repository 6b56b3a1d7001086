import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.covariate_shift import adversarial_validation, separability
from storecast.exploration.covariate_shift.estimate import estimate_covariate_shift
from storecast.exploration.covariate_shift.parts import (
    PAST_WINDOW,
    WITH_DAY_OF_YEAR,
    WITHOUT_SEASON,
    ColumnTest,
    Fact,
    Part,
    Span,
)
from storecast.exploration.shared.estimates import (
    GROUP,
    HIGH,
    LOW,
    MEASURE,
    PART,
    TIDY_SCHEMA,
    VALUE,
    NotAnswerableError,
)
from support.known_chain import first_stores, last_days, usual_answer, usual_chain


@pytest.fixture
def few_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model be tried on two windows of the past, and on fewer folds: each takes as long as the next."""
    monkeypatch.setattr(separability, "MAX_WINDOWS", 2)
    monkeypatch.setattr(adversarial_validation, "FOLDS", adversarial_validation.MIN_FOLDS)


def with_calendar(panel: Panel, column: str, ahead: object) -> Panel:
    """Return the chain with one value of a column on all days ahead."""
    value = pl.when(pl.col(s.DATE) > panel.end).then(pl.lit(ahead)).otherwise(pl.col(column))
    return panel.with_calendar(panel.calendar.with_columns(value.cast(panel.calendar.schema[column]).alias(column)))


def line(table: pl.DataFrame, part: str, group: str, measure: str) -> dict[str, float]:
    rows = table.filter((pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure))
    return rows.row(0, named=True)


def test_a_chain_that_goes_on_as_it_was_is_alike() -> None:
    result = usual_answer("alike")
    assert dict(result.schema) == TIDY_SCHEMA
    assert line(result, Part.TEST, s.PROMO, ColumnTest.SHARE_AS_DIFFERENT)[VALUE] > 0.05
    tell = line(result, Part.MODEL, WITHOUT_SEASON, "AUC")
    assert tell[LOW] < 0.65


def test_a_season_is_recognised_by_its_date_and_by_nothing_else() -> None:
    result = usual_answer("alike")
    dated, plain = (line(result, Part.MODEL, name, "AUC") for name in (WITH_DAY_OF_YEAR, WITHOUT_SEASON))
    assert dated[LOW] > plain[VALUE]
    windows = result.filter((pl.col(PART) == Part.MODEL) & pl.col(GROUP).str.starts_with(PAST_WINDOW))[VALUE]
    assert len(windows) >= 5
    assert windows.min() <= plain[VALUE] <= windows.max()  # type: ignore[operator]


@pytest.mark.usefixtures("few_windows")
def test_the_same_days_of_earlier_years_are_counted_and_compared() -> None:
    panel = usual_chain()
    result = usual_answer("alike")
    assert line(result, Part.FACTS, Fact.YEARS_WITH_SAME_DAYS, "rows")[VALUE] == 2
    assert line(result, Part.SHARES, "Promo: 1", Span.SAME_DAYS)[VALUE] == pytest.approx(
        promotions_on_the_same_days(panel)
    )
    assert line(result, Part.TEST, "Weekday", ColumnTest.CRAMERS_V_SAME_DAYS)[VALUE] < 0.01
    gone = pl.col(s.DATE).is_between(dt.date(2014, 6, 15), dt.date(2014, 7, 12)) & (pl.col(s.STORE) <= 75)
    fewer = Panel(panel.sales.filter(~gone), panel.stores, panel.calendar.filter(~gone))
    before, after = (
        line(table, Part.FACTS, Fact.WITHOUT_ROW, "rows")[VALUE] for table in (result, estimate_covariate_shift(fewer))
    )
    assert after > before + 0.1


def promotions_on_the_same_days(panel: Panel) -> float:
    """Return the share of store-days with a promotion 52 and 104 weeks before the days ahead, row by row."""
    ahead = panel.calendar.filter(pl.col(s.DATE) > panel.end)[s.DATE].unique()
    days = [day - dt.timedelta(weeks=52 * back) for day in ahead for back in (1, 2)]
    return float(panel.calendar.filter(pl.col(s.DATE).is_in(days))[s.PROMO].mean())  # type: ignore[arg-type]


def test_cramers_v_is_that_of_as_many_rows_ahead_as_past() -> None:
    past, ahead = (
        line(usual_answer("alike"), Part.SHARES, "Promo: 1", name)[VALUE] for name in (Span.PAST, Span.AHEAD)
    )
    middle = (past + ahead) / 2
    phi = abs(ahead - past) / (2 * np.sqrt(middle * (1 - middle)))
    assert line(usual_answer("alike"), Part.TEST, s.PROMO, ColumnTest.CRAMERS_V)[VALUE] == pytest.approx(phi)


def test_ahead_lies_within_what_windows_of_the_past_do() -> None:
    windows = line(usual_answer("alike"), Part.TEST, s.PROMO, ColumnTest.CRAMERS_V_WINDOWS)
    assert 0 <= windows[LOW] <= windows[VALUE] <= windows[HIGH] <= 1
    assert windows[LOW] <= line(usual_answer("alike"), Part.TEST, s.PROMO, ColumnTest.CRAMERS_V)[VALUE] <= windows[HIGH]


@pytest.mark.usefixtures("few_windows")
def test_promotions_on_every_day_ahead_are_unlike_any_window_of_the_past() -> None:
    table = estimate_covariate_shift(with_calendar(usual_chain(), s.PROMO, 1))
    assert line(table, Part.TEST, s.PROMO, ColumnTest.SHARE_AS_DIFFERENT)[VALUE] == 0
    assert line(table, Part.TEST, s.PROMO, ColumnTest.CRAMERS_V)[VALUE] > 0.2
    assert line(table, Part.TEST, s.PROMO, ColumnTest.P_VALUE)[VALUE] < 1e-6
    assert line(table, Part.SHARES, "Promo: 1", Span.AHEAD)[VALUE] == 1
    tell = line(table, Part.MODEL, WITHOUT_SEASON, "AUC")
    assert tell[VALUE] > 0.75
    lost = table.filter(pl.col(PART) == Part.IMPORTANCE).sort(VALUE, descending=True)
    assert s.PROMO in lost[GROUP].head(2).to_list()


@pytest.mark.usefixtures("few_windows")
def test_another_mix_of_stores_is_seen() -> None:
    panel = usual_chain()
    rest = panel.stores.filter(pl.col(s.STORE_TYPE) == "a").select(s.STORE)
    past = panel.calendar.filter(pl.col(s.DATE) <= panel.end)
    ahead = panel.calendar.filter(pl.col(s.DATE) > panel.end).join(rest, on=s.STORE, how="semi")
    table = estimate_covariate_shift(panel.with_calendar(pl.concat([past, ahead]).sort(s.KEYS)))
    assert line(table, Part.TEST, s.STORE_TYPE, ColumnTest.SHARE_AS_DIFFERENT)[VALUE] == 0
    assert line(table, Part.SHARES, "StoreType: a", Span.AHEAD)[VALUE] == 1
    assert line(table, Part.FACTS, Fact.STORES_AHEAD, "rows")[VALUE] == rest.height
    assert line(table, Part.FACTS, Fact.NEW_STORES, "rows")[VALUE] == 0
    assert "StoreType: d" in table.filter(pl.col(PART) == Part.NOT_AHEAD)[GROUP].to_list()


def test_assumed_days_are_not_compared() -> None:
    panel = usual_chain()
    assumed = panel.with_calendar(panel.calendar.with_columns((pl.col(s.DATE) > panel.end).alias(s.ASSUMED)))
    with pytest.raises(NotAnswerableError, match="no days ahead are given"):
        estimate_covariate_shift(assumed)


def test_shares_of_the_past_add_up_to_one() -> None:
    result = usual_answer("alike").filter((pl.col(PART) == Part.SHARES) & (pl.col(MEASURE) == Span.PAST))
    for column in (s.PROMO, "Weekday", s.STORE_TYPE):
        assert result.filter(pl.col(GROUP).str.starts_with(f"{column}: "))[VALUE].sum() == pytest.approx(1)


@pytest.mark.usefixtures("few_windows")
def test_one_store_and_a_short_past_are_compared_too() -> None:
    assert estimate_covariate_shift(first_stores(usual_chain(), 1)).height
    short = estimate_covariate_shift(last_days(usual_chain(), 60))
    assert short.height
    assert ColumnTest.SHARE_AS_DIFFERENT not in set(short[MEASURE])
    assert short.filter(pl.col(PART) == Part.MODEL)[HIGH].fill_null(0).max() <= 1  # type: ignore[operator]


def test_holidays_that_do_not_come_ahead_are_named() -> None:
    panel = usual_chain()
    assert dt.date(2015, 12, 25) > panel.calendar[s.DATE].max()  # type: ignore[operator]
    assert "StateHoliday: c" in usual_answer("alike").filter(pl.col(PART) == Part.NOT_AHEAD)[GROUP].to_list()
