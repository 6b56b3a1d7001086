import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.customers import (
    BETWEEN,
    CORRELATE,
    ELASTICITY,
    LEVEL,
    MONTHS,
    OVERALL,
    PLAIN,
    SPREAD,
    WITHIN_DAYS,
    WITHIN_STORES,
    customers,
)
from storecast.questions.levels import SALES, SPEND
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, PART, TIDY, VALUE, NotAnswerableError
from support.known_chain import first_stores, usual_chain, without_customers
from support.panels import make_panel


def line(table: pl.DataFrame, part: str, group: str, measure: str) -> dict[str, float]:
    return table.filter((pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure)).row(
        0, named=True
    )


def rows_of(panel: Panel) -> pl.DataFrame:
    return panel.sales.filter((pl.col(s.SALES) > 0) & (pl.col(s.CUSTOMERS) > 0))


def test_correlations_are_those_of_the_rows() -> None:
    panel = usual_chain()
    found, rows = customers(panel), rows_of(panel)
    assert dict(found.schema) == TIDY
    pairs = {
        OVERALL: (pl.col(s.SALES), pl.col(s.CUSTOMERS)),
        WITHIN_STORES: tuple(pl.col(name) - pl.col(name).mean().over(s.STORE) for name in (s.SALES, s.CUSTOMERS)),
        WITHIN_DAYS: tuple(pl.col(name) - pl.col(name).mean().over(s.DATE) for name in (s.SALES, s.CUSTOMERS)),
    }
    for name, (one, other) in pairs.items():
        kept = rows.filter(pl.len().over(s.DATE) >= 3) if name == WITHIN_DAYS else rows
        got = line(found, CORRELATE, name, PLAIN)
        assert got[VALUE] == pytest.approx(kept.select(pl.corr(one, other)).item(), abs=2e-3)
        assert got[LOW] < got[VALUE] < got[HIGH]


def test_baskets_that_differ_between_stores_make_the_correlation_between_them_smaller() -> None:
    found = customers(usual_chain())
    assert line(found, CORRELATE, BETWEEN, PLAIN)[VALUE] < line(found, CORRELATE, WITHIN_STORES, PLAIN)[VALUE]
    assert line(found, SPREAD, BETWEEN, SPEND)[VALUE] > line(found, SPREAD, WITHIN_STORES, SPEND)[VALUE]


def test_sales_that_are_a_power_of_customers_show_it() -> None:
    panel = make_panel(6, 200)
    counted = pl.col(s.CUSTOMERS)
    powered = panel.sales.with_columns(pl.when(counted > 0).then(counted.pow(1.3)).otherwise(0.0).alias(s.SALES))
    got = line(customers(Panel(powered, panel.stores, panel.calendar)), ELASTICITY, WITHIN_STORES, SALES)
    assert got[VALUE] == pytest.approx(1.3, abs=1e-3)


def test_a_store_that_is_away_moves_no_month() -> None:
    panel = usual_chain()
    found = customers(panel).filter((pl.col(PART) == MONTHS) & (pl.col(GROUP) == "a"))
    swing = np.ptp(np.log(found[VALUE].to_numpy()))
    assert swing < 0.1  # spend moves with promotions alone, by (1 - 0.6) of some 30 per cent on half of the weeks


def test_spend_is_told_by_type() -> None:
    assert {"a", "d"} <= set(customers(usual_chain()).filter(pl.col(PART) == f"{LEVEL} {s.STORE_TYPE}")[GROUP])


def test_uncounted_customers_are_named_as_the_reason() -> None:
    with pytest.raises(NotAnswerableError, match="customers were not counted"):
        customers(without_customers(usual_chain()))


def test_one_store_has_correlations_without_intervals() -> None:
    got = line(customers(first_stores(usual_chain(), 1)), CORRELATE, WITHIN_STORES, PLAIN)
    assert got[VALUE] > 0.5
    assert got[LOW] is None
