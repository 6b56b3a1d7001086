"""The trees' view of the calendar around a day: dates, holidays, closures, promotions, school holidays.

Every counter sees the calendar up to the end of the horizon and no further, in training as in service, so that a count
means the same in both.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from storecast.arrays import F32, I64, Days
from storecast.data.feast_table import paydays
from storecast.data.grid import Grid
from storecast.data.kept_feasts import keeps_easter
from storecast.data.store_countries import are_several, places_by_country
from storecast.dates import SUNDAY, weekday
from storecast.features.declarations import KNOWN
from storecast.features.feast_days import days_from_christmas, days_from_easter, days_from_payday
from storecast.features.runs import days_since, days_until, position, remaining, run_after, run_before, shift, week_sums

LOOK_BACK = 130  # days of calendar before the origin that the counters may see
NEAR, FAR = 10, 14  # days at which a counter stops: one that counted on would tell the season, and be learned by heart
CHRISTMAS_SEEN = 30  # days around Christmas that are told apart
EASTER_SEEN = 14  # the same for Easter


def calendar_features(grid: Grid, days: slice) -> dict[str, F32]:
    """Return the calendar features of some days, each (stores, days).

    Parameters
    ----------
    grid : cut at its origin
    days : columns of the days ahead, at its end
    """
    begin = max(0, days.start - LOOK_BACK)
    ahead = slice(days.start - begin, days.stop - begin)
    dates = grid.dates()[begin:]
    weekdays = weekday(dates)
    closed = grid.open[:, begin:] != 1
    promo = grid.promo[:, begin:] == 1
    holiday = grid.holiday[:, begin:]
    school = grid.school[:, begin:] == 1
    shut = (grid.open[:, begin:] == 0) & (weekdays != SUNDAY)
    week_promo = week_sums(promo, weekdays)
    calendar: dict[str, npt.NDArray[np.generic]] = {
        **_date_features(grid, begin, dates, weekdays),
        "promo": promo,
        "promo_position": position(promo, 9),
        "promo_left": remaining(promo, 9),
        "promo_weeks": week_promo + shift(week_promo, 7, 0) * (week_promo > 0),
        "promo_since": days_since(promo, NEAR),
        "promo_until": days_until(promo, NEAR),
        "promo_last_week": shift(week_promo, 7, 0),
        "promo_next_week": shift(week_promo, -7, 0),
        "holiday_kind": holiday,
        "holiday_since": days_since(holiday > 0, NEAR),
        "holiday_until": days_until(holiday > 0, NEAR),
        "public_since": days_since(holiday == 1, FAR),
        "public_until": days_until(holiday == 1, FAR),
        "closures_this_week": week_sums(shut, weekdays),
        "closures_last_week": shift(week_sums(shut, weekdays), 7, 0),
        "closures_next_week": shift(week_sums(shut, weekdays), -7, 0),
        "holidays_this_week": week_sums(holiday > 0, weekdays),
        "closed_yesterday": shift(closed, 1, 0),
        "closed_tomorrow": shift(closed, -1, 0),
        "closed_run_before": run_before(closed, 15),
        "closed_run_after": run_after(closed, 15),
        "shut_since": days_since(shut, NEAR),
        "shut_until": days_until(shut, NEAR),
        "open_run": position(~closed, 14),
        "sundays_this_week": week_sums(~closed & (weekdays == SUNDAY), weekdays),
        "school": school,
        "school_position": position(school, 50),
        "school_left": remaining(school, 50),
        "school_since": days_since(school, NEAR),
        "school_until": days_until(school, NEAR),
        "school_this_week": week_sums(school, weekdays),
        "school_next_week": shift(week_sums(school, weekdays), -7, 0),
        "school_last_week": shift(week_sums(school, weekdays), 7, 0),
    }
    shape = grid.open.shape[0], days.stop - days.start
    columns = {name: np.broadcast_to(np.atleast_2d(value)[:, ahead], shape) for name, value in calendar.items()}
    columns |= {f"{KNOWN}{name}": values[:, days] for name, values in grid.known.items()}
    return {name: value.astype(np.float32) for name, value in columns.items()}


def _date_features(grid: Grid, begin: int, dates: Days, weekdays: I64) -> dict[str, npt.NDArray[np.generic]]:
    month_start = dates.astype("datetime64[M]")
    month_day = (dates - month_start).astype(np.int64)
    month_length = ((month_start + 1).astype("datetime64[D]") - month_start.astype("datetime64[D]")).astype(np.int64)
    from_easter = days_from_easter(grid.first, grid.days)[begin:]
    near_easter = np.abs(from_easter) <= EASTER_SEEN
    return {
        "weekday": weekdays,
        "day_of_month": month_day + 1,
        "days_to_month_end": month_length - 1 - month_day,
        # No day or week of the year: two years hold each of them twice, and trees would learn those days by heart. What the
        # season does, the ridge's part for it says.
        "from_christmas": np.clip(days_from_christmas(grid.first, grid.days)[begin:], -CHRISTMAS_SEEN, CHRISTMAS_SEEN),
        "from_payday": np.clip(_of_country(grid, lambda country: days_from_payday(dates, paydays(country))), -10, 10),
        "from_easter": _of_country(
            grid, lambda country: np.where(near_easter & keeps_easter(country), from_easter, EASTER_SEEN + 1)
        ),
    }


def _of_country(grid: Grid, days_of: Callable[[str], I64]) -> I64:
    """Return what a country says of each day, (days,); of stores in several countries, (stores, days)."""
    if not are_several(grid.country):
        return days_of(grid.country)
    by_country = places_by_country(grid.stores, grid.country)
    rows = {store: days for code, stores in by_country.items() for days in (days_of(code),) for store in stores}
    return np.stack([rows[store] for store in range(len(rows))])
