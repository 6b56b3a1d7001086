"""Accuracy so far against a slow loop."""

import datetime as dt
import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.evaluate import scores
from storecast.monitor.accuracy import DEFINITIONS, WEEK_AHEAD, accuracy_of, every_slice, scored
from support.sample_forecasts import CUTOFF, sample_forecasts


def slow(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    sold, is_open = [row for row in rows if row[s.SALES] > 0], [row for row in rows if row[s.OPEN] == 1]
    total = sum(row[s.SALES] for row in rows)
    squares = [((row[s.SALES] - row[s.FORECAST]) / row[s.SALES]) ** 2 for row in sold]
    return {
        "Rows": len(rows),
        "Open": len(is_open),
        "Sold": len(sold),
        "Days": len({row[s.DATE] for row in sold}),
        "rmspe": math.sqrt(sum(squares) / len(squares)) if sold else None,
        "wape": sum(abs(row[s.SALES] - row[s.FORECAST]) for row in rows) / total if total else None,
        "bias": (sum(row[s.FORECAST] for row in rows) - total) / total if total else None,
        "coverage80": sum(row["Lower80"] <= row[s.SALES] <= row["Upper80"] for row in is_open) / len(is_open)
        if is_open
        else None,
        "coverage95": sum(row["Lower95"] <= row[s.SALES] <= row["Upper95"] for row in is_open) / len(is_open)
        if is_open
        else None,
    }


@settings(max_examples=30)
@given(seed=st.integers(0, 99), come=st.integers(1, 10), bias=st.floats(-0.3, 0.3))
def test_every_slice_is_the_slow_loop(seed: int, come: int, bias: float) -> None:
    table = pl.concat(
        [
            sample_forecasts(3, 10, seed=seed, come=come, bias=bias),
            sample_forecasts(3, 10, seed=seed, come=come, cutoff=CUTOFF + dt.timedelta(days=1)),
            sample_forecasts(2, 10, seed=seed, come=come, model="model-b"),
        ]
    )
    slices = every_slice(scored(table))
    came = [row for row in table.to_dicts() if row[s.SALES] is not None]
    keys = {
        "all": lambda row: "all",
        "week": lambda row: str((row["Ahead"] - 1) // 7 + 1),
        "store": lambda row: str(row[s.STORE]),
    }
    expected = {(row[s.MODEL], name, key(row)) for row in came for name, key in keys.items()}
    assert {(line[s.MODEL], line["Slice"], line["Key"]) for line in slices.to_dicts()} == expected
    for line in slices.to_dicts():
        of = [row for row in came if row[s.MODEL] == line[s.MODEL] and keys[line["Slice"]](row) == line["Key"]]
        for name, value in slow(of).items():
            assert (value is None and line[name] is None) or math.isclose(line[name], value, abs_tol=1e-9), (name, line)


def test_any_columns_can_be_scored_by_and_keep_their_types() -> None:
    table = pl.concat([sample_forecasts(3, 21), sample_forecasts(3, 21, model="model-b")])
    scores = accuracy_of(scored(table), s.MODEL, WEEK_AHEAD)
    assert scores.select(s.MODEL, WEEK_AHEAD).rows() == [(m, w) for m in ("model-a", "model-b") for w in (1, 2, 3)]
    assert accuracy_of(scored(table), s.STORE)[s.STORE].to_list() == [1, 2, 3]
    whole = accuracy_of(scored(table))
    assert whole.height == 1
    assert whole["Rows"].sum() == accuracy_of(scored(table), s.STORE, s.DATE)["Rows"].sum() == table.height


def test_stretches_of_days_scored_apart_are_the_same_as_all_at_once() -> None:
    table = pl.concat([sample_forecasts(3, 21, cutoff=CUTOFF + dt.timedelta(days=k)) for k in range(9)])
    early = pl.col(s.DATE) <= CUTOFF + dt.timedelta(days=11)
    parts = pl.concat([scored(table.filter(early)), scored(table.filter(~early))])
    assert_frame_equal(every_slice(parts), every_slice(scored(table)))
    assert accuracy_of(parts).row(0, named=True)["Rows"] == table.height
    assert parts.height < table.height / 3


def test_it_agrees_with_the_scores_of_a_backtest() -> None:
    table = sample_forecasts(8, 20)
    whole = accuracy_of(scored(table)).row(0, named=True)
    actual, forecast = table[s.SALES].to_numpy(), table[s.FORECAST].to_numpy()
    assert whole["rmspe"] == pytest.approx(scores.rmspe(actual, forecast))
    assert whole["wape"] == pytest.approx(scores.wape(actual, forecast))
    assert whole["coverage80"] == pytest.approx(
        scores.coverage(actual, table["Lower80"].to_numpy(), table["Upper80"].to_numpy())
    )


def test_when_nothing_has_come_then_there_is_no_row() -> None:
    nothing = sample_forecasts(2, 5).with_columns(pl.lit(None, pl.Float64).alias(s.SALES))
    assert accuracy_of(scored(nothing)).is_empty()


def test_when_one_more_day_comes_then_each_store_has_one_more_row() -> None:
    before, after = (accuracy_of(scored(sample_forecasts(4, 14, come=come))).row(0, named=True) for come in (5, 6))
    assert (before["Rows"], after["Rows"]) == (20, 24)
    assert after["Last"] == CUTOFF + dt.timedelta(days=6)


def test_when_only_closed_days_came_then_there_is_no_rmspe() -> None:
    closed = sample_forecasts(2, 14).filter(pl.col(s.OPEN) == 0)
    whole = accuracy_of(scored(closed)).row(0, named=True)
    assert (whole["Rows"], whole["Sold"]) == (4, 0)
    assert whole["rmspe"] is whole["wape"] is whole["coverage80"] is whole["Effective"] is None


def test_stores_and_weeks_stand_in_their_own_order_whether_numbers_or_names() -> None:
    table = sample_forecasts(12, 42)
    slices = every_slice(scored(table))
    assert slices.filter(Slice="store")["Key"].to_list() == [str(store) for store in range(1, 13)]
    assert slices.filter(Slice="week")["Key"].to_list() == list("123456")
    named = every_slice(scored(table.with_columns(pl.format("Store {}", s.STORE).alias(s.STORE))))
    assert named.filter(Slice="store")["Key"][0] == "Store 1"


def test_every_figure_has_its_definition() -> None:
    figures = accuracy_of(scored(sample_forecasts(2, 5))).columns[2:]
    assert figures == list(DEFINITIONS)


def test_coverage_counts_the_same_days_as_the_backtests() -> None:
    """All open days: an open day without sales is a miss where its interval lies above 0."""
    table = sample_forecasts(10, 42)
    idle = (pl.col(s.STORE) <= 2) & (pl.col(s.OPEN) == 1)
    table = table.with_columns(pl.when(idle).then(0.0).otherwise(pl.col(s.SALES)).alias(s.SALES))
    whole = accuracy_of(scored(table)).row(0, named=True)
    arrays = [table[name].to_numpy() for name in (s.SALES, "Lower80", "Upper80")]
    assert whole["coverage80"] == pytest.approx(scores.coverage(*arrays, is_open=table[s.OPEN].to_numpy() == 1))
    assert whole["coverage80"] < 0.7
    assert (whole["Open"], whole["Sold"]) == (10 * 36, 8 * 36)
