"""A budget in days, weeks or months stands beside the plan, to the cent."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from storecast.data.dialect import read_table
from storecast.errors import DataError
from storecast.plan.budget import (
    NONE,
    budget_by_day,
    budget_of,
    check_budget,
    read_budget,
    span_of,
    weeks_beside_budget,
)
from storecast.plan.scopes import StoreGroups
from storecast.plan.store_days import StoreDays

MONDAY = dt.date(2014, 3, 3)


def read(tmp_path: Path, text: str) -> pl.DataFrame:
    file = tmp_path / "budget.csv"
    file.write_text(text, encoding="utf-8")
    return read_budget(read_table(file, ("Store", "Amount")))


@pytest.mark.parametrize(
    ("column", "cell", "first", "last"),
    [
        ("Date", "2014-03-04", (3, 4), (3, 4)),
        ("Week", "2014-W10", (3, 3), (3, 9)),
        ("Week", "2014-03-03", (3, 3), (3, 9)),
        ("Month", "2014-02", (2, 1), (2, 28)),
    ],
)
def test_days_weeks_and_months_are_read(
    tmp_path: Path, column: str, cell: str, first: tuple[int, int], last: tuple[int, int]
) -> None:
    budget = read(tmp_path, f"Store,{column},Amount\n7,{cell},1234.5\n")
    assert budget.rows() == [("7", dt.date(2014, *first), dt.date(2014, *last), 1234.5)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Store,Date,Amount\n7,2014-02-30,1\n", "Date"),
        ("Store,Week,Amount\n7,2014-03-04,1\n", "Monday"),
        ("Store,Month,Amount\n7,2014-W10,1\n", "a month such as"),
        ("Store,Month,Amount\n7,2014-03,-1\n", "Amount"),
        ("Store,Month,Amount\n7,2014-03,\n", "Amount"),
        ("Store,Month,Amount\n,2014-03,1\n", "Store"),
        ("Store,Month,Week,Amount\n7,2014-03,2014-W10,1\n", "one of Date, Week and Month"),
    ],
)
def test_what_has_no_meaning_is_refused_by_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read(tmp_path, text)


def test_no_store_has_two_amounts_for_one_day() -> None:
    rows = [
        ("7", MONDAY, MONDAY + dt.timedelta(6), 1.0),
        ("7", MONDAY + dt.timedelta(6), MONDAY + dt.timedelta(9), 1.0),
    ]
    schema = ["store", "first", "last", "amount"]
    with pytest.raises(DataError, match="two amounts"):
        check_budget(pl.DataFrame(rows, schema=schema, orient="row"))
    check_budget(pl.DataFrame([rows[0], ("8", *rows[1][1:])], schema=schema, orient="row"))


def test_an_amount_is_spread_by_the_forecast_and_counts_for_the_days_of_the_version() -> None:
    forecast = np.array([[100, 300, 0, 100, 100, 100, 0] * 2, [0] * 14], np.int64)
    figures = StoreDays(pl.Series("Store", [7, 8]), MONDAY, {"Forecast": forecast})
    schema = ["store", "first", "last", "amount"]
    rows = [
        ("7", MONDAY, MONDAY + dt.timedelta(6), 70.01),
        ("8", MONDAY - dt.timedelta(7), MONDAY + dt.timedelta(6), 28.0),
        ("9", MONDAY, MONDAY, 5.0),
    ]
    cells = budget_of(figures, pl.DataFrame(rows, schema=schema, orient="row"))
    assert cells[0, :7].tolist() == [1000, 3001, 0, 1000, 1000, 1000, 0]
    assert cells[1, :7].tolist() == [200] * 7, "half of its days, and no shape: evenly"
    assert (cells[:, 7:] == NONE).all()


def test_the_chain_has_a_budget_on_days_on_which_each_store_that_sells_has_one() -> None:
    forecast = np.array([[100, 300, 100], [100, 0, 100]], np.int64)
    figures = StoreDays(pl.Series("Store", [7, 8]), MONDAY, {"Forecast": forecast})
    schema = ["store", "first", "last", "amount"]
    rows = [("7", MONDAY, MONDAY + dt.timedelta(1), 4.0), ("8", MONDAY, MONDAY, 0.5)]
    budget = pl.DataFrame(rows, schema=schema, orient="row")
    days = budget_by_day(figures, budget_of(figures, budget))
    assert days.rows() == [(MONDAY, 1.5), (MONDAY + dt.timedelta(1), 3.0)]
    assert not budget_by_day(figures, budget_of(figures, budget.clear())).height


def test_a_period_that_is_none_is_none() -> None:
    assert [span_of(text) for text in ("2014-00", "2014-W54", "14-03", "")] == [None] * 4


def test_groups_have_the_plan_of_their_stores_beside_the_budget_of_those_that_have_one() -> None:
    stores = pl.Series("Store", [2, 9, 10])
    forecast = np.full((3, 7), 100, np.int64)
    plan = forecast + np.array([[10], [0], [-5]])
    figures = StoreDays(stores, MONDAY, {"Forecast": forecast, "Plan": plan})
    regions = StoreGroups(stores, {"store": stores.cast(pl.String), "Region": pl.Series(["south", "north", "south"])})
    budget = pl.DataFrame(
        {"store": ["2"], "first": [MONDAY], "last": [MONDAY + dt.timedelta(6)], "amount": [7.0]},
        schema_overrides={"amount": pl.Float64},
    )
    weeks = weeks_beside_budget(figures, budget_of(figures, budget), regions, "Region")
    assert weeks.drop("Start", "End").rows() == [
        ("north", 7.0, 7.0, 0.0, None, None),
        ("south", 14.0, 14.35, 0.35, 7.0, 0.7),
    ]
    assert weeks_beside_budget(figures, budget_of(figures, budget), regions, "store")["Key"].to_list() == [
        "2",
        "9",
        "10",
    ]
    with pytest.raises(DataError, match=r"no such level\. There are: store, Region"):
        weeks_beside_budget(figures, budget_of(figures, budget), regions, "District")
