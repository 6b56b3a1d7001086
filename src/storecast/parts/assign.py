"""Which store goes to which part: whole stores in the order of their ids, stores that replace each other together."""

from collections.abc import Mapping

import polars as pl

from storecast.errors import ConfigError
from storecast.parts.scan import KEY

PART = "part"
USUAL_STORES = 1000  # of a part
FEWEST_STORES = 300  # of a part of a larger chain: the ridge shrinks stores to those of their part


def assign_parts(stores: pl.Series, replaced: Mapping[str, str], stores_per_part: int = USUAL_STORES) -> pl.DataFrame:
    """Return which store goes to which part; the same stores always go to the same parts.

    Parameters
    ----------
    stores : ids as text, each once
    replaced : the id that took the place of another, by that other one
    stores_per_part : about how many stores a part has; parts are of equal size

    Returns
    -------
    KEY, PART (from 0), in the order of the ids

    Raises
    ------
    ConfigError
        where parts would be empty

    Examples
    --------
    >>> assign_parts(pl.Series(["1", "2", "3", "4"]), {"2": "4"}, 2).rows()
    [('1', 0), ('3', 0), ('2', 1), ('4', 1)]
    """
    if stores_per_part < 1:
        raise ConfigError(f"--stores-per-part: found {stores_per_part}; expected 1 or more.")
    count = max(1, round(len(stores) / stores_per_part))
    place = _order(stores)
    first = pl.Series([place[_root(store, replaced, place)] for store in stores.to_list()])
    order = pl.DataFrame({KEY: stores, "first": first, "place": [place[store] for store in stores.to_list()]})
    order = order.sort("first", "place")
    # All stores of a group go where its first one does.
    rank = order.with_row_index("rank").select(pl.col("rank").cast(pl.Int64).min().over("first")).to_series()
    part = (rank * count // max(1, order.height)).rank("dense").cast(pl.Int32) - 1
    return pl.DataFrame({KEY: order[KEY], PART: part})


def _order(stores: pl.Series) -> dict[str, int]:
    """Return the place of each id: by number where all are numbers, else by text."""
    numbers = stores.cast(pl.Int64, strict=False)
    by = "number" if not numbers.null_count() else KEY
    frame = pl.DataFrame({KEY: stores, "number": numbers}).sort(by, KEY)
    return {store: place for place, store in enumerate(frame[KEY])}


def _root(store: str, replaced: Mapping[str, str], place: Mapping[str, int]) -> str:
    """Return the store of today that took the place of a store, by one or several steps."""
    seen = {store}
    while store in replaced and replaced[store] in place and replaced[store] not in seen:
        store = replaced[store]
        seen.add(store)
    return store
