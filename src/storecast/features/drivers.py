"""Drivers: a planner's words for what moves a forecast, and which column of a design speaks for which.

Some columns speak for several at once: the ridge's fit is a sum of its parts, and a store's mean on Mondays with a promotion is
its level, what Mondays add and what promotions add. Such a column is taken apart into pieces that add up to it, so that
one driver can be changed and the others left alone.
"""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from storecast import schema as s
from storecast.arrays import I64
from storecast.features.history import SPANS
from storecast.features.registry import OWN

BETWEEN = "."  # stands between the name of a blend's member and that of its column

DRIVERS = ("level", "weekday", "season", "promotion", "holidays", "competition", "trend", "own columns")
(LEVEL, WEEKDAY, SEASON, PROMOTION, HOLIDAYS, COMPETITION, TREND, OWN_COLUMNS) = DRIVERS

PART_WEEKDAY, PART_TREND, PART_SCHOOL = RIDGE_PARTS = (
    "part_weekday",
    "part_trend",
    "part_school",
)  # beside the features
_PARTS = {  # of the ridge's terms
    "weekday": WEEKDAY,
    "promotion": PROMOTION,
    "trend": TREND,
    "season": SEASON,
    "month": SEASON,
    "holiday": HOLIDAYS,
    "school": HOLIDAYS,
}
_COLUMNS = {
    s.STORE: LEVEL,
    "store": LEVEL,
    "recent": TREND,
    **{f"{part}:": driver for part, driver in _PARTS.items()},  # the ridge's own design
    s.STORE_TYPE: LEVEL,
    s.ASSORTMENT: LEVEL,
    s.STATE: LEVEL,
    "weekday": WEEKDAY,
    "offset": HOLIDAYS,
    "part_": None,
    "past": TREND,
    "competition_": COMPETITION,
    "promo": PROMOTION,
    "holiday": HOLIDAYS,
    "public_": HOLIDAYS,
    "closures_": HOLIDAYS,
    "shut_": HOLIDAYS,
    "school": HOLIDAYS,
    "from_christmas": HOLIDAYS,
    "from_easter": HOLIDAYS,
    "from_payday": SEASON,
    "day_of_month": SEASON,
    "days_to_month_end": SEASON,
    "ridge_season": SEASON,
    "ridge_holiday": HOLIDAYS,
    "ridge_promotion": PROMOTION,
    "ridge_level": LEVEL,
    "ridge_noise": LEVEL,
    "ridge_trend": TREND,
    "residual_last_year": SEASON,
    "residual_": TREND,
    "mean_": LEVEL,
    "spread_": LEVEL,
    "basket": LEVEL,
    "history_days": LEVEL,
    "days_since_gap": LEVEL,
    "known_": OWN_COLUMNS,
    OWN: OWN_COLUMNS,
}
# Every Saturday is followed by a closed day: what is usual on a weekday belongs to it, and the rest to holidays.
_NEIGHBOURS = ("closed_", "open_run", "sundays_this_week")


def of_member(design: pl.DataFrame, member: str) -> pl.DataFrame:
    """Return what a blend's design holds of a member, under the member's own names."""
    begin = member + BETWEEN
    own = [column for column in design.get_columns() if column.name.startswith(begin)]
    return pl.DataFrame([column.alias(column.name.removeprefix(begin)) for column in own])


def driver_of_part(part: str) -> str:
    """Return the driver that a part of the ridge speaks for."""
    return _PARTS[part]


@dataclass(frozen=True, eq=False)
class Pieces:
    """The columns of a design, each taken apart by driver.

    Attributes
    ----------
    whole : the design itself
    single : the driver of each column that speaks for one alone; None: for none, it stays as it is
    several : for each other column its pieces by driver; they add up to the column
    """

    whole: pl.DataFrame
    single: dict[str, str | None]
    several: dict[str, dict[str, pl.Series]]

    @classmethod
    def of(cls, design: pl.DataFrame) -> "Pieces":
        """Take the columns of a design apart; those of a blend, of each member by itself."""
        if all(BETWEEN in name for name in design.columns):
            return cls._of_members(design)
        several: dict[str, dict[str, pl.Series]] = {}
        for span in SPANS:
            several |= _means(design, span)
        several |= _neighbours(design)
        if "cell" in design.columns:
            promo = design["cell"] % 2
            several["cell"] = {WEEKDAY: design["cell"] - promo, PROMOTION: promo}
        if {"ridge", *RIDGE_PARTS} <= set(design.columns):
            several["ridge"] = _ridge(design)
        single = {name: _driver(name) for name in design.columns if name not in several}
        return cls(design, single, several)

    @classmethod
    def _of_members(cls, design: pl.DataFrame) -> "Pieces":
        single: dict[str, str | None] = {}
        several: dict[str, dict[str, pl.Series]] = {}
        for member in dict.fromkeys(name.partition(BETWEEN)[0] for name in design.columns):
            begin, pieces = member + BETWEEN, cls.of(of_member(design, member))
            single |= {begin + name: driver for name, driver in pieces.single.items()}
            several |= {begin + name: found for name, found in pieces.several.items()}
        return cls(design, single, several)

    @property
    def drivers(self) -> tuple[str, ...]:
        """The drivers that some column speaks for."""
        found = {*self.single.values(), *(driver for pieces in self.several.values() for driver in pieces)}
        return tuple(driver for driver in DRIVERS if driver in found)

    def mixed(self, own: Collection[str], rows: I64, other: I64) -> pl.DataFrame:
        """Return rows that keep their own values for some drivers, and take those of other rows for the rest.

        Parameters
        ----------
        own : the drivers that are kept
        rows, other : places of the rows, and of those that stand in for them, of the same length
        """
        here, there = self.whole[rows], self.whole[other]
        columns = []
        for name in self.whole.columns:
            if name in self.single:
                driver = self.single[name]
                columns.append(here[name] if driver is None or driver in own else there[name])
            elif self.several[name].keys() <= set(own):
                columns.append(here[name])
            else:
                pieces = [piece[rows if driver in own else other] for driver, piece in self.several[name].items()]
                columns.append(sum(pieces[1:], pieces[0]).alias(name))
        return pl.DataFrame(columns)


def _driver(column: str) -> str | None:
    """Return the driver of a column by the longest beginning of its name that is known; None where none is."""
    known = [begin for begin in _COLUMNS if column.startswith(begin)]
    return _COLUMNS[max(known, key=len)] if known else None


def _means(design: pl.DataFrame, span: int) -> dict[str, dict[str, pl.Series]]:
    """Take the means of log sales over a span apart: the store's, what the weekday adds, what a promotion adds."""
    names = [f"mean_{kind}{span}" for kind in ("", "cell_", "weekday_", "promo_")]
    if not set(names) <= set(design.columns):
        return {}
    whole, cell, weekday, promo = (design[name] for name in names)
    return {
        cell.name: {LEVEL: whole, WEEKDAY: weekday - whole, PROMOTION: cell - weekday},
        weekday.name: {LEVEL: whole, WEEKDAY: weekday - whole},
        promo.name: {LEVEL: whole, PROMOTION: promo - whole},
    }


def _neighbours(design: pl.DataFrame) -> dict[str, dict[str, pl.Series]]:
    """Take counts of closed and open days nearby apart: what is usual on the weekday, and what is not."""
    if "weekday" not in design.columns:
        return {}
    found = {}
    for name in design.columns:
        if name.startswith(_NEIGHBOURS):
            usual = design.select(pl.col(name).median().over("weekday")).to_series()
            found[name] = {WEEKDAY: usual, HOLIDAYS: design[name] - usual}
    return found


def _ridge(design: pl.DataFrame) -> dict[str, pl.Series]:
    """Take the ridge's fit apart; what none of its columns tells is the level, and what school holidays add."""
    pieces = {
        WEEKDAY: design[PART_WEEKDAY],
        TREND: design[PART_TREND],
        SEASON: design["ridge_season"],
        PROMOTION: design["ridge_promotion"],
        HOLIDAYS: design["ridge_holiday"] + design[PART_SCHOOL],
    }
    rest = design["ridge"] - sum(list(pieces.values())[1:], next(iter(pieces.values())))
    return {LEVEL: rest, **pieces}
