"""A country that a setting names gives its holidays where the files mark none."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

import storecast
from storecast import schema as s
from storecast.data.clean import Cleaned, clean
from storecast.data.generate import ChainSpec, write_demo
from storecast.data.implied_country import implied_country
from storecast.data.panel import Panel
from storecast.data.read import read_chain
from support.panels import make_panel

CHRISTMAS = dt.date(2013, 12, 25)


def cleaned(folder: Path, toml: str, *, skip: tuple[str, ...] = (), marked: bool = False, state: str = "") -> Cleaned:
    write_demo(folder, ChainSpec(stores=4, days=400, seed=1))
    if not marked:
        for name in ("train", "test"):
            path = folder / f"{name}.csv"
            frame = pl.read_csv(path, infer_schema=False)
            frame.with_columns(pl.lit("0").alias(s.STATE_HOLIDAY)).write_csv(path)
    if state:
        path = folder / "store_states.csv"
        pl.read_csv(path).with_columns(pl.lit(state).alias(s.STATE)).write_csv(path)
    (folder / "storecast.toml").write_text(toml)
    return clean(read_chain(folder), skip=skip)


def holidays(panel: Panel) -> set[object]:
    return set(panel.calendar.filter(pl.col(s.STATE_HOLIDAY) != "0")[s.DATE])


def test_where_no_day_is_marked_the_countrys_holidays_are(tmp_path: Path) -> None:
    chain = cleaned(tmp_path, 'country = "EC"\n')
    assert chain.panel.country == chain.panel.holiday_country == "EC"
    first, last = chain.panel.first, max(chain.panel.calendar[s.DATE])
    law = storecast.data.country_holidays.feasts("EC", None, first, last)
    assert holidays(chain.panel) == set(law)
    assert "country_holidays" in {repair.rule for repair in chain.repairs}
    assert any("public holidays of EC" in notice for notice in chain.notices)


def test_holidays_that_the_files_mark_stay(tmp_path: Path) -> None:
    chain = cleaned(tmp_path, 'country = "EC"\n', marked=True)
    assert dt.date(2014, 5, 24) not in holidays(chain.panel)
    assert "country_holidays" not in {repair.rule for repair in chain.repairs}


def test_the_rule_can_be_switched_off(tmp_path: Path) -> None:
    assert holidays(cleaned(tmp_path, 'country = "EC"\n', skip=("country_holidays",)).panel) == set()


def test_unknown_regions_are_named_and_take_the_holidays_of_the_country(tmp_path: Path) -> None:
    chain = cleaned(tmp_path, 'country = "CH"\n', state="Atlantis")
    assert any("Atlantis" in notice for notice in chain.notices)
    assert CHRISTMAS.replace(year=2014) in holidays(chain.panel) or CHRISTMAS in holidays(chain.panel)


def test_frames_take_a_country(tmp_path: Path) -> None:
    sales = pl.DataFrame(
        {s.STORE: [1, 1, 1], s.DATE: [dt.date(2016, 5, 25), dt.date(2016, 5, 26), dt.date(2016, 5, 27)], s.SALES: [1.0, 2.0, 3.0]}
    )  # fmt: skip
    assert holidays(Panel.from_frames(sales, country="ec")) == {dt.date(2016, 5, 27)}
    assert holidays(Panel.from_frames(sales)) == set()
    with pytest.raises(storecast.errors.DataError, match="ISO 3166"):
        Panel.from_frames(sales, country="Atlantis")


def test_germany_is_implied_by_its_states() -> None:
    assert make_panel().holiday_country == "DE"


def test_regions_elsewhere_imply_no_country() -> None:
    panel = make_panel()
    elsewhere = panel.stores.with_columns(pl.lit("Pichincha").alias(s.STATE))
    assert implied_country(elsewhere, panel.calendar) == ""


def test_without_regions_germany_is_implied_by_its_holidays(tmp_path: Path) -> None:
    panel = cleaned(tmp_path, "", marked=True).panel
    nowhere = panel.stores.with_columns(pl.lit("").alias(s.STATE))
    assert implied_country(nowhere, panel.calendar) == "DE"
    austrian = panel.calendar.filter(pl.col(s.DATE).dt.month() != 10)
    assert implied_country(nowhere, austrian) == ""
    none = panel.calendar.with_columns(pl.lit("0").alias(s.STATE_HOLIDAY))
    assert implied_country(nowhere, none) == ""


def test_a_window_keeps_the_country_of_its_chain() -> None:
    panel = make_panel()
    assert panel.until(panel.first + dt.timedelta(days=10)).country == "DE"
