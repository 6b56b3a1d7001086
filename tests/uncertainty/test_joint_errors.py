"""Errors that hang together make totals uncertain; errors that do not, hardly."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.config import Task
from storecast.uncertainty.calibration import calibrate
from storecast.uncertainty.joint_errors import FLOOR, MAX_PATHS, JointErrors, fit_joint_errors, past_errors
from storecast.uncertainty.totals import totals
from support.panels import make_panel, with_sales

DAYS, STORES = 28, 60
NAMES = pl.DataFrame(
    {
        s.STORE: np.arange(STORES),
        s.STORE_TYPE: ["abc"[k % 3] for k in range(STORES)],
        s.STATE: ["HE", "BY", "NW", "SN"] * (STORES // 4),
    }
)


def windows(chain: float, store: float = 0.1, seed: int = 0, count: int = 8) -> list[pl.DataFrame]:
    """Windows whose errors are a level of the chain, and noise of store and day."""
    rng = np.random.default_rng(seed)
    frames = []
    for k in range(count):
        cutoff = dt.date(2014, 1, 1) + dt.timedelta(days=7 * k)
        ahead = np.tile(np.arange(1, DAYS + 1), STORES)
        error = chain * rng.standard_normal() + store * rng.standard_normal(STORES * DAYS)
        frames.append(
            pl.DataFrame(
                {
                    s.STORE: np.repeat(np.arange(STORES), DAYS),
                    s.DATE: [cutoff + dt.timedelta(days=int(day)) for day in ahead],
                    "Ahead": ahead,
                    s.OPEN: np.ones(STORES * DAYS, np.int8),
                    s.PROMO: np.zeros(STORES * DAYS, np.int8),
                    "Median": np.full(STORES * DAYS, 100.0),
                    "History": np.full(STORES * DAYS, 500),
                    s.SALES: 100 * np.exp(error),
                    s.CUTOFF: pl.Series([cutoff] * STORES * DAYS, dtype=pl.Date),
                }
            )
        )
    return frames


def field_of(frames: list[pl.DataFrame]) -> JointErrors:
    field = fit_joint_errors(frames, NAMES, DAYS)
    assert field is not None
    return field


def chain_width(frames: list[pl.DataFrame]) -> float:
    usual = calibrate(frames)
    medians = frames[0].drop(s.CUTOFF, s.SALES)
    draws = field_of(frames).sample_paths(medians, NAMES, usual)
    line = totals(usual.apply(medians, Task(DAYS)), NAMES, draws).filter(pl.col("Level") == "chain-horizon")
    return float(((line["Upper95"] - line["Lower95"]) / line[s.FORECAST]).item())


def test_the_fitted_shares_are_the_true_ones() -> None:
    shares = dict(
        zip(("chain", "day", "group", "group day", "store", "store day"), field_of(windows(0.05)).shares, strict=True)
    )
    assert 0.05 < shares["chain"] < 0.4
    assert shares["store day"] > 0.5
    assert shares["store"] < 0.02
    assert sum(shares.values()) == pytest.approx(1)


def test_a_common_error_widens_the_chain_and_hardly_a_day() -> None:
    loose, tight = windows(0.06), windows(0.0)
    assert chain_width(loose) > 2 * chain_width(tight)
    assert chain_width(tight) > 3 * FLOOR
    days = [calibrate(frames).offsets[0] for frames in (loose, tight)]
    assert days[0] / days[1] < 1.6


def test_the_days_keep_their_calibrated_distribution() -> None:
    frames = windows(0.02)
    usual = calibrate(frames)
    medians = frames[0].drop(s.CUTOFF, s.SALES)
    bounds = usual.apply(medians, Task(DAYS))
    draws = field_of(frames).sample_paths(medians, NAMES, usual)
    assert draws.shape == (medians.height, MAX_PATHS)
    inside = (draws >= bounds["Lower80"].to_numpy()[:, None]) & (draws <= bounds["Upper80"].to_numpy()[:, None])
    assert abs(inside.mean() - 0.8) < 0.03


def test_where_states_are_not_known_stores_err_together_by_the_first_group_of_the_chains_own() -> None:
    region = pl.Series("group Region", ["north", "south"] * (STORES // 2))
    attribute = pl.Series("group of buyers", ["a", "b"] * (STORES // 2))  # named like a group, but not declared as one
    own = NAMES.with_columns(pl.lit("").alias(s.STATE), attribute, region)
    rng = np.random.default_rng(3)
    frames = [
        frame.with_columns(
            pl.col(s.SALES) * np.exp(0.08 * rng.standard_normal(2))[np.repeat(np.arange(STORES) % 2, DAYS)]
        )
        for frame in windows(0.0)
    ]
    groups = [region.name]
    field = fit_joint_errors(frames, own, DAYS, groups=groups)
    assert field is not None
    assert field.group == "group Region"
    assert field.shares[2] > 0.1
    draws = field.sample_paths(frames[0], own, calibrate(frames)).reshape(STORES, DAYS, MAX_PATHS).sum(axis=1)
    north, south = draws[::2].sum(axis=0), draws[1::2].sum(axis=0)
    assert np.corrcoef(draws[0], draws[2])[0, 1] > 3 * abs(np.corrcoef(north, south)[0, 1])
    each_its_own = own.with_columns(pl.Series(region.name, range(STORES)).cast(pl.String))
    field = fit_joint_errors(frames, each_its_own, DAYS, groups=groups)
    assert field is not None
    assert field.group == s.STORE_TYPE


def test_all_days_of_a_store_without_history_err_together() -> None:
    frames = windows(0.0)
    usual = calibrate(frames, cold=3.0)
    rows = frames[0].with_columns(pl.when(pl.col(s.STORE) < STORES // 2).then(0).otherwise(500).alias("History"))
    draws = field_of(frames).sample_paths(rows, NAMES, usual)
    spread = (draws.reshape(STORES, DAYS, MAX_PATHS).sum(axis=1) / (100 * DAYS)).std(axis=1)
    level = 0.1 * np.sqrt(3**2 - 1)  # of the new stores: what lies beyond a day's usual error is the level
    assert spread[: STORES // 2].mean() == pytest.approx(level, rel=0.15)
    assert spread[STORES // 2 :].mean() < level / 5


def test_the_same_seed_gives_the_same_draws_and_a_closed_day_sells_nothing() -> None:
    frames = windows(0.02)
    medians = frames[0].with_columns(pl.when(pl.col("Ahead") == 3).then(0).otherwise(1).cast(pl.Int8).alias(s.OPEN))
    one, two = (field_of(frames).sample_paths(medians, NAMES, calibrate(frames)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert one[medians["Ahead"].to_numpy() == 3].max() == 0


def test_what_is_written_is_read() -> None:
    field = field_of(windows(0.02))
    assert JointErrors.from_json(field.to_json()) == field


def test_a_short_past_has_no_field() -> None:
    assert fit_joint_errors(windows(0.02, count=2), NAMES, DAYS) is None


def test_a_window_in_which_nothing_is_open_says_nothing_and_spoils_nothing() -> None:
    frames = windows(0.02)
    shut = frames[0].with_columns(pl.lit(0, pl.Int8).alias(s.OPEN), pl.lit(0.0).alias(s.SALES))
    assert field_of([*frames[1:], shut]).shares == pytest.approx(field_of(frames[1:]).shares)


def test_sales_after_a_cutoff_reach_no_error_before_it() -> None:
    panel = make_panel(stores=4, days=450, ahead=0)
    cutoff = panel.end - dt.timedelta(days=50)
    changed = with_sales(panel, pl.when(pl.col(s.DATE) > cutoff).then(pl.col(s.SALES) * 3).otherwise(pl.col(s.SALES)))
    before, after = (past_errors(of.until(cutoff), 28) for of in (panel, changed))
    assert before
    assert all(one.equals(two) for one, two in zip(before, after, strict=True))
    assert max(frame[s.DATE].max() for frame in before) <= cutoff  # type: ignore[type-var]


@pytest.mark.parametrize(("days", "first"), [(540, 364), (400, 300)])
def test_errors_of_the_first_year_count_only_where_there_are_few_others(days: int, first: int) -> None:
    panel = make_panel(stores=4, days=days, ahead=0)
    frames = past_errors(panel, 28)
    assert min(frame[s.CUTOFF][0] for frame in frames) == panel.first + dt.timedelta(days=first)
    assert len(frames) >= 3


def test_a_short_past_has_errors_where_the_caller_takes_them() -> None:
    panel = make_panel(stores=4, days=200, ahead=0)
    assert past_errors(panel, 28) == []
    frames = past_errors(panel, 28, fast=True, look_back=1_000, least_past=84)
    assert [(frame[s.CUTOFF][0] - panel.first).days for frame in frames] == [84, 112, 140, 168]
