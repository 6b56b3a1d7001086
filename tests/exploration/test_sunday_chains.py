"""A chain that trades on Sundays and stays open on its holidays: what is known of it comes out."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.holidays.estimate import estimate_holidays
from storecast.exploration.holidays.section import holidays_section
from storecast.exploration.quality.estimate import estimate_quality
from storecast.exploration.quality.parts import Count
from storecast.exploration.quality.section import quality_section
from storecast.exploration.seasons.estimate import estimate_seasons
from storecast.exploration.seasons.section import seasons_section
from storecast.exploration.shared.estimates import GROUP, NotAnswerableError
from storecast.exploration.shared.evidence import enough_occasions
from storecast.exploration.shared.observed import observe
from support.panels import FIRST, make_panel

DAYS = 760
SUNDAY_FACTOR, HOLIDAY_FACTOR = 1.5, 0.8
SUNDAY_HOLIDAYS = [dt.date(2013, 3, 3), dt.date(2013, 9, 8), dt.date(2014, 3, 2), dt.date(2014, 9, 7)]


def chain_of(holidays: list[dt.date], *, stores: int = 4, opened: bool = True) -> Panel:
    """Return a chain that sells half more on Sundays, and a fifth less on holidays on which it is open."""
    panel = make_panel(stores, DAYS)
    holiday, sunday = pl.col(s.DATE).is_in(holidays), pl.col(s.DATE).dt.weekday() == 7
    calendar = panel.calendar.with_columns(
        (pl.lit(opened) | ~holiday).cast(pl.Int8).alias(s.OPEN),
        pl.lit(0, pl.Int8).alias(s.PROMO),
        pl.lit(0, pl.Int8).alias(s.SCHOOL_HOLIDAY),
        pl.when(holiday).then(pl.lit("a")).otherwise(pl.lit("0")).alias(s.STATE_HOLIDAY),
    )
    noise = np.exp(0.03 * np.random.default_rng(5).standard_normal(panel.sales.height))
    factor = pl.when(sunday).then(SUNDAY_FACTOR).otherwise(1.0) * pl.when(holiday).then(HOLIDAY_FACTOR).otherwise(1.0)
    sold = pl.when(holiday & pl.lit(not opened)).then(0.0).otherwise(1000.0 * factor * pl.Series("noise", noise))
    return Panel(panel.sales.with_columns(sold.alias(s.SALES)), panel.stores, calendar)


def test_sundays_stand_among_the_weekdays() -> None:
    table = estimate_seasons(chain_of([]))
    mean_of_logs = np.log(SUNDAY_FACTOR) / 7
    sunday = table.filter((pl.col("Part") == "weekday without promotions") & (pl.col(GROUP) == "Sun"))["Value"].item()
    assert sunday == pytest.approx(SUNDAY_FACTOR / np.exp(mean_of_logs) - 1, abs=0.02)
    section = seasons_section(table)
    assert section.answer.startswith("Sunday is the strongest weekday")
    assert "beside the mean of all weekdays" in section.answer
    assert "Monday to Saturday" not in f"{section.answer} {section.method} {section.pictures} {section.tables}"


def test_a_chain_closed_on_sundays_is_compared_from_monday_to_saturday() -> None:
    assert not observe(make_panel(3, 200)).trades_on_sundays
    assert "Monday to Saturday" in seasons_section(estimate_seasons(make_panel(3, DAYS))).answer


def test_holidays_that_fall_on_open_sundays_are_answered() -> None:
    table = estimate_holidays(chain_of(SUNDAY_HOLIDAYS))
    day = table.filter((pl.col(GROUP) == "open on public") & (pl.col("Position") == 0) & (pl.col("Measure") == "sales"))
    assert day["Value"].item() == pytest.approx(HOLIDAY_FACTOR - 1, abs=0.03)
    assert "stores that are open sell −" in holidays_section(table).answer


def test_a_few_holidays_of_one_store_have_no_figure() -> None:
    thursdays = [dt.date(2013, 5, 9), dt.date(2013, 10, 3), dt.date(2014, 5, 29)]
    with pytest.raises(NotAnswerableError, match="could be measured"):
        estimate_holidays(chain_of(thursdays, stores=1, opened=False))
    assert estimate_holidays(chain_of(thursdays, stores=2, opened=False)).height
    assert not enough_occasions(0, 1000)


def test_a_store_that_opens_late_has_no_gap() -> None:
    panel = chain_of([])
    late = panel.sales.filter((pl.col(s.STORE) != 1) | (pl.col(s.DATE) >= FIRST + dt.timedelta(days=100)))
    table = estimate_quality(Panel(late, panel.stores, panel.calendar))
    counts = dict(table.filter(pl.col("Part") == "counts").select(GROUP, "Value").iter_rows())
    assert counts[Count.IN_LONG_GAPS] == counts[Count.STORES_WITH_LONG_GAPS] == 0
    assert counts[Count.BEFORE_OR_AFTER] == 100
    answer = quality_section(table).answer
    assert "long gap" not in answer
    assert "100 lie before a store's first row or after its last" in answer
