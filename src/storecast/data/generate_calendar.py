"""The calendar of a generated chain: holidays by law, school holidays by state, promotions in spells of weeks."""

import datetime as dt

import holidays
import numpy as np
import numpy.typing as npt
import polars as pl
from dateutil.easter import easter

from storecast import schema as s
from storecast.arrays import Bool, Days

STATES = ("NW", "BY", "SH", "HE", "BE", "BW", "SN", "ST", "TH", "RP", "HH", "HB")
SUMMER = {"NW": 185, "BY": 212, "BW": 210, "SH": 190, "HE": 205}  # day of year on which the long school holidays begin
ALWAYS_SUNDAY = (0, 49)  # days from Easter; a holiday by law in some states, which the real files do not mark


def weekdays(dates: Days) -> npt.NDArray[np.int64]:
    """Return 0 for Monday to 6 for Sunday."""
    out: npt.NDArray[np.int64] = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return out


def state_holidays(states: pl.Series, dates: Days) -> npt.NDArray[np.str_]:
    """Return the letter of StateHoliday for each store and day."""
    days = [day.item() for day in dates]
    years = sorted({day.year for day in days})
    kinds = {}
    for state in sorted(set(states)):
        law = holidays.country_holidays("DE", subdiv=state, years=years)
        kinds[state] = np.array([_kind(day) if day in law else s.NO_HOLIDAY for day in days])
    return np.stack([kinds[state] for state in states])


def _kind(day: dt.date) -> str:
    offset = (day - easter(day.year)).days
    if offset in ALWAYS_SUNDAY:
        return s.NO_HOLIDAY
    if offset in (-2, 1):
        return "b"
    return "c" if (day.month, day.day) in {(12, 25), (12, 26)} else "a"


def school_holidays(states: pl.Series, dates: Days) -> Bool:
    """Return six weeks in summer, by state; two around Christmas, Easter and in autumn; Mondays to Fridays."""
    days = [day.item() for day in dates]
    out = {}
    for state in sorted(set(states)):
        summer = SUMMER.get(state, 195)
        out[state] = np.array(
            [
                summer <= day.timetuple().tm_yday < summer + 43
                or (day.month, day.day) >= (12, 23)
                or (day.month, day.day) <= (1, 6)
                or -8 <= (day - easter(day.year)).days <= 6
                or 285 <= day.timetuple().tm_yday < 299
                for day in days
            ]
        )
    return np.stack([out[state] for state in states]) & (weekdays(dates) < 5)[None, :]


def promotions(rng: np.random.Generator, dates: Days) -> Bool:
    """Return every other week, Monday to Friday, the same for all stores; now and then two weeks on, or two weeks off."""
    weekday = weekdays(dates)
    week = np.cumsum(weekday == 0)
    on = np.zeros(week.max() + 2, bool)
    k = 1
    while k < len(on):
        on[k] = True
        weeks_on, weeks_off = 1 + (rng.random(2) < 0.15)
        on[k : k + weeks_on] = True
        k += weeks_on + weeks_off
    out: Bool = on[week] & (weekday < 5)
    return out
