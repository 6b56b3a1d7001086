"""One row a store and day: exact double rows are dropped, and several different ones are added up where that is asked for."""

from collections.abc import Sequence

import polars as pl

from storecast import schema as s
from storecast.data.dialect import TextTable
from storecast.data.file_columns import FILE_COLUMNS, STOCKOUT, file_column, free_texts
from storecast.data.file_layout import are_totals
from storecast.data.net_and_gross import refuse_net_and_gross
from storecast.data.product_columns import product_column, products_refusal
from storecast.data.refuse_rows import refuse
from storecast.errors import DataError, quote

ADD_UP = "Add them up with --sum, or sum = true in storecast.toml, where both are sales of that day; else remove the wrong one."
REMOVE = "Remove the other."
REMOVE_TOTALS = "a total would count them twice. Leave it out"
MIN_ROWS_WITH_TOTAL = 3  # of a store and day: of two equal ones, neither need be the total of the other
MIN_DAYS_WITH_TOTAL = 14  # on which one of the rows is the sum of the others
SHARE_WITH_TOTAL = 0.95  # of the days with so many rows
NEARLY = 0.05  # of the others' sales, by which totals that are called so may differ from them
MIN_DOUBLE_ROWS = 14  # different ones, that show that each stands twice
MIN_DAYS_OF_TWO_FILES = 3  # of a store, that both hold
SHARE_OF_TWO_FILES = 0.5  # of them, on which both hold the same rows
CENT = 0.01  # a row, by which rounding may set them apart


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
    return _whole_rows(table, frame).select(pl.struct(pl.all()).is_first_distinct()).to_series()


def _whole_rows(table: TextTable, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of a frame beside those of its file that it lacks."""
    unused = [name for name in table.frame.columns if name not in frame.columns and name != s.DAY_OF_WEEK]
    return pl.concat([frame, table.frame.select(unused)], how="horizontal")


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
        where an own column of the chain has two values on a day of a store, or the rows of a day hold their total, or the same
        sales net and gross
    """
    _refuse_rows_of_two_files(table, frame)
    _refuse_rows_that_stand_twice(table, frame)
    _refuse_totals_of_days(table, frame)
    refuse_net_and_gross(table, frame)
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


def _refuse_totals_of_days(table: TextTable, frame: pl.DataFrame) -> None:
    """Refuse rows of which one is the total of the others of its store and day, by what it is called or by what it sums to."""
    sales = pl.col(s.SALES)
    together = frame.select(*s.KEYS, sales, sales.sum().over(s.KEYS).alias("sum"), pl.len().over(s.KEYS).alias("rows"))
    if not together.height or together["rows"].max() == 1:
        return
    only = f"the rows of tills, shifts or the like alone: {REMOVE_TOTALS}"
    for name in free_texts(table.frame):
        named = are_totals(table.frame[name]) & (together["rows"] > 1)
        totals = together.filter(named).select(
            sales.sum().alias("of totals"), (pl.col("sum") - sales).sum().alias("others")
        )
        of_totals, others = totals.row(0)
        if others > 0 and abs(of_totals - others) <= NEARLY * others:
            refuse(table, table.frame, named, name, None, only)
    several = together.filter(pl.col("rows") >= MIN_ROWS_WITH_TOTAL, pl.col("sum") > 0)
    is_sum = (2 * sales - pl.col("sum")).abs() <= CENT * pl.col("rows")
    days = several.group_by(s.KEYS).agg(is_sum.any().alias("total"))
    if days.height >= MIN_DAYS_WITH_TOTAL and days.select(pl.col("total").mean() >= SHARE_WITH_TOTAL).item():
        rows = together.select(is_sum & (pl.col("rows") >= MIN_ROWS_WITH_TOTAL) & (pl.col("sum") > 0)).to_series()
        refuse(table, frame, rows, s.SALES, None, only)


def _refuse_rows_of_two_files(table: TextTable, frame: pl.DataFrame) -> None:
    """Refuse files of which two hold the same rows of the same days: adding them up would count them twice."""
    if not table.parts:
        return
    parts = pl.Series([start for start, _ in table.parts])
    rows = frame.select(
        *s.KEYS,
        s.SALES,
        pl.Series(parts.search_sorted(pl.int_range(frame.height, eager=True), side="right")).alias("file"),
        _whole_rows(table, frame).select(pl.struct(pl.all()).hash()).to_series().alias("row"),
    ).filter(pl.col(s.SALES) != 0)
    files = rows.group_by(*s.KEYS, "file").agg(pl.col("row").sort().implode().hash())
    days = files.group_by(s.KEYS).agg(pl.len().alias("files"), pl.col("row").n_unique().alias("different"), "file")
    both = days.filter(pl.col("files") > 1)
    same = both.filter(pl.col("different") < pl.col("files")).sort(s.KEYS)
    if both.height >= MIN_DAYS_OF_TWO_FILES and same.height > SHARE_OF_TWO_FILES * both.height:
        first, second = (table.parts[int(file) - 1][1].name for file in sorted(same["file"][0])[:2])
        raise DataError(
            f"{first} and {second} hold the same rows of {same.height} days of stores, such as store {quote(same[s.STORE][0])} on "
            f"{same[s.DATE][0]}; added up, they would count twice. Leave them out of one of the files."
        )


def _refuse_rows_that_stand_twice(table: TextTable, frame: pl.DataFrame) -> None:
    """Refuse a table in which nearly every row stands an even number of times: it was written twice."""
    rows = (
        _whole_rows(table, frame).select(pl.struct(pl.all()).hash().alias("row"), s.SALES).filter(pl.col(s.SALES) != 0)
    )
    counts = rows.group_by("row").agg(pl.len())
    even = (counts["len"] % 2 == 0).mean()
    if counts.height >= MIN_DOUBLE_ROWS and isinstance(even, float) and even >= SHARE_WITH_TOTAL:
        raise DataError(
            f"{table.name}: nearly every row stands twice, the same in all columns; added up, all would count twice. Expected each "
            "once. Leave the second ones out, or give a column that tells them apart, such as the till."
        )
