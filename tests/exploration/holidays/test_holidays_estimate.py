import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.holidays.estimate import estimate_holidays
from storecast.exploration.holidays.parts import Part
from storecast.exploration.holidays.section import holidays_section
from storecast.exploration.shared.estimates import (
    GROUP,
    HIGH,
    LOW,
    MEASURE,
    PART,
    POSITION,
    TIDY_SCHEMA,
    VALUE,
    NotAnswerableError,
)
from storecast.exploration.shared.observed import SALES
from support.known_chain import first_stores, last_days, usual_answer, usual_chain, without_customers
from support.panels import make_panel


def test_the_answer_is_tidy_and_the_same_twice() -> None:
    table = usual_answer("holidays")
    assert dict(table.schema) == TIDY_SCHEMA
    few = first_stores(usual_chain(), 20)
    assert estimate_holidays(few).equals(estimate_holidays(Panel(few.sales, few.stores, few.calendar)))
    assert set(table.filter(pl.col(PART) == Part.CURVE)[GROUP]) == {"public", "Easter", "Christmas", "school"}


def eve_of(table: pl.DataFrame) -> float:
    """Return the change of sales on the day before a public holiday."""
    rows = table.filter((pl.col(PART) == Part.CURVE) & (pl.col(GROUP) == "public") & (pl.col(MEASURE) == SALES))
    return float(rows.filter(pl.col(POSITION) == -1)[VALUE][0])


def test_a_day_before_holidays_that_sells_half_more_is_estimated_so() -> None:
    panel = usual_chain()
    eve = (
        panel.calendar.filter(
            (pl.col(s.STATE_HOLIDAY) == "a") & (pl.col(s.OPEN) == 0) & (pl.col(s.DATE).dt.weekday() < 7)
        )
        .select(s.STORE, pl.col(s.DATE) - pl.duration(days=1), pl.lit(1.5).alias("more"))
        .filter(~((pl.col(s.DATE).dt.month() == 12) & (pl.col(s.DATE).dt.day() == 31)))
    )
    more = panel.sales.join(eve, on=s.KEYS, how="left", maintain_order="left")
    moved = more.with_columns(pl.col(s.SALES) * pl.col("more").fill_null(1.0)).drop("more")
    before = eve_of(usual_answer("holidays"))
    after = eve_of(estimate_holidays(Panel(moved, panel.stores, panel.calendar)))
    assert np.log1p(after) - np.log1p(before) == pytest.approx(np.log(1.5), abs=0.03)


def test_states_are_distinguished_where_they_are_known() -> None:
    panel = first_stores(usual_chain(), 20)
    unknown = Panel(panel.sales, panel.stores.with_columns(pl.lit("").alias(s.STATE)), panel.calendar)
    assert estimate_holidays(panel).filter(pl.col(PART) == Part.BY_STATE).height
    table = estimate_holidays(unknown)
    assert not table.filter(pl.col(PART) == Part.BY_STATE).height
    assert "school" not in set(table[GROUP])


def test_without_customers_sales_are_still_answered() -> None:
    assert set(estimate_holidays(without_customers(first_stores(usual_chain(), 20)))[MEASURE]) == {SALES}


def test_one_store_and_a_season_without_holidays() -> None:
    assert estimate_holidays(first_stores(usual_chain(), 1)).height
    calm = last_days(usual_chain(), 100)
    plain = calm.calendar.with_columns(pl.lit("0").alias(s.STATE_HOLIDAY), pl.lit(0, pl.Int8).alias(s.SCHOOL_HOLIDAY))
    with pytest.raises(NotAnswerableError, match="no public or school holiday is marked"):
        estimate_holidays(Panel(calm.sales, calm.stores, plain))


def open_on_holidays(more: float, stores: int = 3, days: int = 800) -> Panel:
    """Return a chain that is open on its holidays, and sells more by a factor on them."""
    panel = make_panel(stores, days)
    opened = pl.when(pl.col(s.STATE_HOLIDAY) != "0").then(1).otherwise(pl.col(s.OPEN)).cast(pl.Int8).alias(s.OPEN)
    calendar = panel.calendar.with_columns(
        opened, pl.lit(0, pl.Int8).alias(s.PROMO), pl.lit(0, pl.Int8).alias(s.SCHOOL_HOLIDAY)
    )
    marked = calendar.select(*s.KEYS, (pl.col(s.STATE_HOLIDAY) != "0").alias("holiday"), pl.col(s.OPEN).alias("opened"))
    rng = np.random.default_rng(3)
    noise = pl.Series("noise", np.exp(0.03 * rng.standard_normal(panel.sales.height)))
    days_sold = panel.sales.with_columns(noise).join(marked, on=s.KEYS, maintain_order="left")
    factor = pl.when(pl.col("holiday")).then(more).otherwise(1.0)
    sold = pl.when(pl.col("opened") == 1).then(1000.0 * factor * pl.col("noise")).otherwise(0.0)
    sales = days_sold.with_columns(sold.alias(s.SALES)).drop("noise", "holiday", "opened")
    return Panel(sales, panel.stores, calendar)


@pytest.mark.parametrize(("stores", "more"), [(1, 1.4), (3, 1.4), (4, 0.7)])
def test_holidays_on_which_stores_are_open_are_answered(stores: int, more: float) -> None:
    table = estimate_holidays(open_on_holidays(more, stores))
    day = table.filter((pl.col(GROUP) == "open on public") & (pl.col(POSITION) == 0) & (pl.col(MEASURE) == SALES))
    assert day[LOW][0] < more - 1 < day[HIGH][0]
    answer = holidays_section(table).answer
    assert "On public holidays, against the same weekday, stores that are open sell" in answer


def test_a_holiday_on_which_few_stores_are_open_is_one_that_shuts_stores() -> None:
    panel = open_on_holidays(1.4, 10)
    shut = (pl.col(s.STATE_HOLIDAY) != "0") & (pl.col(s.STORE) > 2)
    closed = pl.when(shut).then(0).otherwise(pl.col(s.OPEN)).cast(pl.Int8).alias(s.OPEN)
    calendar = panel.calendar.with_columns(closed)
    sales = panel.sales.join(calendar.select(*s.KEYS, s.OPEN), on=s.KEYS, maintain_order="left")
    sales = sales.with_columns(pl.when(pl.col(s.OPEN) == 1).then(pl.col(s.SALES)).otherwise(0.0)).drop(s.OPEN)
    groups = set(estimate_holidays(Panel(sales, panel.stores, calendar))[GROUP])
    assert "public" in groups
    assert "open on public" not in groups


def test_a_christmas_that_is_yet_to_come_is_no_answer() -> None:
    panel = first_stores(usual_chain(), 20)
    before = pl.col(s.DATE) <= dt.date(2013, 12, 20)
    early = Panel(
        panel.sales.filter(before), panel.stores, panel.calendar.filter(pl.col(s.DATE) <= dt.date(2014, 1, 31))
    )
    table = estimate_holidays(early)
    assert "Christmas" not in set(table[GROUP])
    assert "Christmas" not in holidays_section(table).answer


def test_no_day_is_called_the_highest_where_chance_alone_may_make_it_so() -> None:
    answer = holidays_section(estimate_holidays(make_panel(4, 800, noise=0.2))).answer
    assert "highest" not in answer
    assert "Around public holidays no single day sells more than chance alone may bring." in answer
