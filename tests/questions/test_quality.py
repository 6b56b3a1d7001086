import datetime as dt

import numpy as np
import polars as pl
import pytest

from known_chain import first_stores, usual_chain
from panels import make_panel
from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.quality import (
    ATTRIBUTES,
    AWAY,
    AWAY_STORES,
    COUNTS,
    HISTOGRAM,
    IDLE,
    NO_ROWS,
    ODD_DAYS,
    ROWS,
    SPREAD,
    UNCOUNTED,
    quality,
)
from storecast.questions.tidy import GROUP, MEASURE, PART, TIDY, VALUE


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
    assert value(found, COUNTS, IDLE) == 1
    assert value(found, COUNTS, UNCOUNTED) == 6  # open days of store 1 up to 8 January: closed on New Year and Sunday
    assert value(found, ATTRIBUTES, s.COMPETITION_DISTANCE) == pytest.approx(0.2)


def test_a_day_on_which_a_states_stores_depart_together_is_named() -> None:
    panel = usual_chain()
    state = panel.stores[s.STATE].value_counts(sort=True)[s.STATE][0]
    stores = panel.stores.filter(pl.col(s.STATE) == state)[s.STORE]
    event = pl.col(s.STORE).is_in(stores.implode()) & (pl.col(s.DATE) == dt.date(2014, 9, 10))
    moved = panel.sales.with_columns(
        pl.when(event).then(pl.col(s.SALES) * 0.3).otherwise(pl.col(s.SALES)).alias(s.SALES)
    )
    days = quality(Panel(moved, panel.stores, panel.calendar)).filter(pl.col(PART) == ODD_DAYS)
    assert days[GROUP][0] == f"Wed 2014-09-10, {state}"
    assert days[VALUE][0] > 0.9


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
    assert quality(first_stores(usual_chain(), 1)).height
