"""Scenarios that are kept by name: what each changes in the calendar, what that comes to by week, and several beside each other."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.errors import DataError
from storecast.plan.scopes import CHAIN, STORE, StoreGroups

MAX_NAME = 100  # characters
MOST_COMPARED = 10
CalendarValue = int | float | str


@dataclass(frozen=True)
class CalendarChange:
    """One change of the calendar ahead.

    Attributes
    ----------
    level, key : of the stores
    first, last : of the days
    column : of the calendar: Promo, Open, SchoolHoliday, StateHoliday or one of the chain's own
    value : that takes the place of the stored one
    """

    level: str
    key: str
    first: dt.date
    last: dt.date
    column: str
    value: CalendarValue


@dataclass(frozen=True)
class ScenarioSpan:
    """What all stores are expected to sell over some days under either calendar, with the 80% interval of the difference."""

    first: dt.date
    last: dt.date
    stored: float
    scenario: float
    difference: float
    lower80: float | None
    upper80: float | None


@dataclass(frozen=True, eq=False)
class ScenarioResult:
    """A scenario that was worked out.

    Attributes
    ----------
    model : the name of the model file
    cutoff : the last day that the forecasts know
    chain_version : of the chain that they were made of
    changes : of the calendar
    differences : as `explain.scenario.compare` returns them
    forecast : under the changed calendar, of every store and day: Store, Date, Forecast, Lower80, Upper80
    notices : where the calendar leaves what was ever seen
    """

    model: str
    cutoff: dt.date
    chain_version: int
    changes: tuple[CalendarChange, ...]
    differences: pl.DataFrame
    forecast: pl.DataFrame
    notices: tuple[str, ...]


@dataclass(frozen=True)
class SavedScenario:
    """A scenario that was kept.

    Attributes
    ----------
    scenario : its number
    name : its name, which no other has that stands
    model : the name of the model file
    cutoff : the last day that the forecasts know
    chain_version : of the chain that they were made of
    stores : how many it has
    whole : all its days
    weeks : its weeks, Monday to Sunday, cut at the ends
    changes : of the calendar
    notices : where the calendar leaves what was ever seen
    note : a remark
    by : who saved it
    at : when it was saved
    """

    scenario: int
    name: str
    model: str
    cutoff: dt.date
    chain_version: int
    stores: int
    whole: ScenarioSpan
    weeks: tuple[ScenarioSpan, ...]
    changes: tuple[CalendarChange, ...]
    notices: tuple[str, ...]
    note: str
    by: str
    at: dt.datetime


@dataclass(frozen=True)
class ComparedWeek:
    """What each of several scenarios changes in a week; None where one does not have it."""

    first: dt.date
    last: dt.date
    differences: tuple[float | None, ...]


def spans_of(differences: pl.DataFrame) -> tuple[ScenarioSpan, tuple[ScenarioSpan, ...]]:
    """Return what a scenario changes over all days and in each week.

    Parameters
    ----------
    differences : as `explain.scenario.compare` returns them
    """
    columns = ("Start", "End", "Stored", "Scenario", "Difference", "Lower80", "Upper80")
    whole, weeks = (
        [
            ScenarioSpan(*row)
            for row in differences.filter(pl.col("Level") == level).sort("Start").select(columns).rows()
        ]
        for level in ("chain-horizon", "chain-week")
    )
    return whole[0], tuple(weeks)


def changes_between(stored: pl.DataFrame, other: pl.DataFrame, groups: StoreGroups) -> tuple[CalendarChange, ...]:
    """Return in which few changes a calendar differs from the stored one.

    Parameters
    ----------
    stored, other : Store, Date and the columns of the calendar; the same stores and days in the same order
    groups : of the stores; a change of all stores of a group is one change
    """
    changes = []
    for column in (name for name in stored.columns if name not in (*s.KEYS, s.ASSUMED)):
        cells = other.filter(stored[column].ne_missing(other[column])).select(*s.KEYS, pl.col(column).alias("value"))
        follows = (pl.col(s.DATE).diff() == pl.duration(days=1)) & (pl.col("value") == pl.col("value").shift())
        run = (~follows.fill_null(value=False)).cum_sum().over(s.STORE).alias("run")
        spans = cells.sort(s.KEYS).with_columns(run).group_by(s.STORE, "run", maintain_order=True)
        days = (pl.col(s.DATE).first().alias("first"), pl.col(s.DATE).last().alias("last"), pl.col("value").first())
        alike = spans.agg(*days).group_by("first", "last", "value", maintain_order=True).agg(s.STORE)
        for first, last, value, stores in alike.iter_rows():
            places = groups.stores.search_sorted(pl.Series(stores, dtype=groups.stores.dtype)).to_numpy()
            changes += [
                CalendarChange(*scope, first, last, column, value) for scope in _scopes(groups, set(places.tolist()))
            ]
    return tuple(sorted(changes, key=lambda change: (change.first, change.last, change.column)))


def change_rows(changes: Sequence[CalendarChange], groups: StoreGroups, calendar: pl.Schema) -> pl.DataFrame:
    """Return the rows that changes ask for: Store, Date and the columns they name; null leaves what is stored.

    Parameters
    ----------
    changes : at least one; where two are of the same cell, the later one holds
    groups : of the stores
    calendar : the types of its columns

    Raises
    ------
    DataError
        where the chain has no such stores
    """
    parts = []
    for number, change in enumerate(changes):
        groups.check(change.level, change.key)
        stores = groups.stores.gather(np.sort(groups.members(change.level, change.key)))
        days = pl.DataFrame({s.DATE: pl.date_range(change.first, change.last, eager=True)})
        value = pl.lit(change.value, dtype=calendar[change.column])
        rows = pl.DataFrame({s.STORE: stores}).join(days, how="cross")
        parts.append(rows.with_columns(value.alias(change.column), pl.lit(number).alias("number")))
    rows = pl.concat(parts, how="diagonal").sort("number")
    columns = [column for column in calendar if column in rows.columns and column not in s.KEYS]
    latest = (pl.col(column).drop_nulls().last() for column in columns)
    return rows.group_by(s.KEYS, maintain_order=True).agg(*latest).sort(s.KEYS)


def compare_weeks(scenarios: Sequence[SavedScenario]) -> tuple[ComparedWeek, ...]:
    """Return what several scenarios change, week by week.

    Parameters
    ----------
    scenarios : in the order in which they are to stand
    """
    by_week: dict[tuple[dt.date, dt.date], dict[int, float]] = {}
    for place, each in enumerate(scenarios):
        for week in each.weeks:
            by_week.setdefault((week.first, week.last), {})[place] = week.difference
    return tuple(
        ComparedWeek(first, last, tuple(changed.get(place) for place in range(len(scenarios))))
        for (first, last), changed in sorted(by_week.items())
    )


def comparison_notices(scenarios: Sequence[SavedScenario]) -> list[str]:
    """Say what a reader of several scenarios beside each other must know."""
    notices = [
        "Differences are from the calendar that was stored. What lies between two scenarios has no interval of its own."
    ]
    if len({(each.model, each.cutoff, each.chain_version) for each in scenarios}) > 1:
        origins = ", ".join(f"{each.name}: {each.model} after {each.cutoff}" for each in scenarios)
        notices.append(
            f"They were worked out on different forecasts ({origins}). Save them again to compare like with like."
        )
    return notices


def check_name(name: str) -> str:
    """Return a name without spaces around it.

    Raises
    ------
    DataError
        where it is empty, too long, a number, or holds control characters
    """
    stripped = name.strip()
    if not stripped or len(stripped) > MAX_NAME or stripped.isdigit() or not stripped.isprintable():
        raise DataError(f"The name of a scenario is a text of 1 to {MAX_NAME} characters in one line, and no number.")
    return stripped


def _scopes(groups: StoreGroups, places: set[int]) -> list[tuple[str, str]]:
    """Return the groups that some stores are, the largest first, and the stores that are left."""
    if len(places) == len(groups.stores):
        return [(CHAIN, CHAIN)]
    scopes, left = [], set(places)
    for level in (level for level in groups.groups if level not in (STORE, CHAIN)):
        for key in groups.groups[level].gather(sorted(left)).unique(maintain_order=True):
            members = set(groups.members(level, key).tolist())
            if len(members) > 1 and members <= left:
                scopes.append((level, key))
                left -= members
    names = groups.groups[STORE]
    return [*scopes, *((STORE, names[place]) for place in sorted(left))]
