"""Which files hold a chain's tables, and how the sales lie in them: storecast.toml's `files`, `wide` and `one_store`.

wide = "stores"                           # train has a column for each store, and a row for each day; "dates": the other way round
one_store = "Main Street"                 # the files know one store alone, and no column Store

[files]
train = ["sales-2023.csv", "sales-2024.csv"]
store = "branches.csv"
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

import polars as pl

from storecast import schema as s
from storecast.data.dialect import TextTable
from storecast.data.file_columns import FACTS, FILE_COLUMNS
from storecast.errors import DataError, hint, quote

log = logging.getLogger(__name__)

EVENTS = "events"
TABLES = ("train", "store", "test", "store_states", EVENTS)
TOTALS = frozenset(
    {
        "total", "totals", "grand total", "sum", "all", "all stores", "gesamt", "gesamtsumme", "gesamtergebnis", "summe",
        "alle", "alle filialen", "total général", "total general", "somme", "ensemble", "totale", "somma", "suma", "razem",
        "total geral", "totais", "totales", "total generale", "totale generale", "total ogólny", "suma końcowa", "subtotal",
        "average", "mean", "durchschnitt", "mittelwert", "média", "media", "promedio", "moyenne", "średnia", "gemiddelde",
        "totalt", "totaal", "insgesamt", "celkem", "összesen", "toplam", "итого", "合計", "合计",
    }
)  # fmt: skip
SALES_TABLES = ("train", "test")  # which have days
MANY_CELLS = 1000  # of a column of a wide table, of which none is a number where it is no store
LAYOUT_SETTINGS = ("files", "wide", "one_store")
Wide = Literal["stores", "dates"]


@dataclass(frozen=True)
class FileLayout:
    """Which files hold the tables, and how.

    Attributes
    ----------
    files : names of the files of a table, by its name; a table that is not named has the file of its own name
    wide : what the columns of train are, where they are no properties of a store and day
    one_store : the id of the only store, where the files have no column Store
    """

    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    wide: Wide | None = None
    one_store: str | None = None


def read_layout(settings: dict[str, Any], file: str) -> FileLayout:
    """Read the layout of the files from the settings of a storecast.toml.

    Parameters
    ----------
    settings : all of them
    file : its name, for messages

    Raises
    ------
    DataError
        where a table or a value is none that there is
    """
    given = settings.get("files", {})
    if not isinstance(given, dict):
        raise DataError(f'{file}, [files]: expected lines such as train = "sales.csv".')
    files = {}
    for table, value in given.items():
        if table not in TABLES:
            raise DataError(
                f"{file}, [files]: there is no table {quote(table)}.{hint(table, TABLES)} There are: {', '.join(TABLES)}."
            )
        files[table] = _file_names(value, f"{file}, [files], {table}")
    wide = settings.get("wide")
    if wide not in (None, "stores", "dates"):
        raise DataError(
            f'{file}, wide: found {quote(wide)}; expected "stores" or "dates": what each column of the sales is.'
        )
    one_store = settings.get("one_store")
    if one_store is not None and (not isinstance(one_store, str) or not one_store.strip()):
        raise DataError(
            f'{file}, one_store: found {quote(one_store)}; expected the name of the store, such as "Main Street".'
        )
    return FileLayout(files, cast("Wide | None", wide), one_store and one_store.strip())


def _file_names(value: object, where: str) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise DataError(f'{where}: expected the name of a file, or a list of them, such as ["2023.csv", "2024.csv"].')
    for name in names:
        if Path(name).name != name:
            raise DataError(
                f"{where}: found {quote(name)}; expected a name without a folder. Put the file beside storecast.toml."
            )
    if len(set(names)) < len(names):
        raise DataError(f"{where}: {quote(max(names, key=names.count))} stands twice; expected each file once.")
    return tuple(names)


def as_long(table: TextTable, stem: str, layout: FileLayout, groups: Collection[str] = ()) -> TextTable:
    """Return a table with a row per store and day, whatever its layout is; other tables stay as they are.

    Parameters
    ----------
    table : under our names
    stem : the name of the table: train, test …
    layout : of the files
    groups : columns of the chain's own that say what a store is

    Raises
    ------
    DataError
        where the table does not have the layout that is said of it
    """
    if stem == "train" and layout.wide is not None:
        table = _unpivoted(table, layout.wide, groups)
    if layout.one_store is not None and stem in SALES_TABLES:
        if s.STORE in table.frame.columns:
            raise DataError(
                f"{table.name} has a column Store, and storecast.toml says one_store; expected one of them. Remove one_store."
            )
        table = replace(table, frame=table.frame.with_columns(pl.lit(layout.one_store).alias(s.STORE)))
    return table


def _unpivoted(table: TextTable, wide: Wide, groups: Collection[str]) -> TextTable:
    """Return a wide table with a row per store and day; an empty cell is no row."""
    if wide == "stores":
        key, other, beside = s.DATE, s.STORE, {*FILE_COLUMNS} - {*FACTS, s.STORE}
    else:
        key, other, beside = s.STORE, s.DATE, {s.STORE, s.STATE, *FACTS, *groups}
    if key not in table.frame.columns or other in table.frame.columns:
        raise DataError(
            f'{table.name}: storecast.toml says wide = "{wide}", so a column {key} and one for each of the {wide} are expected; '
            f"found {quote(', '.join(table.frame.columns[:8]))}. Correct the setting, or name the column under [columns]."
        )
    table = _without_other_columns(table, beside, wide)
    index = [name for name in table.frame.columns if name in beside]
    cells = pl.col(s.SALES).str.strip_chars()
    rows = table.frame.with_row_index("row").unpivot(index=["row", *index], variable_name=other, value_name=s.SALES)
    rows = rows.filter(cells.fill_null("") != "").sort("row", maintain_order=True)
    own_lines = pl.int_range(table.frame.height, eager=True) + (1 if table.parquet else 2 + table.above)
    lines = own_lines if table.lines is None else table.lines
    cells_of = {name: _are_numbers(table, name) for name in table.frame.columns if name not in index}
    are_numbers = pl.DataFrame(cells_of).with_row_index("row").unpivot(index="row", variable_name=other)
    mixed = rows.join(are_numbers, on=["row", other], how="left", maintain_order="left")["value"]
    return replace(
        table,
        frame=rows.drop("row"),
        lines=lines.gather(rows["row"]),
        numbers=table.numbers | {s.SALES} if mixed.all() else table.numbers,
        mixed={} if mixed.all() or not mixed.any() else {s.SALES: mixed},
    )


def _without_other_columns(table: TextTable, beside: Collection[str], wide: Wide) -> TextTable:
    """Return a wide table without columns that are neither known nor a day or store: totals, and columns of text."""
    columns = [name for name in table.frame.columns if name not in beside]
    others = [name for name in columns if not is_wide_column(table.frame[name], wide)]
    if others:
        log.info("%s: columns that storecast does not use: %s", table.name, quote(", ".join(others)))
    return replace(table, frame=table.frame.drop(others))


def is_wide_column(cells: pl.Series, wide: Wide) -> bool:
    """Return whether a column of a wide table is one of a day, or of a store with figures that is no total.

    Parameters
    ----------
    cells : of the column, as text, under its name
    wide : what the columns are
    """
    if wide == "dates":
        return any(map(str.isdigit, cells.name))
    filled = cells.str.strip_chars().replace("", None).drop_nulls()
    in_words = len(filled) > 0 and not filled.head(MANY_CELLS).str.contains("[0-9]").any()
    return not in_words and cells.name.strip(":*= ").casefold() not in TOTALS


def are_totals(cells: pl.Series) -> pl.Series:
    """Mark the cells that are the name of a total."""
    return cells.str.strip_chars(":*= \t").str.to_lowercase().is_in(TOTALS).fill_null(value=False)


def _are_numbers(table: TextTable, name: str) -> pl.Series:
    """Return which cells of a column are numbers, not text: in a CSV none is."""
    if name in table.mixed:
        return table.mixed[name].head(table.frame.height)
    return pl.repeat(name in table.numbers, table.frame.height, eager=True)


def joined(tables: list[TextTable]) -> TextTable:
    """Return several files of a table as one, in their order; a column that one of them lacks is empty in its rows.

    Parameters
    ----------
    tables : under our names

    Raises
    ------
    DataError
        where two of them share no column
    """
    if len(tables) == 1:
        return tables[0]
    first, *more = tables
    if not any({*first.frame.columns} & {*table.frame.columns} for table in more):
        raise DataError(
            f"{first.name} and {more[0].name} share no column; expected files of one table. Correct [files] in storecast.toml."
        )
    numbers = frozenset.intersection(*(table.numbers for table in tables))
    mixed = {name for table in tables for name in (*table.numbers, *table.mixed)} - numbers
    starts = pl.Series([table.frame.height for table in tables]).cum_sum().shift(1, fill_value=0).to_list()
    return TextTable(
        f"{first.name} and {len(more)} more",
        pl.concat([table.frame for table in tables], how="diagonal"),
        dates=frozenset.intersection(*(table.dates for table in tables)),
        numbers=numbers,
        mixed={name: pl.concat([_are_numbers(table, name) for table in tables]) for name in mixed},
        parts=tuple(zip(starts, tables, strict=True)),
    )
