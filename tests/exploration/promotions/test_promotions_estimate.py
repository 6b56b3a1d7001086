import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.promotions.estimate import estimate_promotions
from storecast.exploration.promotions.parts import ALL_WEEKDAYS, WEEK_AFTER, Part
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
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from support.known_chain import first_stores, usual_answer, usual_chain, without_customers
from support.panels import make_panel


def line(table: pl.DataFrame, part: str, group: str, measure: str = SALES) -> dict[str, float]:
    rows = table.filter((pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure))
    return rows.row(0, named=True)


def test_the_answer_is_tidy_and_has_every_part() -> None:
    table = usual_answer("promotions")
    assert dict(table.schema) == TIDY_SCHEMA
    assert {
        Part.UPLIFT,
        Part.UPLIFT_BY_DAY,
        Part.NEW_CUSTOMERS,
        Part.BORROWED,
        Part.FACTS,
        Part.PROMO2_BEGINS,
        Part.PROMO2_ROUND,
        f"{Part.UPLIFT_BY} {s.STATE}",
    } <= set(table[PART])


def test_sales_rise_as_customers_times_spend() -> None:
    table = usual_answer("promotions")
    parts = [
        np.log1p(line(table, Part.UPLIFT, ALL_WEEKDAYS, measure)[VALUE])
        for measure in (SALES, CUSTOMERS, "spend per customer")
    ]
    assert parts[0] == pytest.approx(parts[1] + parts[2], abs=1e-6)
    assert line(table, Part.NEW_CUSTOMERS, ALL_WEEKDAYS, CUSTOMERS)[VALUE] == pytest.approx(
        parts[1] / parts[0], abs=1e-6
    )


def test_an_uplift_of_one_weekday_is_estimated_on_it_alone() -> None:
    panel = usual_chain()
    keys = panel.calendar.filter((pl.col(s.PROMO) == 1) & (pl.col(s.DATE).dt.weekday() == 3)).select(
        *s.KEYS, pl.lit(2.0).alias("more")
    )
    more = panel.sales.join(keys, on=s.KEYS, how="left", maintain_order="left")
    moved = Panel(
        more.with_columns(pl.col(s.SALES) * pl.col("more").fill_null(1.0)).drop("more"), panel.stores, panel.calendar
    )
    before, after = usual_answer("promotions"), estimate_promotions(moved)
    for day, rise in (("Wed", np.log(2)), ("Thu", 0.0)):
        result = np.log1p(line(after, Part.UPLIFT, day)[VALUE]) - np.log1p(line(before, Part.UPLIFT, day)[VALUE])
        assert result == pytest.approx(rise, abs=0.02)


def test_weeks_that_follow_a_promotion_are_seen_to_pay_for_it_where_others_can_be_seen() -> None:
    estimate = line(usual_answer("promotions"), Part.BORROWED, WEEK_AFTER)
    assert estimate[LOW] < np.expm1(-0.03) < estimate[HIGH]
    strict = estimate_promotions(make_panel(12, 420))  # every other week, without exception
    assert WEEK_AFTER not in set(strict[GROUP])


def test_without_customers_the_share_of_new_ones_is_left_out() -> None:
    table = estimate_promotions(without_customers(usual_chain()))
    assert Part.NEW_CUSTOMERS not in set(table[PART])
    assert set(table[MEASURE]) == {SALES}


def test_one_store_has_an_uplift_and_no_attributes_to_compare() -> None:
    table = estimate_promotions(first_stores(usual_chain(), 1))
    assert line(table, Part.UPLIFT, ALL_WEEKDAYS)[VALUE] == pytest.approx(np.expm1(0.31), abs=0.1)
    assert not [part for part in set(table[PART]) if part.startswith(Part.UPLIFT_BY) and part != Part.UPLIFT_BY_DAY]


def test_without_promotions_and_without_promo2_there_is_nothing_to_say() -> None:
    panel = make_panel(6, 200)
    none = Panel(panel.sales, panel.stores, panel.calendar.with_columns(pl.lit(0, pl.Int8).alias(s.PROMO)))
    with pytest.raises(NotAnswerableError, match=r"^no promotion is marked on a day with sales"):
        estimate_promotions(none)
