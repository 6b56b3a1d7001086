"""Holiday terms are those of the chain's country, wherever its feasts fall in a year."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

import storecast
from storecast import schema as s
from storecast.data.grid import Grid
from storecast.data.kept_feasts import keeps_easter
from storecast.data.panel import Panel
from storecast.features.country_terms import feast_terms
from storecast.features.feast_days import days_from_payday
from storecast.features.terms import day_terms
from support.panels import make_panel

FIRST = dt.date(2013, 1, 1)
GERMAN = {
    "carnival Thursday",
    "Ash Wednesday",
    "before Ascension",
    "after Whitsun",
    "St Nicholas' Eve",
    "Saturday before Advent",
    "Saturday in Advent",
}


def names(country: str, first: dt.date = FIRST, days: int = 900) -> list[str]:
    return [term.name for term in feast_terms(country, first, days)]


def days_of(country: str, name: str, days: int = 1500) -> list[dt.date]:
    values = next(term.values for term in feast_terms(country, FIRST, days) if term.name == name)
    return [FIRST + dt.timedelta(days=int(k)) for k in np.flatnonzero(values)]


def holiday_terms(panel: Panel) -> set[str]:
    grid = Grid.of(panel)
    return {term.name for term in day_terms(grid, grid.days - 1)[0] if term.part == "holiday"}


@pytest.mark.parametrize(
    "country",
    [
        "",
        "EC",
        "US",
        "TR",
        *(pytest.param(code, marks=pytest.mark.long) for code in ["JP", "CN", "IN", "GB", "CH", "NP"]),
    ],
)
def test_names_are_unique_and_depend_on_the_country_alone(country: str) -> None:
    assert len(set(names(country))) == len(names(country))
    assert names(country) == names(country, dt.date(2021, 7, 1), 40)


def test_germany_keeps_mothers_day_from_the_days_before_it() -> None:
    days = {day for name in ("Mother's Day -4", "Mother's Day -2", "Mother's Day -1") for day in days_of("DE", name)}
    for sunday in (dt.date(2013, 5, 12), dt.date(2014, 5, 11), dt.date(2015, 5, 10)):
        assert {sunday - dt.timedelta(days=k) for k in range(1, 5)} <= days
        assert sunday + dt.timedelta(days=2) not in days


def test_the_saturday_before_the_first_sunday_of_advent_is_none_in_advent() -> None:
    grid = Grid.of(make_panel(stores=1, days=1500))
    terms, values = day_terms(grid, grid.days - 1)
    column = {term.name: values[k] for k, term in enumerate(terms)}

    def saturdays(name: str, year: int) -> list[dt.date]:
        days = [grid.first + dt.timedelta(days=int(k)) for k in np.flatnonzero(column[name])]
        return [day for day in days if day.year == year]

    for sunday, in_advent in ((dt.date(2013, 12, 1), 3), (dt.date(2015, 11, 29), 3), (dt.date(2016, 11, 27), 4)):
        saturday = sunday - dt.timedelta(days=1)
        assert saturdays("Saturday before Advent", sunday.year) == [saturday]
        expected = [saturday + dt.timedelta(weeks=k) for k in range(1, in_advent + 1)]
        assert saturdays("Saturday in Advent", sunday.year) == expected


def test_only_a_chain_in_germany_has_german_feasts() -> None:
    panel = make_panel(stores=2, days=60)
    assert holiday_terms(panel) >= GERMAN
    for country in ("", "EC", "JP", "US"):
        assert not GERMAN & set(names(country))
    elsewhere = Panel(panel.sales, panel.stores.with_columns(pl.lit("Guayas").alias(s.STATE)), panel.calendar)
    assert not GERMAN & holiday_terms(elsewhere)


def test_a_country_that_does_not_keep_a_feast_has_no_terms_of_it() -> None:
    assert not [name for name in names("JP") if name.startswith(("Easter", "Christmas -", "Christmas +", "Carnival"))]
    assert {"Golden Week", "Obon", "New Year", "New Year -4"} <= set(names("JP"))
    assert [keeps_easter(country) for country in ("EC", "DE", "US", "", "JP", "TR")] == [True] * 4 + [False] * 2


def test_feasts_that_move_are_on_their_days_in_each_year() -> None:
    assert days_of("EC", "Carnaval")[:4] == [
        dt.date(2013, 2, 11), dt.date(2013, 2, 12), dt.date(2014, 3, 3), dt.date(2014, 3, 4),
    ]  # fmt: skip
    assert days_of("US", "Thanksgiving Day")[:2] == [dt.date(2013, 11, 28), dt.date(2014, 11, 27)]
    assert days_of("US", "before Thanksgiving Day")[:2] == [dt.date(2013, 11, 26), dt.date(2013, 11, 27)]
    assert days_of("US", "after Thanksgiving Day")[0] == dt.date(2013, 11, 29)
    assert days_of("CN", "Chinese New Year")[7] == dt.date(2014, 1, 31)
    assert days_of("TR", "Ramazan Bayramı")[3] == dt.date(2014, 7, 28)
    assert days_of("TR", "Ramadan")[0] == dt.date(2013, 7, 10)


def test_pay_days_are_those_of_the_country() -> None:
    dates = np.datetime64("2015-01-01") + np.arange(90)
    days = dates[days_from_payday(dates, (15, "last")) == 0].astype(str).tolist()
    assert days == ["2015-01-15", "2015-01-30", "2015-02-13", "2015-02-27", "2015-03-13", "2015-03-31"]


def chain(country: str | None) -> Panel:
    """Return ten stores that open every day and sell half as much again on two days of Carnival, which moves."""
    rng = np.random.default_rng(7)
    dates = [FIRST + dt.timedelta(days=k) for k in range(1130)]  # until 2016-02-04
    carnival = np.isin(np.array(dates, "datetime64[D]"), np.array(days_of("EC", "Carnaval"), "datetime64[D]"))
    sales = 1000 * np.exp(0.4 * carnival + 0.03 * rng.standard_normal((10, len(dates))))
    frame = pl.DataFrame(
        {s.STORE: np.repeat(np.arange(1, 11), len(dates)), s.DATE: dates * 10, s.SALES: np.round(sales).ravel()}
    )
    return Panel.from_frames(frame, country=country)


def test_a_feast_is_forecast_on_the_day_on_which_it_falls_next() -> None:
    panel = chain("EC")
    forecast = storecast.fit(panel, "linear", horizon=14, fast=True).predict(panel)
    daily = dict(forecast.group_by(s.DATE).agg(pl.col("Forecast").mean()).iter_rows())
    assert daily[dt.date(2016, 2, 8)] > 1300  # in 2015 it fell on 16 February
    assert daily[dt.date(2016, 2, 9)] > 1300
    assert daily[dt.date(2016, 2, 16)] < 1100
