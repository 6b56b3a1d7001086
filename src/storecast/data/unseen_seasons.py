"""Seasons of the days ahead that the past does not hold, such as a first Christmas: no model can know what they do to sales."""

import calendar
import datetime as dt
from collections.abc import Iterator, Sequence

from dateutil.easter import easter

from storecast.data.kept_feasts import keeps_christmas, keeps_easter
from storecast.data.store_countries import codes_of
from storecast.wording import in_words

MIN_DAYS_AHEAD = 7  # of a month among the days ahead, from which they hold it
MIN_DAYS_SEEN = 15  # of a month in the past, from which that holds it
CHRISTMAS = ((12, 15), (12, 26))
EASTER = (-7, 1)  # days from Easter Sunday


def unseen_seasons(
    first: dt.date, end: dt.date, last: dt.date, country: str = ""
) -> dict[str, tuple[dt.date, dt.date]]:
    """Return the seasons that the days ahead hold and the past does not, with their first and last day ahead.

    The days ahead hold Christmas or Easter where they reach its holidays or the days before; the past holds it where it has all of
    these days of one year.

    Parameters
    ----------
    first, end : the first and the last day of the sales
    last : the last day ahead
    country : ISO code of the country, in which Easter or Christmas may not be kept; of several, one may keep them; "": not known

    Examples
    --------
    >>> list(unseen_seasons(dt.date(2014, 1, 1), dt.date(2014, 12, 18), dt.date(2014, 12, 26)))
    ['Christmas']
    """
    begin = end + dt.timedelta(days=1)
    unseen = {}
    codes = codes_of(country)
    feasts = (
        ("Easter", _easters, any(map(keeps_easter, codes))),
        ("Christmas", _christmases, any(map(keeps_christmas, codes))),
    )
    for name, spans, is_kept in feasts:
        years = list(spans(first.year, last.year))
        ahead = [(max(start, begin), min(stop, last)) for start, stop in years if start <= last and stop >= begin]
        is_seen = any(first <= start and stop <= end for start, stop in years)
        if ahead and not is_seen and is_kept:
            unseen[name] = ahead[0]
    for month in _months(begin, last):
        days = [day for day in _days(begin, last) if day.month == month]
        seen = sum(day.month == month for day in _days(first, end))
        if len(days) >= MIN_DAYS_AHEAD and seen < MIN_DAYS_SEEN:
            unseen[calendar.month_name[month]] = (days[0], days[-1])
    return unseen


def unseen_season_notice(first: dt.date, end: dt.date, last: dt.date, country: str = "") -> str:
    """Return the sentence on the seasons that the days ahead hold and the past does not; empty where there are none.

    Parameters
    ----------
    first, end, last, country : as of `unseen_seasons`

    Examples
    --------
    >>> unseen_season_notice(dt.date(2014, 1, 1), dt.date(2014, 12, 18), dt.date(2014, 12, 26))
    'The days ahead hold Christmas; the past holds none: no model knows what 2014-12-19 to 2014-12-26 will do to sales.'
    """
    seasons = unseen_seasons(first, end, last, country)
    if not seasons:
        return ""
    days = f"{min(start for start, _ in seasons.values())} to {max(stop for _, stop in seasons.values())}"
    none = "none" if len(seasons) == 1 else "none of them"
    names = in_words(list(seasons))
    return f"The days ahead hold {names}; the past holds {none}: no model knows what {days} will do to sales."


def _easters(first_year: int, last_year: int) -> Iterator[tuple[dt.date, dt.date]]:
    for year in range(first_year, last_year + 1):
        yield easter(year) + dt.timedelta(days=EASTER[0]), easter(year) + dt.timedelta(days=EASTER[1])


def _christmases(first_year: int, last_year: int) -> Iterator[tuple[dt.date, dt.date]]:
    for year in range(first_year, last_year + 1):
        yield dt.date(year, *CHRISTMAS[0]), dt.date(year, *CHRISTMAS[1])


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield dt.date.fromordinal(number)


def _months(first: dt.date, last: dt.date) -> Sequence[int]:
    return list(dict.fromkeys(day.month for day in _days(first, last)))
