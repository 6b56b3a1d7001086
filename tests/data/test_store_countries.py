"""Stores of one chain may stand in several countries: each keeps the holidays of its own, and no feast of another."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import storecast
from storecast import schema as s
from storecast.data.ahead import extend
from storecast.data.column_names import parse_settings
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.data.store_countries import law_of, places_by_country
from storecast.errors import DataError
from storecast.features.calendar import calendar_features
from storecast.features.terms import day_terms, store_terms
from storecast.workflows import check, future
from support.commands import Cli, cli

__all__ = ["cli"]

FIRST, END = dt.date(2021, 1, 1), dt.date(2023, 9, 20)
COUNTRIES = {"CZ": ["Brno", "Prague"], "HU": ["Budapest"], "DE-BY": ["Munich"]}
STORES = ["Brno", "Budapest", "Munich", "Prague"]
UNITY_DAY, CZECH_STATEHOOD = dt.date(2023, 10, 3), dt.date(2023, 9, 28)


def sales(*, until: dt.date = END) -> pl.DataFrame:
    dates = pl.date_range(FIRST, until, eager=True)
    weekly = [100.0 + 5 * day.weekday() for day in dates]
    return pl.DataFrame(
        {s.STORE: np.repeat(STORES, len(dates)), s.DATE: dates.to_list() * len(STORES), s.SALES: weekly * len(STORES)}
    )


@pytest.fixture(scope="module")
def panel() -> Panel:
    return Panel.from_frames(sales(), country=COUNTRIES)


def marked(days: pl.DataFrame, day: dt.date) -> list[str]:
    rows = days.filter((pl.col(s.DATE) == day) & (pl.col(s.STATE_HOLIDAY) != "0"))
    return sorted(rows[s.STORE].cast(pl.String))


def test_the_state_of_a_store_says_its_country_and_its_region(panel: Panel) -> None:
    assert panel.country == panel.holiday_country == "CZ,DE,HU"
    assert dict(panel.stores.select(s.STORE, s.STATE).iter_rows()) == {
        "Brno": "CZ", "Budapest": "HU", "Munich": "DE-BY", "Prague": "CZ",
    }  # fmt: skip
    assert places_by_country(panel.stores, "CZ,DE,HU") == {"CZ": [0, 3], "DE": [2], "HU": [1]}
    assert law_of("SK-BL", "CZ,DE") == ("", "SK-BL")  # a country that the chain did not have


def test_holidays_of_past_and_future_are_those_of_the_country_of_each_store(panel: Panel) -> None:
    days = extend(panel, dt.date(2023, 11, 2)).calendar
    assert marked(days, dt.date(2022, 10, 3)) == marked(days, UNITY_DAY) == ["Munich"]
    assert marked(days, dt.date(2022, 9, 28)) == marked(days, CZECH_STATEHOOD) == ["Brno", "Prague"]
    assert marked(days, dt.date(2022, 10, 23)) == marked(days, dt.date(2023, 10, 23)) == ["Budapest"]
    assert marked(days, dt.date(2022, 6, 16)) == ["Munich"]  # Corpus Christi, in Bavaria
    assert marked(days, dt.date(2023, 11, 1)) == ["Budapest", "Munich"]  # All Saints


def test_a_term_of_a_country_touches_its_stores_alone(panel: Panel) -> None:
    grid = Grid.of(extend(panel, dt.date(2023, 11, 2)))
    terms, values = store_terms(grid)
    row = {term.name: values[k] for k, term in enumerate(terms)}
    assert set(np.flatnonzero(row["carnival Thursday"].any(axis=1))) == {2}
    assert set(np.flatnonzero(row["Den české státnosti"].any(axis=1))) == {0, 3}
    assert set(np.flatnonzero(row["Christmas"].any(axis=1))) == {0, 1, 2, 3}
    assert set(np.flatnonzero(row["Black Friday"].any(axis=1))) == {0, 1, 3}
    assert not [term for term in day_terms(grid, 0)[0] if term.part == "holiday"]


def test_the_terms_are_the_same_whichever_stores_are_looked_at(panel: Panel) -> None:
    grid = Grid.of(panel)
    names = [term.name for term in store_terms(grid)[0]]
    part = grid.slice(np.array([1]), 900)
    assert [term.name for term in store_terms(part)[0]] == names
    assert len(set(names)) == len(names)


def test_accident_8_no_feature_gives_a_store_the_holidays_of_another_country() -> None:
    """A feature that is called for another country must not bring Germany's feasts, nor those of a neighbour."""
    several = Panel.from_frames(sales(), country=COUNTRIES)
    place = STORES.index("Munich")
    for country, stores in (("CZ", [0, 3]), ("HU", [1]), ("DE", [place])):
        alone = Panel.from_frames(sales(), country=country)
        if country == "DE":
            alone = Panel.from_frames(sales(), pl.DataFrame({s.STORE: STORES, s.STATE: ["BY"] * 4}), country="DE")
        one, many = Grid.of(alone), Grid.of(several)
        terms, values = day_terms(one, 0)
        expected = {term.name: values[k] for k, term in enumerate(terms) if term.part == "holiday"}
        terms, by_store = store_terms(many)
        by_term = {term.name: by_store[k][stores] for k, term in enumerate(terms)}
        for name, of_date in expected.items():
            np.testing.assert_array_equal(by_term[name], np.broadcast_to(of_date, by_term[name].shape), err_msg=name)
        counted = {"open on a holiday", *(name for name in by_term if "closure" in name or "closed" in name)}
        own = {term.name for term in store_terms(one)[0]} | set(expected) | counted
        assert not [name for name, rows in by_term.items() if name not in own and "payday" not in name and rows.any()]
        days = slice(one.days - 60, one.days)
        single, mixed = calendar_features(one, days), calendar_features(many, days)
        for name, rows in single.items():
            np.testing.assert_array_equal(mixed[name][stores], rows[stores], err_msg=name)


def test_a_chain_in_several_countries_is_forecast(panel: Panel) -> None:
    chain = extend(panel, panel.end + dt.timedelta(days=14))
    forecast = storecast.fit(chain, "linear", horizon=14, fast=True).predict(chain)
    closed = forecast.filter((pl.col(s.DATE) == UNITY_DAY) & (pl.col(s.STORE) == "Munich"))
    assert forecast.height == 4 * 14
    assert closed.height == 1


def test_a_column_country_of_the_stores_says_the_same_as_a_table(panel: Panel) -> None:
    places = {store: place for place, stores in COUNTRIES.items() for store in stores}
    stores = pl.DataFrame({s.STORE: STORES, "Country": [places[store] for store in STORES]})
    assert Panel.from_frames(sales(), stores).fingerprint == panel.fingerprint
    named = stores.with_columns(pl.Series("Country", ["Czechia", "hungary", "DE-BY", "CZ"]))
    assert Panel.from_frames(sales(), named).fingerprint == panel.fingerprint


def test_stores_that_all_stand_in_one_country_are_a_chain_of_that_country() -> None:
    chain = Panel.from_frames(sales(), country={"DE-BY": ["Munich"], "DE": ["Brno", "Prague", "Budapest"]})
    assert chain.country == "DE"
    assert chain.stores[s.STATE].to_list() == ["", "", "BY", ""]


def test_a_region_that_stands_in_state_is_kept_behind_the_country() -> None:
    stores = pl.DataFrame({s.STORE: STORES, s.STATE: ["Moravia", "", "Bayern", ""]})
    chain = Panel.from_frames(sales(), stores, country={"CZ": ["Brno", "Prague"], "DE": ["Munich"]})
    assert chain.stores[s.STATE].to_list() == ["CZ-Moravia", "", "DE-Bayern", "CZ"]
    assert marked(chain.calendar, dt.date(2022, 6, 16)) == ["Munich"]
    assert marked(chain.calendar, dt.date(2022, 12, 25)) == ["Brno", "Munich", "Prague"]  # Budapest has no country


@pytest.mark.parametrize(
    ("country", "words"),
    [
        ({"XX": ["Brno"]}, "ISO 3166"), ({"DE-XX": ["Munich"]}, "such a region"), ({"CZ": "Brno"}, "list of stores"),
        ({"CZ": ["Brno"], "HU": ["Brno"]}, "stands twice"), ({"CZ": ["Brnoo"]}, 'Did you mean "?Brno'),
    ],
)  # fmt: skip
def test_a_table_that_has_no_meaning_is_refused(country: dict[str, list[str]], words: str) -> None:
    with pytest.raises(DataError, match=words):
        Panel.from_frames(sales(), country=country)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("countries")
    sales().write_csv(folder / "train.csv")
    lists = "\n".join(f"{place} = {json.dumps(stores)}" for place, stores in COUNTRIES.items())
    (folder / "storecast.toml").write_text(f'store_ids = "text"\n\n[country]\n{lists}\n', encoding="utf-8")
    return folder


def test_files_say_it_in_the_settings_and_check_names_the_countries(folder: Path, panel: Panel, cli: Cli) -> None:
    cleaned = check(folder, horizon=14)
    assert cleaned.panel.country == "CZ,DE,HU"
    assert cleaned.report()["stores_by_country"] == {"CZ": 2, "DE": 1, "HU": 1}
    repairs = {repair.rule: repair for repair in cleaned.repairs}
    assert repairs["store_countries"].examples[1] == "DE: store 'Munich'"
    assert "CZ, DE and HU" in repairs["country_holidays"].action
    assert marked(cleaned.panel.calendar, dt.date(2022, 10, 3)) == ["Munich"]
    assert "store_countries" in cli("check", "--data", folder)[1]


def test_days_ahead_are_written_per_store(folder: Path, tmp_path: Path) -> None:
    table = future(folder, horizon=30, out=tmp_path / "ahead.csv")
    assert marked(table, UNITY_DAY) == ["Munich"]
    assert marked(table, CZECH_STATEHOOD) == ["Brno", "Prague"]


def test_a_country_that_nobody_knows_is_named_and_taken_as_none(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes((folder / "train.csv").read_bytes())
    (tmp_path / "storecast.toml").write_text('store_ids = "text"\n', encoding="utf-8")
    places = ["CZ", "Atlantis", "DE", "CZ"]
    pl.DataFrame({s.STORE: STORES, "Country": places}).write_csv(tmp_path / "store.csv")
    cleaned = check(tmp_path, horizon=14)
    assert cleaned.report()["stores_by_country"] == {"": 1, "CZ": 2, "DE": 1}
    assert any("'Atlantis'" in notice for notice in cleaned.notices)
    assert marked(cleaned.panel.calendar, dt.date(2022, 12, 25)) == ["Brno", "Munich", "Prague"]


def test_settings_read_one_country_or_a_table_of_several() -> None:
    assert parse_settings(b'country = "ec"').country == "EC"
    several = parse_settings(b'[country]\nCZ = ["Brno"]\nDE-BY = [4]\n')
    assert (several.country, dict(several.places)) == (None, {"Brno": "CZ", "4": "DE-BY"})
