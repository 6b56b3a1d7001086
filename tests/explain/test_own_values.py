"""A scenario asks only for what the past can answer, and says where it leaves what was ever seen."""

import polars as pl
import pytest

import storecast
from storecast import schema as s
from storecast.data.panel import Panel
from storecast.errors import DataError
from storecast.explain.never_seen import never_seen
from storecast.explain.own_values import refuse_unknown_effects
from support.panels import make_panel


def priced(past: pl.Expr, ahead: float) -> Panel:
    panel = make_panel(stores=2, days=60, ahead=14)
    price = pl.when(pl.col(s.DATE) > panel.end).then(ahead).otherwise(past).cast(pl.Float64)
    return panel.with_calendar(panel.calendar.with_columns(price.alias("Price")))


def test_another_value_of_a_column_that_has_never_changed_is_refused() -> None:
    steady = pl.col(s.STORE)
    with pytest.raises(
        DataError, match=r"days.csv changes 'Price', which has never changed in any store up to 2013-03-01"
    ):
        refuse_unknown_effects(priced(steady, 2), priced(steady, 3), "days.csv")
    refuse_unknown_effects(priced(steady, 2), priced(steady, 2), "days.csv")


def test_another_value_of_a_column_that_has_changed_is_compared() -> None:
    moving = pl.col(s.DATE).dt.day()
    refuse_unknown_effects(priced(moving, 2), priced(moving, 3), "days.csv")


def test_a_price_that_its_store_never_had_is_named_and_one_that_it_had_is_not() -> None:
    moving = pl.col(s.DATE).dt.day()
    [sentence] = never_seen(priced(moving, 2), priced(moving, 40))
    assert sentence.startswith(
        "Price leaves what was ever seen on 28 days of stores, such as store 1 on 2013-03-02: 40, and 1 to 31 in the past."
    )
    assert never_seen(priced(moving, 2), priced(moving, 31)) == []


def test_a_flag_is_judged_by_the_whole_chain() -> None:
    of_one_store = (pl.col(s.STORE) == 1) & (pl.col(s.DATE).dt.day() == 5)
    assert never_seen(priced(of_one_store, 0), priced(of_one_store, 1)) == []
    assert len(never_seen(priced(of_one_store, 0), priced(of_one_store, 2))) == 1


def test_a_bundle_compares_own_columns_and_warns_of_values_never_seen(caplog: pytest.LogCaptureFixture) -> None:
    panel = priced(1 + pl.col(s.DATE).dt.day() % 3, 2)
    model = storecast.fit(panel, "linear", horizon=7, fast=True)
    days = model.predict().filter(pl.col(s.STORE) == 1).select(*s.KEYS, Price=pl.lit(40.0))
    changes = model.scenario(days)
    assert changes.filter(pl.col("Level") == "store-day")["Key"].unique().to_list() == ["1"]
    assert "Price leaves what was ever seen on" in caplog.text
