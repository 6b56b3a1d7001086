"""A scenario that leaves what was ever seen says so: promotions, openings, and how many promotion days a week has."""

import datetime as dt

import polars as pl
import pytest

import storecast
from storecast import schema as s
from storecast.data.panel import Panel
from storecast.explain.never_seen import never_seen
from support.panels import make_panel

SATURDAY, SUNDAY = 6, 7
FIRST = dt.date(2012, 12, 31)  # a Monday


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Return a chain that is closed on Sundays and has promotions from Monday to Friday of every other week."""
    panel = make_panel(stores=2, days=60, ahead=14)
    week = (pl.col(s.DATE) - FIRST).dt.total_days() // 7
    promotion = (week % 2 == 0) & (pl.col(s.DATE).dt.weekday() < SATURDAY)
    return panel.with_calendar(panel.calendar.with_columns(promotion.cast(pl.Int8).alias(s.PROMO)))


def edited(panel: Panel, days: pl.Expr, **values: int) -> Panel:
    rows = days & (pl.col(s.DATE) > panel.end) & (pl.col(s.STORE) == 2)
    return panel.with_calendar(
        panel.calendar.with_columns(
            pl.when(rows).then(pl.lit(value, pl.Int8)).otherwise(column).alias(column)
            for column, value in values.items()
        )
    )


def on(weekday: int) -> pl.Expr:
    return pl.col(s.DATE).dt.weekday() == weekday


def test_nothing_is_said_of_a_promotion_where_there_have_been_such(panel: Panel) -> None:
    assert never_seen(panel, edited(panel, pl.col(s.DATE).dt.weekday() <= 5, Promo=1)) == []
    assert never_seen(panel, panel) == []


def test_a_promotion_on_a_weekday_that_never_had_one_is_named(panel: Panel) -> None:
    day = pl.col(s.DATE) == dt.date(2013, 3, 9)  # of a week without promotion
    [sentence] = never_seen(panel, edited(panel, day, Promo=1))
    assert sentence.startswith(
        "Promotions on Saturdays: 1 day of a store, such as store 2 on 2013-03-09. No store has had"
    )


def test_a_promotion_on_a_closed_day_is_none(panel: Panel) -> None:
    assert never_seen(panel, edited(panel, on(SUNDAY), Promo=1)) == []


def test_more_promotion_days_in_a_week_than_ever_are_named(panel: Panel) -> None:
    sentences = never_seen(panel, edited(panel, pl.lit(value=True), Promo=1))
    assert len(sentences) == 2
    assert sentences[1].startswith(
        "More promotion days in a week than ever: 2 weeks of stores, such as 6 of store 2 in the week of 2013-02-25."
    )
    assert "No store has had more than 5" in sentences[1]


def test_a_store_opened_on_a_weekday_on_which_it_never_was_is_named(panel: Panel) -> None:
    [sentence] = never_seen(panel, edited(panel, on(SUNDAY), Open=1))
    assert sentence.startswith("Openings on Sundays: 2 days of stores, such as store 2 on 2013-03-03. These stores")
    assert never_seen(panel, edited(panel, on(SATURDAY), Open=0)) == []


def test_a_bundle_warns_where_a_scenario_leaves_what_was_seen(panel: Panel, caplog: pytest.LogCaptureFixture) -> None:
    model = storecast.fit(panel, "linear", horizon=7, fast=True)
    sunday = model.predict().filter((pl.col(s.STORE) == 1) & on(SUNDAY)).select(*s.KEYS, Open=pl.lit(1))
    model.scenario(sunday)
    assert "Openings on Sundays: 1 day of a store" in caplog.text
