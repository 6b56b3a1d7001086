"""Table: the forecast of every store and day ahead, laid out so that rows are found and told in microseconds.

Rows lie in the order of store and day, a row for each. Where a request's rows say of the calendar what is stored, their answer is
the bytes that were rendered before: the table is of one model, cutoff and calendar, and a new one takes its place when any changes.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import orjson
import polars as pl

from storecast import schema as s
from storecast.bundle.predictor import NEAR, Predictor
from storecast.service.problems import invalid

FLAGS = {s.OPEN, s.PROMO, s.SCHOOL_HOLIDAY}
MOST_RENDERED = 300_000  # rows kept as bytes
MOST_VALUE = 1e9  # of a chain's own columns
MOST_ID = 64  # characters
ATTRIBUTES = f'{{"{s.STORE}": …, "{s.STORE_TYPE}": "a", "{s.ASSORTMENT}": "c", "{s.COMPETITION_DISTANCE}": 500}}'


@dataclass
class Found:
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


class Table:
    """The forecast of a model, and the calendar it stands on.

    Parameters
    ----------
    ready : the model
    quantiles : that the rows hold beside the bounds
    """

    def __init__(self, ready: Predictor, quantiles: tuple[float, ...] = ()) -> None:
        self.frame = ready.forecast(quantiles)
        ahead = (pl.col(s.DATE) > ready.cutoff) & (pl.col(s.DATE) <= ready.last)
        self.calendar = ready.panel.calendar.filter(ahead).sort(*s.KEYS)
        stores = self.frame[s.STORE].unique(maintain_order=True).to_list()
        self.days = (ready.last - ready.cutoff).days
        assert self.frame.height == self.calendar.height == len(stores) * self.days, "a store lacks a day ahead"
        self.first = ready.cutoff + dt.timedelta(days=1)
        self.kind: type = str if self.frame.schema[s.STORE] == pl.String else int
        self.stores = stores
        self.dates = [(self.first + dt.timedelta(days=k)).isoformat() for k in range(self.days)]
        self.store_at = {store: k for k, store in enumerate(stores)}
        self.day_at = {date: k for k, date in enumerate(self.dates)}
        self.weekdays = [(self.first + dt.timedelta(days=k)).isoweekday() for k in range(self.days)]
        self.known = (*s.KNOWN, *ready.panel.known)
        self.stored: dict[str, list[Any]] = {name: self.calendar[name].to_list() for name in self.known}
        self._kinds: dict[str, type] = {name: int if name in FLAGS else float for name in self.known}
        self._kinds[s.STATE_HOLIDAY] = str
        self._assumed = bytes(self.calendar[s.ASSUMED].cast(pl.UInt8).to_list())
        self._near = bytes(
            any(self._assumed[at + max(0, day - NEAR) : at + min(self.days, day + NEAR + 1)])
            for at in range(0, len(self._assumed), self.days)
            for day in range(self.days)
        )
        self.names = [name for name in self.frame.columns if name not in s.KEYS]
        self._values = self.frame.select(self.names).to_numpy(order="c")
        self._form = row_form(self.names)
        self._store_json = [orjson.dumps(store).decode() for store in stores]
        self._rendered: dict[int, bytes] = {}

    def find(self, rows: Sequence[Any], new: Mapping[Any, Any] | None = None) -> Found:
        """Find the rows of a request.

        Parameters
        ----------
        rows : objects with Store, Date, and what is given of the known-ahead columns, Id and DayOfWeek
        new : stores that the chain does not hold and whose attributes were sent

        Raises
        ------
        Problem
            where a row is no such object, its store or day cannot be answered, a value has no meaning, or a row stands twice
        """
        store_at, day_at, days, stored, kinds, kind = (
            self.store_at,
            self.day_at,
            self.days,
            self.stored,
            self._kinds,
            self.kind,
        )
        places: list[int] = []
        found = Found(places)
        for number, row in enumerate(rows):
            try:
                store = row[s.STORE]
                at, day = store_at[store], day_at[row[s.DATE]]
                if type(store) is not kind:
                    self._refuse(number, row)
                place = at * days + day
            except (KeyError, TypeError):
                day = self._new(number, row, new)
                at, place = -1, -1
                found.new.append(number)
            calendar = 0
            for name, value in row.items():
                if name in stored:
                    if value is None:
                        continue
                    calendar += 1
                    if type(value) is not kinds[name]:
                        value = row[name] = _number(number, name, value, kinds[name])
                    if place < 0 or value != stored[name][place]:
                        _check(number, name, value)
                        found.changed.add(at)
                elif name == s.ID:
                    if found.ids is None:
                        found.ids = [None] * len(rows)
                    found.ids[number] = _id(number, value)
                elif name == s.DAY_OF_WEEK:
                    if type(value) is not int or value != self.weekdays[day]:
                        raise invalid(
                            f"rows[{number}].{name}", "expected the weekday of the row's Date, 1 for Monday to 7"
                        )
                elif name not in (s.STORE, s.DATE):
                    raise invalid(f"rows[{number}]", f"has an unknown field; expected {', '.join(self.fields)}")
            if calendar >= len(s.KNOWN):
                found.given.add(place)
            places.append(place)
        found.changed.discard(-1)
        self._check_twice(rows, found)
        return found

    @property
    def fields(self) -> tuple[str, ...]:
        """What a row may hold."""
        return (s.STORE, s.DATE, *self.known, s.ID, s.DAY_OF_WEEK)

    def span(self, store: Any, start: str | None, days: int | None) -> list[int]:
        """Return the places of a store's days from one on; from the first and to the last where nothing is said."""
        at = self._store(store, "store")
        first = 0 if start is None else self._day(start, "start")
        count = self.days - first if days is None else days
        if first + count > self.days:
            raise invalid("days", f"reaches beyond the horizon; the last day that can be asked for is {self.dates[-1]}")
        return list(range(at * self.days + first, at * self.days + first + count))

    def assumed(self, found: Found) -> list[dict[str, Any]]:
        """Return which days rest on a calendar that was worked out, their own or one within a week: see `Predictor.assumed`."""
        near, days = self._near, self.days
        asked = [place for place in found.places if place >= 0 and near[place]]
        if not asked:
            return []
        if found.given:
            own = bytearray(self._assumed)
            for place in found.given:
                if place >= 0:
                    own[place] = 0
            asked = [
                p
                for p in asked
                if any(own[max(p // days * days, p - NEAR) : min(p // days * days + days, p + NEAR + 1)])
            ]
        return [{s.STORE: self.stores[p // days], s.DATE: self.dates[p % days]} for p in asked]

    def row(self, place: int) -> bytes:
        """Return a row as JSON."""
        rendered = self._rendered.get(place)
        if rendered is None:
            if len(self._rendered) >= MOST_RENDERED:
                self._rendered.clear()
            at, day = divmod(place, self.days)
            text = self._form % (self._store_json[at], self.dates[day], *self._values[place].tolist())
            rendered = self._rendered[place] = text.encode()
        return rendered

    def rows(self, found: Found) -> Iterable[bytes]:
        """Return rows as JSON, with the ids that came with them."""
        if found.ids is None:
            return map(self.row, found.places)
        return (
            self.row(place) if id_ is None else b'{"Id":%b,%b' % (orjson.dumps(id_), self.row(place)[1:])
            for place, id_ in zip(found.places, found.ids, strict=True)
        )

    def overlay(self, rows: Sequence[Mapping[str, Any]], found: Found, stores: set[int]) -> pl.DataFrame:
        """Return what the rows of some stores say of the calendar: Store, Date and what is given, null where it is not."""
        numbers = [k for k, place in enumerate(found.places) if place >= 0 and place // self.days in stores]
        return self.calendar_of([rows[k] for k in numbers])

    def calendar_of(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Return rows as a calendar."""
        columns: dict[str, pl.Series] = {
            s.STORE: pl.Series([row[s.STORE] for row in rows], dtype=self.frame.schema[s.STORE]),
            s.DATE: pl.Series([dt.date.fromisoformat(row[s.DATE]) for row in rows], dtype=pl.Date),
        }
        for name in self.known:
            columns[name] = pl.Series([row.get(name) for row in rows], dtype=self.calendar.schema[name])
        return pl.DataFrame(columns)

    def _check_twice(self, rows: Sequence[Any], found: Found) -> None:
        places, count = set(found.places), len(found.new)
        new = {(rows[k][s.STORE], rows[k][s.DATE]) for k in found.new}
        if len(places) - (count > 0) + count == len(found.places) and len(new) == count:
            return
        seen: set[tuple[Any, str]] = set()
        for number, row in enumerate(rows):
            key = (row[s.STORE], row[s.DATE])
            if key in seen:
                raise invalid(
                    f"rows[{number}]", "asks for a store and day that an earlier row asks for; expected each once"
                )
            seen.add(key)

    def _new(self, number: int, row: Any, new: Mapping[Any, Any] | None) -> int:
        """Return the day of a row whose store is new; refuse the row where it is none."""
        if (
            new
            and isinstance(row, dict)
            and type(row.get(s.STORE)) is self.kind
            and row[s.STORE] in new
            and s.DATE in row
        ):
            return self._day(row[s.DATE], f"rows[{number}].{s.DATE}")
        return self._refuse(number, row)

    def _refuse(self, number: int, row: Any) -> NoReturn:
        where = f"rows[{number}]"
        if not isinstance(row, dict):
            raise invalid(where, f"expected an object with {s.STORE} and {s.DATE}")
        for name in (s.STORE, s.DATE):
            if name not in row:
                raise invalid(where, f"lacks {name}; expected {s.STORE} and {s.DATE} in each row")
        self._store(row[s.STORE], f"{where}.{s.STORE}")
        self._day(row[s.DATE], f"{where}.{s.DATE}")
        raise AssertionError("a row that can be answered was refused")

    def _store(self, store: Any, where: str) -> int:
        if type(store) is not self.kind:
            raise invalid(where, f"expected the id of a store, a {'text' if self.kind is str else 'whole number'}")
        at = self.store_at.get(store)
        if at is None:
            raise invalid(
                where,
                f"the chain holds no such store, it holds {len(self.stores)}; ask for one of them, or send what is known of it: "
                f'"stores": [{ATTRIBUTES}]',
            )
        return at

    def _day(self, date: Any, where: str) -> int:
        found = self.day_at.get(date) if isinstance(date, str) else None
        if found is not None:
            return found
        try:
            day = dt.date.fromisoformat(date) if isinstance(date, str) and len(date) == 10 else None
        except ValueError:
            day = None
        ahead = f"expected a day ahead, from {self.dates[0]} to {self.dates[-1]}"
        if day is None:
            raise invalid(where, f"is no date; {ahead}, written so")
        if day < self.first:
            raise invalid(where, f"lies in the past of the forecast; {ahead}")
        raise invalid(where, f"lies beyond the horizon; {ahead}")


def row_form(names: Iterable[str]) -> str:
    """Return the form of a row in JSON, money with two decimals."""
    return '{"Store":%s,"Date":"%s",' + ",".join(f'"{name}":%.2f' for name in names) + "}"


def _number(number: int, name: str, value: Any, kind: type) -> Any:
    """Return a number of the kind that is expected; a boolean is none."""
    where = f"rows[{number}].{name}"
    if kind is str:
        raise invalid(where, f"expected one of {_holidays()}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(where, "expected 0 or 1" if kind is int else "expected a number")
    if kind is int and value != int(value):
        raise invalid(where, "expected 0 or 1")
    return kind(value)


def _check(number: int, name: str, value: Any) -> None:
    """Refuse a value that has no meaning."""
    where = f"rows[{number}].{name}"
    if name in FLAGS:
        if value not in (0, 1):
            raise invalid(where, "expected 0 or 1")
    elif name == s.STATE_HOLIDAY:
        if value not in s.STATE_HOLIDAYS:
            raise invalid(where, f"expected one of {_holidays()}")
    elif abs(value) > MOST_VALUE:
        raise invalid(where, f"expected a number from {-MOST_VALUE:g} to {MOST_VALUE:g}")


def _holidays() -> str:
    return ", ".join(f'"{kind}"' for kind in s.STATE_HOLIDAYS)


def _id(number: int, value: Any) -> Any:
    if (
        value is None
        or (type(value) is int and abs(value) < 2**53)
        or (isinstance(value, str) and len(value) <= MOST_ID)
    ):
        return value
    raise invalid(f"rows[{number}].{s.ID}", f"expected a whole number or a text of at most {MOST_ID} characters")
