"""Sales that are sent and not known, as goods had run out or returns left less than nothing: the calendar alone is taken."""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import MAX_NEGATIVE_SHARE, Repair, day_names, repair_of
from storecast.data.file_columns import STOCKOUT
from storecast.errors import ConflictError, DataError, quote


def without_stockouts(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows without Stockout, and the keys of the days that it marks."""
    if STOCKOUT.name not in frame.columns:
        return frame, frame.select(s.KEYS).clear()
    return frame.drop(STOCKOUT.name), frame.filter(pl.col(STOCKOUT.name) == 1).select(s.KEYS)


def without_negative_sales(incoming: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows with 0 in place of sales below zero, and the keys of the days on which they are.

    Raises
    ------
    DataError
        where they are below zero in many rows: the sign is another one than ours
    """
    below = incoming.filter(pl.col(s.SALES) < 0)
    if below.height > max(1, MAX_NEGATIVE_SHARE * incoming.height):
        raise DataError(
            f"{row_name(below.row(0, named=True))}, {s.SALES}: found sales below zero, as in {below.height} of {incoming.height} "
            "rows; expected few days of returns. Change the sign where sales are booked as negative."
        )
    positive = pl.when(pl.col(s.SALES) < 0).then(0.0).otherwise(s.SALES).alias(s.SALES)
    return incoming.with_columns(positive), below.select(s.KEYS)


def repairs_of_unknown(out_of_stock: pl.DataFrame, below_zero: pl.DataFrame) -> list[Repair]:
    """Return what was done with days whose sales are not stored as they were sent, by the rules that files follow.

    Parameters
    ----------
    out_of_stock : the keys of the days that Stockout marks
    below_zero : the keys of the days with sales below zero, and whether each was open, as ``opened``
    """
    returned = below_zero.join(out_of_stock, on=s.KEYS, how="anti")
    days = {
        "stockouts": out_of_stock,
        "negative_sales": returned.filter(pl.col("opened") == 1),
        "closed_with_sales": returned.filter(pl.col("opened") == 0),
    }
    return [repair_of(rule, frame.height, day_names(frame)) for rule, frame in days.items() if frame.height]


def refuse_sales_that_stand(stored: pl.DataFrame, unknown: pl.DataFrame) -> None:
    """Refuse days whose sales are stored and are now said to be unknown.

    Raises
    ------
    ConflictError
        for the first such day
    """
    stand = stored.join(unknown, on=s.KEYS, how="semi", maintain_order="left")
    if stand.height:
        message = (
            f"{row_name(stand.row(0, named=True))} has sales already ({stand.height} rows in all), and no day has that is out of "
            "stock, or below zero by returns. Remove them first: DELETE /v1/sales."
        )
        raise ConflictError(message, public=message, column=s.SALES)


def row_name(row: Mapping[str, object]) -> str:
    """Return the store and day of a row, for messages."""
    date = row.get(s.DATE)
    return f"Store {quote(row[s.STORE])}" + (f" on {date}" if isinstance(date, dt.date) else "")
