"""What the calendar does to a day: the index of a group of stores, explained by promotions, holidays and seasons together.

One regression with all terms at once, so that a promotion before Easter is not taken for Easter. Its errors are those of
neighbouring days that hang together (an autoregression of the first order, Cochrane and Orcutt 1949, as statsmodels'
GLSAR has it): what is rare, such as Christmas, is judged by the unrest of all other days and not by itself alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import statsmodels.api as sm

from storecast.features.runs import days_since, days_until, position, remaining, shift, week_sums
from storecast.questions.levels import SALES, SUNDAY, WEEKDAYS, Floats, Ints, Observed
from storecast.questions.tidy import Interval, NotAnswerableError

REACH = 10  # days before and after a holiday
KINDS = {"public": 1, "Easter": 2, "Christmas": 3}  # by their place in schema.STATE_HOLIDAYS
BLOCK = 5  # holidays of a kind this close, and the days between, are one: Good Friday to Easter Monday
MONTH_DAYS = (  # beside the middle of the month, 14 to 18
    ("1 to 3", 1, 3), ("4 to 8", 4, 8), ("9 to 13", 9, 13), ("19 to 23", 19, 23), ("24 to 28", 24, 28), ("29 to 31", 29, 31),
)  # fmt: skip
ADVENT = {"1 to 7 December": (1, 7), "8 to 14 December": (8, 14)}  # before the ten days before Christmas
SHORTEST_SCHOOL = 5  # days off in a row that count as holidays
YEAR = 365.25
HARMONICS = 3
RARE = 0.5  # a day counts where at least this share of the group's usual stores sold
FEWEST_FAR = 3  # weeks off that do not follow a promotion, from which the week after one can be told from them
SEEN = 0.3  # days, as the sum of the shares of stores, that a term must hold for
EXACT = 1e-9  # largest residual, on logs, that is none
SHORTEST = 56  # trading days below which nothing can be told apart

PROMO, AFTER, SCHOOL, MONTH_DAY, SEASON, TREND, WEEKDAY, DECEMBER = (
    "promo",
    "after a promotion",
    "school",
    "day of the month",
    "season",
    "trend",
    "weekday",
    "December",
)


@dataclass(frozen=True)
class Term:
    """One regressor: its family, what of it, and the days from the holiday where it has such."""

    family: str
    label: str
    position: int | None = None


@dataclass(frozen=True, eq=False)
class CalendarTerms:
    """The regressors: for each group of stores and day, the share of the stores open that day that a term holds for."""

    terms: list[Term]
    values: npt.NDArray[np.float32]  # groups × days × terms

    def of(self, *families: str) -> list[int]:
        """Return the places of the terms of some families."""
        return [k for k, term in enumerate(self.terms) if term.family in families]


@dataclass(frozen=True, eq=False)
class CalendarFit:
    """The regression of one group's index."""

    terms: list[Term]
    coefficients: Floats  # of all terms; 0 where one never holds
    intervals: dict[Term, Interval]  # of the terms that were estimated
    covariance: Floats  # of the estimated terms, in the order of ``intervals``
    days: int
    unexplained: Floats  # days; NaN where the group did not trade

    def explained(self, values: npt.NDArray[np.float32], places: Sequence[int]) -> Floats:
        """Return what some terms add on each day: (..., terms) gives (...)."""
        out: Floats = values[..., places] @ self.coefficients[list(places)]
        return out


def calendar_terms(seen: Observed, groups: Ints) -> CalendarTerms:
    """Make the regressors of groups of stores."""
    grid, weekday = seen.grid, seen.weekday
    sold = (~np.isnan(seen.logs[SALES])).astype(np.float32)
    member = np.eye(int(groups.max()) + 1, dtype=np.float32)[groups].T
    count = np.maximum(member @ sold, 1.0)
    terms: list[Term] = []
    columns: list[npt.NDArray[np.float32]] = []

    def add(family: str, label: str, flags: npt.NDArray[np.generic], place: int | None = None) -> None:
        """Add a term that stores hold (stores × days), or the whole chain (days)."""
        terms.append(Term(family, label, place))
        values = flags.astype(np.float32)
        columns.append((member @ (values * sold)) / count if values.ndim == 2 else np.tile(values, (len(member), 1)))

    for k in range(1, 7):
        add(WEEKDAY, WEEKDAYS[k], weekday == k)
    for k in range(7):
        add(PROMO, WEEKDAYS[k], (grid.promo == 1) & (weekday == k))
    week_after = _week_after(seen)
    if week_after is not None:
        add(AFTER, "week after a promotion", week_after)
    for kind, near in holiday_positions(seen).items():
        places = (0,) if kind == SCHOOL else (*range(-REACH, 0), 0, *range(1, REACH + 1))
        for place in places:
            add(kind, kind, near(place), place)
    _date_terms(seen, add)
    return CalendarTerms(terms, np.stack(columns, axis=-1))


def _week_after(seen: Observed) -> npt.NDArray[np.bool_] | None:
    """Return the days of weeks off that follow a promotion; None where hardly any week off follows another."""
    on = week_sums(seen.grid.promo == 1, seen.weekday) > 0
    before = shift(on, 7, 1.0) > 0
    after = ~on & before
    far = (~on & ~before)[:, seen.weekday == 0].mean(axis=0) > 0.5
    return after if far.sum() >= FEWEST_FAR else None


def _date_terms(seen: Observed, add: Callable[[str, str, npt.NDArray[np.generic]], None]) -> None:
    """Add what the date alone says: day of the month, December, season, trend."""
    dates = seen.dates
    month = dates.astype("datetime64[M]")
    day = (dates - month).astype(np.int64) + 1
    for label, low, high in MONTH_DAYS:
        add(MONTH_DAY, label, (day >= low) & (day <= high))
    for label, (low, high) in ADVENT.items():
        add(DECEMBER, label, (month.astype(np.int64) % 12 == 11) & (day >= low) & (day <= high))
    passed = np.arange(len(dates)) / YEAR
    add(TREND, "a year", passed)
    if len(dates) >= YEAR:
        angle = 2 * np.pi * (dates - dates.astype("datetime64[Y]")).astype(np.int64) / YEAR
        for k in range(1, HARMONICS + 1):
            add(SEASON, f"cosine {k}", np.cos(k * angle))
            add(SEASON, f"sine {k}", np.sin(k * angle))


def holiday_positions(seen: Observed) -> dict[str, Callable[[int], npt.NDArray[np.bool_]]]:
    """Return, for each kind of holiday, the store-days at a distance from it: -1 the day before, 0 in it, 1 the day after.

    A state holiday counts where it shuts the store on a day other than Sunday. New Year is one of the days after Christmas.
    The days between holidays of a block, such as Easter Saturday, are in it. Weekends within school holidays are neither
    before nor after them, and in them where they are marked.
    """
    grid = seen.grid
    shut = (grid.open != 1) & (seen.weekday != SUNDAY)[None, :]
    out = {}
    christmas = shut & (grid.holiday == KINDS["Christmas"])
    for kind, code in KINDS.items():
        flags = shut & (grid.holiday == code)
        if kind == "public":  # New Year stands in the days after Christmas
            flags &= days_since(christmas, REACH + 1) > REACH
        within = (days_until(flags, BLOCK) + days_since(flags, BLOCK)) < BLOCK
        out[kind] = _places(flags | within if code > 1 else flags)
    run = school_holidays(seen)
    out[SCHOOL] = _places(run, run & (grid.school == 1))
    return out


def school_holidays(seen: Observed) -> npt.NDArray[np.bool_]:
    """Return stores × days in school holidays of a week or more, the weekends within them included."""
    school = seen.grid.school == 1
    weekend = seen.weekday >= SUNDAY - 1
    run = school | (weekend[None, :] & (days_since(school, 3) < 3) & (days_until(school, 3) < 3))
    out: npt.NDArray[np.bool_] = run & (position(run, 99) + remaining(run, 99) - 1 >= SHORTEST_SCHOOL)
    return out


def _places(
    flags: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_] | None = None
) -> Callable[[int], npt.NDArray[np.bool_]]:
    """Return where each distance from the flags lies; ``inside`` are the days that count as 0, where not all of them do."""
    middle = flags if inside is None else inside
    until, since = days_until(flags, REACH + 1), days_since(flags, REACH + 1)

    def at(place: int) -> npt.NDArray[np.bool_]:
        out: npt.NDArray[np.bool_] = middle if place == 0 else until == -place if place < 0 else since == place
        return out

    return at


def explain(index: Floats, count: Ints, weekday: Ints, terms: CalendarTerms, group: int) -> CalendarFit:
    """Explain the index of one group.

    Parameters
    ----------
    index, count : of the group, by day

    Raises
    ------
    NotAnswerableError
        where the group traded on too few days.
    """
    used = np.flatnonzero((count >= RARE * np.max(count)) & (count > 0) & (weekday != SUNDAY))
    if len(used) < SHORTEST:
        raise NotAnswerableError(f"only {len(used)} trading days; at least {SHORTEST} are needed to tell effects apart")
    matrix = np.column_stack([np.ones(len(used)), terms.values[group][used]]).astype(np.float64)
    kept = _independent(matrix[1:])  # the first row is the one that an autoregression cannot use
    found = _fit(index[used], matrix[:, kept])
    bounds = found.conf_int()
    coefficients = np.zeros(len(terms.terms))
    intervals = {}
    for place, k in enumerate(kept[1:], start=1):
        coefficients[k - 1] = found.params[place]
        intervals[terms.terms[k - 1]] = Interval(float(found.params[place]), *map(float, bounds[place]))
    unexplained = np.full(len(index), np.nan)
    unexplained[used] = index[used] - matrix[:, kept] @ found.params
    return CalendarFit(
        terms.terms, coefficients, intervals, np.asarray(found.cov_params())[1:, 1:], len(used), unexplained
    )


def _fit(y: Floats, x: Floats) -> Any:
    """Fit with autocorrelated errors; by plain least squares where the calendar explains everything and no errors are left."""
    plain = sm.OLS(y, x).fit()
    if np.abs(plain.resid).max() < EXACT:
        return plain
    return sm.GLSAR(y, x, rho=1).iterative_fit(maxiter=4)


def _independent(matrix: Floats) -> list[int]:
    """Return the columns that say something of their own, in their order; the first is the constant."""
    basis: list[Floats] = []
    kept = []
    for k in range(matrix.shape[1]):
        column = matrix[:, k]
        rest = column.copy()
        for _ in range(2):  # twice, as once is not enough in floating point
            for part in basis:
                rest -= (part @ rest) * part
        size = np.linalg.norm(rest)
        if size > 1e-3 * float(np.linalg.norm(column)) and np.abs(column).sum() >= SEEN:
            kept.append(k)
            basis.append(rest / size)
    return kept
