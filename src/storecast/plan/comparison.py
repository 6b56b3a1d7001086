"""What moved between two versions of a plan, by how much, and because of what.

Both versions say what their forecasts are made of in cents that add up, so the changes of the drivers add up to the change of the
forecast: no cause is named that the two forecasts do not hold.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import I64
from storecast.errors import DataError, Difference, Enumeration, Message
from storecast.plan.store_days import StoreDays, as_money
from storecast.plan.totals import TotalInterval, chain_total
from storecast.plan.versions import PlanVersion

CHAIN = "chain"
MOST_NAMED = 3  # drivers in one sentence
OF_TWO_MODELS = Message(
    "The two forecasts are of two models: what each driver moved holds the change of the model, too."
)
DRIVER_NAMES = {"Usual": "the chain's usual day"}  # in sentences, where the name alone says too little


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two versions beside each other.

    Attributes
    ----------
    before, after : their numbers
    changes : Level (chain-horizon, chain-week, store-week), Key, Start, End, Before, After, Change and, where it is known of
        both, a struct Drivers: by how much each moved; the chain first, then stores and weeks, the largest change first
    notices : what a reader must know
    explained : whether the drivers are known
    totals : of all stores and days of each of the two, with the interval of its forecast; None: not known
    """

    before: int
    after: int
    changes: pl.DataFrame
    notices: tuple[Message, ...]
    explained: bool
    totals: tuple[TotalInterval | None, TotalInterval | None]


def compare(
    versions: tuple[PlanVersion, PlanVersion],
    figures: tuple[StoreDays, StoreDays],
    drivers: tuple[StoreDays | None, StoreDays | None],
) -> Comparison:
    """Compare two versions over the stores and days that both have.

    Parameters
    ----------
    versions : the one before and the one after
    figures : their forecasts
    drivers : what those are made of; None where it is not known

    Raises
    ------
    DataError
        where they have no store and day in common
    """
    before, after = figures
    stores = before.stores.filter(before.stores.is_in(after.stores.implode()))
    first, last = max(before.first, after.first), min(before.last, after.last)
    if first > last or stores.is_empty():
        raise DataError(
            f"Versions {versions[0].version} and {versions[1].version} have no store and day in common, and cannot be compared."
        )
    parts = [each.part(stores, first, last) for each in figures]
    made_of = [None if each is None else each.part(stores, first, last) for each in drivers]
    columns = {"Before": parts[0].cents[s.FORECAST], "After": parts[1].cents[s.FORECAST]}
    columns["Change"] = columns["After"] - columns["Before"]
    moved: dict[str, I64] = {}
    if made_of[0] is not None and made_of[1] is not None:
        zero = np.zeros_like(columns["Change"])
        names = dict.fromkeys([*made_of[0].cents, *made_of[1].cents])
        moved = {name: made_of[1].cents.get(name, zero) - made_of[0].cents.get(name, zero) for name in names}
    changes = _sums(StoreDays(stores, first, columns | {f"driver {name}": cells for name, cells in moved.items()}))
    struct = pl.struct(pl.col(f"driver {name}").alias(name) for name in moved) if moved else pl.lit(None)
    table = changes.select("Level", "Key", "Start", "End", *columns, struct.alias("Drivers"))
    if not moved:
        table = table.drop("Drivers")
    notices = _notices(versions, figures, drivers, stores, first, last)
    totals = (chain_total(versions[0].totals), chain_total(versions[1].totals))
    return Comparison(versions[0].version, versions[1].version, table, notices, bool(moved), totals)


def because(drivers: dict[str, float]) -> Enumeration:
    """Name the drivers that moved a forecast most, with their money."""
    moved = sorted(((name, value) for name, value in drivers.items() if value), key=lambda item: -abs(item[1]))
    return Enumeration(
        tuple(
            Message("{driver} {amount}", driver=Message(DRIVER_NAMES.get(name, name)), amount=Difference(value))
            for name, value in moved[:MOST_NAMED]
        )
    )


def _sums(cells: StoreDays) -> pl.DataFrame:
    """Sum cents by chain, week, and store and week."""
    names = list(cells.cents)
    days = cells.in_cents().with_columns(pl.lit(CHAIN).alias(CHAIN), pl.col(s.DATE).dt.truncate("1w").alias("week"))
    levels: dict[str, Sequence[str]] = {
        "chain-horizon": (CHAIN,),
        "chain-week": (CHAIN, "week"),
        "store-week": (s.STORE, "week"),
    }
    parts = []
    for level, by in levels.items():
        sums = days.group_by(by).agg(
            pl.col(s.DATE).min().alias("Start"), pl.col(s.DATE).max().alias("End"), pl.col(names).sum()
        )
        order = [-pl.col("Change").abs(), pl.col(s.STORE), pl.col("Start")] if level == "store-week" else ["Start"]
        parts.append(
            sums.sort(order).select(
                pl.lit(level).alias("Level"),
                pl.col(by[0]).cast(pl.String).alias("Key"),
                "Start",
                "End",
                *(as_money(pl.col(name)) for name in names),
            )
        )
    return pl.concat(parts)


def _notices(
    versions: tuple[PlanVersion, PlanVersion],
    figures: tuple[StoreDays, StoreDays],
    drivers: tuple[StoreDays | None, StoreDays | None],
    stores: pl.Series,
    first: dt.date,
    last: dt.date,
) -> tuple[Message, ...]:
    notices = []
    if any((each.first, each.last) != (first, last) for each in figures):
        days = Message("Only the days that both versions have are compared: {first} to {last}.", first=first, last=last)
        notices.append(days)
    one_sided = sum(len(each.stores) for each in figures) - 2 * len(stores)
    if one_sided:
        notices.append(
            Message("{count} stores are in one of the two versions alone, and are left out.", count=one_sided)
        )
    unknown = [str(version.version) for version, each in zip(versions, drivers, strict=True) if each is None]
    if unknown:
        both = Message("{one} and {other}", one=unknown[0], other=unknown[-1])
        notices.append(
            Message(
                "Because of what is not known: version {versions} was published without what its forecast is made of.",
                versions=both if len(unknown) > 1 else unknown[0],
            )
        )
    elif versions[0].model != versions[1].model:
        notices.append(OF_TWO_MODELS)
    return tuple(notices)
