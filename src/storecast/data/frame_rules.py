"""The rules that hold for frames as for files.

What is refused as a whole, rows of a day that are added up, replaced stores, sales below zero, weekdays on which a store never
sells, long silences, and the end of the sales.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.chain_checks import refuse_lone_dates, refuse_periods
from storecast.data.cleaning_rules import Work
from storecast.data.dialect import frame_as_text
from storecast.data.end_of_sales import day_counts, end_sales, sales_end
from storecast.data.repair_days import forget_negative_sales
from storecast.data.repair_openings import (
    close_days_of_a_chain_without_sales,
    close_silent_days,
    close_weekdays_without_sales,
)
from storecast.data.replaced_stores import join_replaced_stores, refuse_renumbered_stores
from storecast.data.running_totals import refuse_running_totals
from storecast.data.store_days import add_up
from storecast.data.totals_among_stores import refuse_totals

log = logging.getLogger(__name__)


def checked_days(days: pl.DataFrame, past: Sequence[str], *, sum_rows: bool) -> pl.DataFrame:
    """Return one row a store and day; sales that cannot be meant are refused, as in files.

    Parameters
    ----------
    days : of the frame of sales, typed
    past : own columns that are known of the past alone, which are added up, too
    sum_rows : add several rows of a store and day up, as `sum = true` does for files

    Raises
    ------
    DataError
        where they are sales of weeks or running totals, totals stand among the stores, or a few dates lie far from all others
    """
    refuse_periods("sales", days.select(s.KEYS).unique())
    if sum_rows:
        past_only = {name: f"{s.PAST_ONLY}{name}" for name in past}
        table = frame_as_text("sales", days.select(s.KEYS))
        rows = add_up(table, days.rename(past_only), {})
        days = rows.rename({name: own for own, name in past_only.items()}).sort(s.KEYS)
    refuse_lone_dates("sales", days[s.DATE])
    refuse_totals("sales", days)
    refuse_running_totals("sales", days)
    return days


def with_replaced_stores(
    days: pl.DataFrame, stores: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, Mapping[Any, Any]]:
    """Return the days and stores with the past of each replaced store as that of its successor, and the successor by the old id.

    Parameters
    ----------
    days : up to the last of the sales
    stores : with Replaces, where the frame has it
    """
    work = _work(days, stores)
    join_replaced_stores(work)
    refuse_renumbered_stores(work)
    _warn(work)
    return work.sales, work.stores, work.replaced


def known_sales(days: pl.DataFrame) -> pl.DataFrame:
    """Return the days with sales that are known: none below zero, and none after the last complete day.

    Parameters
    ----------
    days : up to the last of the sales
    """
    work = _work(days, pl.DataFrame())
    forget_negative_sales(work)
    known = days[s.OPEN].null_count() < days.height
    counts = day_counts(work.sales.with_columns(pl.col(s.STATE_HOLIDAY).fill_null(s.NO_HOLIDAY)), openings_known=known)
    end_sales(work, sales_end(counts, days[s.STORE].n_unique(), openings_known=known, skip=()))
    _warn(work)
    return work.sales.filter(pl.col(s.SALES).is_not_null())


def with_closed_days(past: pl.DataFrame) -> pl.DataFrame:
    """Return the days with weekdays on which a store never sells, and long silences, closed.

    Parameters
    ----------
    past : Store, Date, Sales, Open, StateHoliday and more, without gaps in Open
    """
    work = _work(past, pl.DataFrame())
    close_weekdays_without_sales(work)
    close_days_of_a_chain_without_sales(work)
    close_silent_days(work)
    _warn(work)
    return work.sales


def _work(days: pl.DataFrame, stores: pl.DataFrame) -> Work:
    return Work(days, stores, ahead=None, known=(), double_rows={})


def _warn(work: Work) -> None:
    for repair in work.repairs:
        log.warning("%s", repair.sentence)
