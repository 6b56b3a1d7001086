"""Summer school holidays: states begin and end them on different days, so that a state is compared with the others."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from linearmodels.panel import PanelOLS
from scipy import stats

from storecast import schema as s
from storecast.features.runs import position, remaining
from storecast.questions.adjusted import Adjusted
from storecast.questions.calendar import SCHOOL, school_holidays
from storecast.questions.estimate import LEVEL
from storecast.questions.levels import SALES, SUNDAY, Floats, codes
from storecast.questions.tidy import Interval, Line, change

SUMMER = "summer school holidays"
FIRST, LAST = 6, 9  # the months in which they fall
LONG = 21  # days, the weekends among them
FEWEST = 4  # states


def summer(found: Adjusted) -> list[Line]:
    """Estimate what summer school holidays do, from states that have them on a day on which others do not.

    A panel regression of the mean like-for-like log of a state's stores, with effects of each day and of each state and
    year; a state's errors may hang together.
    """
    seen = found.seen
    states, names = codes(seen.kinds(s.STATE))
    run = school_holidays(seen)
    long = run & (position(run, 99) + remaining(run, 99) - 1 >= LONG)
    month = seen.dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    days = np.flatnonzero((month >= FIRST) & (month <= LAST) & (seen.weekday != SUNDAY))
    if len(names) < FEWEST or not long[:, days].any():
        return []
    marked = seen.grid.school == 1
    fit = found.fits[SALES]
    own = next((got.value for term, got in fit.intervals.items() if term.family == SCHOOL), 0.0)
    logs = found.logs[SALES][:, days] + own * (run & marked)[:, days]
    there = ~np.isnan(logs) & ~(run & ~marked)[:, days]  # weekends within holidays are neither in nor out of them
    member = np.eye(len(names))[states].T
    count = member @ there
    kept = count > 0
    divisor = np.maximum(count, 1)
    y = (member @ np.where(there, logs, 0.0)) / divisor
    x = (member @ (long[:, days] & there)) / divisor
    state, day = np.nonzero(kept)
    year = seen.dates[days].astype("datetime64[Y]").astype(np.int64)[day]
    if not _tells(x, kept):
        return []
    index = pd.MultiIndex.from_arrays([state * 10_000 + year, day], names=["state", "day"])
    model = PanelOLS(
        pd.Series(y[kept], index=index, name="y"),
        pd.DataFrame({"summer": x[kept]}, index=index),
        weights=pd.Series(count[kept], index=index, name="w"),
        entity_effects=True,
        time_effects=True,
        check_rank=False,
    )
    got = model.fit(cov_type="clustered", clusters=pd.DataFrame({"state": state}, index=index))
    value = float(got.params["summer"])
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(names) - 1) * got.std_errors["summer"])
    return [change("occasion", SUMMER, SALES, Interval(value, value - half, value + half), n=len(names))]


def _tells(x: Floats, kept: npt.NDArray[np.bool_]) -> bool:
    """Whether on at least one day some states are in holidays and others are not."""
    low, high = np.where(kept, x, np.inf).min(axis=0), np.where(kept, x, -np.inf).max(axis=0)
    return bool((high - low > 0.5).any())
