"""Facts of stores of a chain's own, such as area and format: own columns that never change, so that trees can look at them."""

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.dialect import TextTable
from storecast.data.file_tables import need_columns
from storecast.data.own_categories import flags_of, is_text, levels_of, table_with_flags
from storecast.data.parse_columns import parse_column


def own_facts(table: TextTable, names: ColumnNames) -> pl.DataFrame:
    """Return the own facts of the stores as numbers: of a text a flag for each of its levels.

    Parameters
    ----------
    table : store.csv, under our names
    names : what storecast.toml says

    Returns
    -------
    pl.DataFrame
        a row per store: Store, and a column for each number and flag

    Raises
    ------
    DataError
        where a column is missing, holds what cannot be read, or has too many levels
    """
    need_columns([(table, (s.STORE, *names.facts))])
    texts = {name: levels_of(table, name, least=1) for name in names.facts if is_text(table.frame[name])}
    flagged = table_with_flags(table, texts)
    columns = [parse_column(flagged, name, names) for name in (s.STORE, *flags_of(names.facts, texts))]
    return pl.DataFrame(columns).unique(s.STORE, keep="first", maintain_order=True)
