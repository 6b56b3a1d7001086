"""The regressors of the calendar: promotions, holidays, season, trend and days of the month, for each group of stores and day."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from storecast.arrays import F32, I64, Bool
from storecast.dates import SUNDAY, WEEKDAYS
from storecast.exploration.shared.observed import SALES, Observed
from storecast.features.runs import days_since, days_until, position, remaining, shift, week_sums

REACH = 10  # days before and after a holiday
HOLIDAY_KINDS = {"public": 1, "Easter": 2, "Christmas": 3}  # by their place in schema.STATE_HOLIDAYS
OPEN_KINDS = {f"open on {kind}": code for kind, code in HOLIDAY_KINDS.items()}  # holidays on which stores sell
MIN_OPEN_SHARE = 0.5  # of the stores that have a holiday; with fewer open, they are unusual stores
OPEN_REACH = 2  # days before and after a holiday on which stores sell
BLOCK_DAYS = 5  # holidays of a kind this close, and the days between, are one: Good Friday to Easter Monday
MONTH_DAYS = (  # against the middle of the month, 14 to 18
    ("1 to 3", 1, 3), ("4 to 8", 4, 8), ("9 to 13", 9, 13), ("19 to 23", 19, 23), ("24 to 28", 24, 28), ("29 to 31", 29, 31),
)  # fmt: skip
ADVENT = {"1 to 7 December": (1, 7), "8 to 14 December": (8, 14)}  # before the ten days before Christmas
MIN_SCHOOL_HOLIDAYS = 5  # days off in a row
DAYS_PER_YEAR = 365.25
HARMONICS = 3
MIN_WEEKS_FAR_FROM_PROMOTIONS = 3  # weeks off after another week off, which the week after a promotion is compared with


class Family(StrEnum):
    """The families of terms; the kinds of state holidays are families too."""

    PROMOTION = "promo"
    AFTER_PROMOTION = "after a promotion"
    SCHOOL = "school"
    MONTH_DAY = "day of the month"
    SEASON = "season"
    TREND = "trend"
    WEEKDAY = "weekday"
    DECEMBER = "December"


@dataclass(frozen=True)
class Term:
    """One regressor: its family, its label, and the days from the holiday where the family has them."""

    family: str
    label: str
    position: int | None = None


@dataclass(frozen=True, eq=False)
class CalendarTerms:
    """The regressors: for each group of stores and day, the share of the stores open that day that a term holds for."""

    terms: list[Term]
    values: F32  # groups × days × terms

    def columns_of(self, *families: str) -> list[int]:
        """Return the columns of the terms of some families."""
        return [k for k, term in enumerate(self.terms) if term.family in families]


def calendar_terms(observed: Observed, groups: I64) -> CalendarTerms:
    """Make the regressors of groups of stores.

    Parameters
    ----------
    groups : the group of each store, 0 to G - 1
    """
    grid, weekday = observed.grid, observed.weekday
    sold = (~np.isnan(observed.logs[SALES])).astype(np.float32)
    member = np.eye(int(groups.max()) + 1, dtype=np.float32)[groups].T
    count = np.maximum(member @ sold, 1.0)
    terms: list[Term] = []
    columns: list[F32] = []

    def add(family: str, label: str, flags: npt.NDArray[np.generic], place: int | None = None) -> None:
        """Add a term of stores (stores × days), or of the whole chain (days)."""
        terms.append(Term(family, label, place))
        values = flags.astype(np.float32)
        columns.append((member @ (values * sold)) / count if values.ndim == 2 else np.tile(values, (len(member), 1)))

    for k in range(1, 7):
        add(Family.WEEKDAY, WEEKDAYS[k], weekday == k)
    for k in range(7):
        add(Family.PROMOTION, WEEKDAYS[k], (grid.promo == 1) & (weekday == k))
    week_after = _week_after_promotion(observed)
    if week_after is not None:
        add(Family.AFTER_PROMOTION, "week after a promotion", week_after)
    for kind, near in holiday_positions(observed).items():
        reach = 0 if kind == Family.SCHOOL else OPEN_REACH if kind in OPEN_KINDS else REACH
        for place in range(-reach, reach + 1):
            add(kind, kind, near(place), place)
    _add_date_terms(observed, add)
    return CalendarTerms(terms, np.stack(columns, axis=-1))


def _week_after_promotion(observed: Observed) -> Bool | None:
    """Return the days of weeks off that follow a promotion; None where hardly any week off follows another."""
    promoted = week_sums(observed.grid.promo == 1, observed.weekday) > 0
    promoted_before = shift(promoted, 7, 1.0) > 0
    after = ~promoted & promoted_before
    far = (~promoted & ~promoted_before)[:, observed.weekday == 0].mean(axis=0) > 0.5
    return after if far.sum() >= MIN_WEEKS_FAR_FROM_PROMOTIONS else None


def _add_date_terms(observed: Observed, add: Callable[[str, str, npt.NDArray[np.generic]], None]) -> None:
    """Add the terms of the date alone: day of the month, December, season, trend."""
    dates = observed.dates
    month = dates.astype("datetime64[M]")
    day = (dates - month).astype(np.int64) + 1
    for label, low, high in MONTH_DAYS:
        add(Family.MONTH_DAY, label, (day >= low) & (day <= high))
    for label, (low, high) in ADVENT.items():
        add(Family.DECEMBER, label, (month.astype(np.int64) % 12 == 11) & (day >= low) & (day <= high))
    years = np.arange(len(dates)) / DAYS_PER_YEAR
    add(Family.TREND, "a year", years)
    if len(dates) >= DAYS_PER_YEAR:
        angle = 2 * np.pi * (dates - dates.astype("datetime64[Y]")).astype(np.int64) / DAYS_PER_YEAR
        for k in range(1, HARMONICS + 1):
            add(Family.SEASON, f"cosine {k}", np.cos(k * angle))
            add(Family.SEASON, f"sine {k}", np.sin(k * angle))


def holiday_positions(observed: Observed) -> dict[str, Callable[[int], Bool]]:
    """Return, for each kind of holiday, the store-days at a distance from it: -1 the day before, 0 in it, 1 the day after.

    A state holiday counts where it shuts the store on a weekday on which the chain trades; one on which the store is open is
    of a kind of its own. New Year is one of the days after Christmas.
    The days between holidays of a block, such as Easter Saturday, are in it. Weekends within school holidays are neither
    before nor after them, and in them only where the calendar marks them.
    """
    grid = observed.grid
    shut = (grid.open != 1) & observed.usual_days[None, :]
    positions = {}
    christmas = shut & (grid.holiday == HOLIDAY_KINDS["Christmas"])
    for kind, code in HOLIDAY_KINDS.items():
        flags = shut & (grid.holiday == code)
        if kind == "public":  # New Year stands in the days after Christmas
            flags &= days_since(christmas, REACH + 1) > REACH
        within = (days_until(flags, BLOCK_DAYS) + days_since(flags, BLOCK_DAYS)) < BLOCK_DAYS
        positions[kind] = _at_distance(flags | within if code > 1 else flags)
    for kind, code in OPEN_KINDS.items():
        positions[kind] = _at_distance(_open_holidays(observed, code))
    run = school_holidays(observed)
    positions[Family.SCHOOL] = _at_distance(run, run & (grid.school == 1))
    return positions


def occasions(observed: Observed, kind: str) -> int:
    """Count the days of the past with a holiday of a kind, but for Sundays where the chain does not trade on them.

    Parameters
    ----------
    kind : one of `HOLIDAY_KINDS`, of which those count that shut a store, or of `OPEN_KINDS`
    """
    grid = observed.grid
    if kind in OPEN_KINDS:
        days = _open_holidays(observed, OPEN_KINDS[kind])
    else:
        days = (grid.open != 1) & observed.usual_days[None, :] & (grid.holiday == HOLIDAY_KINDS[kind])
    past = np.isfinite(grid.sales).any(axis=0)
    return int((days.any(axis=0) & past).sum())


def _open_holidays(observed: Observed, code: int) -> Bool:
    """Return the store-days of a kind of holiday that are open, on days of usual weekdays when most stores with it are."""
    marked = (observed.grid.holiday == code) & observed.usual_days[None, :]
    opened = marked & (observed.grid.open == 1)
    days: Bool = opened & (opened.sum(axis=0) > MIN_OPEN_SHARE * marked.sum(axis=0))
    return days


def school_holidays(observed: Observed) -> Bool:
    """Return stores × days in school holidays of a week or more, the weekends within them included."""
    school = observed.grid.school == 1
    weekend = observed.weekday >= SUNDAY - 1
    run = school | (weekend[None, :] & (days_since(school, 3) < 3) & (days_until(school, 3) < 3))
    holidays: Bool = run & (position(run, 99) + remaining(run, 99) - 1 >= MIN_SCHOOL_HOLIDAYS)
    return holidays


def _at_distance(flags: Bool, inside: Bool | None = None) -> Callable[[int], Bool]:
    """Return a function of the distance from the flags; ``inside`` are the days of distance 0, where not all of them are."""
    zero = flags if inside is None else inside
    until, since = days_until(flags, REACH + 1), days_since(flags, REACH + 1)

    def at(place: int) -> Bool:
        days: Bool = zero if place == 0 else until == -place if place < 0 else since == place
        return days

    return at
