"""One row a store and day: exact double rows are dropped, and several different ones are added up where that is asked for."""

from collections.abc import Sequence

import polars as pl

from storecast import schema as s
from storecast.data.dialect import TextTable
from storecast.data.file_columns import FILE_COLUMNS, STOCKOUT, file_column
from storecast.data.product_columns import product_column, products_refusal
from storecast.data.refuse_rows import refuse
from storecast.errors import DataError, quote

ADD_UP = "Add them up with --sum, or sum = true in storecast.toml, where both are sales of that day; else remove the wrong one."
REMOVE = "Remove the other."


def unique_rows(
    table: TextTable, frame: pl.DataFrame, keys: Sequence[str], double_rows: dict[str, int], remedy: str = REMOVE
) -> pl.DataFrame:
    """Drop exact double rows and count them; refuse two different rows under one key.

    Rows are double only where every column of the file agrees, those that storecast does not use included.

    Parameters
    ----------
    table : the file, with every column as text
    frame : its columns in their types
    keys : of which each may stand once
    double_rows : takes the number of dropped rows under the name of the file
    remedy : what to do about two rows, for the message

    Raises
    ------
    DataError
        with both lines, or with the column of products that tells such rows of sales apart
    """
    double_rows[table.name] = 0
    if not frame.select(pl.struct(keys).is_duplicated().any()).item():
        return frame
    first_rows = first_of_each(table, frame)
    rows = frame.filter(first_rows)
    double_rows[table.name] = frame.height - rows.height
    twice = rows.select(pl.struct(keys).is_duplicated()).to_series()
    if twice.any():
        products = product_column(table, keys) if remedy == ADD_UP else None
        if products is not None:
            raise DataError(products_refusal(table.name, products))
        key = rows.row(int(twice.arg_max() or 0), named=True)
        same = rows.select(pl.all_horizontal(pl.col(name) == key[name] for name in keys)).to_series()
        first, second = (table.line(row) for row in first_rows.arg_true().filter(same)[:2])
        what = ", ".join(f"{name} {quote(key[name])}" for name in keys)
        raise DataError(
            f"{table.name}: {first} and {second} hold two different rows for {what}. Expected one. {remedy}"
        )
    return rows


def first_of_each(table: TextTable, frame: pl.DataFrame) -> pl.Series:
    """Mark each row that stands here for the first time, in all columns of its file.

    Parameters
    ----------
    table : the file, with every column as text
    frame : its columns in their types
    """
    unused = [name for name in table.frame.columns if name not in frame.columns and name != s.DAY_OF_WEEK]
    rows = pl.concat([frame, table.frame.select(unused)], how="horizontal")
    return rows.select(pl.struct(pl.all()).is_first_distinct()).to_series()


def add_up(table: TextTable, frame: pl.DataFrame, summed_rows: dict[str, int]) -> pl.DataFrame:
    """Return one row a store and day: sales and customers added up, the day open where one row is, flags where one is set.

    Rows that agree in every column are added, too: two sales of the same amount are no double.

    Parameters
    ----------
    table : the file, which names the line
    frame : its columns in their types
    summed_rows : takes the number of rows that were added to another under the name of the file

    Raises
    ------
    DataError
        where an own column of the chain has two values on a day of a store
    """
    past = [name for name in frame.columns if name.startswith(s.PAST_ONLY)]
    own = [name for name in frame.columns if name not in (*FILE_COLUMNS, *past)]
    stockout = [name for name in (STOCKOUT.name,) if name in frame.columns]
    for name in own:
        lowest, highest = (getattr(pl.col(name), bound)().over(s.KEYS) for bound in ("min", "max"))
        differ = frame.select((lowest != highest).fill_null(value=False)).to_series()
        refuse(
            table, frame, differ, name, None, f"{file_column(name).expected}, the same in all rows of a store and day"
        )
    counted = pl.col(s.CUSTOMERS).null_count() == 0
    days = frame.group_by(s.KEYS, maintain_order=True).agg(
        pl.col(s.SALES).sum(),
        pl.when(counted).then(pl.col(s.CUSTOMERS).sum()).alias(s.CUSTOMERS),
        *(pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name) for name in past),
        *(pl.col(name).max() for name in (*s.KNOWN, *own, *stockout)),
    )
    summed_rows[table.name] = frame.height - days.height
    return days.select(frame.columns)
