"""The cleaning rules that hold for frames as for files: rows of a day that are added up, replaced stores, sales below zero."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import Work
from storecast.data.dialect import frame_as_text
from storecast.data.repair_days import forget_negative_sales
from storecast.data.replaced_stores import join_replaced_stores
from storecast.data.store_days import add_up

log = logging.getLogger(__name__)


def summed(days: pl.DataFrame, past: Sequence[str]) -> pl.DataFrame:
    """Return one row a store and day, with sales and customers added up, as `sum = true` does for files.

    Parameters
    ----------
    days : of the frame of sales, typed
    past : own columns that are known of the past alone, which are added up, too
    """
    past_only = {name: f"{s.PAST_ONLY}{name}" for name in past}
    table = frame_as_text("sales", days.select(s.KEYS))
    rows = add_up(table, days.rename(past_only), {})
    return rows.rename({name: own for own, name in past_only.items()}).sort(s.KEYS)


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
    _warn(work)
    return work.sales, work.stores, work.replaced


def without_negative_sales(days: pl.DataFrame) -> pl.DataFrame:
    """Return the days with unknown sales where they are below zero.

    Parameters
    ----------
    days : up to the last of the sales
    """
    work = _work(days, pl.DataFrame())
    forget_negative_sales(work)
    _warn(work)
    return work.sales


def _work(days: pl.DataFrame, stores: pl.DataFrame) -> Work:
    return Work(days, stores, ahead=None, known=(), double_rows={})


def _warn(work: Work) -> None:
    for repair in work.repairs:
        log.warning("%s", repair.sentence)
