"""Spread an amount over store-days by the forecast's own shape, in whole cents that add up."""

import numpy as np

from storecast.arrays import I64


def spread(total: int, shape: I64) -> I64:
    """Return whole cents that add up to a total, each in proportion to the shape: the largest remainders are rounded up.

    Parameters
    ----------
    total : cents, 0 or more
    shape : cents of the forecast, 0 or more each, (cells,); a cell of 0 stays 0, unless it is the only one

    Raises
    ------
    ValueError
        where there is a total and no shape to spread it by
    """
    if total == 0:
        return np.zeros_like(shape)
    if len(shape) == 1:
        return np.array([total], np.int64)
    whole = int(shape.sum())
    if whole == 0:
        raise ValueError("there is no shape to spread by")
    cents: I64 = spread_rows(np.array([total], np.int64), shape[None, :])[0]
    return cents


def spread_rows(totals: I64, shapes: I64) -> I64:
    """Spread several totals over as many cells each, as `spread` does one, (totals, cells).

    Parameters
    ----------
    totals : cents, 0 or more, (totals,)
    shapes : cents of the forecast, (totals, cells); each has a cell above 0
    """
    exact = shapes * (totals / shapes.sum(axis=1))[:, None]
    floors = np.floor(exact)
    cents: I64 = floors.astype(np.int64)
    counts = shapes > 0
    # In doubles a share of billions may be off by a cent or two; what is missing goes the same way as the remainders.
    each, left = np.divmod(totals - cents.sum(axis=1), counts.sum(axis=1))
    cents += counts * each[:, None]
    order = np.argsort(np.where(counts, floors - exact, np.inf), axis=1, kind="stable")
    cents += np.argsort(order, axis=1) < left[:, None]  # the place of each cell in the order
    return cents
