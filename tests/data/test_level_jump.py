"""A jump of the level of all stores is named with its day; a season, a slow rise and the jump of one store are none."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.clean import clean
from storecast.data.grid import Grid
from storecast.data.level_jump import level_jump, store_jumps
from storecast.data.panel import Panel
from storecast.data.read import read_chain
from support.chain_files import write_chain
from support.panels import make_panel

DAYS = 500


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel(stores=6, days=DAYS, ahead=7)


def changed(panel: Panel, factor: pl.Expr) -> Panel:
    return Panel(panel.sales.with_columns(pl.col(s.SALES) * factor), panel.stores, panel.calendar)


def since(panel: Panel, days: int) -> pl.Expr:
    """Return the days since the last ``days`` began."""
    return pl.col(s.DATE) > panel.end - dt.timedelta(days=days)


@pytest.mark.parametrize(("factor", "days"), [(100.0, 200), (100.0, 20), (0.01, 90), (7.0, 40)])
def test_the_day_and_the_size_of_a_jump_are_found(panel: Panel, factor: float, days: int) -> None:
    jump = level_jump(Grid.of(changed(panel, pl.when(since(panel, days)).then(factor).otherwise(1.0))))
    assert jump is not None
    assert abs((jump.day - (panel.end - dt.timedelta(days=days - 1))).days) <= 1
    assert jump.factor == pytest.approx(factor, rel=0.3)


def test_what_is_no_change_of_the_unit_is_none(panel: Panel) -> None:
    one = pl.lit(1.0)
    store, age = pl.col(s.STORE), (pl.col(s.DATE) - panel.first).dt.total_days()
    for case, factor in {
        "nothing": one,
        "half as much": pl.when(since(panel, 90)).then(0.5).otherwise(one),
        "one store": pl.when(since(panel, 90) & (store == 1)).then(100.0).otherwise(one),
        "a rise over a year": (age * np.log(100) / DAYS).exp(),
        "a rush that is over": pl.when(since(panel, 90) & ~since(panel, 45)).then(20.0).otherwise(one),
        "a slump that ended two weeks ago": pl.when(since(panel, 40) & ~since(panel, 14)).then(0.05).otherwise(one),
        "the last week": pl.when(since(panel, 7)).then(20.0).otherwise(one),
        "every December": pl.when(pl.col(s.DATE).dt.ordinal_day().is_between(*season(panel))).then(20.0).otherwise(one),
    }.items():
        assert level_jump(Grid.of(changed(panel, factor))) is None, case


def season(panel: Panel) -> tuple[int, int]:
    """Return the days of the year around the end of the sales, which the chain has met once before."""
    end = panel.end.timetuple().tm_yday
    return end - 30, end


def test_short_sales_have_none(panel: Panel) -> None:
    assert level_jump(Grid.of(panel.until(panel.first + dt.timedelta(days=30)))) is None


@pytest.mark.parametrize(("factor", "days"), [(100.0, 300), (100.0, 20), (0.001, 90), (8.0, 40)])
def test_the_jump_of_one_store_is_found_and_no_other(panel: Panel, factor: float, days: int) -> None:
    of_store = since(panel, days) & (pl.col(s.STORE) == 3)
    jumps = store_jumps(Grid.of(changed(panel, pl.when(of_store).then(factor).otherwise(1.0))))
    assert list(jumps) == [2]
    assert jumps[2].factor == pytest.approx(factor, rel=0.3)
    assert store_jumps(Grid.of(panel)) == {}


def test_cleaning_names_a_store_in_another_unit(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "chain", days=150)
    rows = pl.read_csv(folder / "train.csv", infer_schema=False)
    day = str(dt.date.fromisoformat(max(rows[s.DATE])) - dt.timedelta(days=59))
    cents = pl.when(pl.col(s.DATE) >= day, pl.col(s.STORE) == "2").then(pl.col(s.SALES) + "00").otherwise(s.SALES)
    rows.with_columns(cents.alias(s.SALES)).write_csv(folder / "train.csv")
    sentence = next(text for text in clean(read_chain(folder)).notices if "store_level_jump" in text)
    assert f"store 2: from {day} on " in sentence
    assert "store_level_jump" not in {
        repair.rule for repair in clean(read_chain(folder), skip=["store_level_jump"]).repairs
    }


def test_cleaning_names_the_day_and_keeps_the_sales(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "chain", days=150)
    rows = pl.read_csv(folder / "train.csv", infer_schema=False)
    day = str(dt.date.fromisoformat(max(rows[s.DATE])) - dt.timedelta(days=59))
    later = pl.when(pl.col(s.DATE) >= day).then(pl.col(s.SALES) + "00").otherwise(s.SALES)
    rows.with_columns(later.alias(s.SALES)).write_csv(folder / "train.csv")
    (repair,) = [repair for repair in clean(read_chain(folder)).repairs if repair.rule == "level_jump"]
    assert repair.examples[0].startswith(f"from {day} on ")
    assert repair.sentence.startswith(f"Nearly all stores sell from {day} on ")
    assert "forecast at the new level; if the unit has changed" in repair.sentence
    assert "level_jump" not in {repair.rule for repair in clean(read_chain(folder), skip=["level_jump"]).repairs}


@pytest.mark.parametrize(("factor", "size"), [(0.001, "one 1,"), (1000, "times")])
def test_days_in_another_unit_than_the_last_are_learned_in_that_one_and_not_called_broken(
    tmp_path: Path, factor: float, size: str
) -> None:
    folder = write_chain(tmp_path, days=200)
    train = pl.read_csv(folder / "train.csv", schema_overrides={s.STATE_HOLIDAY: pl.String}, try_parse_dates=True)
    sales = pl.when(pl.col(s.DATE) >= dt.date(2014, 4, 1)).then(pl.col(s.SALES) * factor).otherwise(pl.col(s.SALES))
    train.with_columns(sales.alias(s.SALES)).write_csv(folder / "train.csv")
    repairs = {each.rule: each for each in clean(read_chain(folder)).repairs}
    assert "broken_days" not in repairs
    (example,) = repairs["level_jump"].examples
    assert size in example
    assert "e+" not in example
