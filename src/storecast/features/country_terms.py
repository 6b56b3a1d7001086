"""The ridge's terms of the feasts of the chain's country; Germany's public holidays have terms of their own (`terms.py`).

Each public holiday and retail feast of the country has three terms: its days, the days before and the day after, wherever the feast
falls in a year; a longer run-up is a broken line as before Christmas. A feast that did not come in the past has terms of zeros,
and so a coefficient of zero. Without a country there are Christmas, New Year and Easter alone.
"""

import datetime as dt
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from storecast.data.country_holidays import GERMANY, NO_COUNTRY
from storecast.data.feast_table import USUAL_RUN_UP
from storecast.data.kept_feasts import YEARS, days_by_feast, hangs_on_easter, has_christmas_holiday, keeps_easter
from storecast.data.own_feasts import OwnFeast, kept_feasts
from storecast.features.feast_days import (
    ADVENT,
    christmas_terms,
    days_from_christmas,
    days_from_feast,
    easter_terms,
    line_terms,
    tents,
)

CHRISTMAS_DATES = ((12, 24), (12, 25), (12, 26))
NEW_YEAR_DATES = ((12, 31), (1, 1))
CHRISTMAS_ALONE = {"Christmas Eve": (-1,), "Christmas": (0, 1)}  # days from 25 December, beside the line
NEW_YEAR_ALONE = {"New Year's Eve": (6,), "New Year": (7,)}
BEFORE_NEW_YEAR, AFTER_NEW_YEAR = (-17, -10, -6, -4, -2), (1, 3, 6, 10, 17)  # corners, in days from it
# A feast comes a few times in a past, once a year; what the days around it do is less sure than what its own days do.
DAY_PENALTY, AROUND_PENALTY = 2.0, 16.0
MIN_YEARS = 3  # of these, in which a holiday came: others do not come again
FAR = 10_000  # days from a feast that never comes


class FeastTerm(NamedTuple):
    """A term of the date: its name, its values, (days,), and the penalty as in `terms.Term`."""

    name: str
    values: npt.NDArray[np.generic]
    penalty: float = 1.0


def feast_terms(country: str, first: dt.date, days: int, own: tuple[OwnFeast, ...] = ()) -> list[FeastTerm]:
    """Return the holiday terms of a country; of Germany those of retail feasts alone. Names do not depend on the days.

    Parameters
    ----------
    country : ISO code; "" for none
    first : day of the first column
    days : the number of columns
    own : feasts of the user's own
    """
    span = range(first.year - 1, (first + dt.timedelta(days=days)).year + 2)
    named = {feast.name for feast in own}
    terms = [] if country == GERMANY else _great_feasts(country, first, days)
    lasting = () if country == GERMANY else _lasting_feasts(country)
    law = days_by_feast(country, span) if lasting else {}
    for name in lasting:
        if name not in named:
            terms += _around(name, law.get(name, []), first, days, USUAL_RUN_UP)
    for feast in kept_feasts(country, span, own):
        if feast.name in named or feast.name not in lasting:
            terms += _around(_name(feast.name, named), feast.days, first, days, feast.run_up)
    return terms


def _name(name: str, own: Collection[str]) -> str:
    """Return the name of a feast's terms: one of the user's own may be called Christmas, which has other terms."""
    return f"own {name}" if name in own else name


def _great_feasts(country: str, first: dt.date, days: int) -> list[FeastTerm]:
    """Return the terms of Christmas, New Year and Easter, of those that a country keeps; all where none is known."""
    if country == NO_COUNTRY:
        return [*_christmas(first, days), *_new_year(first, days), *_easter(first, days)]
    terms = _christmas(first, days) if has_christmas_holiday(country) else []
    terms += _new_year(first, days, in_a_line=not terms)
    return [*terms, *(_easter(first, days) if keeps_easter(country) else [])]


def _christmas(first: dt.date, days: int) -> list[FeastTerm]:
    christmas = days_from_christmas(first, days)
    lines = [FeastTerm(*term) for term in christmas_terms(first, days, {**CHRISTMAS_ALONE, **NEW_YEAR_ALONE})]
    return [*lines, *(FeastTerm(name, np.isin(christmas, on)) for name, on in CHRISTMAS_ALONE.items())]


def _new_year(first: dt.date, days: int, *, in_a_line: bool = False) -> list[FeastTerm]:
    """Return the terms of the turn of the year; with a line of its own where no Christmas has one."""
    christmas = days_from_christmas(first, days)
    lines: list[FeastTerm] = []
    if in_a_line:
        from_new_year = christmas - NEW_YEAR_ALONE["New Year"][0]
        alone = np.isin(christmas, [day for offsets in NEW_YEAR_ALONE.values() for day in offsets])
        lines = [
            FeastTerm(*term)
            for corners in (BEFORE_NEW_YEAR, AFTER_NEW_YEAR)
            for term in line_terms("New Year", from_new_year, corners, alone)
        ]
    return [*lines, *(FeastTerm(name, np.isin(christmas, on)) for name, on in NEW_YEAR_ALONE.items())]


def _easter(first: dt.date, days: int) -> list[FeastTerm]:
    return [FeastTerm(*term) for term in easter_terms(first, days)]


def _around(name: str, feast: Collection[dt.date], first: dt.date, days: int, run_up: int) -> list[FeastTerm]:
    """Return the terms of a feast: its days, the day after, and the days before, or a line that rises in them.

    Parameters
    ----------
    name : of the feast
    feast : its days
    first, days : of the columns
    run_up : days before it
    """
    distance = days_from_feast(first, days, feast) if feast else np.full(days, FAR)
    corners = [day for day in (*ADVENT, -1) if day >= -run_up]
    if run_up > USUAL_RUN_UP:
        around: list[tuple[str, npt.NDArray[np.generic]]] = [
            (f"{name} {day:+d}", line) for day, line in zip(corners, tents(distance, corners), strict=True)
        ]
    else:
        around = [(f"before {name}", (distance < 0) & (distance >= -run_up))]
    around.append((f"after {name}", distance == 1))
    day = FeastTerm(name, distance == 0, DAY_PENALTY)
    return [day, *(FeastTerm(*term, AROUND_PENALTY) for term in around)]


@lru_cache(maxsize=256)
def _lasting_feasts(country: str) -> tuple[str, ...]:
    """Return the feasts that have terms of their own: public holidays of several years, but Christmas, New Year and Easter."""
    lasting = []
    for name, days in days_by_feast(country, YEARS).items():
        dates = [(day.month, day.day) for day in days]
        fixed = np.mean([date in (*CHRISTMAS_DATES, *NEW_YEAR_DATES) for date in dates]) >= 0.5
        covered = fixed or hangs_on_easter(days)
        if len({day.year for day in days}) >= MIN_YEARS and not covered:
            lasting.append(name)
    return tuple(sorted(lasting))
