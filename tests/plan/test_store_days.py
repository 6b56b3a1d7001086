"""Figures of stores and days in whole cents, and the few bytes that they are stored in."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from storecast.errors import DataError
from storecast.plan.store_days import StoreDays, compact, expand, weeks_of

MONDAY = dt.date(2014, 3, 3)


@given(arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 9)), elements=st.integers(-(10**15), 10**15)))
def test_figures_come_back_from_their_bytes_as_they_went_in(cells: np.ndarray) -> None:
    assert (expand(compact(cells), *cells.shape) == cells).all()


@pytest.mark.parametrize(
    "data", [b"", b"nonsense", compact(np.zeros((3, 7), np.int64)), compact(np.zeros((2, 6), np.int64))]
)
def test_bytes_that_are_not_those_of_the_stores_and_days_are_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        expand(data, 2, 7)


def test_a_frame_goes_in_and_comes_out_and_a_day_without_a_row_counts_nothing() -> None:
    rows = pl.DataFrame(
        {
            "Store": ["b", "a", "b"],
            "Date": [MONDAY, MONDAY + dt.timedelta(1), MONDAY + dt.timedelta(1)],
            "Forecast": [0.07, 1234.56, 9e8],
        }
    )
    figures = StoreDays.of(rows, ["Forecast"])
    assert (figures.first, figures.last, figures.stores.to_list()) == (MONDAY, MONDAY + dt.timedelta(1), ["a", "b"])
    assert figures.to_frame().rows() == [
        ("a", MONDAY, 0.0),
        ("a", MONDAY + dt.timedelta(1), 1234.56),
        ("b", MONDAY, 0.07),
        ("b", MONDAY + dt.timedelta(1), 9e8),
    ]


def test_weeks_run_from_monday_to_sunday_and_are_cut_at_the_ends() -> None:
    cents = np.full((2, 9), 150, np.int64)
    figures = StoreDays(pl.Series("Store", [1, 2]), MONDAY + dt.timedelta(5), {"Forecast": cents})
    assert weeks_of(figures, pl.Series(["chain", "chain"])).rows() == [
        ("chain", MONDAY + dt.timedelta(5), MONDAY + dt.timedelta(6), 6.0),
        ("chain", MONDAY + dt.timedelta(7), MONDAY + dt.timedelta(13), 21.0),
    ]


def test_weeks_of_groups_are_in_the_order_of_their_stores_and_sum_theirs_alone() -> None:
    cents = np.array([[100, 200], [10, 20], [1, 2]], np.int64)
    figures = StoreDays(pl.Series("Store", [1, 2, 3]), MONDAY, {"Plan": cents})
    weeks = weeks_of(figures, pl.Series(["south", "north", "south"]))
    assert weeks.select("Key", "Plan").rows() == [("south", 3.03), ("north", 0.3)]
