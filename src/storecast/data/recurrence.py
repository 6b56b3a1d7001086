"""When a holiday of the past comes again: by the feast's name in the country's law, or as the past itself shows.

Without law, a day comes again by its distance from Easter, its date, or its weekday in the month (the fourth Thursday of
November): by the rule that the year next to it confirms and most years keep. A day that the next year contradicts under every
rule does not recur, nor does one that no other year tells of, unless it is a day of Easter or a date kept the world over: a shop
must not be forecast as shut on a guess.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from dateutil.easter import easter

from storecast import schema as s
from storecast.arrays import I8, Bool
from storecast.data.country_holidays import GERMANY, PUBLIC, Feasts, categories, feasts, region_code
from storecast.data.grid import NO_ROW, Grid
from storecast.data.holiday_dates import MOVABLE, days_from_easter, recurs
from storecast.dates import SUNDAY

WORLDWIDE = ((1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31))  # dates of holidays that are not moved anywhere
MONDAY = 0
EASTER_DAYS = (-2, 0, 1)  # days from Easter Sunday on which hardly any other holiday falls
PUBLIC_KIND = 1  # the place of "a" in schema.STATE_HOLIDAYS; the kinds beyond it are days of Easter and Christmas
NEAR_EASTER = range(-63, 71)  # days from Easter Sunday on which a feast may hang on it

Rule = Callable[[dt.date, int], dt.date | None]  # of a day of the past and a year, when it comes then


@dataclass(frozen=True, eq=False)
class Recurrence:
    """Which days ahead are holidays of the past again.

    Attributes
    ----------
    country : ISO code; "" for none
    marked : kinds of holidays of the past, ``NO_ROW`` where there is no row, (stores, past days)
    days : past and ahead
    names : the names of the feasts by day, in any region; those of other categories on days that are no public holidays
    law : those of public holidays alone
    """

    country: str
    marked: I8
    days: list[dt.date]
    names: Feasts
    law: Feasts

    @classmethod
    def of(cls, grid: Grid, end: int, width: int, country: str) -> "Recurrence":
        """Look at the past of a grid.

        Parameters
        ----------
        grid : the past
        end : the column of the last day with sales
        width : the number of columns, past and ahead
        country : ISO code; "" for none
        """
        days = [grid.day(column) for column in range(width)]
        regions = [] if country == GERMANY else grid.stores[s.STATE].unique().to_list()
        law = _names(country, regions, days, (PUBLIC,))
        # A public holiday bears its own name alone: Japan's banks call all days from 31 December to 3 January the same.
        names = _names(country, regions, days, categories(country)) | law
        return cls(country, grid.holiday[:, : end + 1], days, names, law)

    @property
    def ahead(self) -> list[dt.date]:
        """The days ahead."""
        return self.days[self.marked.shape[1] :]

    def again(self, column: int) -> Bool:
        """Return on which days ahead the holiday of a day of the past comes again, (days ahead,)."""
        day = self.days[column]
        if self.country == GERMANY:
            return np.array([recurs(day, other) for other in self.ahead], bool)
        names = self.names.get(day)
        if names:
            return np.array([bool(names & self.names.get(other, frozenset())) for other in self.ahead], bool)
        rule = self.rule(column)
        return np.array([rule is not None and rule(day, other.year) == other for other in self.ahead], bool)

    def unconfirmed(self) -> list[dt.date]:
        """Return the holidays of the past that would come again ahead by their date, if only another year confirmed it."""
        columns = np.flatnonzero((self.marked > 0).any(axis=0))
        unnamed = [int(column) for column in columns if not self.names.get(self.days[column])]
        again = [k for k in unnamed if any(_by_date(self.days[k], other.year) == other for other in self.ahead)]
        return [self.days[k] for k in again if self.rule(k) is None and not self._evidence(k, _by_date)]

    def rule(self, column: int) -> Rule | None:
        """Return the rule by which a holiday of the past comes again; None where it does not, or no other year tells."""
        day = self.days[column]
        first: Rule = _by_easter if days_from_easter(day) in MOVABLE else _by_date
        rules = [first, *(rule for rule in RULES if rule is not first)]
        evidence = [self._evidence(column, rule) for rule in rules]
        confirmed = [len(years) and years[0] for years in evidence]
        if any(confirmed):
            hits = [sum(years) if near else 0 for years, near in zip(evidence, confirmed, strict=True)]
            return rules[hits.index(max(hits))]
        return first if not evidence[0] and self._is_certain(column) else None

    def _is_certain(self, column: int) -> bool:
        """Say whether a holiday of a single year is sure to come again by its date, or by Easter: its day or its code says so."""
        day = self.days[column]
        by_day = (day.month, day.day) in WORLDWIDE or days_from_easter(day) in EASTER_DAYS
        return by_day or bool((self.marked[:, column] > PUBLIC_KIND).any())

    def _evidence(self, column: int, rule: Rule) -> list[bool]:
        """Say of each other year in which a holiday would come again by a rule whether it did, the year before first."""
        day, past = self.days[column], self.marked.shape[1]
        stores = self.marked[:, column] > 0
        earlier = range(day.year - 1, self.days[0].year - 1, -1)
        evidence = []
        for year in (*earlier, *range(day.year + 1, self.days[past - 1].year + 1)):
            other = rule(day, year)
            place = -1 if other is None else (other - self.days[0]).days
            if other is None or not 0 <= place < past:
                continue
            marked = self.marked[stores, place]
            rows = marked != NO_ROW
            again = bool(rows.any()) and bool((marked[rows] > 0).mean() >= 0.5)
            # Some files do not mark a holiday that falls on a Sunday.
            if again or (rows.any() and other.weekday() != SUNDAY):
                evidence.append(again)
        return evidence


def _names(country: str, regions: list[str], days: list[dt.date], of: tuple[str, ...]) -> Feasts:
    """Return the names of feasts by day, of some categories, in some regions; without a region none: German rules go by date."""
    names: Feasts = {}
    for region in {region_code(country, region) for region in regions}:
        for category in of:
            for day, feast in feasts(country, region, days[0], days[-1], category).items():
                names[day] = names.get(day, frozenset()) | feast
    return names


def _by_date(day: dt.date, year: int) -> dt.date | None:
    return None if (day.month, day.day) == (2, 29) else day.replace(year=year)


def _by_easter(day: dt.date, year: int) -> dt.date | None:
    offset = days_from_easter(day)
    if offset not in NEAR_EASTER:
        return None
    sunday: dt.date = easter(year)
    return sunday + dt.timedelta(days=offset)


def _by_nth_weekday(day: dt.date, year: int) -> dt.date | None:
    first = day.replace(year=year, day=1)
    other = first + dt.timedelta(days=(day.weekday() - first.weekday()) % 7 + 7 * ((day.day - 1) // 7))
    return other if other.month == day.month else None


def _by_last_weekday(day: dt.date, year: int) -> dt.date | None:
    if (day + dt.timedelta(days=7)).month == day.month:
        return None
    next_month = dt.date(year + day.month // 12, day.month % 12 + 1, 1)
    last = next_month - dt.timedelta(days=1)
    return last - dt.timedelta(days=(last.weekday() - day.weekday()) % 7)


def _by_likely_weekday(day: dt.date, year: int) -> dt.date | None:
    """Return the day by its weekday, counted as usual where both ways fit: last Mondays, and other weekdays from the first."""
    return (_by_last_weekday if day.weekday() == MONDAY else _by_nth_weekday)(day, year)


def _by_other_weekday(day: dt.date, year: int) -> dt.date | None:
    return (_by_nth_weekday if day.weekday() == MONDAY else _by_last_weekday)(day, year)


RULES: tuple[Rule, ...] = (_by_date, _by_likely_weekday, _by_other_weekday, _by_easter)
