"""Replace days of a stored calendar by those of another; what the other leaves out stays."""

import datetime as dt

import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.errors import DataError, quote


def overlay_panel(panel: Panel, rows: pl.DataFrame, until: dt.date, name: str) -> Panel:
    """Return the panel with other days ahead, once they are checked.

    Parameters
    ----------
    panel : the chain
    rows : Store, Date and some of the known-ahead columns, each store and day once; a null leaves the stored value
    until : the last day that may be given
    name : of the rows, for messages

    Raises
    ------
    DataError
        where a store is unknown, or a day lies outside the days ahead
    """
    strange = rows.join(panel.stores, on=s.STORE, how="anti")
    if strange.height:
        raise DataError(
            f"{name}: Store {quote(strange[s.STORE][0])} is not in store.csv ({strange.height} rows). Remove it, or add the store."
        )
    check_days(rows, panel.end, until, name)
    return panel.with_calendar(overlay(panel.calendar, rows))


def check_days(rows: pl.DataFrame, end: dt.date, until: dt.date, name: str) -> None:
    """Refuse days that do not lie ahead, as `overlay_panel` does.

    Parameters
    ----------
    rows : with a column Date
    end : the last day with sales
    until : the last day that may be given
    name : of the rows, for messages

    Raises
    ------
    DataError
        where a day does not lie ahead
    """
    outside = rows.filter((pl.col(s.DATE) <= end) | (pl.col(s.DATE) > until))
    if outside.height:
        raise DataError(
            f"{name}: found the day {outside[s.DATE][0]} ({outside.height} rows); expected days ahead, from "
            f"{end + dt.timedelta(days=1)} to {until}. Remove the others."
        )


def overlay(calendar: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return a calendar with the values of some rows in place of its own; a null leaves its own.

    Parameters
    ----------
    calendar : as in a Panel
    rows : Store, Date and some of the known-ahead columns, each store and day once
    """
    columns = [column for column in calendar.columns if column in rows.columns and column not in (*s.KEYS, s.ASSUMED)]
    other = rows.select(pl.col(column).cast(calendar.schema[column]) for column in (*s.KEYS, *columns))
    joined = calendar.join(other, on=s.KEYS, how="left", suffix=" other", maintain_order="left")
    return joined.with_columns(pl.coalesce(f"{column} other", column).alias(column) for column in columns).select(
        calendar.columns
    )
