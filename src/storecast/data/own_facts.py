"""Facts of stores of a chain's own, such as area and format: own columns that never change, so that trees can look at them."""

from collections.abc import Mapping

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.dialect import TextTable
from storecast.data.file_tables import need_columns
from storecast.data.own_categories import flags_of, is_text, levels_of, table_with_flags
from storecast.data.parse_columns import parse_column
from storecast.data.refuse_rows import refuse_second_value
from storecast.data.store_facts import ONE_VALUE


def own_facts(tables: Mapping[str, TextTable], names: ColumnNames) -> pl.DataFrame:
    """Return the own facts of the stores as numbers: of a text a flag for each of its levels.

    Parameters
    ----------
    tables : the files, under our names: a fact is looked for in store.csv, then among the sales
    names : what storecast.toml says

    Returns
    -------
    pl.DataFrame
        a row per store: Store, and a column for each number and flag, in the order of the setting

    Raises
    ------
    DataError
        where a column is missing, holds what cannot be read, has too many levels, or changes within a store
    """
    present = [tables[stem] for stem in ("store", "train") if stem in tables]
    places = {name: next((each for each in present if name in each.frame.columns), present[0]) for name in names.facts}
    stores = (
        pl.concat([parse_column(each, s.STORE, names) for each in present]).drop_nulls().unique(maintain_order=True)
    )
    facts = pl.DataFrame(stores)
    for name, table in places.items():
        facts = facts.join(_of_each_store(table, name, names), on=s.STORE, how="left", maintain_order="left")
    return facts


def _of_each_store(table: TextTable, name: str, names: ColumnNames) -> pl.DataFrame:
    need_columns([(table, (s.STORE, name))])
    texts = {name: levels_of(table, name, least=1)} if is_text(table.frame[name]) else {}
    flagged = table_with_flags(table, texts, None)
    columns = flags_of([name], texts)
    rows = pl.DataFrame([parse_column(flagged, column, names) for column in (s.STORE, *columns)])
    for column in columns:
        refuse_second_value(table, rows, column, ONE_VALUE, cells=table.frame[name])
    stores = rows.group_by(s.STORE, maintain_order=True).agg(pl.col(column).drop_nulls().first() for column in columns)
    return stores.with_columns(pl.col(columns).fill_null(0)) if texts else stores
