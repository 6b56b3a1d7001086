"""Columns taken apart by driver.

Some columns speak for several drivers at once: the ridge's fit is a sum of its parts, and a store's mean on Mondays with a
promotion is its level, what Mondays add and what promotions add. Such a column is taken apart into pieces that add up to it,
so that one driver can be changed and the others left alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import polars as pl

from storecast.arrays import I64
from storecast.features.declarations import (
    NEIGHBOURS,
    OFFSET,
    PART_OWN,
    PART_SCHOOL,
    PART_TREND,
    PART_WEEKDAY,
    RIDGE_PARTS,
    declaration,
)
from storecast.features.drivers import HOLIDAYS, LEVEL, PROMOTION, SEASON, TREND, WEEKDAY, in_order, own_driver
from storecast.features.history import SPANS

BETWEEN = "."  # stands between the name of a blend's member and that of its column


def of_member(features: pl.DataFrame, member: str) -> pl.DataFrame:
    """Return the columns of a member in a blend's features, under the member's own names."""
    begin = member + BETWEEN
    columns = [column for column in features.get_columns() if column.name.startswith(begin)]
    return pl.DataFrame([column.alias(column.name.removeprefix(begin)) for column in columns])


@dataclass(frozen=True, eq=False)
class Pieces:
    """The columns of features, each taken apart by driver.

    Attributes
    ----------
    whole : the features themselves
    single : the driver of each column that speaks for one alone; None: for none, it stays as it is
    several : for each other column its pieces by driver; they add up to the column
    """

    whole: pl.DataFrame
    single: dict[str, str | None]
    several: dict[str, dict[str, pl.Series]]

    @classmethod
    def of(cls, features: pl.DataFrame) -> "Pieces":
        """Take the columns of features apart; those of a blend, of each member by itself."""
        if all(BETWEEN in name for name in features.columns):
            return cls._of_members(features)
        several: dict[str, dict[str, pl.Series]] = {}
        for span in SPANS:
            several |= _means(features, span)
        several |= _neighbours(features)
        if "cell" in features.columns:
            promo = features["cell"] % 2
            several["cell"] = {WEEKDAY: features["cell"] - promo, PROMOTION: promo}
        if {"ridge", *RIDGE_PARTS} <= set(features.columns):
            several["ridge"] = _ridge(features)
            if own := _own_parts(features):
                several[OFFSET] = {HOLIDAYS: features[OFFSET] - _sum(own), **own}
        single = {name: _driver(name) for name in features.columns if name not in several}
        return cls(features, single, several)

    @classmethod
    def _of_members(cls, features: pl.DataFrame) -> "Pieces":
        single: dict[str, str | None] = {}
        several: dict[str, dict[str, pl.Series]] = {}
        for member in dict.fromkeys(name.partition(BETWEEN)[0] for name in features.columns):
            begin, pieces = member + BETWEEN, cls.of(of_member(features, member))
            single |= {begin + name: driver for name, driver in pieces.single.items()}
            several |= {begin + name: by_driver for name, by_driver in pieces.several.items()}
        return cls(features, single, several)

    @property
    def drivers(self) -> tuple[str, ...]:
        """The drivers that some column speaks for."""
        single = {driver for driver in self.single.values() if driver is not None}
        return in_order(single.union(*self.several.values()))

    def mixed(self, own: Collection[str], rows: I64, other: I64) -> pl.DataFrame:
        """Return rows that keep their own values for some drivers, and take those of other rows for the others.

        Parameters
        ----------
        own : the drivers whose values are the rows' own
        rows, other : places of the rows, and of those that stand in for them, of the same length
        """
        return self.taken({driver: rows if driver in own else other for driver in self.drivers}, rows)

    def taken(self, places: Mapping[str, I64], rows: I64) -> pl.DataFrame:
        """Return rows that take the values of each driver from other rows.

        Parameters
        ----------
        places : by driver, the rows that its values are taken from
        rows : those that values which no driver speaks for are taken from, of the same length
        """
        of_driver = {driver: pl.Series(place, dtype=pl.get_index_type()) for driver, place in places.items()}
        of_none = pl.Series(rows, dtype=pl.get_index_type())
        columns = []
        for column in self.whole.get_columns():
            if column.name in self.single:
                driver = self.single[column.name]
                columns.append(column.gather(of_none if driver is None else of_driver[driver]))
                continue
            several = self.several[column.name]
            mixed = reduce(add, (piece.gather(of_driver[driver]) for driver, piece in several.items()))
            # The sum of the pieces of one row is the column's figure but for rounding, and trees ask on which side of a cut it is.
            first = next(iter(several))
            one_row = np.all([places[driver] == places[first] for driver in several], axis=0)
            columns.append(column.gather(of_driver[first]).zip_with(pl.Series(one_row), mixed).alias(column.name))
        return pl.DataFrame(columns)


def _driver(column: str) -> str | None:
    """Return the driver that a column is declared for; None where there is none."""
    declared = declaration(column)
    return declared.driver if declared else None


def _means(features: pl.DataFrame, span: int) -> dict[str, dict[str, pl.Series]]:
    """Take the means of log sales over a span apart: the store's, what the weekday adds, what a promotion adds."""
    names = [f"mean_{kind}{span}" for kind in ("", "cell_", "weekday_", "promo_")]
    if not set(names) <= set(features.columns):
        return {}
    whole, cell, weekday, promo = (features[name] for name in names)
    return {
        cell.name: {LEVEL: whole, WEEKDAY: weekday - whole, PROMOTION: cell - weekday},
        weekday.name: {LEVEL: whole, WEEKDAY: weekday - whole},
        promo.name: {LEVEL: whole, PROMOTION: promo - whole},
    }


def _neighbours(features: pl.DataFrame) -> dict[str, dict[str, pl.Series]]:
    """Take counts of closed and open days nearby apart: what is usual on the weekday, and what is not."""
    if "weekday" not in features.columns:
        return {}
    pieces = {}
    for name in features.columns:
        declared = declaration(name)
        if declared is not None and declared.parts == NEIGHBOURS:
            usual = features.select(pl.col(name).median().over("weekday")).to_series()
            pieces[name] = {WEEKDAY: usual, HOLIDAYS: features[name] - usual}
    return pieces


def _own_parts(features: pl.DataFrame) -> dict[str, pl.Series]:
    """Return the ridge's part for each own column of the chain, by its driver."""
    parts: dict[str, pl.Series] = {}
    for name in features.columns:
        if name.startswith(PART_OWN):
            driver = own_driver(name.removeprefix(PART_OWN))
            parts[driver] = parts[driver] + features[name] if driver in parts else features[name]
    return parts


def _ridge(features: pl.DataFrame) -> dict[str, pl.Series]:
    """Take the ridge's fit apart by its parts; the level is what none of them adds. Own columns are in the offset instead."""
    pieces = {
        WEEKDAY: features[PART_WEEKDAY],
        TREND: features[PART_TREND],
        SEASON: features["ridge_season"],
        PROMOTION: features["ridge_promotion"],
        HOLIDAYS: features["ridge_holiday"] + features[PART_SCHOOL],
    }
    return {LEVEL: features["ridge"] - _sum(pieces), **pieces}


def _sum(pieces: dict[str, pl.Series]) -> pl.Series:
    first, *others = pieces.values()
    return sum(others, first)
