"""The chain of a service up to its last complete day, see `end_of_sales`."""

import datetime as dt
from dataclasses import replace

import polars as pl

from storecast import schema as s
from storecast.data.active_stores import SILENT_DAYS
from storecast.data.end_of_sales import MIN_STORES, USUAL_WEEKS, complete_end
from storecast.data.panel import Panel


def up_to_complete_day(panel: Panel) -> Panel:
    """Return a chain whose sales end on the last complete day; the calendar stays, and so do the other days' sales.

    What a service reads from its database: the first store that reports a day must not shut that day for the others.
    """
    if panel.stores.height < MIN_STORES:
        return panel
    recent = pl.col(s.DATE) > panel.end - dt.timedelta(weeks=USUAL_WEEKS, days=2 * SILENT_DAYS)
    sales = panel.sales.filter(recent)
    counts = dict(sales.group_by(s.DATE).agg(pl.len()).iter_rows())
    end = complete_end(counts, _all_holidays(sales.join(panel.calendar.filter(recent), on=s.KEYS)))
    return panel if end == panel.end else replace(panel, sales=panel.sales.filter(pl.col(s.DATE) <= end))


def _all_holidays(days: pl.DataFrame) -> set[dt.date]:
    """Return the days that were holidays for every store with a row: the few rows that stand there are all that will come."""
    holidays = days.group_by(s.DATE).agg((pl.col(s.STATE_HOLIDAY) != s.NO_HOLIDAY).all()).filter(s.STATE_HOLIDAY)
    return set(holidays[s.DATE])
