"""Promotions and holidays of the weeks ahead, and of the same weeks a year before: why one week sells more than the next."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from storecast import schema as s
from storecast.data.country_holidays import feasts, region_code
from storecast.data.panel import Panel
from storecast.data.store_countries import codes_of

YEAR = dt.timedelta(days=364)  # the same weekdays a year before
FEW = 0.005  # of the store-days of a week: fewer on holidays are not worth a word
WORKDAYS = 5
IS_HOLIDAY = pl.col(s.STATE_HOLIDAY).cast(pl.String) != s.NO_HOLIDAY  # of a row of the calendar


@dataclass(frozen=True)
class Holiday:
    """A public holiday.

    Attributes
    ----------
    day : its date
    name : as the country calls it; empty where that is not known
    stores : how many keep it
    """

    day: dt.date
    name: str
    stores: int


@dataclass(frozen=True)
class WeekCalendar:
    """What the calendar says of one week.

    Attributes
    ----------
    promotion_days : open days with a promotion, the mean of the stores that open in the week at all
    holidays : the public holidays
    school : the share of the stores' days from Monday to Friday in school holidays
    """

    promotion_days: float
    holidays: tuple[Holiday, ...]
    school: float


def week_calendars(
    panel: Panel, stores: pl.Series, weeks: Sequence[tuple[dt.date, dt.date]], *, back: dt.timedelta = dt.timedelta(0)
) -> list[WeekCalendar | None]:
    """Return the calendar of some weeks, or of the same weekdays before.

    Parameters
    ----------
    panel : the chain
    stores : ids of those that are forecast
    weeks : the first and the last day of each
    back : how far before; None stands for a week that the calendar does not hold in full
    """
    shifted = [(first - back, last - back) for first, last in weeks]
    begin, end = min(first for first, _ in shifted), max(last for _, last in shifted)
    days = panel.calendar.filter(pl.col(s.DATE).is_between(begin, end)).join(
        pl.DataFrame([stores.unique().alias(s.STORE)]), on=s.STORE, how="semi"
    )
    names = feast_names(panel, begin, end)
    return [_calendar_of(days, first, last, names) for first, last in shifted]


def feast_names(panel: Panel, first: dt.date, last: dt.date) -> dict[dt.date, str]:
    """Return the names of the public holidays in a span, by day, as the chain's country and its regions call them.

    Parameters
    ----------
    panel : the chain
    first, last : day of the span
    """
    named: dict[dt.date, str] = {}
    regions = panel.stores[s.STATE].unique().sort().to_list()
    for country in codes_of(panel.holiday_country):
        for region in dict.fromkeys([None, *(region_code(country, name) for name in regions if name)]):
            for day, names in feasts(country, region, first, last).items():
                named.setdefault(day, min(names))
    return named


def _calendar_of(
    calendar: pl.DataFrame, first: dt.date, last: dt.date, names: dict[dt.date, str]
) -> WeekCalendar | None:
    days = calendar.filter(pl.col(s.DATE).is_between(first, last))
    if days[s.DATE].n_unique() < (last - first).days + 1:
        return None
    is_open = pl.col(s.OPEN) == 1
    by_store = days.group_by(s.STORE).agg(
        is_open.any().alias("open"), (is_open & (pl.col(s.PROMO) == 1)).sum().alias("promotions")
    )
    mean = by_store.filter("open")["promotions"].mean()
    holiday_days = days.filter(IS_HOLIDAY)
    holidays = holiday_days.group_by(s.DATE).len().filter(pl.col("len") > FEW * by_store.height).sort(s.DATE)
    workdays = days.filter(pl.col(s.DATE).dt.weekday() <= WORKDAYS)
    return WeekCalendar(
        promotion_days=round(float(mean), 1) if isinstance(mean, int | float) else 0.0,
        holidays=tuple(Holiday(day, names.get(day, ""), count) for day, count in holidays.iter_rows()),
        school=int((workdays[s.SCHOOL_HOLIDAY] == 1).sum()) / max(workdays.height, 1),
    )
