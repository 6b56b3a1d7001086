"""Seasons: what was put into a generated chain is found, and what cannot be told is left out."""

import math

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.generate import ChainSpec, write_demo
from storecast.data.generate_effects import Effects
from storecast.data.panel import Panel
from storecast.exploration.seasons import strength
from storecast.exploration.seasons.estimate import estimate_seasons
from storecast.exploration.seasons.parts import BY_TREND, SUMMER, WEEKLY, YEARLY, Part
from storecast.exploration.shared.estimates import NotAnswerableError
from storecast.workflows import prepare
from support.panels import make_panel, with_sales


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    folder = tmp_path_factory.mktemp("chain")
    write_demo(folder, ChainSpec(stores=40, seed=5))
    return prepare(folder, horizon=14, allow_longer_test=True).panel


@pytest.fixture(scope="module")
def table(chain: Panel) -> pl.DataFrame:
    return estimate_seasons(chain)


def line(table: pl.DataFrame, part: str, group: str) -> dict[str, float]:
    return table.filter((pl.col("Part") == part) & (pl.col("Group") == group)).row(0, named=True)


def logs(result: dict[str, float]) -> tuple[float, float]:
    return math.log1p(result["Low"]), math.log1p(result["High"])


@pytest.mark.parametrize("group", ["1 to 3", "29 to 31", "19 to 23"])
def test_the_interval_of_pay_days_holds_the_truth(table: pl.DataFrame, group: str) -> None:
    truth = {"1 to 3": Effects().pay_day_first, "29 to 31": Effects().pay_day_last}.get(group, 0.0)
    low, high = logs(line(table, Part.DAYS_OF_MONTH, group))
    assert low < truth < high


@pytest.mark.parametrize("group", ["Mon", "Wed", "Sat"])
def test_weekdays_without_promotions_are_near_the_truth(table: pl.DataFrame, group: str) -> None:
    truth = Effects().weekday
    middle = np.mean([truth[name] for name in truth if name != "Sun"])
    assert math.log1p(line(table, Part.WEEKDAY, group)["Value"]) == pytest.approx(truth[group] - middle, abs=0.02)


def test_summer_school_holidays_are_estimated_from_states_that_differ(table: pl.DataFrame) -> None:
    estimate = line(table, Part.OCCASION, SUMMER)
    low, high = logs(estimate)
    assert low < Effects().school_holiday < high
    assert high - low < 0.05


def test_july_sells_more_than_january_and_december_most_of_all(table: pl.DataFrame) -> None:
    value = {row["Group"]: row["Value"] for row in table.filter(pl.col("Part") == Part.MONTH).iter_rows(named=True)}
    assert value["Jan"] < 0 < value["Jul"]
    assert max(value, key=value.__getitem__) == "Dec"


def test_months_balance_and_count_the_years_behind_them(table: pl.DataFrame) -> None:
    rows = table.filter(pl.col("Part") == Part.MONTH_WITHOUT_HOLIDAYS)
    assert np.log1p(rows["Value"]).sum() == pytest.approx(0, abs=1e-9)
    assert rows["N"].to_list()[0] == 3
    assert rows["N"].to_list()[-1] == 2


def test_growth_planted_into_one_year_shows_in_that_year_alone() -> None:
    panel = make_panel(days=1090)
    grown = with_sales(panel, pl.when(pl.col(s.DATE).dt.year() >= 2014).then(pl.col(s.SALES) * 1.1).otherwise(s.SALES))
    table = estimate_seasons(grown)
    assert line(table, Part.GROWTH, "2014 over 2013")["Value"] == pytest.approx(0.1, abs=0.02)
    assert line(table, Part.GROWTH, "2015 over 2014")["Value"] == pytest.approx(0, abs=0.02)


def test_shares_of_the_variance_add_up(table: pl.DataFrame) -> None:
    rows = table.filter(pl.col("Part") == Part.VARIANCE_SHARE)
    assert rows["Value"].sum() == pytest.approx(1)
    assert rows["Value"].min() > -0.01
    assert rows.sort("Value").row(-1, named=True)["Group"] == "promotions"


def test_the_season_is_stronger_than_noise_alone(table: pl.DataFrame) -> None:
    for name in (WEEKLY, YEARLY):
        assert line(table, Part.STRENGTH, name)["Value"] > line(table, Part.STRENGTH, f"{name}, by chance")["Value"]


def test_the_calendar_holds_the_mean_sales_of_open_stores(chain: Panel, table: pl.DataFrame) -> None:
    row = table.filter(pl.col("Part") == Part.DAY).row(100, named=True)
    day = chain.sales.filter((pl.col(s.DATE).cast(pl.String) == row["Group"]) & (pl.col(s.SALES) > 0))
    assert row["Value"] == pytest.approx(day[s.SALES].mean(), rel=1e-6)
    assert row["N"] == day.height


def test_customers_are_not_needed() -> None:
    panel = make_panel(days=800)
    empty = panel.sales.with_columns(pl.lit(None, pl.Float64).alias(s.CUSTOMERS))
    table = estimate_seasons(Panel(empty, panel.stores, panel.calendar))
    assert table["Measure"].unique().to_list() == ["sales"]
    assert BY_TREND in table.filter(pl.col("Part") == Part.GROWTH)["Group"]


def test_one_store_is_answered_without_states() -> None:
    table = estimate_seasons(make_panel(stores=1, days=800))
    assert {Part.MONTH, Part.WEEKDAY, Part.WEEK} <= set(table["Part"])
    assert SUMMER not in table["Group"]


def test_less_than_a_year_has_no_months_and_no_growth() -> None:
    parts = set(estimate_seasons(make_panel(days=250))["Part"])
    assert Part.WEEKDAY in parts
    assert parts.isdisjoint({Part.MONTH, Part.OCCASION, Part.GROWTH})


def test_a_few_weeks_are_refused_in_words() -> None:
    with pytest.raises(NotAnswerableError, match="trading days"):
        estimate_seasons(make_panel(days=50))


def test_answers_are_the_same_twice() -> None:
    assert estimate_seasons(make_panel(days=400)).equals(estimate_seasons(make_panel(days=400)))


def test_strengths_are_those_of_curves_worked_out_on_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, day = np.random.default_rng(0), np.arange(800)
    noise = 0.05 * rng.standard_normal(len(day))
    series = 0.1 * np.sin(2 * np.pi * day / 313) + 0.1 * (day % 6 == 5) + 0.0002 * day + noise
    quick = strength._strength(series, [6, 313])
    monkeypatch.setattr(strength, "JUMPS", {})
    np.testing.assert_allclose(quick, strength._strength(series, [6, 313]), atol=1e-3)
