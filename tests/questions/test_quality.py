import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.outliers import ODD, ODD_DAYS
from storecast.questions.quality import (
    ATTRIBUTES,
    AWAY,
    AWAY_DAYS,
    AWAY_STORES,
    COUNTS,
    EARLY,
    HISTOGRAM,
    IDLE,
    LATE,
    NO_ROWS,
    ROWS,
    SPREAD,
    UNCOUNTED,
    quality,
)
from storecast.questions.tidy import GROUP, MEASURE, PART, TIDY, VALUE, N
from support.known_chain import first_stores, usual_chain
from support.panels import make_panel


def value(table: pl.DataFrame, part: str, group: str) -> float:
    return float(table.filter((pl.col(PART) == part) & (pl.col(GROUP) == group))[VALUE][0])


def test_what_is_missing_is_counted() -> None:
    panel = make_panel(5, 200)
    away = (pl.col(s.STORE) == 2) & pl.col(s.DATE).is_between(dt.date(2013, 3, 1), dt.date(2013, 4, 9))
    single = (pl.col(s.STORE) == 3) & (pl.col(s.DATE) == dt.date(2013, 5, 7))
    idle = (pl.col(s.STORE) == 4) & (pl.col(s.DATE) == dt.date(2013, 5, 7))
    uncounted = (pl.col(s.STORE) == 1) & (pl.col(s.DATE) < dt.date(2013, 1, 9))
    sales = panel.sales.filter(~away & ~single).with_columns(
        pl.when(idle).then(0.0).otherwise(pl.col(s.SALES)).alias(s.SALES),
        pl.when(uncounted).then(None).otherwise(pl.col(s.CUSTOMERS)).alias(s.CUSTOMERS),
    )
    calendar = panel.calendar.filter(~away & ~single)
    bare = panel.stores.with_columns(
        pl.when(pl.col(s.STORE) == 1).then(None).otherwise(s.COMPETITION_DISTANCE).alias(s.COMPETITION_DISTANCE)
    )
    found = quality(Panel(sales, bare, calendar))
    assert dict(found.schema) == TIDY
    assert value(found, COUNTS, ROWS) == 1000
    assert value(found, COUNTS, NO_ROWS) == 41
    assert value(found, COUNTS, AWAY) == 40
    assert value(found, COUNTS, AWAY_STORES) == 1
    assert value(found, COUNTS, AWAY_DAYS) == 40
    assert value(found, COUNTS, IDLE) == 1
    assert value(found, COUNTS, UNCOUNTED) == 6  # open days of store 1 up to 8 January: closed on New Year and Sunday
    assert value(found, ATTRIBUTES, s.COMPETITION_DISTANCE) == pytest.approx(0.2)


def test_stores_that_begin_late_and_end_early_are_counted() -> None:
    panel = make_panel(5, 200)
    late = (pl.col(s.STORE) == 2) & (pl.col(s.DATE) < dt.date(2013, 1, 5))
    early = pl.col(s.STORE).is_in([3, 4]) & pl.col(s.DATE).is_between(dt.date(2013, 7, 15), panel.end)
    found = quality(Panel(panel.sales.filter(~late & ~early), panel.stores, panel.calendar.filter(~late & ~early)))
    assert (value(found, COUNTS, LATE), value(found, COUNTS, EARLY)) == (1, 2)
    assert (value(found, COUNTS, AWAY), value(found, COUNTS, AWAY_DAYS)) == (0, 0)
    assert value(quality(panel), COUNTS, LATE) == 0


def test_a_competitor_that_has_yet_to_open_is_known() -> None:
    panel = make_panel(5, 200)
    later = panel.stores.with_columns(pl.lit(dt.date(2014, 6, 1)).alias(s.COMPETITION_SINCE))
    found = quality(Panel(panel.sales, later, panel.calendar))
    assert value(found, ATTRIBUTES, s.COMPETITION_DISTANCE) == 0


def test_the_shares_of_a_histogram_are_of_all_open_days() -> None:
    found = quality(usual_chain())
    for group in found.filter(pl.col(PART) == f"{HISTOGRAM} sales")[GROUP].unique():
        shares = found.filter((pl.col(PART) == f"{HISTOGRAM} sales") & (pl.col(GROUP) == group))[VALUE].sum()
        assert 0.9 < shares <= 1.0000001


def test_quartiles_are_those_of_the_sales() -> None:
    panel = usual_chain()
    row = quality(panel).filter(
        (pl.col(PART) == f"{SPREAD} sales") & (pl.col(GROUP) == "all") & (pl.col(MEASURE) == "median")
    )
    assert row[VALUE][0] == pytest.approx(np.median(panel.sales.filter(pl.col(s.SALES) > 0)[s.SALES]), abs=1)


def test_a_chain_too_short_for_outliers_is_still_counted() -> None:
    found = quality(make_panel(2, 40))
    assert COUNTS in set(found[PART])
    assert ODD_DAYS not in set(found[PART])


def test_a_store_alone_has_its_outliers_too() -> None:
    panel = first_stores(usual_chain(), 1)
    odd = pl.col(s.DATE).is_in([dt.date(2014, 3, 12), dt.date(2014, 9, 10)])
    moved = panel.sales.with_columns(pl.when(odd).then(pl.col(s.SALES) * 0.05).otherwise(s.SALES).alias(s.SALES))
    found = quality(Panel(moved, panel.stores, panel.calendar)).filter(pl.col(PART) == ODD)
    assert found[N][0] == quality(panel).filter(pl.col(PART) == ODD)[N][0] + 2
