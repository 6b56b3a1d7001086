"""Lookup: where in a table the rows of a request lie, and which of them give another calendar than the stored one."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from msgspec.structs import astuple

from storecast import schema as s
from storecast.bundle.assumed_days import NEAR
from storecast.service.problems import invalid
from storecast.service.table import Table

FLAGS = frozenset(name for name in s.KNOWN if s.BY_NAME[name].kind == "flag")
ATTRIBUTES = f'{{"{s.STORE}": …, "{s.STORE_TYPE}": "a", "{s.ASSORTMENT}": "c", "{s.COMPETITION_DISTANCE}": 500}}'


@dataclass
class Lookup:
    """What the rows of a request are.

    Attributes
    ----------
    places : of each row in the table; -1 where its store is new
    ids : that came with the rows; None where none has one
    changed : places of stores, some of whose rows differ from the stored calendar
    new : numbers of the rows whose store is new
    given : places of rows that give the whole calendar of a day
    """

    places: list[int]
    ids: list[Any] | None = None
    changed: set[int] = field(default_factory=set)
    new: list[int] = field(default_factory=list)
    given: set[int] = field(default_factory=set)


def look_up(table: Table, rows: Sequence[Any], new: Collection[Any] = ()) -> Lookup:
    """Find the rows of a request.

    Parameters
    ----------
    rows : structs of `requests.rows.day_rows`
    new : stores that the chain does not hold and whose attributes were sent

    Raises
    ------
    Problem
        where a row's store or day cannot be answered, a flag is neither 0 nor 1, or a row stands twice
    """
    end = 2 + len(table.known)
    lookup = Lookup([])
    for number, row in enumerate(rows):
        cells = astuple(row)
        store, date = cells[0], cells[1]
        try:
            at, day = table.store_at[store], table.day_at[date]
            place = at * table.days + day
        except KeyError:
            day = _new(table, number, store, date, new)
            at, place = -1, -1
            lookup.new.append(number)
        given = cells[2:end]
        if (place < 0 or given != table.stored_days[place]) and _differs(table, number, given, place):
            lookup.changed.add(at)
        if None not in given[: len(s.KNOWN)]:
            lookup.given.add(place)
        if cells[end] is not None:
            lookup.ids = lookup.ids or [None] * len(rows)
            lookup.ids[number] = cells[end]
        if cells[end + 1] is not None and cells[end + 1] != table.weekdays[day]:
            raise invalid(
                f"rows[{number}].{s.DAY_OF_WEEK}", "expected the weekday of the row's Date, 1 for Monday to 7"
            )
        lookup.places.append(place)
    lookup.changed.discard(-1)
    _check_twice(rows, lookup)
    return lookup


def _differs(table: Table, number: int, given: Sequence[Any], place: int) -> bool:
    """Say whether a row gives another calendar than the stored one; refuse flags that are neither 0 nor 1."""
    differs = False
    for k, (name, value) in enumerate(zip(table.known, given, strict=True)):
        if value is not None and (place < 0 or value != table.stored_days[place][k]):
            if name in FLAGS and value not in (0, 1):
                raise invalid(f"rows[{number}].{name}", f"expected {s.BY_NAME[name].expected}")
            differs = True
    return differs


def span(table: Table, store: Any, start: dt.date | None, days: int | None) -> list[int]:
    """Return the places of a store's days from one on; from the first and to the last where nothing is said.

    Parameters
    ----------
    store : its id
    start : first day; None: the first ahead
    days : how many; None: to the end of the horizon
    """
    at = _store(table, store, "store")
    first = 0 if start is None else _day(table, start, "start")
    count = table.days - first if days is None else days
    if first + count > table.days:
        raise invalid("days", f"reaches beyond the horizon; the last day that can be asked for is {table.dates[-1]}")
    return list(range(at * table.days + first, at * table.days + first + count))


def assumed_days(table: Table, lookup: Lookup) -> list[dict[str, Any]]:
    """Return which days rest on a calendar that was worked out, their own or one within a week: see `Predictor.assumed`."""
    near, days = table.near_assumed, table.days
    assumed_positions = [place for place in lookup.places if place >= 0 and near[place]]
    if not assumed_positions:
        return []
    if lookup.given:
        own = bytearray(table.assumed)
        for place in lookup.given:
            if place >= 0:
                own[place] = 0
        assumed_positions = [
            p
            for p in assumed_positions
            if any(own[max(p // days * days, p - NEAR) : min(p // days * days + days, p + NEAR + 1)])
        ]
    return [{s.STORE: table.stores[p // days], s.DATE: table.dates[p % days]} for p in assumed_positions]


def _check_twice(rows: Sequence[Any], lookup: Lookup) -> None:
    places, count = set(lookup.places), len(lookup.new)
    new = {(rows[k].Store, rows[k].Date) for k in lookup.new}
    if len(places) - (count > 0) + count == len(lookup.places) and len(new) == count:
        return
    seen: set[tuple[Any, dt.date]] = set()
    for number, row in enumerate(rows):
        key = (row.Store, row.Date)
        if key in seen:
            raise invalid(
                f"rows[{number}]", "asks for a store and day that an earlier row asks for; expected each once"
            )
        seen.add(key)


def _new(table: Table, number: int, store: Any, date: dt.date, new: Collection[Any]) -> int:
    """Return the day of a row whose store is new; refuse the row where it is none."""
    if store not in new:
        _store(table, store, f"rows[{number}].{s.STORE}")
    return _day(table, date, f"rows[{number}].{s.DATE}")


def _store(table: Table, store: Any, where: str) -> int:
    if type(store) is not table.kind:
        raise invalid(where, f"expected the id of a store, a {'text' if table.kind is str else 'whole number'}")
    at = table.store_at.get(store)
    if at is None:
        raise invalid(
            where,
            f"the chain holds no such store, it holds {len(table.stores)}; ask for one of them, or send what is known of it: "
            f'"stores": [{ATTRIBUTES}]',
        )
    return at


def _day(table: Table, date: dt.date, where: str) -> int:
    day = table.day_at.get(date)
    if day is not None:
        return day
    side = "lies in the past of the forecast" if date < table.first else "lies beyond the horizon"
    raise invalid(where, f"{side}; expected a day ahead, from {table.dates[0]} to {table.dates[-1]}")


def calendar_overlay(table: Table, rows: Sequence[Any], lookup: Lookup, stores: set[int]) -> pl.DataFrame:
    """Return what the rows of some stores say of the calendar: Store, Date and what is given, null where it is not.

    Parameters
    ----------
    table : the forecast and its calendar
    rows : of the request
    lookup : where they are
    stores : positions of the stores that are wanted
    """
    numbers = [k for k, place in enumerate(lookup.places) if place >= 0 and place // table.days in stores]
    return table.calendar_of([rows[k] for k in numbers])
