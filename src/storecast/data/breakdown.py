"""How totals are broken down beyond store types, states and weeks: by groups of stores and by periods of a chain's own choice.

groups = ["Region", "District"]    # in storecast.toml: columns of the stores by which totals are made
periods = ["month"]                # periods of totals beside weeks and the whole horizon
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.errors import DataError, hint, quote

OWN_GROUP = "group "  # begins the names of their columns in frames with other columns
UNKNOWN_GROUP = "unknown"  # of a store for which a column has no value, as for store types and states
BUILT_IN = {
    s.STORE: "store",
    s.STORE_TYPE: "type",
    s.STATE: "state",
}  # columns that totals are always made by: their level
RESERVED = (*BUILT_IN.values(), "chain")  # begin the levels of totals that are always there
PERIODS = ("month", "day")


@dataclass(frozen=True, eq=False)
class StoreGroup:
    """A column of the stores by which totals are made.

    Attributes
    ----------
    name : of the column
    of_store : the group of each store that has one, by its id
    """

    name: str
    of_store: dict[Any, str]

    def of(self, stores: pl.Series) -> pl.Series:
        """Return the group of each store, ``unknown`` where it has none.

        Parameters
        ----------
        stores : ids
        """
        groups = [self.of_store.get(store, UNKNOWN_GROUP) for store in stores.to_list()]
        return pl.Series(self.name, groups, dtype=pl.String)

    def __repr__(self) -> str:
        """Return the same text for the same groups, whatever order the stores were read in."""
        return f"StoreGroup({self.name!r}, {sorted(self.of_store.items())!r})"


@dataclass(frozen=True, eq=False)
class Breakdown:
    """By what totals are made beyond what they are always made by.

    Attributes
    ----------
    groups : columns of the stores
    periods : of `PERIODS`, beside weeks and the whole horizon
    """

    groups: tuple[StoreGroup, ...] = ()
    periods: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is anything beyond the usual."""
        return bool(self.groups or self.periods)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the groups' columns in frames with other columns, which a group may be a namesake of."""
        return tuple(f"{OWN_GROUP}{group.name}" for group in self.groups)

    def with_columns(self, stores: pl.DataFrame) -> pl.DataFrame:
        """Return the table of stores with each of `columns`.

        Parameters
        ----------
        stores : Store and other columns
        """
        ids = stores[s.STORE]
        return stores.with_columns(
            group.of(ids).alias(column) for column, group in zip(self.columns, self.groups, strict=True)
        )

    def as_setting(self) -> dict[str, Any]:
        """Return it as JSON can hold it: each group's stores by its values."""
        groups: dict[str, dict[str, list[Any]]] = {}
        for group in self.groups:
            stores_by_value = groups.setdefault(group.name, {})
            for store, value in sorted(group.of_store.items()):
                stores_by_value.setdefault(value, []).append(store)
        return {"groups": groups, "periods": list(self.periods)}

    @classmethod
    def from_setting(cls, setting: dict[str, Any] | None) -> "Breakdown":
        """Take it from what `as_setting` returned; None: nothing beyond the usual."""
        if setting is None:
            return cls()
        groups = (
            StoreGroup(name, {store: value for value, stores in values.items() for store in stores})
            for name, values in setting["groups"].items()
        )
        return cls(tuple(groups), tuple(setting["periods"]))


def check_group_names(names: object, where: str) -> tuple[str, ...]:
    """Return the names of columns of stores by which totals are to be made.

    Parameters
    ----------
    names : a list of texts
    where : they stand, for messages

    Raises
    ------
    DataError
        where one is no name, stands twice, or begins a level of totals that is always there
    """
    if isinstance(names, str) or not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise DataError(f'{where}: found {quote(names)}; expected a list of columns of the stores, such as ["Region"].')
    for name in names:
        if name in BUILT_IN:
            raise DataError(f"{where}: totals by {name} are always made, as {BUILT_IN[name]}. Leave {name} out.")
        if name in RESERVED or not 0 < len(name) <= s.MAX_TEXT_LENGTH:
            raise DataError(
                f"{where}: found {quote(name)}; expected a name of at most {s.MAX_TEXT_LENGTH} characters that is none of "
                f"{', '.join(RESERVED)}. Rename the column."
            )
    if len(set(names)) < len(names):
        raise DataError(f"{where}: {quote(max(names, key=names.count))} stands twice; expected each column once.")
    return tuple(names)


def check_periods(names: object, where: str) -> tuple[str, ...]:
    """Return the periods of totals, in the order of `PERIODS`.

    Parameters
    ----------
    names : a list of texts
    where : they stand, for messages

    Raises
    ------
    DataError
        where one is none that there is
    """
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise DataError(f'{where}: found {quote(names)}; expected a list, such as ["month"].')
    for name in names:
        if name not in PERIODS:
            raise DataError(
                f"{where}: there is no period {quote(name)}.{hint(str(name), PERIODS)} There are "
                f"{' and '.join(PERIODS)}; totals of weeks and of the whole horizon are always made."
            )
    return tuple(period for period in PERIODS if period in names)


def tidy_values(values: pl.Series) -> pl.Series:
    """Return the values of a group as texts without blanks around them, null where there is none.

    Numbers that many programs write with a decimal zero lose it: 17.0 is the group 17, if all of them are whole.

    Parameters
    ----------
    values : as text
    """
    text = values.cast(pl.String).str.strip_chars().replace("", None)
    whole = text.str.contains(r"^-?[0-9]+\.0$").fill_null(value=True).all()
    return text.str.replace(r"\.0$", "") if whole else text
