"""What the data can bear: sentences name a strongest group, growth and a season only where they are more than chance."""

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.assortment.estimate import estimate_assortment
from storecast.exploration.assortment.section import assortment_section
from storecast.exploration.customers.estimate import estimate_customers
from storecast.exploration.customers.section import customers_section
from storecast.exploration.seasons.estimate import estimate_seasons
from storecast.exploration.seasons.section import seasons_section
from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import Estimate, Unit, tidy_table
from storecast.exploration.shared.evidence import (
    MAX_CHANCE,
    SPAN,
    chance_of_no_difference,
    effect_text,
    no_growth,
    rank,
    seen_in_enough_years,
    stands_out,
)
from storecast.exploration.stores.estimate import estimate_stores
from storecast.exploration.stores.section import stores_section
from support.panels import make_panel


def rows(*effects: tuple[float, float], unit: str = Unit.CHANGE) -> pl.DataFrame:
    """Return a table of groups a, b, c …: value and half the width of the interval."""
    return tidy_table(
        Estimate("part", "abcdefgh"[k], "sales", unit, value, value - half, value + half)
        for k, (value, half) in enumerate(effects)
    )


def names(ranked: tuple[dict[str, object], ...]) -> str:
    return "".join(str(row["Group"]) for row in ranked)


def test_groups_that_are_all_alike_are_told_apart_as_seldom_as_the_rule_says() -> None:
    rng = np.random.default_rng(0)
    alike = [chance_of_no_difference(rng.standard_normal(6) * 0.2, np.full(6, 0.2)) for _ in range(4000)]
    assert np.mean(np.array(alike) < MAX_CHANCE) == pytest.approx(MAX_CHANCE, abs=0.005)


def test_the_highest_and_the_lowest_are_named_where_they_stand_apart() -> None:
    ranking = rank(rows((0.0, 0.02), (0.2, 0.02), (-0.1, 0.02)))
    assert (names(ranking.highest), names(ranking.lowest)) == ("b", "c")


def test_two_that_cannot_be_told_apart_share_the_place() -> None:
    assert names(rank(rows((0.0, 0.02), (0.2, 0.02), (0.21, 0.02))).highest) == "cb"


def test_nothing_is_named_where_groups_differ_by_chance_or_less_than_a_sentence_shows() -> None:
    assert not rank(rows((0.01, 0.02), (0.02, 0.02), (0.0, 0.02))).highest
    assert not rank(rows((0.0100, 1e-6), (0.0102, 1e-6))).highest
    assert not rank(rows((1000.0, 0.01), (1000.5, 0.01), unit=Unit.MONEY)).highest
    assert not rank(rows((0.1, 0.02))).highest


def test_nothing_is_named_where_too_many_share_the_place() -> None:
    assert not rank(rows(*[(0.2, 0.02)] * 4, (0.0, 0.02))).highest


def test_groups_without_an_interval_are_not_ranked() -> None:
    table = tidy_table(Estimate("part", name, "sales", Unit.CHANGE, value) for name, value in (("a", 0.1), ("b", 0.5)))
    assert not rank(table).highest


def test_the_largest_of_many_effects_must_stand_out_further() -> None:
    row = rows((0.1, 0.08)).row(0, named=True)
    assert stands_out(row)
    assert not stands_out(row, among=20)


def test_an_effect_whose_interval_holds_0_is_said_to_be_one_of_chance() -> None:
    assert effect_text(rows((0.1, 0.2)).row(0, named=True)).endswith("which chance alone may bring")
    assert "chance" not in effect_text(rows((0.3, 0.2)).row(0, named=True))


def test_a_season_needs_every_month_twice() -> None:
    assert seen_in_enough_years([2] * 12)
    assert not seen_in_enough_years([3] * 11 + [1])
    assert not seen_in_enough_years([3] * 11)


def test_growth_needs_two_years() -> None:
    def days(count: int) -> EstimateTable:
        return EstimateTable(tidy_table([Estimate(SPAN, "days", "sales", Unit.COUNT, float(count))]))

    assert no_growth(days(730)) == ""
    assert "there are 729" in no_growth(days(729))


def without_effects(panel: Panel) -> Panel:
    """Return a chain whose open days differ by noise alone."""
    rng = np.random.default_rng(5)
    day = panel.sales.select(pl.col(s.DATE).unique().sort())
    noise = day.with_columns(pl.Series("day", np.exp(0.05 * rng.standard_normal(day.height))))
    own = pl.Series("own", np.exp(0.05 * rng.standard_normal(panel.sales.height)))
    sales = panel.sales.with_columns(own).join(noise, on=s.DATE, maintain_order="left")
    sold = pl.when(pl.col(s.SALES) > 0).then(1000.0 * pl.col("own") * pl.col("day")).otherwise(0.0)
    return Panel(sales.with_columns(sold.alias(s.SALES)).drop("own", "day"), panel.stores, panel.calendar)


def test_a_chain_of_noise_has_no_strongest_weekday_month_type_or_store() -> None:
    panel = without_effects(make_panel(stores=8, days=900, noise=0.0))
    seasons = seasons_section(estimate_seasons(panel)).answer
    assert "strongest" not in seasons
    assert "which chance alone may bring" in seasons
    types = assortment_section(estimate_assortment(without_effects(make_panel(stores=12, days=900)))).answer
    assert "none sells more or less" in types
    assert "does not differ by more than chance" in types
    assert "chance alone may bring the difference" in stores_section(estimate_stores(panel)).answer


@pytest.mark.parametrize("days", [200, 420, 700])
def test_less_than_two_years_give_no_growth_and_no_strongest_month(days: int) -> None:
    panel = make_panel(stores=12, days=days)
    bodies = [
        seasons_section(estimate_seasons(panel)),
        stores_section(estimate_stores(panel)),
        assortment_section(estimate_assortment(panel)),
        customers_section(estimate_customers(panel)),
    ]
    for body in bodies:
        assert "No growth is given" in body.unproven
        assert not [word for word in ("grow", "a year", "month, ") if word in body.answer], body.answer


def test_two_years_give_growth_and_a_strongest_month() -> None:
    body = seasons_section(estimate_seasons(make_panel(stores=12, days=760)))
    assert "sales change in a year by" in body.answer
    assert "strongest month" in body.answer
    assert "No growth" not in body.unproven
