import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.questions.levels import CUSTOMERS, MEASURES, SALES, SPEND, codes, observed, two_way
from storecast.questions.tidy import NotAnswerableError
from support.known_chain import usual_chain, without_customers
from support.panels import make_panel, with_sales


def test_two_way_finds_levels_and_index_though_a_store_is_away() -> None:
    rng = np.random.default_rng(0)
    weekday = np.arange(140) % 7
    level, index = rng.normal(8, 1, (5, 7)), rng.normal(0, 0.2, 140)
    index -= np.array([index[weekday == k].mean() for k in range(7)])[weekday]
    logs = level[:, weekday] + index
    logs[0, 70:] = np.nan
    found = two_way(logs, weekday, np.zeros(5, np.int64))
    np.testing.assert_allclose(found.index[0], index, atol=1e-4)
    np.testing.assert_allclose(found.level, level, atol=1e-4)
    assert np.nanmax(np.abs(found.rest)) < 1e-4
    assert list(found.count[0][[0, 100]]) == [5, 4]


def test_each_group_has_its_own_index() -> None:
    weekday = np.arange(28) % 7
    logs = np.ones((4, 28))
    logs[2:, 10] += 0.5
    found = two_way(logs, weekday, np.array([0, 0, 1, 1]))
    assert found.index[0, 10] == pytest.approx(0)
    assert found.index[1, 10] == pytest.approx(0.5 * 3 / 4)


def test_spend_is_sales_per_customer_and_closed_days_are_left_out() -> None:
    seen = observed(usual_chain())
    np.testing.assert_allclose(seen.logs[SPEND] + seen.logs[CUSTOMERS], seen.logs[SALES], equal_nan=True)
    assert np.isnan(seen.logs[SALES][seen.grid.open != 1]).all()


def test_without_customers_only_sales_are_measured() -> None:
    assert observed(usual_chain()).measures == MEASURES
    assert observed(without_customers(usual_chain())).measures == (SALES,)


def test_a_chain_without_sales_cannot_be_asked() -> None:
    panel = make_panel(2, 100)
    with pytest.raises(NotAnswerableError, match="no store has sold"):
        observed(with_sales(panel, pl.lit(0.0)))


def test_a_panel_is_spread_once() -> None:
    assert observed(usual_chain()) is observed(usual_chain())


def test_unknown_attributes_are_a_kind_of_their_own() -> None:
    panel = make_panel(3, 100)
    bare = panel.stores.with_columns(pl.lit("").alias(s.STATE))
    assert set(observed(type(panel)(panel.sales, bare, panel.calendar)).kinds(s.STATE)) == {"?"}


def test_codes_number_kinds_in_their_order() -> None:
    numbers, names = codes(np.array(["b", "a", "b"]))
    assert (list(numbers), names) == ([1, 0, 1], ["a", "b"])
