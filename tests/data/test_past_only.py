"""Own columns that are known of the past alone: history to the trees, and never what they are on days to come."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data.ahead import extend, future_table
from storecast.data.panel import Panel
from storecast.data.read import read_chain
from storecast.errors import DataError
from storecast.features.store import FeatureStore
from storecast.workflows import prepare
from support.panels import make_panel

RECEIPTS = f"{s.PAST_ONLY}Receipts"


@pytest.fixture
def panel() -> Panel:
    """Return a chain without a calendar ahead, with a receipt for each 8 of sales."""
    chain = make_panel(stores=3, days=300, ahead=0)
    receipts = chain.sales.select(*s.KEYS, (pl.col(s.SALES) / 8).alias(RECEIPTS))
    return chain.with_calendar(chain.calendar.join(receipts, on=s.KEYS, how="left", maintain_order="left"))


@pytest.fixture
def folder(tmp_path: Path, panel: Panel) -> Path:
    days = panel.sales.join(panel.calendar, on=s.KEYS).drop(s.ASSUMED).rename({RECEIPTS: "Receipts"})
    days.write_csv(tmp_path / "train.csv")
    ahead = extend(panel, panel.end + dt.timedelta(days=14)).calendar.filter(pl.col(s.DATE) > panel.end)
    ahead.drop(s.ASSUMED, RECEIPTS).write_csv(tmp_path / "test.csv")
    (tmp_path / "storecast.toml").write_text('past = ["Receipts"]\n', encoding="utf-8")
    return tmp_path


def test_train_has_the_column_and_test_need_not(folder: Path, panel: Panel) -> None:
    prepared = prepare(folder, horizon=None)
    assert prepared.cleaned.repairs == ()
    assert (prepared.panel.known, prepared.panel.past_only) == ((), (RECEIPTS,))
    past = prepared.panel.calendar.filter(pl.col(s.DATE) <= panel.end)
    assert_frame_equal(past[RECEIPTS].to_frame(), panel.calendar[RECEIPTS].to_frame())
    assert prepared.panel.calendar.filter(pl.col(s.DATE) > panel.end)[RECEIPTS].null_count() == 3 * 14


def test_a_file_without_the_column_is_refused(folder: Path) -> None:
    pl.read_csv(folder / "train.csv").drop("Receipts").write_csv(folder / "train.csv")
    with pytest.raises(DataError, match=r"train.csv: the column 'Receipts' is missing"):
        read_chain(folder)


def test_several_rows_of_a_day_are_added_up(folder: Path) -> None:
    once = read_chain(folder).sales
    train = pl.read_csv(folder / "train.csv", schema_overrides={s.STATE_HOLIDAY: pl.String})
    tills = [train.with_columns(pl.lit(till).alias("Till")) for till in (1, 2)]
    pl.concat(tills).write_csv(folder / "train.csv")
    twice = read_chain(folder, sum_rows=True).sales
    assert_frame_equal(twice.select(2 * once[RECEIPTS]), twice.select(RECEIPTS))


def test_trees_see_what_a_receipt_was_worth_and_no_day_after_the_cutoff(panel: Panel) -> None:
    cutoff = panel.end - dt.timedelta(days=60)
    later = pl.when(pl.col(s.DATE) > cutoff).then(1e6).otherwise(RECEIPTS).alias(RECEIPTS)
    tables = []
    for chain in (panel, panel.with_calendar(panel.calendar.with_columns(later))):
        window = chain.window(cutoff, 28)
        tables.append(FeatureStore.of(window).ahead(window).table)
    assert_frame_equal(*tables)
    assert tables[0]["past_only_Receipts"].to_list() == pytest.approx(
        [pl.Series([8.0]).log()[0]] * tables[0].height, rel=1e-4
    )


def test_the_calendar_ahead_to_edit_does_not_ask_for_it(panel: Panel) -> None:
    assert not {RECEIPTS, "Receipts"} & set(future_table(panel, 7).columns)
