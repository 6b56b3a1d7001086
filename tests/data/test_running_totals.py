"""Sales that are added up from day to day are refused; those of a chain that grows are not."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.data.running_totals import refuse_running_totals
from storecast.errors import DataError
from support.chain_files import refused, write_chain

SINCE = {"month": "1mo", "year": "1y", "the first day": "99y"}


def added_up(sales: pl.DataFrame, since: str) -> pl.DataFrame:
    period = [pl.col(s.STORE), pl.col(s.DATE).dt.truncate(SINCE[since])]
    return sales.sort(s.KEYS).with_columns(pl.col(s.SALES).cum_sum().over(period))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path)


def read(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "train.csv", schema_overrides={s.STATE_HOLIDAY: pl.String}, try_parse_dates=True)


@pytest.mark.parametrize("since", SINCE)
def test_running_totals_of_a_file_are_refused(folder: Path, since: str) -> None:
    added_up(read(folder), since).write_csv(folder / "train.csv")
    refused(folder, "train.csv", "running totals", "store '1'", "the differences between days")


def test_running_totals_with_days_of_returns_and_without_rows_of_closed_days_are_refused(folder: Path) -> None:
    sales = read(folder).filter(pl.col(s.OPEN) == 1)
    returns = (pl.col(s.DATE) == dt.date(2014, 2, 11)) & (pl.col(s.STORE) == 2)
    sales = sales.with_columns(pl.when(returns).then(-50).otherwise(s.SALES).alias(s.SALES))
    added_up(sales, "month").write_csv(folder / "train.csv")
    refused(folder, "running totals")


def test_running_totals_of_a_frame_are_refused(folder: Path) -> None:
    sales = added_up(read(folder), "month").select(*s.KEYS, s.SALES)
    with pytest.raises(DataError, match=r"sales: .* running totals"):
        Panel.from_frames(sales)


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_chain_that_grows_each_week_or_never_changes_sells_by_the_day(noise: float) -> None:
    days = np.arange(200)
    dates = pl.Series(s.DATE, [dt.date(2014, 1, 1) + dt.timedelta(days=int(day)) for day in days])
    grows = (1000 * 1.01 ** (days // 7 * 7) * (1 + 0.1 * (days % 7))).round()
    level = 1000 * np.exp(noise * np.random.default_rng(1).standard_normal(200))
    for store, sales in (("a", grows), ("b", level), ("c", 90.5 + 5.0 * days)):
        refuse_running_totals("train.csv", pl.DataFrame({s.STORE: [store] * 200, s.DATE: dates, s.SALES: sales}))
