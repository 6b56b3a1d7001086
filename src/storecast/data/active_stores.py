"""Which stores are still trading: the one rule by which a store is forecast or left out.

A store counts as inactive where it never sold anything, or where its last sale lies six weeks or more before the last sale of the
chain. Its days ahead are taken as closed, so it adds nothing to any total; a calendar, a test file or a request that opens it is
followed. Whether the rows ended, or went on with sales of zero, makes no difference.

Six weeks are longer than the closures that a store comes back from without notice (holidays of its staff, a short refurbishment)
and as long as the usual horizon. A kiosk that sells once a month is silent for longer than that without being closed, so a store
must also be silent for three times as long as it usually is between two sales.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import I64, Bool

SILENT_DAYS = 42  # days without a sale, up to the chain's last one, from which on a store counts as inactive
USUAL_SILENCES = 3.0  # times the longest usual silence of a store that sells rarely
USUAL_SHARE = 0.95  # of the silences between two sales are at most as long as the longest usual one


@dataclass(frozen=True)
class InactiveStore:
    """A store that is not forecast unless something opens it."""

    store: object
    last_sale: dt.date | None  # None where it never sold anything


def are_inactive(sold: Bool) -> Bool:
    """Return whether each store is inactive, (stores,); no store is where nobody ever sold anything.

    Parameters
    ----------
    sold : whether a store sold something on a day, up to the cutoff, (stores, days)
    """
    last_sale = _last(sold)
    end = last_sale.max(initial=-1)
    inactive: Bool = (last_sale < 0) & (end >= 0)
    for store in np.flatnonzero((last_sale >= 0) & (end - last_sale >= SILENT_DAYS)):
        inactive[store] = end - last_sale[store] >= silence_limit(np.flatnonzero(sold[store]))
    return inactive


def silence_limit(sale_days: I64) -> float:
    """Return after how many days without a sale a store counts as inactive.

    Parameters
    ----------
    sale_days : the days on which it sold something, counted from any day, ascending, (days,)

    Examples
    --------
    >>> silence_limit(np.arange(0, 100)), silence_limit(np.arange(0, 300, 30))
    (42.0, 90.0)
    """
    silences = np.diff(sale_days)
    usual = float(np.quantile(silences, USUAL_SHARE)) if len(silences) else 0.0
    return max(float(SILENT_DAYS), USUAL_SILENCES * usual)


def inactive_stores(sales: pl.DataFrame, stores: pl.DataFrame) -> list[InactiveStore]:
    """List the inactive stores of a chain, in the order of its stores.

    Parameters
    ----------
    sales : a row per store and observed day: Store, Date, Sales
    stores : a row per store
    """
    rows = sales.filter(pl.col(s.SALES) > 0).select(*s.KEYS)
    if rows.is_empty():
        return []
    first = rows[s.DATE].min()
    day = (rows[s.DATE] - first).dt.total_days().to_numpy()
    place = rows[s.STORE].replace_strict(stores[s.STORE], pl.Series(np.arange(stores.height)), return_dtype=pl.Int64)
    sold = np.zeros((stores.height, int(day.max()) + 1), bool)
    sold[place.to_numpy(), day] = True
    last_sale = dict(rows.group_by(s.STORE).agg(pl.col(s.DATE).max()).iter_rows())
    names: Sequence[object] = stores[s.STORE].filter(pl.Series(are_inactive(sold))).to_list()
    return [InactiveStore(name, last_sale.get(name)) for name in names]


def _last(sold: Bool) -> I64:
    """Return the last day on which each store sold something, -1 where it never did, (stores,)."""
    last: I64 = np.where(sold, np.arange(sold.shape[1]), -1).max(axis=1, initial=-1)
    return last
