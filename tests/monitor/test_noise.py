"""The effective number against a slow loop over pairs of rows."""

import datetime as dt
import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storecast import schema as s
from storecast.monitor.noise import BLOCK, INSIDE, SQUARES, Shared, effective_block_size, effective_sample_size

FIRST = dt.date(2014, 1, 1)
store_days = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 100), st.integers(1, 3)), min_size=1, max_size=25)


def frame(rows: list[tuple[int, int, int]]) -> pl.DataFrame:
    return (
        pl.DataFrame(rows, schema={s.STORE: pl.Int64, "day": pl.Int64, "Count": pl.UInt32}, orient="row")
        .unique([s.STORE, "day"])
        .select(s.STORE, (pl.lit(FIRST) + pl.duration(days=pl.col("day"))).cast(pl.Date).alias(s.DATE), "Count")
    )


def slow(rows: pl.DataFrame, shared: Shared) -> float:
    """One over the variance of a mean whose rows have the variance 1: the mean of all correlations of two rows."""
    single = [(line[s.STORE], line[s.DATE]) for line in rows.to_dicts() for _ in range(line["Count"])]
    last = max(day for _, day in single)
    total = 0.0
    for store, day in single:
        for other, again in single:
            back, back2 = (last - day).days, (last - again).days
            block = back // BLOCK == back2 // BLOCK
            total += shared.block * block
            total += shared.week * (back // 7 == back2 // 7)
            total += shared.day * (day == again)
            total += shared.store * (block and store == other)
            total += shared.own * (day == again and store == other)
    return len(single) ** 2 / total


@pytest.mark.parametrize("shared", [INSIDE, SQUARES])
@given(rows=store_days)
def test_the_effective_number_is_the_slow_loop(shared: Shared, rows: list[tuple[int, int, int]]) -> None:
    effective = effective_sample_size(frame(rows), shared)["Effective"].item()
    assert math.isclose(effective, slow(frame(rows), shared), rel_tol=1e-9)


@given(rows=store_days)
def test_it_lies_between_one_and_the_number_of_store_days(rows: list[tuple[int, int, int]]) -> None:
    table = frame(rows)
    assert 1 - 1e-9 <= effective_sample_size(table, INSIDE)["Effective"].item() <= table.height + 1e-9


@given(rows=store_days, times=st.integers(2, 40))
def test_more_forecasts_of_the_same_days_tell_no_more(rows: list[tuple[int, int, int]], times: int) -> None:
    once = frame(rows)
    often = once.with_columns(pl.col("Count") * times)
    assert math.isclose(
        effective_sample_size(once, INSIDE)["Effective"].item(),
        effective_sample_size(often, INSIDE)["Effective"].item(),
        rel_tol=1e-9,
    )


def test_scores_are_distinguished_by_their_columns() -> None:
    rows = frame([(1, 0, 1), (1, 1, 1), (2, 0, 1), (2, 50, 1)])
    by_key = dict(effective_sample_size(rows.with_columns(pl.col(s.STORE).alias("Key")), INSIDE, ["Key"]).iter_rows())
    alone = {
        store: effective_sample_size(rows.filter(pl.col(s.STORE) == store), INSIDE)["Effective"].item()
        for store in (1, 2)
    }
    assert by_key[1] == pytest.approx(alone[1])
    assert by_key[2] > alone[2] - 1e-9, "stretches are counted back from the last day of all rows"


def test_a_thousand_stores_on_one_day_say_less_than_fifteen_rows() -> None:
    rows = frame([(store, 0, 1) for store in range(1, 1001)])
    assert effective_sample_size(rows, INSIDE)["Effective"].item() < 15


@pytest.mark.parametrize("stores", [1, 30])
def test_a_whole_block_has_its_number_without_a_frame(stores: int) -> None:
    rows = frame([(store, day, 1) for store in range(1, stores + 1) for day in range(BLOCK)])
    assert effective_sample_size(rows, SQUARES)["Effective"].item() == pytest.approx(
        effective_block_size(stores, SQUARES)
    )
