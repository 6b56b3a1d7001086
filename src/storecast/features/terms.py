"""The regressors of the ridge: terms of the day, shared by all stores, and terms of the store and day.

Holidays have terms of their own, because a yearly wave cannot follow the weeks before Christmas: left out, December bends
season and trend of every other month. Easter and what hangs on it move by up to five weeks a year.
Each term has a name, and a penalty for how far a store may depart from the chain in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storecast.arrays import F32, I64, Bool
from storecast.data.country_holidays import GERMANY, NO_COUNTRY
from storecast.data.feast_table import paydays
from storecast.data.grid import Grid
from storecast.data.store_countries import are_several, codes_of, places_by_country
from storecast.dates import SATURDAY, SUNDAY, WEEKDAYS, YEAR, weekday
from storecast.features.country_terms import feast_terms
from storecast.features.feast_days import (
    christmas_terms,
    days_from_christmas,
    days_from_easter,
    days_from_payday,
    easter_terms,
)
from storecast.features.runs import position, run_after, run_before, shift, week_sums

HARMONICS = 3
SEASON_PENALTY = 4.0
MIN_DAYS_FOR_MONTHS = 3 * YEAR  # of history: before, some months came only twice, and may as well be chance
ALONE = {
    "St Nicholas' Eve": (-20,),
    "Christmas Eve": (-1,),
    "Christmas": (0, 1),
    "New Year's Eve": (6,),
    "New Year": (7,),
}
MOVABLE = {  # days from Easter Sunday: departures that no calendar of public holidays shows
    "carnival Thursday": (-52,),
    "carnival Friday": (-51,),
    "carnival Saturday": (-50,),
    "carnival Monday": (-48,),
    "carnival Tuesday": (-47,),
    "Ash Wednesday": (-46,),
    "before Ascension": (37, 38),
    "after Ascension": (40, 41),
    "before Whitsun": (45, 46, 47, 48),
    "after Whitsun": (51, 52),
    "before Corpus Christi": (58, 59),
    "after Corpus Christi": (61, 62),
}
REGIONAL = {  # stores depart in them by region
    "carnival Thursday",
    "carnival Friday",
    "carnival Saturday",
    "carnival Monday",
    "carnival Tuesday",
    "Ash Wednesday",
}
MONTH = (
    (3, 4),
    (5, 6, 7),
    (8, 9, 10),
    (15, 16),
    (17, 18, 19, 20),
    (21, 22, 23, 24),
    (25, 26, 27),
)
FIRST_SATURDAY_IN_ADVENT = -22  # days from 25 December, at the earliest; a week before it the season opens in shops
PAYDAY = range(-4, 5)  # days from the last Monday to Friday of a month, when wages come

PROMOTION_WEEK_PENALTY = 50.0  # such a week comes a few times a year: chance moves its mean as far as its own effect

OWN_PART = "own"  # the part of the terms of a chain's own columns


@dataclass(frozen=True)
class Term:
    """One regressor.

    Attributes
    ----------
    name : of the term
    part : of the forecast that it belongs to: weekday, promotion, trend, season, month, holiday, school, or own, for a column of
        the chain
    penalty : for how far a store may depart from the chain in it
    by_store : it depends on store and day; else on the date alone
    count : it is a number of days, scaled to unit spread
    regional : stores depart in it by region: what looks like an outlier there is the effect
    """

    name: str
    part: str
    penalty: float = 1.0
    by_store: bool = False
    count: bool = False
    regional: bool = False

    @property
    def column(self) -> str:
        """The name of its column among a linear model's features."""
        return f"{self.part}: {self.name}"


def day_terms(grid: Grid, origin: int, *, months: bool = False) -> tuple[list[Term], F32]:
    """Return the terms that depend on the date alone, (terms, days); of stores in several countries without feasts and pay days.

    Parameters
    ----------
    origin : the column from which the trend counts, in years
    months : whether each month of the year has a term, beside the yearly waves
    """
    dates = grid.dates()
    weekdays = weekday(dates)
    years = (np.arange(grid.days) - origin) / 365.25
    terms: list[Term] = []
    columns: list[npt.NDArray[np.generic]] = []

    def add(name: str, part: str, column: npt.NDArray[np.generic], penalty: float = 1.0) -> None:
        terms.append(Term(name, part, penalty, regional=name in REGIONAL))
        columns.append(column)

    for day, name in enumerate(WEEKDAYS):
        add(name, "weekday", weekdays == day)
    add("trend", "trend", years, 20.0)
    angle = 2 * np.pi * (dates - dates.astype("datetime64[Y]")).astype(np.float64) / 365.25
    for k in range(1, HARMONICS + 1):
        add(f"sin {k}", "season", np.sin(k * angle), SEASON_PENALTY)
        add(f"cos {k}", "season", np.cos(k * angle), SEASON_PENALTY)
    if months:
        month = dates.astype("datetime64[M]").astype(np.int64) % 12
        for k in range(12):
            add(f"month {k + 1}", "season", month == k, SEASON_PENALTY)
    month_day = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    for days in MONTH:
        add(f"day {days[0]}", "month", np.isin(month_day, days))
    if not are_several(grid.country):
        for name, part, column, penalty in _terms_of_country(grid, grid.country):
            add(name, part, column, penalty)
    return terms, np.stack(columns).astype(np.float32)


def store_terms(grid: Grid) -> tuple[list[Term], F32]:
    """Return the terms that depend on store and day, (terms, stores, days)."""
    weekdays = weekday(grid.dates())
    sunday = weekdays == SUNDAY
    promo = grid.promo == 1
    holiday = grid.holiday > 0
    shut = (grid.open == 0) & ~sunday
    closed = grid.open != 1
    terms: list[Term] = []
    columns: list[npt.NDArray[np.generic]] = []

    def add(
        name: str, part: str, column: npt.NDArray[np.generic], penalty: float = 1.0, *, count: bool = False
    ) -> None:
        terms.append(Term(name, part, penalty, by_store=True, count=count))
        columns.append(column)

    for day, name in enumerate(WEEKDAYS):
        add(f"promo {name}", "promotion", promo & (weekdays == day))
    for kind, weeks in _kinds_of_promotion_weeks(weekdays, promo).items():
        for day, name in enumerate(WEEKDAYS):
            add(f"{kind} {name}", "promotion", weeks & (weekdays == day), PROMOTION_WEEK_PENALTY)
    add("second week of promo", "promotion", promo & (position(promo | _between_promo_weeks(weekdays, promo), 30) > 7))
    add("week before promo", "promotion", ~promo & (_week_shift(promo, weekdays, 1) > 0))
    add("week after promo", "promotion", ~promo & (_week_shift(promo, weekdays, -1) > 0))
    add("school holiday", "school", grid.school == 1)
    school = position(grid.school == 1, 60)
    add("first week of school holiday", "school", (school >= 1) & (school <= 7))
    add("open on a holiday", "holiday", holiday)
    near = shut | holiday
    add("day before a closure", "holiday", shift(near, -1, 0))
    add("two days before a closure", "holiday", shift(near, -2, 0))
    add("day after a closure", "holiday", shift(near, 1, 0))
    add("two days after a closure", "holiday", shift(near, 2, 0))
    ahead, behind = run_after(closed, 5), run_before(closed, 5)
    add("two closed days ahead", "holiday", ahead == 2)
    add("three closed days ahead", "holiday", ahead >= 3)
    add("two closed days behind", "holiday", behind == 2)
    add("three closed days behind", "holiday", behind >= 3)
    add("closed days in the week", "holiday", week_sums(shut, weekdays), count=True)
    add("Sundays open in the week", "holiday", week_sums((grid.open == 1) & sunday, weekdays), count=True)
    if are_several(grid.country):
        for term, values in _terms_by_country(grid):
            terms.append(term)
            columns.append(values)
    return terms, np.stack(columns).astype(np.float32)


def _terms_of_country(grid: Grid, country: str) -> Iterator[tuple[str, str, npt.NDArray[np.generic], float]]:
    """Yield the name, the part, the values, (days,), and the penalty of the terms of a country's pay days and feasts.

    Parameters
    ----------
    grid : whose days they are
    country : ISO code; "" for none
    """
    payday = days_from_payday(grid.dates(), paydays(country))
    for offset in PAYDAY:
        yield f"payday {offset:+d}", "month", payday == offset, 1.0
    if country == GERMANY:
        for name, column in _german_feasts(grid):
            yield name, "holiday", column, 1.0
    for term in feast_terms(country, grid.first, grid.days, grid.feasts):
        yield term.name, "holiday", term.values, term.penalty


def _terms_by_country(grid: Grid) -> list[tuple[Term, F32]]:
    """Return the terms of pay days and feasts of stores in several countries, (stores, days) each: 0 in stores of other countries.

    Countries that keep a feast of one name share its term. The terms are those of all countries of the chain, whichever stores are
    looked at.
    """
    places = places_by_country(grid.stores, grid.country)
    terms: dict[str, tuple[Term, F32]] = {}
    for country in (*codes_of(grid.country), NO_COUNTRY):
        for name, part, column, penalty in _terms_of_country(grid, country):
            empty = np.zeros((grid.stores.height, grid.days), np.float32)
            _, values = terms.setdefault(name, (Term(name, part, penalty, by_store=True), empty))
            values[places.get(country, [])] = column
    return list(terms.values())


def _german_feasts(grid: Grid) -> list[tuple[str, npt.NDArray[np.generic]]]:
    """Return the names and values, (days,), of the terms for the feasts that are kept in Germany."""
    weekdays = weekday(grid.dates())
    columns: list[tuple[str, npt.NDArray[np.generic]]] = []
    christmas = days_from_christmas(grid.first, grid.days)
    columns += christmas_terms(grid.first, grid.days, ALONE)
    columns += [(name, np.isin(christmas, offsets)) for name, offsets in ALONE.items()]
    for name, begin, end in (
        ("Saturday before Advent", FIRST_SATURDAY_IN_ADVENT - 7, FIRST_SATURDAY_IN_ADVENT),
        ("Saturday in Advent", FIRST_SATURDAY_IN_ADVENT, 0),
    ):
        columns.append((name, (weekdays == SATURDAY) & (christmas >= begin) & (christmas < end)))
    columns += easter_terms(grid.first, grid.days)
    from_easter = days_from_easter(grid.first, grid.days)
    return [*columns, *((name, np.isin(from_easter, offsets)) for name, offsets in MOVABLE.items())]


def _between_promo_weeks(weekdays: I64, promo: Bool) -> Bool:
    """Weekends between two promotion weeks: the spell goes on."""
    return (
        (weekdays >= SATURDAY)[None, :] & (_week_shift(promo, weekdays, 0) > 0) & (_week_shift(promo, weekdays, 1) > 0)
    )


def _kinds_of_promotion_weeks(weekdays: I64, promo: Bool) -> dict[str, Bool]:
    """Return which days lie in the first of two promotion weeks, and in a later one, by the name of the kind, (stores, days) each.

    People who know that a promotion goes on next week come later, and those who bought last week come less on its first days.
    """
    before, this, after = (_week_shift(promo, weekdays, weeks) > 0 for weeks in (-1, 0, 1))
    return {"first of two weeks of promo": this & after & ~before, "later week of promo": this & before}


def _week_shift(promo: Bool, weekdays: I64, weeks: int) -> F32:
    """Promotion days in the week that lies ``weeks`` ahead."""
    return shift(week_sums(promo, weekdays), -7 * weeks, 0)
