import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.holidays.estimate import estimate_holidays
from storecast.exploration.holidays.parts import Part
from storecast.exploration.shared.estimates import (
    GROUP,
    MEASURE,
    PART,
    POSITION,
    TIDY_SCHEMA,
    VALUE,
    NotAnswerableError,
)
from storecast.exploration.shared.observed import SALES
from support.known_chain import first_stores, last_days, usual_chain, without_customers


def test_the_answer_is_tidy_and_the_same_twice() -> None:
    table = estimate_holidays(usual_chain())
    assert dict(table.schema) == TIDY_SCHEMA
    assert table.equals(estimate_holidays(usual_chain()))
    assert set(table.filter(pl.col(PART) == Part.CURVE)[GROUP]) == {"public", "Easter", "Christmas", "school"}


def eve_of(panel: Panel) -> float:
    """Return the change of sales on the day before a public holiday."""
    rows = estimate_holidays(panel).filter(
        (pl.col(PART) == Part.CURVE) & (pl.col(GROUP) == "public") & (pl.col(MEASURE) == SALES)
    )
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
    before, after = (eve_of(panel), eve_of(Panel(moved, panel.stores, panel.calendar)))
    assert np.log1p(after) - np.log1p(before) == pytest.approx(np.log(1.5), abs=0.03)


def test_states_are_distinguished_where_they_are_known() -> None:
    panel = usual_chain()
    unknown = Panel(panel.sales, panel.stores.with_columns(pl.lit("").alias(s.STATE)), panel.calendar)
    assert estimate_holidays(panel).filter(pl.col(PART) == Part.BY_STATE).height
    assert not estimate_holidays(unknown).filter(pl.col(PART) == Part.BY_STATE).height
    assert "school" not in set(estimate_holidays(unknown)[GROUP])


def test_without_customers_sales_are_still_answered() -> None:
    assert set(estimate_holidays(without_customers(usual_chain()))[MEASURE]) == {SALES}


def test_one_store_and_a_season_without_holidays() -> None:
    assert estimate_holidays(first_stores(usual_chain(), 1)).height
    calm = last_days(usual_chain(), 100)
    plain = calm.calendar.with_columns(pl.lit("0").alias(s.STATE_HOLIDAY), pl.lit(0, pl.Int8).alias(s.SCHOOL_HOLIDAY))
    with pytest.raises(NotAnswerableError, match="no store was ever shut by a holiday"):
        estimate_holidays(Panel(calm.sales, calm.stores, plain))
