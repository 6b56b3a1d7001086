"""The last days of a whole chain far from usual are named and not learned, until they are what it sells now."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.clean import clean
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.data.read import read_chain
from support.chain_files import write_chain
from support.panels import make_panel, with_sales

PANEL = make_panel(stores=8, days=500)
OPEN_DAYS = PANEL.sales.filter(pl.col(s.SALES) > 0)[s.DATE].unique().sort()
STORE, DATE = pl.col(s.STORE), pl.col(s.DATE)


def unusual(panel: Panel) -> dict[dt.date, float]:
    grid = Grid.of(panel)
    days = grid.unusual_last_days(grid.column(panel.end))
    learned = grid.learnable_past(grid.column(panel.end))
    assert np.isnan(learned[:, days.columns]).all()
    return {grid.day(int(column)): round(float(factor), 1) for column, factor in zip(*vars(days).values(), strict=True)}


def changed(days: pl.Series, factor: float, stores: pl.Expr = STORE > 0) -> Panel:
    sales = pl.when(stores & DATE.is_in(days.implode())).then(pl.col(s.SALES) * factor).otherwise(pl.col(s.SALES))
    return with_sales(PANEL, sales)


def test_a_usual_chain_has_none() -> None:
    assert unusual(PANEL) == {}


@pytest.mark.parametrize(
    ("days", "factor"),
    [
        (OPEN_DAYS[-1:], 0.4),
        (OPEN_DAYS[-2:], 0.4),
        (OPEN_DAYS[-3:], 0.5),
        (OPEN_DAYS[-5:-3], 0.3),
        (OPEN_DAYS[-2:], 2.5),
        (OPEN_DAYS[-3:], 1.65),
        (OPEN_DAYS[-3:], 0.6),
        (OPEN_DAYS[-6:], 0.4),
    ],
)
def test_days_of_all_stores_are_found_with_their_size(days: pl.Series, factor: float) -> None:
    assert unusual(changed(days, factor)) == pytest.approx(dict.fromkeys(days, factor), rel=0.1)


def test_tills_of_most_stores_are_enough_and_those_of_half_are_not() -> None:
    assert set(unusual(changed(OPEN_DAYS[-2:], 0.4, STORE <= 7))) == set(OPEN_DAYS[-2:])
    assert unusual(changed(OPEN_DAYS[-2:], 0.4, STORE <= 4)) == {}


@pytest.mark.parametrize("factor", [0.75, 1.4])
def test_what_a_day_may_well_sell_is_usual(factor: float) -> None:
    assert unusual(changed(OPEN_DAYS[-2:], factor)) == {}


@pytest.mark.parametrize("days", [8, 12, 20])
@pytest.mark.parametrize("factor", [0.4, 1.6])
def test_more_than_half_of_two_weeks_are_what_the_chain_sells_now(days: int, factor: float) -> None:
    assert unusual(changed(OPEN_DAYS[-days:], factor)) == {}


def test_a_day_like_that_of_a_month_before_is_a_pay_day() -> None:
    pay_days = OPEN_DAYS.filter(OPEN_DAYS.is_in([OPEN_DAYS[-2] - dt.timedelta(days=30), OPEN_DAYS[-2]]))
    assert len(pay_days) == 2
    assert unusual(changed(pay_days, 2.5)) == {}


def test_too_short_a_chain_has_none() -> None:
    short = PANEL.until(PANEL.first + dt.timedelta(days=20))
    assert unusual(short) == {}


def test_cleaning_names_the_days_and_keeps_the_sales(tmp_path: Path) -> None:
    write_chain(tmp_path, stores=5)
    (tmp_path / "test.csv").unlink()
    train = pl.read_csv(tmp_path / "train.csv", infer_schema=False)
    sold = train.filter(pl.col("Sales") != "0")["Date"].unique().sort()
    usual = pl.col("Sales").cast(pl.Int64)
    few = pl.when(DATE.is_in(sold[-2:].implode())).then(usual * 2 // 5).otherwise(usual)
    train.with_columns(few.alias("Sales")).write_csv(tmp_path / "train.csv")
    cleaned = clean(read_chain(tmp_path))
    assert str(cleaned.panel.end) >= sold[-1]
    sentence = next(text for text in cleaned.notices if "unusual_last_days" in text)
    assert all(day in sentence for day in sold[-2:])
    assert not any("unusual" in text for text in clean(read_chain(tmp_path), skip=["unusual_last_days"]).notices)
