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
    exact = shape * (total / whole)
    cents: I64 = np.floor(exact).astype(np.int64)
    places = np.flatnonzero(shape)
    # In doubles a share of billions may be off by a cent or two; what is missing goes the same way as the remainders.
    each, left = divmod(total - int(cents.sum()), len(places))
    cents[places] += each
    order = np.argsort(-(exact - cents)[places], kind="stable")
    cents[places[order[:left]]] += 1
    return cents
