"""The files of a chain's folder as tables of text under our names: what must be there is, and rows of totals are left out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.column_names import FILE, ColumnNames
from storecast.data.dialect import TextTable, read_table
from storecast.data.file_columns import EXCLUDE, FILE_COLUMNS
from storecast.data.file_layout import EVENTS, TABLES, TOTALS, FileLayout, as_long, joined
from storecast.data.plain_files import SUFFIXES, find
from storecast.data.target import BESIDE_TARGET
from storecast.data.unread_files import name_unread_files
from storecast.data.workbooks import read_workbook
from storecast.errors import DataError, hint, quote

LONGEST_END = 20  # rows at the end among which totals are looked for
OF_SHEETS = {  # columns by which the sheet of a table is found in a workbook with several
    "train": (*s.KEYS, s.SALES),
    "test": s.KEYS,
    "store": (s.STORE,),
    "store_states": (s.STORE, s.STATE),
    EVENTS: (EXCLUDE,),
}


def find_files(data: Path, layout: FileLayout) -> dict[str, tuple[Path, ...]]:
    """Return the files of each table; without one of sales the folder is refused.

    Parameters
    ----------
    data : the folder of the chain's files, or the one file that holds its sales
    layout : the names of files that storecast.toml gives

    Raises
    ------
    DataError
        where there is no such folder, or it holds no sales or cannot be read
    """
    try:
        if data.is_file():
            return {"train": (data,)}
        if not data.is_dir():
            raise DataError(
                f"The data folder {quote(data)} does not exist; expected a folder with train.csv, or a file. Name another."
            )
        paths = {stem: _files_of(data, stem, layout) for stem in TABLES}
        name_unread_files(data, paths)
        others = [] if paths["train"] else sorted(path.name for path in data.iterdir() if path.suffix in SUFFIXES)
    except PermissionError as error:
        raise DataError(f"The data folder {quote(data)} cannot be read. Allow this user to read it.") from error
    if not paths["train"]:
        others_seen = (
            f" It holds {quote(', '.join(others[:5]))}: `storecast init --data {data}` looks at them." if others else ""
        )
        raise DataError(
            f"The data folder holds no train.csv (or .parquet).{others_seen} Put it there, name it under [files] in "
            "storecast.toml, or name another folder."
        )
    return paths


def _files_of(folder: Path, stem: str, layout: FileLayout) -> tuple[Path, ...]:
    if stem not in layout.files:
        path = find(folder, stem)
        return () if path is None else (path,)
    paths = tuple(folder / name for name in layout.files[stem])
    for path in paths:
        if not path.exists():
            raise DataError(
                f"{FILE}, [files], {stem}: there is no file {quote(path.name)} in the folder. Correct the name."
            )
    return paths


def read_tables(
    paths: Mapping[str, Sequence[Path]], names: ColumnNames, total_rows: dict[str, int]
) -> dict[str, TextTable]:
    """Read the files that there are, under our names, without the totals at their ends.

    Parameters
    ----------
    paths : of the files of each table, by its name
    names : what the columns are called
    total_rows : takes the number of rows of totals under the name of their file

    Raises
    ------
    DataError
        where a name in storecast.toml stands in none of the files
    """
    given = {
        stem: [
            (read_file(path, of_sheet, OF_SHEETS[stem]), of_sheet)
            for path in files
            for of_sheet in _of_sheets(names.of(stem, path.name), names.sheets.get(stem, ()))
        ]
        for stem, files in paths.items()
        if files
    }
    refuse_absent_names(names, {stem: [table for table, _ in tables] for stem, tables in given.items()})
    return {
        stem: joined([_prepared(table, stem, names_of_file, total_rows) for table, names_of_file in tables])
        for stem, tables in given.items()
    }


def _of_sheets(names: ColumnNames, sheets: Sequence[str]) -> list[ColumnNames]:
    """Return what the columns are called in each sheet that is read of a file."""
    return [replace(names, sheet=sheet) for sheet in sheets] or [names]


def refuse_absent_names(names: ColumnNames, given: Mapping[str, Sequence[TextTable]]) -> None:
    """Refuse a name under [columns] that stands in none of the files for which it holds.

    Parameters
    ----------
    names : what the columns are called
    given : the files of each table, under their own names

    Raises
    ------
    DataError
        for the first such name
    """
    files = [table for tables in given.values() for table in tables]
    for part, file_names in (("", names.file_names), *names.names_of.items()):
        tables = given.get(part) or [table for table in files if part in ("", table.name)]
        columns = list(dict.fromkeys(column for table in tables for column in table.frame.columns))
        for name, file_name in file_names.items():
            if file_name not in columns:
                place = f"[columns.{part}]" if part in given else f"[columns.{quote(part)}]" if part else "[columns]"
                is_target = name == s.SALES and not names.target.is_sales
                setting = f"target = {quote(file_name)}" if is_target else f"{place}: {name} = {quote(file_name)}"
                raise DataError(
                    f"{FILE}, {setting} names a column that stands in no file."
                    f"{hint(file_name, columns)} Found {quote(', '.join(columns))}. Correct the name, or remove the line."
                )


def _prepared(table: TextTable, stem: str, names: ColumnNames, total_rows: dict[str, int]) -> TextTable:
    """Return a file as a part of its table."""
    table = with_our_names(table, names)
    rows_of_totals = 0
    if stem == "train" and (names.layout.wide or names.layout.one_store):
        table, rows_of_totals = without_totals(table)
    table = as_long(table, stem, names.layout, (*names.groups, *names.facts))
    if stem != EVENTS:  # a row of all stores is none of totals
        table, rows = without_totals(table)
        total_rows[table.name] = rows + rows_of_totals
    return table


def read_file(path: Path, names: ColumnNames, of_sheet: Sequence[str] = s.KEYS) -> TextTable:
    """Read a file as a table of text: CSV, Parquet or a sheet of a workbook.

    Parameters
    ----------
    path : of the file
    names : what the columns are called, and which sheet is meant
    of_sheet : columns by which the sheet is found among several
    """
    if path.suffix == ".xlsx":
        needed = [names.file_names.get(name, name) for name in of_sheet]
        return read_workbook(path, header_names(names), needed, names.sheet)
    return read_table(path, header_names(names))


def header_names(names: ColumnNames) -> frozenset[str]:
    """Return every name that a header may hold."""
    in_files = [name for part in (names.file_names, *names.names_of.values()) for name in part.values()]
    return frozenset({*FILE_COLUMNS, *names.known, *names.past, *names.facts, *names.groups, *in_files})


def with_our_names(table: TextTable, names: ColumnNames) -> TextTable:
    """Return a table under our names.

    Raises
    ------
    DataError
        where two columns have the same of our names, or the table has no rows
    """
    rename = names.rename(table.frame.columns)
    both = [
        name
        for file_name, name in rename.items()
        if name != file_name and name in table.frame.columns and name not in rename
    ]
    if both:
        raise DataError(
            f"{table.name}: {quote(both[0])} stands in the header, and storecast.toml names another column for it. "
            "Rename one of them."
        )
    if table.frame.height == 0:
        raise DataError(
            f"{table.name} holds a header alone; expected rows below it. Add them, or remove the file where it is optional."
        )
    return replace(
        table,
        frame=table.frame.rename(rename),
        dates=frozenset(rename.get(name, name) for name in table.dates),
        numbers=frozenset(rename.get(name, name) for name in table.numbers),
        mixed={rename.get(name, name): cells for name, cells in table.mixed.items()},
    )


def without_totals(table: TextTable) -> tuple[TextTable, int]:
    """Return a table without the rows at its end that belong to no store and day, and their number.

    In such a row each key is empty or the name of a total, and it names a total, or holds nothing but sales and customers:
    `Total,,8130,`, `,,8130,`, `,,,`. Others without a key are refused later.
    """
    keys = [key for key in s.KEYS if key in table.frame.columns]
    end = table.frame.select(pl.col(pl.String)).tail(
        LONGEST_END
    )  # other columns are odd ones of Parquet, such as lists
    rows = 0
    for row in end.reverse().iter_rows(named=True):
        cells = {name: (cell or "").strip().strip(":*= ").casefold() for name, cell in row.items()}
        named = any(cell in TOTALS for cell in cells.values())
        empty = not any(cell for name, cell in cells.items() if name not in (s.SALES, s.CUSTOMERS, BESIDE_TARGET))
        if not (named or empty) or any(cells.get(key, key) not in {"", *TOTALS} for key in keys):
            break
        rows += 1
    if rows in (0, table.frame.height):
        return table, 0
    return replace(table, frame=table.frame.head(table.frame.height - rows)), rows


def need_columns(needed: Sequence[tuple[TextTable, Sequence[str]]]) -> None:
    """Refuse tables that lack columns, all of them in one message.

    Parameters
    ----------
    needed : each table with the columns that it must have

    Raises
    ------
    DataError
        with every missing column, what was found, and what to do
    """
    parts, absent = [], []
    for table, names in needed:
        missing = [name for name in names if name not in table.frame.columns]
        if missing:
            verb = f"column {quote(missing[0])} is" if len(missing) == 1 else f"columns {quote(', '.join(missing))} are"
            parts.append(f"{table.name}: the {verb} missing. Found {quote(', '.join(table.frame.columns))}.")
            absent += missing
    if parts:
        pronoun = "it" if len(absent) == 1 else "them"
        raise DataError(
            f'{" ".join(parts)} Add {pronoun}, or name theirs under [columns] in storecast.toml: {absent[0]} = "…".'
            + (' Files of one store alone may do without it: one_store = "its name".' if s.STORE in absent else "")
        )
