"""Facts of stores that stand among the sales: each store has one value of each, which holds on all its days."""

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.dialect import TextTable
from storecast.data.file_columns import FACTS
from storecast.data.parse_columns import parse_column
from storecast.data.refuse_rows import refuse_second_value

ONE_VALUE = "one value a store; a fact of a store is the same on all its days"


def facts_of_sales(table: TextTable, names: ColumnNames) -> pl.DataFrame:
    """Return the stores of the sales in their order, with the facts of stores that stand beside them; null where none is given.

    Parameters
    ----------
    table : the sales, under our names
    names : what storecast.toml says of ids and numbers

    Returns
    -------
    pl.DataFrame
        a row per store: Store, and each of StoreType, Assortment, State … that the sales have

    Raises
    ------
    DataError
        where a fact changes from day to day, with the line
    """
    present = [name for name in (s.STORE, *FACTS, s.STATE) if name in table.frame.columns]
    days = pl.DataFrame([parse_column(table, name, names) for name in present])
    for name in present[1:]:
        refuse_second_value(table, days, name, ONE_VALUE)
    stores = days.group_by(s.STORE, maintain_order=True).agg(pl.col(name).drop_nulls().first() for name in present[1:])
    return stores.filter(pl.col(s.STORE).is_not_null())
