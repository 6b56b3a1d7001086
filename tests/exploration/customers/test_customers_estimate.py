import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.customers.estimate import estimate_customers
from storecast.exploration.customers.parts import Differences, Part, Scale
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
from storecast.exploration.shared.observed import SALES, SPEND
from support.known_chain import first_stores, usual_answer, usual_chain, without_customers
from support.panels import make_panel


def line(table: pl.DataFrame, part: str, group: str, measure: str) -> dict[str, float]:
    return table.filter((pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure)).row(
        0, named=True
    )


def rows_of(panel: Panel) -> pl.DataFrame:
    return panel.sales.filter((pl.col(s.SALES) > 0) & (pl.col(s.CUSTOMERS) > 0))


def test_correlations_are_those_of_the_rows() -> None:
    panel = usual_chain()
    result, rows = estimate_customers(panel), rows_of(panel)
    assert dict(result.schema) == TIDY_SCHEMA
    pairs = {
        Differences.ALL_ROWS: (pl.col(s.SALES), pl.col(s.CUSTOMERS)),
        Differences.WITHIN_STORES: tuple(
            pl.col(name) - pl.col(name).mean().over(s.STORE) for name in (s.SALES, s.CUSTOMERS)
        ),
        Differences.WITHIN_DAYS: tuple(
            pl.col(name) - pl.col(name).mean().over(s.DATE) for name in (s.SALES, s.CUSTOMERS)
        ),
    }
    for name, (one, other) in pairs.items():
        rest = rows.filter(pl.len().over(s.DATE) >= 3) if name == Differences.WITHIN_DAYS else rows
        estimate = line(result, Part.CORRELATION, name, Scale.PLAIN)
        assert estimate[VALUE] == pytest.approx(rest.select(pl.corr(one, other)).item(), abs=2e-3)
        assert estimate[LOW] < estimate[VALUE] < estimate[HIGH]


def test_baskets_that_differ_between_stores_make_the_correlation_between_them_smaller() -> None:
    table = usual_answer("customers")
    assert (
        line(table, Part.CORRELATION, Differences.BETWEEN_STORES, Scale.PLAIN)[VALUE]
        < line(table, Part.CORRELATION, Differences.WITHIN_STORES, Scale.PLAIN)[VALUE]
    )
    assert (
        line(table, Part.SPREAD_OF_SPEND, Differences.BETWEEN_STORES, SPEND)[VALUE]
        > line(table, Part.SPREAD_OF_SPEND, Differences.WITHIN_STORES, SPEND)[VALUE]
    )


def test_sales_that_are_a_power_of_customers_show_it() -> None:
    panel = make_panel(6, 200)
    counted = pl.col(s.CUSTOMERS)
    powered = panel.sales.with_columns(pl.when(counted > 0).then(counted.pow(1.3)).otherwise(0.0).alias(s.SALES))
    estimate = line(
        estimate_customers(Panel(powered, panel.stores, panel.calendar)),
        Part.ELASTICITY,
        Differences.WITHIN_STORES,
        SALES,
    )
    assert estimate[VALUE] == pytest.approx(1.3, abs=1e-3)


def test_a_store_that_is_away_moves_no_month() -> None:
    panel = usual_chain()
    table = estimate_customers(panel).filter((pl.col(PART) == Part.SPEND_BY_MONTH) & (pl.col(GROUP) == "a"))
    swing = np.ptp(np.log(table[VALUE].to_numpy()))
    assert swing < 0.1  # spend moves with promotions alone, by (1 - 0.6) of some 30 per cent on half of the weeks


def test_spend_is_shown_by_store_type() -> None:
    assert {"a", "d"} <= set(usual_answer("customers").filter(pl.col(PART) == f"{Part.SPEND_BY} {s.STORE_TYPE}")[GROUP])


def test_uncounted_customers_are_named_as_the_reason() -> None:
    with pytest.raises(NotAnswerableError, match="customers were not counted"):
        estimate_customers(without_customers(usual_chain()))


def test_one_store_has_correlations_without_intervals() -> None:
    estimate = line(
        estimate_customers(first_stores(usual_chain(), 1)), Part.CORRELATION, Differences.WITHIN_STORES, Scale.PLAIN
    )
    assert estimate[VALUE] > 0.5
    assert estimate[LOW] is None
