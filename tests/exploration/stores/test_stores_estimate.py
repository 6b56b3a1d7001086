import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
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
from storecast.exploration.stores.estimate import estimate_stores
from storecast.exploration.stores.parts import Part, Trait
from support.known_chain import first_stores, usual_answer, usual_chain, without_customers
from support.panels import make_panel


def of(table: pl.DataFrame, part: str, measure: str | None = None) -> pl.DataFrame:
    rows = table.filter(pl.col(PART) == part)
    return rows if measure is None else rows.filter(pl.col(MEASURE) == measure)


def changed(panel: Panel, sales: pl.Expr) -> Panel:
    return Panel(panel.sales.with_columns(sales.alias(s.SALES)), panel.stores, panel.calendar)


def test_the_largest_and_the_smallest_are_those_of_the_sales() -> None:
    panel = usual_chain()
    table = estimate_stores(panel)
    assert dict(table.schema) == TIDY_SCHEMA
    means = panel.sales.filter(pl.col(s.SALES) > 0).group_by(s.STORE).agg(pl.col(s.SALES).mean()).sort(s.SALES)
    assert of(table, Part.LARGEST)[GROUP][0] == str(means[s.STORE][-1])
    assert of(table, Part.SMALLEST)[GROUP][0] == str(means[s.STORE][0])
    assert of(table, Part.LARGEST)[VALUE][0] == pytest.approx(means[s.SALES][-1], rel=1e-5)


def test_a_store_that_grows_by_a_third_a_year_stands_first_with_its_growth_inside_the_interval() -> None:
    panel = usual_chain()
    years = (pl.col(s.DATE) - panel.first).dt.total_days() / 365.25
    grown = pl.when(pl.col(s.STORE) == 7).then(pl.col(s.SALES) * (0.3 * years).exp()).otherwise(pl.col(s.SALES))
    first = of(estimate_stores(changed(panel, grown)), Part.FASTEST_GROWING).row(0, named=True)
    assert first[GROUP] == "7"
    assert first[LOW] < np.expm1(0.3 + 0.02) < first[HIGH] + 0.1


def test_a_store_that_swings_is_the_most_volatile() -> None:
    panel = usual_chain()
    swing = (
        pl.when((pl.col(s.STORE) == 9) & (pl.col(s.DATE).dt.ordinal_day() % 3 == 0))
        .then(pl.col(s.SALES) * 1.8)
        .otherwise(pl.col(s.SALES))
    )
    assert of(estimate_stores(changed(panel, swing)), Part.MOST_VOLATILE)[GROUP][0] == "9"


def test_two_kinds_of_stores_are_two_firm_groups() -> None:
    panel = usual_chain()
    odd = pl.col(s.STORE) % 2 == 1
    saturday = pl.col(s.DATE).dt.weekday() == 6
    separate = (
        pl.when(odd & saturday).then(pl.col(s.SALES) * 4).when(odd).then(pl.col(s.SALES) * 3).otherwise(pl.col(s.SALES))
    )
    table = estimate_stores(changed(panel, separate))
    assert of(table, Part.GROUP_MEMBERS, "stores").height == 2
    assert of(table, Part.GROUP_SCORES, "stability")[VALUE][0] > 0.9
    profile = of(table, Part.GROUP_PROFILE, Trait.SALES_A_DAY)
    assert abs(profile[VALUE][0] - profile[VALUE][1]) > 1.5


def test_every_store_has_its_measures_and_they_correlate_with_themselves() -> None:
    table = usual_answer("stores")
    assert of(table, Part.STORE, Trait.SALES_A_DAY).height == 150
    same = of(table, Part.RANK_CORRELATION).filter(pl.col(GROUP) == pl.col(MEASURE))
    assert set(same[VALUE]) == {1.0}
    both = of(table, Part.RANK_CORRELATION).filter(
        (pl.col(GROUP) == Trait.SALES_A_DAY) & (pl.col(MEASURE) == Trait.GROWTH)
    )
    assert both[LOW][0] < both[VALUE][0] < both[HIGH][0]


def test_a_few_stores_are_measured_and_not_grouped() -> None:
    table = estimate_stores(first_stores(usual_chain(), 8))
    assert of(table, Part.STORE, Trait.SALES_A_DAY).height == 8
    assert of(table, Part.GROUP_PROFILE).is_empty()


def test_without_customers_there_is_no_spend() -> None:
    assert of(estimate_stores(without_customers(usual_chain())), Part.STORE, Trait.SPEND).is_empty()


def test_sundays_are_a_measure_of_stores_where_the_chain_trades_on_them() -> None:
    panel = make_panel(stores=4, days=300)
    sunday = pl.col(s.DATE).dt.weekday() == 7
    calendar = panel.calendar.with_columns(pl.lit(1, pl.Int8).alias(s.OPEN))
    sales = panel.sales.with_columns(pl.when(sunday).then(2000.0).otherwise(s.SALES).alias(s.SALES))
    traits = of(estimate_stores(Panel(sales, panel.stores, calendar)), Part.STORE)["Measure"].unique().to_list()
    assert Trait.SUNDAY in traits
    assert Trait.SUNDAY not in of(estimate_stores(panel), Part.STORE)["Measure"].unique().to_list()


def test_one_store_stands_beside_no_other() -> None:
    with pytest.raises(NotAnswerableError, match="only one store"):
        estimate_stores(first_stores(usual_chain(), 1))
