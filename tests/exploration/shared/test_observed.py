import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.exploration.shared.estimates import NotAnswerableError
from storecast.exploration.shared.observed import CUSTOMERS, MEASURES, SALES, SPEND, observe
from storecast.exploration.shared.two_way import group_codes, two_way
from support.known_chain import usual_chain, without_customers
from support.panels import make_panel, with_sales


def test_two_way_finds_levels_and_index_though_a_store_is_away() -> None:
    rng = np.random.default_rng(0)
    weekday = np.arange(140) % 7
    level, index = rng.normal(8, 1, (5, 7)), rng.normal(0, 0.2, 140)
    index -= np.array([index[weekday == k].mean() for k in range(7)])[weekday]
    logs = level[:, weekday] + index
    logs[0, 70:] = np.nan
    fit = two_way(logs, weekday, np.zeros(5, np.int64))
    np.testing.assert_allclose(fit.index[0], index, atol=1e-4)
    np.testing.assert_allclose(fit.level, level, atol=1e-4)
    assert np.nanmax(np.abs(fit.residual)) < 1e-4
    assert list(fit.count[0][[0, 100]]) == [5, 4]


def test_each_group_has_its_own_index() -> None:
    weekday = np.arange(28) % 7
    logs = np.ones((4, 28))
    logs[2:, 10] += 0.5
    fit = two_way(logs, weekday, np.array([0, 0, 1, 1]))
    assert fit.index[0, 10] == pytest.approx(0)
    assert fit.index[1, 10] == pytest.approx(0.5 * 3 / 4)


def test_spend_is_sales_per_customer_and_closed_days_are_left_out() -> None:
    observed = observe(usual_chain())
    np.testing.assert_allclose(observed.logs[SPEND] + observed.logs[CUSTOMERS], observed.logs[SALES], equal_nan=True)
    assert np.isnan(observed.logs[SALES][observed.grid.open != 1]).all()


def test_without_customers_only_sales_are_measured() -> None:
    assert observe(usual_chain()).measures == MEASURES
    assert observe(without_customers(usual_chain())).measures == (SALES,)


def test_a_chain_without_sales_cannot_be_explored() -> None:
    panel = make_panel(2, 100)
    with pytest.raises(NotAnswerableError, match="no store has sold"):
        observe(with_sales(panel, pl.lit(0.0)))


def test_a_panel_is_spread_once() -> None:
    assert observe(usual_chain()) is observe(usual_chain())


def test_unknown_attributes_are_a_kind_of_their_own() -> None:
    panel = make_panel(3, 100)
    unknown = panel.stores.with_columns(pl.lit("").alias(s.STATE))
    assert set(observe(type(panel)(panel.sales, unknown, panel.calendar)).attribute(s.STATE)) == {"?"}


def test_codes_number_kinds_in_their_order() -> None:
    numbers, names = group_codes(np.array(["b", "a", "b"]))
    assert (list(numbers), names) == ([1, 0, 1], ["a", "b"])
