"""What an override is of: one store, a group of stores or all of them, over a span of days."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import I64
from storecast.data.breakdown import BUILT_IN, UNKNOWN_GROUP, Breakdown
from storecast.errors import DataError, Message, hint

STORE, CHAIN = "store", "chain"


@dataclass(frozen=True, eq=False)
class Cells:
    """Where a scope lies among the stores and days of a version: some rows, and days from one to before another."""

    rows: I64
    begin: int
    end: int

    @property
    def count(self) -> int:
        """The number of store-days."""
        return len(self.rows) * max(0, self.end - self.begin)


@dataclass(frozen=True, eq=False)
class StoreGroups:
    """The groups that the stores of a chain belong to, by the levels of totals: store, type, state, those of its own, chain.

    Attributes
    ----------
    stores : ids, sorted
    groups : by level, the group of each store
    """

    stores: pl.Series
    groups: Mapping[str, pl.Series]

    @classmethod
    def of(cls, stores: pl.DataFrame, breakdown: Breakdown) -> "StoreGroups":
        """Take them from the table of stores.

        Parameters
        ----------
        stores : Store, StoreType, State
        breakdown : groups of the chain's own
        """
        table = breakdown.with_columns(stores).sort(s.STORE)
        known = {level: table[column] for column, level in BUILT_IN.items() if column != s.STORE}
        own = {group.name: table[column] for group, column in zip(breakdown.groups, breakdown.columns, strict=True)}
        named = {level: group.replace("", None).fill_null(UNKNOWN_GROUP) for level, group in (known | own).items()}
        ids = table[s.STORE]
        chain = pl.repeat(CHAIN, len(ids), eager=True)
        return cls(ids, {STORE: ids.cast(pl.String), **named, CHAIN: chain})

    @cached_property
    def _members(self) -> dict[tuple[str, str], I64]:
        """The places of the stores of each group."""
        members: dict[tuple[str, str], I64] = {}
        for level, group in self.groups.items():
            places = pl.DataFrame({"key": group}).with_row_index("place").group_by("key").agg("place")
            members |= {(level, key): np.array(rows, np.int64) for key, rows in places.iter_rows()}
        return members

    def members(self, level: str, key: str) -> I64:
        """Return the places of the stores of a group; none where there is no such group."""
        return self._members.get((level, key), np.zeros(0, np.int64))

    def check(self, level: str, key: str) -> None:
        """Refuse a level or a key that there is not, without a word of what was sent.

        Raises
        ------
        DataError
            where there is none
        """
        self.check_level(level)
        if (level, key) not in self._members:
            keys = self.groups[level].unique().sort().to_list()
            raise DataError(
                "There is no such {level}.{hint} There are {count}, such as {example}.",
                level=Message(level),
                hint=hint(key, keys),
                count=len(keys),
                example=keys[0],
            )

    def check_level(self, level: str) -> None:
        """Refuse a level that there is not, without a word of what was sent.

        Raises
        ------
        DataError
            where there is none
        """
        if level not in self.groups:
            names = ", ".join(self.groups)
            raise DataError(
                "There is no such level.{hint} There are: {names}.", hint=hint(level, self.groups), names=names
            )

    def only(self, stores: pl.Series) -> "StoreGroups":
        """Return the groups of some stores, sorted ids; one that the chain does not hold any more is in no group but its own."""
        table = pl.DataFrame({s.STORE: self.stores, **dict(self.groups)})
        part = pl.DataFrame({s.STORE: stores}).join(table, on=s.STORE, how="left", maintain_order="left")
        groups = {level: part[level].fill_null(UNKNOWN_GROUP) for level in self.groups}
        groups |= {STORE: stores.cast(pl.String), CHAIN: pl.repeat(CHAIN, len(stores), eager=True)}
        return StoreGroups(stores, groups)


def cells_of(
    groups: StoreGroups, level: str, key: str, span: tuple[dt.date, dt.date], days: tuple[dt.date, int]
) -> Cells:
    """Return where a scope lies in a version.

    Parameters
    ----------
    groups : of the stores of the version, in its order
    level, key : of the stores
    span : the first and the last day of the scope
    days : the first day of the version, and how many it has
    """
    begin, end = ((day - days[0]).days for day in span)
    return Cells(groups.members(level, key), min(max(begin, 0), days[1]), max(min(end + 1, days[1]), 0))
