"""The calendar of a generated chain: holidays by law, school holidays by state, promotions in spells of weeks."""

import holidays
import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.arrays import Bool, Days
from storecast.data.holiday_dates import days_from_easter, holiday_kind
from storecast.dates import SATURDAY, weekday

STATES = ("NW", "BY", "SH", "HE", "BE", "BW", "SN", "ST", "TH", "RP", "HH", "HB")
SUMMER = {"NW": 185, "BY": 212, "BW": 210, "SH": 190, "HE": 205}  # day of year on which the long school holidays begin


def state_holidays(states: pl.Series, dates: Days) -> npt.NDArray[np.str_]:
    """Return the letter of StateHoliday for each store and day."""
    days = [day.item() for day in dates]
    years = sorted({day.year for day in days})
    kinds = {}
    for state in sorted(set(states)):
        law = holidays.country_holidays("DE", subdiv=state, years=years)
        kinds[state] = np.array([holiday_kind(day) if day in law else s.NO_HOLIDAY for day in days])
    return np.stack([kinds[state] for state in states])


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
                or -8 <= days_from_easter(day) <= 6
                or 285 <= day.timetuple().tm_yday < 299
                for day in days
            ]
        )
    return np.stack([out[state] for state in states]) & (weekday(dates) < SATURDAY)[None, :]


def promotions(rng: np.random.Generator, dates: Days) -> Bool:
    """Return every other week, Monday to Friday, the same for all stores; now and then two weeks on, or two weeks off."""
    weekdays = weekday(dates)
    week = np.cumsum(weekdays == 0)
    on = np.zeros(week.max() + 2, bool)
    k = 1
    while k < len(on):
        on[k] = True
        weeks_on, weeks_off = 1 + (rng.random(2) < 0.15)
        on[k : k + weeks_on] = True
        k += weeks_on + weeks_off
    out: Bool = on[week] & (weekdays < SATURDAY)
    return out
