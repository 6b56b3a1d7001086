"""Which store goes to which part: whole stores in the order of their ids, stores that replace each other together."""

from collections.abc import Mapping

import polars as pl

from storecast.data.file_layout import TOTALS
from storecast.errors import ConfigError
from storecast.parts.scan import KEY

PART = "part"
USUAL_STORES = 1000  # of a part
FEWEST_STORES = 300  # of a part of a larger chain: the ridge shrinks stores to those of their part


def assign_parts(
    stores: pl.DataFrame, replaced: Mapping[str, str], stores_per_part: int = USUAL_STORES
) -> pl.DataFrame:
    """Return which store goes to which part; the same stores always go to the same parts.

    Parameters
    ----------
    stores : KEY and rows (of sales), each store once
    replaced : the id that took the place of another, by that other one
    stores_per_part : about how many stores with sales a part has; parts are of equal size

    Returns
    -------
    KEY, PART (from 0), in the order of the ids; a store without sales goes where the one before it does

    Raises
    ------
    ConfigError
        where parts would be empty

    Examples
    --------
    >>> stores = pl.DataFrame({KEY: ["1", "2", "3", "4"], "rows": [9, 9, 9, 9]})
    >>> assign_parts(stores, {"2": "4"}, 2).rows()
    [('1', 0), ('3', 0), ('2', 1), ('4', 1)]
    """
    if stores_per_part < 1:
        raise ConfigError(f"--stores-per-part: found {stores_per_part}; expected 1 or more.")
    place = _order(stores[KEY])
    first = [place[_root(store, replaced, place)] for store in stores[KEY].to_list()]
    places = [place[store] for store in stores[KEY].to_list()]
    order = stores.with_columns(pl.Series("first", first), pl.Series("place", places)).sort("first", "place")
    # Parts are counted in groups of stores that replace each other, with sales.
    sells = (pl.col("rows") > 0) & ~pl.col(KEY).str.to_lowercase().is_in(list(TOTALS))
    order = order.with_columns(sells.alias("sells"), (sells.cast(pl.Int64).cum_sum() - 1).clip(0).alias("rank"))
    rank = order.select(pl.col("rank").min().over("first")).to_series()
    selling = int(order["sells"].sum())
    count = max(1, round(selling / stores_per_part))
    part = (rank * count // max(1, selling)).rank("dense").cast(pl.Int32) - 1
    return pl.DataFrame({KEY: order[KEY], PART: part})


def _order(stores: pl.Series) -> dict[str, int]:
    """Return the place of each id: by number where all are numbers, else by text."""
    numbers = stores.cast(pl.Int64, strict=False)  # of a row of totals, which reading leaves out, there is none
    others = stores.filter(numbers.is_null()).str.to_lowercase()
    by = "number" if others.is_in(list(TOTALS)).all() else KEY
    frame = pl.DataFrame({KEY: stores, "number": numbers}).sort(by, KEY, nulls_last=True)
    return {store: place for place, store in enumerate(frame[KEY])}


def _root(store: str, replaced: Mapping[str, str], place: Mapping[str, int]) -> str:
    """Return the store of today that took the place of a store, by one or several steps."""
    seen = {store}
    while store in replaced and replaced[store] in place and replaced[store] not in seen:
        store = replaced[store]
        seen.add(store)
    return store
