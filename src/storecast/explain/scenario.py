"""What another calendar would change: two forecasts of one model, and an interval of their difference.

Both forecasts come from the same model with the same errors, so that what they share cancels; a difference of their bounds
would count it twice. What is left is how surely the model knows the effect of what was changed. That is measured by the ridge,
refitted on the weeks of the past drawn again at random (a bootstrap of whole weeks, in which days hang together), and by how far
the model's own difference departs from the ridge's, which counts as one standard error.

That is the interval of the expected difference. The possible difference is what will be sold under one calendar less what would be
sold under the other: where a store is open under one of them only, the noise of its day does not cancel, and is added from the
sample paths of the forecast (`opening_noise`).

Source: Efron and Tibshirani, An introduction to the bootstrap (1993), chapter 8 (blocks).
"""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
from scipy.special import stdtrit

from storecast import schema as s
from storecast.arrays import F64
from storecast.config import LEVELS, LinearSettings, Task
from storecast.data.breakdown import Breakdown
from storecast.data.panel import Window
from storecast.explain.opening_noise import OpeningNoise
from storecast.explain.progress import Progress, unwatched
from storecast.features.store import KnownDays
from storecast.models.base import Forecaster
from storecast.models.linear import Linear
from storecast.uncertainty.calibration import Calibration
from storecast.uncertainty.joint_errors import JointErrors
from storecast.uncertainty.point import point_forecasts

CHAIN = "chain"
REFITS = 30
ROUNDS = 1  # times the weights of outliers are found again in a refit


def possible_columns(level: int) -> tuple[str, str]:
    """Name the two bounds of the possible difference: ``80`` gives ``PossibleLower80, PossibleUpper80``."""
    low, high = s.bound_columns(level)
    return f"Possible{low}", f"Possible{high}"


def compare(
    model: Forecaster,
    calibration: Calibration,
    stored: Window,
    other: Window,
    *,
    until: dt.date,
    joint_errors: JointErrors | None = None,
    seed: int = 0,
    progress: Progress = unwatched,
) -> pl.DataFrame:
    """Return what a model expects another calendar to change.

    Parameters
    ----------
    stored, other : the same past and days ahead under either calendar
    until : the last day to compare; what a model says of a day must not depend on how many are asked for
    joint_errors : how the model's errors hang together; None where that is unknown
    seed : of the refits and of the sample paths
    progress : is told what share is done; what it raises ends the work

    Returns
    -------
    Level (store-day where the forecasts differ, store-horizon, type-horizon, then Region-horizon
    for each group of the chain's own, chain-week, chain-horizon), Key, Start, End, Stored,
    Scenario (expected sales under either calendar), Difference, Lower80, Upper80, Lower95, Upper95 (of the
    expected difference), PossibleLower80, PossibleUpper80, PossibleLower95, PossibleUpper95 (of the possible difference; the same
    bounds where every day is open under both calendars or neither, null where openings change and `joint_errors` is None): money
    """
    progress(0.0)
    # What the past says is the same under either calendar.
    medians = point_forecasts(model, stored, stored.future), point_forecasts(model, stored, other.future)
    forecasts = [calibration.apply(frame, Task(stored.horizon)) for frame in medians]
    before, after = (frame[s.FORECAST].to_numpy() for frame in forecasts)
    opened = [frame[s.OPEN].to_numpy() == 1 for frame in medians]
    logs = _refitted(stored, other, seed, progress)  # (calendars, refits, rows)
    middle = logs.mean(axis=1)
    drawn = after * np.exp(logs[1] - middle[1]) - before * np.exp(logs[0] - middle[0])  # (refits, rows)
    both = opened[0] & opened[1]
    ridges = np.where(both, before * np.expm1(middle[1] - middle[0]), after - before)
    days = (
        forecasts[0]
        .select(*s.KEYS)
        .with_columns(
            pl.Series("Stored", before), pl.Series("Scenario", after), pl.Series("gap", after - before - ridges)
        )
    )
    compared = (days[s.DATE] <= until).to_numpy()
    breakdown, stores = stored.panel.breakdown, stored.past.stores
    noise = OpeningNoise.draw(medians, (before, after), breakdown.with_columns(stores), calibration, joint_errors, seed)
    return _by_level(days.filter(compared), drawn[:, compared], noise.only(compared), stores, breakdown)


def _refitted(stored: Window, other: Window, seed: int, progress: Progress) -> F64:
    """Return the log sales that ridges say under either calendar, each fitted on weeks drawn at random, (2, REFITS, rows)."""
    draw = np.random.default_rng(seed)
    past, settings = stored.past, replace(LinearSettings(), robust_rounds=ROUNDS)
    days = (past.end - past.first).days + 1
    week = (np.arange(days) + past.first.weekday()) // 7
    model = Linear(settings)
    known = KnownDays.of(past)
    model.learn(past, known=known)
    features_of_both = [model.features(window) for window in (stored, other)]
    logs = np.empty((2, REFITS, features_of_both[0].height))
    for k in range(REFITS):
        times = draw.multinomial(week[-1] + 1, np.full(week[-1] + 1, 1 / (week[-1] + 1)))
        model.learn(past, times[week].astype(np.float64), known)
        logs[:, k] = [model.predict(features) for features in features_of_both]
        progress((k + 1) / (REFITS + 1))
    return logs


def _by_level(
    days: pl.DataFrame, drawn: F64, noise: OpeningNoise, stores: pl.DataFrame, breakdown: Breakdown
) -> pl.DataFrame:
    """Sum the days and their sample paths over stores and time; the spread of the sums gives the intervals of each.

    Parameters
    ----------
    days : a row per store and day
    drawn : differences that refits say, (refits, rows)
    noise : of the rows that are sold under one calendar alone
    stores : a row per store
    breakdown : further groups of stores
    """
    both = np.where(noise.one_sided, 0.0, drawn)  # a forecast's own error holds what a refit would move
    first, last = days[s.DATE].min(), days[s.DATE].max()
    groups = breakdown.with_columns(stores.select(s.STORE, s.STORE_TYPE))
    days = days.join(groups, on=s.STORE, how="left", maintain_order="left").with_row_index("row")
    days = days.with_columns(pl.lit(CHAIN).alias(CHAIN), pl.col(s.DATE).dt.truncate("1w").alias("week"))
    changed = days.filter((pl.col("Scenario") != pl.col("Stored")).any().over(s.STORE))
    levels = {
        "store-day": (changed.filter(pl.col("Scenario") != pl.col("Stored")), [s.STORE, s.DATE]),
        "store-horizon": (changed, [s.STORE]),
        "type-horizon": (days, [s.STORE_TYPE]),
        **{
            f"{group.name}-horizon": (days, [column])
            for group, column in zip(breakdown.groups, breakdown.columns, strict=True)
        },
        "chain-week": (days, [CHAIN, "week"]),
        "chain-horizon": (days, [CHAIN]),
    }
    parts = []
    for level, (of, by) in levels.items():
        if of.is_empty():
            continue
        sums = of.group_by(by).agg(
            pl.col("Stored", "Scenario", "gap").sum(), pl.col("row"), pl.col(s.DATE).min().alias("Start"),
            pl.col(s.DATE).max().alias("End"),
        ).sort(by)  # fmt: skip
        gap = sums["gap"].to_numpy()
        error, effect = (np.hypot(_spread_of_sums(draws, sums["row"]), gap) for draws in (drawn, both))
        difference = (sums["Scenario"] - sums["Stored"]).to_numpy()
        bounds: dict[str, F64] = {}
        possible: dict[str, F64] = {}
        for percent in LEVELS:
            tail = (1 - percent / 100) / 2
            far = stdtrit(REFITS - 1, 1 - tail)
            below, above = noise.quantiles_of_sums(sums["row"], (tail, 1 - tail))
            lower, upper = difference - far * error, difference + far * error
            least = np.minimum(lower, difference - np.hypot(far * effect, np.minimum(below, 0.0)))
            most = np.maximum(upper, difference + np.hypot(far * effect, np.maximum(above, 0.0)))
            bounds |= dict(zip(s.bound_columns(percent), (lower, upper), strict=True))
            possible |= dict(zip(possible_columns(percent), (least, most), strict=True))
        whole = level.endswith("horizon")
        parts.append(
            sums.select(
                pl.lit(level).alias("Level"),
                pl.col(by[0]).cast(pl.String).alias("Key"),
                (pl.lit(first) if whole else pl.col("Start")).alias("Start"),
                (pl.lit(last) if whole else pl.col("End")).alias("End"),
                pl.col("Stored").round(2),
                pl.col("Scenario").round(2),
                pl.Series("Difference", difference).round(2),
                *(pl.Series(name, values).fill_nan(None).round(2) for name, values in (bounds | possible).items()),
            )
        )
    return pl.concat(parts)


def _spread_of_sums(drawn: F64, groups: pl.Series) -> F64:
    """Return the standard deviation of each group's sums, (groups,)."""
    return np.array([drawn[:, rows.to_numpy()].sum(axis=1).std(ddof=1) for rows in groups])
