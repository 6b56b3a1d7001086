"""Read the columns of a chain's own by which totals are made, of store.csv or of the facts of stores that stand among the sales."""

import logging
from collections.abc import Mapping

import polars as pl

from storecast import schema as s
from storecast.data.breakdown import Breakdown, StoreGroup, check_group_names, tidy_values
from storecast.data.column_names import FILE, ColumnNames
from storecast.data.dialect import TextTable
from storecast.data.parse_columns import parse_column
from storecast.data.refuse_rows import refuse_second_value, refuse_values
from storecast.errors import DataError, hint, quote

log = logging.getLogger(__name__)

WHERE = f"{FILE}, groups"
TABLES = ("store", "store_states", "train")  # in which groups are looked for, the first that has the column


def read_breakdown(tables: Mapping[str, TextTable], names: ColumnNames) -> Breakdown:
    """Return by what storecast.toml asks for totals, with the group of each store.

    Parameters
    ----------
    tables : the files, under our names
    names : what storecast.toml says

    Raises
    ------
    DataError
        where a column is missing, or a store has two values in it
    """
    groups = tuple(_read_group(tables, name, names) for name in names.groups)
    for group in groups:
        log.info("totals by %s: %d groups", quote(group.name), len(set(group.of_store.values())))
    return Breakdown(groups, names.periods)


def _read_group(tables: Mapping[str, TextTable], name: str, names: ColumnNames) -> StoreGroup:
    parts = (names.file_names, *names.names_of.values())
    renamed = {file_name: our_name for part in parts for our_name, file_name in part.items()}
    column = renamed.get(name, name)
    check_group_names([column], f"{WHERE}, {quote(name)}" if column != name else WHERE)
    present = [tables[stem] for stem in TABLES if stem in tables]
    table = next((table for table in present if column in table.frame.columns), None)
    if table is None:
        columns = [other for each in present for other in each.frame.columns if other not in (*s.KEYS, s.SALES)]
        raise DataError(
            f"{WHERE}: there is no column {quote(name)} in {present[0].name}.{hint(name, columns)} Correct the name, or add the "
            "column to the file of stores."
        )
    value = tidy_values(table.frame[column]).alias(column)
    valid = (value.str.len_chars() <= s.MAX_TEXT_LENGTH) & ~value.str.contains("\x00", literal=True)
    refuse_values(table, column, value, valid, f"a text of at most {s.MAX_TEXT_LENGTH} characters")
    rows = pl.DataFrame([parse_column(table, s.STORE, names), value])
    refuse_second_value(table, rows, column, "one group a store; the store has another one above")
    return StoreGroup(name, dict(rows.drop_nulls().unique(s.STORE, keep="first", maintain_order=True).iter_rows()))
