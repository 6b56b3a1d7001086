"""Outliers: days on which a store sold far more or less than on like days, by store and by day of a whole state."""

import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl
from dateutil.easter import easter
from scipy import stats

from storecast import schema as s
from storecast.features.runs import days_since
from storecast.questions.adjusted import Adjusted, chain
from storecast.questions.calendar import AFTER, PROMO
from storecast.questions.levels import SALES, SUNDAY, Floats, Observed, two_way
from storecast.questions.tidy import COUNT, SHARE, Line

Flags = npt.NDArray[np.bool_]

ODD, ODD_NUMBERS, ODD_STORES, ODD_DAYS = (
    "outliers", "stores by their outliers", "outliers by store", "days on which many depart",
)  # fmt: skip
BELOW, TOGETHER = "below the usual", "within three months"
FAR = 5.0  # robust standard deviations of the store, beyond which a day is an outlier
NUMBERS = {"0": 0, "1": 1, "2": 2, "3 to 5": 5, "6 to 10": 10, "11 to 20": 20, "over 20": 10**9}  # the most of each
QUARTER = 91  # days
LISTED = 10
FEWEST_STORES = 5
LOCAL = {-52: "carnival Thursday", -48: "Rose Monday", -47: "Shrove Tuesday", -1: "Easter Saturday"}  # days from Easter
EVES = {(12, 24): "Christmas Eve", (12, 31): "New Year's Eve"}
WEEKEND = 3  # days, at most, from the last day of school holidays to the first day of school


def outliers(like: Adjusted) -> list[Line]:
    """Count the days far from like days, in robust standard deviations of the store; name the stores and days with the most."""
    seen, rest = like.seen, _rest(like)
    there = ~np.isnan(rest)
    rest = np.where(there.any(axis=1, keepdims=True), rest, 0.0)  # a store that never sold while open has no median
    apart = rest - np.nanmedian(rest, axis=1, keepdims=True)
    spread = stats.median_abs_deviation(rest, axis=1, scale="normal", nan_policy="omit")
    with np.errstate(invalid="ignore"):
        far = there & (np.abs(apart) > FAR * np.maximum(spread, 1e-6)[:, None])
    below = far & (apart < 0)
    count, days = far.sum(axis=1), np.maximum(there.sum(axis=1), 1)
    every = int(count.sum())
    lines = [Line(ODD, "all", SALES, SHARE, float(every / there.sum()), n=every)]
    kinds = np.searchsorted(list(NUMBERS.values()), count)
    lines += [
        Line(ODD_NUMBERS, name, "stores", COUNT, float((kinds == k).sum()), n=len(count))
        for k, name in enumerate(NUMBERS)
    ]
    names = seen.stores[s.STORE].cast(pl.String).to_list()
    share = count / days
    for k in np.argsort(-share, kind="stable")[:LISTED]:
        if n := int(count[k]):
            places = np.flatnonzero(far[k])
            within = int((np.searchsorted(places, places + QUARTER) - np.arange(n)).max())
            lines += [
                Line(ODD_STORES, names[k], SALES, SHARE, float(share[k]), n=n),
                Line(ODD_STORES, names[k], BELOW, SHARE, float(below[k].sum() / n), n=n),
                Line(ODD_STORES, names[k], TOGETHER, SHARE, within / n, n=n),
            ]
    return lines + _together(seen, far, below, there)


def _rest(like: Adjusted) -> Floats:
    """Return log sales less the store's usual weekday, the calendar and promotions, and what all stores did on that day.

    The last only where there are enough stores: a store alone would be its own chain, and no day of it could be odd.
    """
    promotions = like.fits[SALES].explained(like.terms.values[0], like.terms.of(PROMO, AFTER))
    logs = like.logs[SALES] - promotions
    return two_way(logs, like.seen.weekday, chain(like.seen)).rest if len(logs) >= FEWEST_STORES else logs


def _together(seen: Observed, far: Flags, below: Flags, there: Flags) -> list[Line]:
    """Name the days on which the largest part of a state's stores departs: a local event that no column names."""
    kinds = seen.kinds(s.STATE)
    since = days_since(seen.grid.school == 1, WEEKEND + 1)
    found = []
    for kind in np.unique(kinds):
        rows = kinds == kind
        if rows.sum() < FEWEST_STORES:
            continue
        traded, part = there[rows].sum(axis=0), far[rows].sum(axis=0)
        back = ((since[rows] > 0) & (since[rows] <= WEEKEND)).mean(axis=0) > 0.5
        for k in np.flatnonzero((traded >= max(FEWEST_STORES, rows.sum() / 2)) & (part >= 2)):
            day = dt.date.fromisoformat(str(seen.dates[k]))
            state = "" if kind == "?" else f", {kind}"
            name = f"{day:%a} {day}{state}{_named(day, after_school_holidays=bool(back[k]))}"
            found.append((float(part[k] / traded[k]), name, float(below[rows, k].sum() / part[k]), int(part[k])))
    found.sort(key=lambda row: (-row[0], row[1]))
    lines = []
    for share, name, down, n in found[:LISTED]:
        lines += [Line(ODD_DAYS, name, SALES, SHARE, share, n=n), Line(ODD_DAYS, name, BELOW, SHARE, down, n=n)]
    return lines


def _named(day: dt.date, *, after_school_holidays: bool) -> str:
    """Return the name of a day that the columns do not tell apart from others; nothing where it has none."""
    name = EVES.get((day.month, day.day)) or LOCAL.get((day - easter(day.year)).days)
    if name is None and after_school_holidays and day.weekday() < SUNDAY - 1:
        name = "first day after school holidays"
    return f" ({name})" if name else ""
