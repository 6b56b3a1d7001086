"""Table: the forecast of every store and day ahead, laid out so that rows are found and told in microseconds.

Rows lie in the order of store and day, a row for each. Where a request's rows say of the calendar what is stored, their answer is
the bytes that were rendered before: the table is of one model, cutoff and calendar, and a new one takes its place when any changes.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import polars as pl
from msgspec.structs import astuple

from storecast import schema as s
from storecast.bundle.predictor import NEAR, Predictor
from storecast.service.problems import invalid
from storecast.service.requests.rows import day_rows

FLAGS = frozenset(name for name in s.KNOWN if s.BY_NAME[name].kind == "flag")
MOST_RENDERED = 300_000  # rows kept as bytes
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
        self.day_at = {self.first + dt.timedelta(days=k): k for k in range(self.days)}
        self.weekdays = [(self.first + dt.timedelta(days=k)).isoweekday() for k in range(self.days)]
        self.rows = day_rows(self.kind, ready.panel.known)
        self.known = (*s.KNOWN, *ready.panel.known)
        self.stored: dict[str, list[Any]] = {name: self.calendar[name].to_list() for name in self.known}
        self._stored_days = list(zip(*self.stored.values(), strict=True))
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

    def look_up(self, rows: Sequence[Any], new: Collection[Any] = ()) -> Lookup:
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
        end = 2 + len(self.known)
        lookup = Lookup([])
        for number, row in enumerate(rows):
            cells = astuple(row)
            store, date = cells[0], cells[1]
            try:
                at, day = self.store_at[store], self.day_at[date]
                place = at * self.days + day
            except KeyError:
                day = self._new(number, store, date, new)
                at, place = -1, -1
                lookup.new.append(number)
            given = cells[2:end]
            if (place < 0 or given != self._stored_days[place]) and self._differs(number, given, place):
                lookup.changed.add(at)
            if None not in given[: len(s.KNOWN)]:
                lookup.given.add(place)
            if cells[end] is not None:
                lookup.ids = lookup.ids or [None] * len(rows)
                lookup.ids[number] = cells[end]
            if cells[end + 1] is not None and cells[end + 1] != self.weekdays[day]:
                raise invalid(
                    f"rows[{number}].{s.DAY_OF_WEEK}", "expected the weekday of the row's Date, 1 for Monday to 7"
                )
            lookup.places.append(place)
        lookup.changed.discard(-1)
        self._check_twice(rows, lookup)
        return lookup

    def _differs(self, number: int, given: Sequence[Any], place: int) -> bool:
        """Say whether a row gives another calendar than the stored one; refuse flags that are neither 0 nor 1."""
        differs = False
        for k, (name, value) in enumerate(zip(self.known, given, strict=True)):
            if value is not None and (place < 0 or value != self._stored_days[place][k]):
                if name in FLAGS and value not in (0, 1):
                    raise invalid(f"rows[{number}].{name}", f"expected {s.BY_NAME[name].expected}")
                differs = True
        return differs

    def span(self, store: Any, start: dt.date | None, days: int | None) -> list[int]:
        """Return the places of a store's days from one on; from the first and to the last where nothing is said.

        Parameters
        ----------
        store : its id
        start : first day; None: the first ahead
        days : how many; None: to the end of the horizon
        """
        at = self._store(store, "store")
        first = 0 if start is None else self._day(start, "start")
        count = self.days - first if days is None else days
        if first + count > self.days:
            raise invalid("days", f"reaches beyond the horizon; the last day that can be asked for is {self.dates[-1]}")
        return list(range(at * self.days + first, at * self.days + first + count))

    def assumed(self, lookup: Lookup) -> list[dict[str, Any]]:
        """Return which days rest on a calendar that was worked out, their own or one within a week: see `Predictor.assumed`."""
        near, days = self._near, self.days
        assumed_positions = [place for place in lookup.places if place >= 0 and near[place]]
        if not assumed_positions:
            return []
        if lookup.given:
            own = bytearray(self._assumed)
            for place in lookup.given:
                if place >= 0:
                    own[place] = 0
            assumed_positions = [
                p
                for p in assumed_positions
                if any(own[max(p // days * days, p - NEAR) : min(p // days * days + days, p + NEAR + 1)])
            ]
        return [{s.STORE: self.stores[p // days], s.DATE: self.dates[p % days]} for p in assumed_positions]

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

    def reply_rows(self, lookup: Lookup) -> Iterable[bytes]:
        """Return rows as JSON, with the ids that came with them."""
        if lookup.ids is None:
            return map(self.row, lookup.places)
        return (
            self.row(place) if id_ is None else b'{"Id":%b,%b' % (orjson.dumps(id_), self.row(place)[1:])
            for place, id_ in zip(lookup.places, lookup.ids, strict=True)
        )

    def overlay(self, rows: Sequence[Any], lookup: Lookup, stores: set[int]) -> pl.DataFrame:
        """Return what the rows of some stores say of the calendar: Store, Date and what is given, null where it is not.

        Parameters
        ----------
        rows : of the request
        lookup : where they are
        stores : positions of the stores that are wanted
        """
        numbers = [k for k, place in enumerate(lookup.places) if place >= 0 and place // self.days in stores]
        return self.calendar_of([rows[k] for k in numbers])

    def calendar_of(self, rows: Sequence[Any]) -> pl.DataFrame:
        """Return rows as a calendar, with every known-ahead column."""
        columns = {
            s.STORE: pl.Series([row.Store for row in rows], dtype=self.frame.schema[s.STORE]),
            s.DATE: pl.Series([row.Date for row in rows], dtype=pl.Date),
        }
        for name in self.known:  # decoding and `find` have checked the values
            columns[name] = pl.Series(
                [getattr(row, name) for row in rows], dtype=self.calendar.schema[name], strict=False
            )
        return pl.DataFrame(columns)

    def _check_twice(self, rows: Sequence[Any], lookup: Lookup) -> None:
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

    def _new(self, number: int, store: Any, date: dt.date, new: Collection[Any]) -> int:
        """Return the day of a row whose store is new; refuse the row where it is none."""
        if store not in new:
            self._store(store, f"rows[{number}].{s.STORE}")
        return self._day(date, f"rows[{number}].{s.DATE}")

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

    def _day(self, date: dt.date, where: str) -> int:
        day = self.day_at.get(date)
        if day is not None:
            return day
        side = "lies in the past of the forecast" if date < self.first else "lies beyond the horizon"
        raise invalid(where, f"{side}; expected a day ahead, from {self.dates[0]} to {self.dates[-1]}")


def row_form(names: Iterable[str]) -> str:
    """Return the form of a row in JSON, money with two decimals."""
    return '{"Store":%s,"Date":"%s",' + ",".join(f'"{name}":%.2f' for name in names) + "}"
