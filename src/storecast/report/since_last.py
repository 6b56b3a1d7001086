"""What moved since the forecast before: the sum of the days in both, the drivers behind it, and how the days in between came."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from storecast import schema as s
from storecast.dates import as_date
from storecast.explain.explanations import USUAL

PARTS = (s.FORECAST, USUAL)  # columns of contributions that are no driver


@dataclass(frozen=True)
class SinceLast:
    """A forecast beside the one before.

    Attributes
    ----------
    first, last : the days of both
    before, after : their sums over the stores and days of both
    drivers : by how much each moved the stores whose contributions are known of both, the largest first; None: not known
    stores : how many such stores there are
    came : of the days since, whose sales are known by now: first, last, forecast and sales; None: there are none
    """

    first: dt.date
    last: dt.date
    before: float
    after: float
    drivers: Mapping[str, float] | None
    stores: int
    came: tuple[dt.date, dt.date, float, float] | None


def since_last(
    before: pl.DataFrame,
    now: pl.DataFrame,
    sales: pl.DataFrame,
    contributions: tuple[pl.DataFrame, pl.DataFrame] | None,
) -> SinceLast | None:
    """Compare a forecast with the one before; None where they have no day in common.

    Parameters
    ----------
    before, now : the rows of forecast.csv
    sales : a row per store and day of the past
    contributions : those of some stores then and now, as `explain.explanations.explain` returns them; None where they are not known
    """
    both = before.select(*s.KEYS, pl.col(s.FORECAST).alias("Before")).join(now, on=s.KEYS)
    if both.is_empty():
        return None
    drivers, stores = _moved(*contributions) if contributions else (None, 0)
    return SinceLast(
        first=as_date(both[s.DATE].min()),
        last=as_date(both[s.DATE].max()),
        before=round(float(both["Before"].sum()), 2),
        after=round(float(both[s.FORECAST].sum()), 2),
        drivers=drivers,
        stores=stores,
        came=_came(before, sales),
    )


def _moved(before: pl.DataFrame, now: pl.DataFrame) -> tuple[dict[str, float] | None, int]:
    """Return by how much each driver moved the sum of the store-days of both, and how many stores those are of."""
    names = [name for name in now.columns if name not in (*s.KEYS, *PARTS) and not name.startswith(s.COUNTERFACTUAL)]
    if USUAL not in before.columns:
        return None, 0
    both = now.join(before, on=s.KEYS, suffix=" before")
    if both.is_empty():
        return None, 0
    moved = {
        name: float(both[name].sum())
        - (float(both[f"{name} before"].sum()) if f"{name} before" in both.columns else 0.0)
        for name in (*names, USUAL)
    }
    ordered = sorted(moved.items(), key=lambda item: -abs(item[1]))
    return {name: round(value, 2) for name, value in ordered if round(value, 2)}, both[s.STORE].n_unique()


def _came(before: pl.DataFrame, sales: pl.DataFrame) -> tuple[dt.date, dt.date, float, float] | None:
    known = before.join(sales.select(*s.KEYS, s.SALES), on=s.KEYS).drop_nulls(s.SALES)
    if known.is_empty():
        return None
    return (
        as_date(known[s.DATE].min()),
        as_date(known[s.DATE].max()),
        float(known[s.FORECAST].sum()),
        float(known[s.SALES].sum()),
    )
