"""Overrides: what people put in the place of the forecast, and the plan that follows from it.

The narrowest override comes first; a broader one spreads what is left of it over the store-days that no narrower one holds. So the
plan depends on which overrides stand, and not on the order in which they were written: it is worked out anew on every version.

Three kinds, each of a scope of stores and days:
figure   the total of the scope
amount   is added to the forecast of its store-days
factor   times the forecast of its store-days
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import I64, Bool
from storecast.errors import Amount, Factor, Message
from storecast.plan.scopes import Cells, StoreGroups, cells_of
from storecast.plan.spreading import spread
from storecast.plan.store_days import CENT, FIGURES, StoreDays

FIGURE, AMOUNT, FACTOR = KINDS = ("figure", "amount", "factor")
PLAN, OVERRIDE = "Plan", "Override"
MAX_VALUE = 1e13  # of a figure or an amount
NOBODY = -1  # holds the store-day: it stays at the forecast
ALL_HELD = Message("every day of it is held by narrower overrides")
SCOPE = ("level", "key", "first", "last")
USUAL_REASONS = (
    "competition",
    "local event",
    "opening hours",
    "other",
    "promotion",
    "supply",
    "weather",
)  # of a new plan


@dataclass(frozen=True, eq=False)
class Resolution:
    """The plan that follows from a forecast and its overrides.

    Attributes
    ----------
    plan : cents, (stores, days)
    holder : the row of the override that holds each store-day, (stores, days); `NOBODY`: the forecast
    cells : of each override, where it lies
    trouble : by row, why an override cannot be met; its store-days stay at the forecast
    """

    plan: I64
    holder: I64
    cells: list[Cells]
    trouble: Mapping[int, str]


def resolve(
    figures: StoreDays, groups: StoreGroups, overrides: pl.DataFrame, bases: Mapping[int, StoreDays]
) -> Resolution:
    """Work the plan of a version out.

    Parameters
    ----------
    figures : its forecast
    groups : of its stores, in their order
    overrides : level, key, first, last, kind, value, added (the write) and plan (the version on which it was written)
    bases : forecasts of those versions, for overrides some of whose days are not in this one: they keep their share by the shape of
        the forecast on which they were written
    """
    forecast = figures.cents[s.FORECAST]
    span = figures.first, figures.days
    rows = overrides.to_dicts()
    cells = [cells_of(groups, row["level"], row["key"], (row["first"], row["last"]), span) for row in rows]
    counts = np.array([each.count for each in cells], np.int64)
    plan, holder = forecast.copy(), np.full(forecast.shape, NOBODY, np.int64)
    trouble: dict[int, Message] = {}
    order = np.lexsort((-overrides["added"].to_numpy(), counts))
    order = order[counts[order] > 0]
    one_day = (overrides["first"] == overrides["last"]).to_numpy()[order] & (counts[order] == 1)
    alone = _fill_store_days(plan, holder, cells, order[one_day], overrides, trouble)
    for number in order[~np.isin(order, alone)].tolist():
        place, row = cells[number], rows[number]
        block = np.ix_(place.rows, np.arange(place.begin, place.end))
        free = holder[block] == NOBODY
        reason = _fill(plan, holder, block, free, number, row, figures, bases)
        if reason:
            trouble[number] = reason
    return Resolution(plan, holder, cells, trouble)


def _fill_store_days(
    plan: I64, holder: I64, cells: list[Cells], numbers: I64, overrides: pl.DataFrame, trouble: dict[int, Message]
) -> I64:
    """Put overrides of one store and day into the plan, all at once; return which, of two of the same store-day the first.

    Parameters
    ----------
    plan, holder : as in `Resolution`, changed here
    cells : where each override lies
    numbers : of the overrides, in their order
    overrides : as for `resolve`
    trouble : as in `Resolution`, added to here
    """
    if not len(numbers):
        return numbers
    flat = np.array([cells[k].rows[0] * plan.shape[1] + cells[k].begin for k in numbers.tolist()], np.int64)
    flat, first = np.unique(flat, return_index=True)
    numbers = numbers[first]
    some = overrides[numbers]
    forecast, value = plan.ravel()[flat], some["value"].to_numpy()
    kind, cents = some["kind"].to_numpy(), np.rint(value * CENT)
    whole = np.select([kind == FIGURE, kind == AMOUNT], [cents, forecast + cents], np.rint(value * forecast)).astype(
        np.int64
    )
    for number, money in zip(numbers[whole < 0].tolist(), forecast[whole < 0].tolist(), strict=True):
        trouble[number] = _too_much(money)
    fits = whole >= 0
    plan.ravel()[flat[fits]] = whole[fits]
    holder.ravel()[flat[fits]] = numbers[fits]
    return numbers


def _fill(
    plan: I64,
    holder: I64,
    block: Any,
    free: Bool,
    number: int,
    row: dict[str, Any],
    figures: StoreDays,
    bases: Mapping[int, StoreDays],
) -> Message | None:
    """Put one override into the plan; return why it cannot be met, if so.

    Parameters
    ----------
    plan, holder : as in `Resolution`, changed here
    block : the store-days of the override
    free : which of them no narrower one holds
    number : of the override
    row : the override
    figures, bases : as for `resolve`
    """
    part = plan[block]
    shape = part[free]
    if row["kind"] == FACTOR:
        total = round(row["value"] * int(shape.sum()))
    else:
        value = round(row["value"] * CENT * _share(row, figures, bases))
        narrower = int(part[~free].sum())
        total = value - narrower if row["kind"] == FIGURE else value + int(shape.sum())
        if total and not len(shape):
            return ALL_HELD
        if total < 0 and row["kind"] == FIGURE:
            return Message(
                "narrower overrides hold {part} of its {whole}",
                part=Amount(narrower / CENT),
                whole=Amount(value / CENT),
            )
        if total < 0:
            return _too_much(int(shape.sum()))
    if total and len(shape) > 1 and not shape.any():
        return Message("the forecast of the days that are left is 0, and has no shape to spread it by")
    part[free] = spread(total, shape) if len(shape) else shape
    plan[block] = part
    holders = holder[block]
    holders[free] = number
    holder[block] = holders
    return None


def _too_much(cents: int) -> Message:
    return Message("it takes more away than the forecast of its days, {forecast}", forecast=Amount(cents / CENT))


def _share(row: dict[str, Any], figures: StoreDays, bases: Mapping[int, StoreDays]) -> float:
    """Return which part of an override lies within a version, by the shape of the forecast on which it was written."""
    first, last = row["first"], row["last"]
    if figures.first <= first and last <= figures.last:
        return 1.0
    base = bases[row["plan"]]
    by_day = base.cents[s.FORECAST].sum(axis=0)
    whole, inside = (
        int(by_day[(begin - base.first).days : (end - base.first).days + 1].sum())
        for begin, end in ((first, last), (max(first, figures.first), min(last, figures.last)))
    )
    return inside / whole if whole else 0.0


def describe(row: Mapping[str, Any]) -> Message:
    """Return an override in words: ``store 3, 2014-01-06 to 2014-01-12: figure 12,000.00``."""
    first, last = row["first"], row["last"]
    days = first if first == last else Message("{first} to {last}", first=first, last=last)
    level = Message("{level} {key}", level=Message(row["level"]), key=row["key"])
    stores = Message("all stores") if row["level"] == "chain" else level
    value = Factor(row["value"]) if row["kind"] == FACTOR else Amount(row["value"])
    return Message("{stores}, {days}: {kind} {value}", stores=stores, days=days, kind=Message(row["kind"]), value=value)


def stale_reasons(
    figures: StoreDays, resolution: Resolution, overrides: pl.DataFrame, bases: Mapping[int, StoreDays]
) -> list[Message]:
    """Say of each override why it no longer fits the forecast; an empty message where it does.

    It is stale where the forecast of its store-days has moved by more than the override does, or out of the band that it had when
    the override was written: the 80% bounds of the days, added up; or where it cannot be met any more, or has no store left.

    Parameters
    ----------
    figures : the forecast of the version
    resolution : its plan
    overrides : as for `resolve`
    bases : the forecasts on which they were written
    """
    texts: list[Message] = []
    layers: dict[int, I64] = {}
    for number, row in enumerate(overrides.select("plan", "kind", "last").iter_rows(named=True)):
        cells, base = resolution.cells[number], bases.get(row["plan"])
        if number in resolution.trouble:
            texts.append(Message("it cannot be met any more: {why}", why=resolution.trouble[number]))
        elif not len(cells.rows) and row["last"] >= figures.first:
            texts.append(Message("the plan holds none of its stores any more"))
        elif not cells.count or base is None or base is figures:
            texts.append(Message(""))
        else:
            if row["plan"] not in layers:
                layers[row["plan"]] = _beside(figures, base, resolution.plan)
            sums = layers[row["plan"]][:, cells.rows, cells.begin : cells.end].sum(axis=(1, 2))
            texts.append(moved_too_far(sums, row["kind"]))
    return texts


def _beside(figures: StoreDays, base: StoreDays, plan: I64) -> I64:
    """Return an older forecast, its bounds, the new one and the plan, (5, stores, days); 0 on days that one lacks."""
    days = pl.date_range(figures.first, figures.last, eager=True)
    columns = (days - base.first).dt.total_days().to_numpy()
    shared = (columns >= 0) & (columns < base.days)
    known = figures.stores.is_in(base.stores.implode())
    places = base.stores.search_sorted(figures.stores.filter(known)).to_numpy()
    inside = np.ix_(np.flatnonzero(known.to_numpy()), np.flatnonzero(shared))
    layers = np.zeros((5, *plan.shape), np.int64)
    older = (base.cents[name][np.ix_(places, columns[shared])] for name in FIGURES)
    newer = (each[inside] for each in (figures.cents[s.FORECAST], plan))
    for number, cells in enumerate((*older, *newer)):
        layers[number][inside] = cells
    return layers


def moved_too_far(sums: I64, kind: str) -> Message:
    """Say how the forecast of an override has moved, where that is too far; an empty message where it is not.

    Parameters
    ----------
    sums : of its store-days, in cents: the older forecast, its bounds, the new forecast, and the plan, (5,)
    kind : of the override
    """
    old, low, high, new, wanted = sums.tolist()
    moved = {"old": Amount(old / CENT), "new": Amount(new / CENT)}
    if not low <= new <= high:
        return Message(
            "the forecast of its days went from {old} to {new}, out of the band from {low} to {high}",
            **moved,
            low=Amount(low / CENT),
            high=Amount(high / CENT),
        )
    size = abs(wanted - (old if kind == FIGURE else new))  # of the override: a figure stays where the forecast moves
    if abs(new - old) <= size:
        return Message("")
    return Message("the forecast of its days went from {old} to {new}, by more than the override", **moved)
