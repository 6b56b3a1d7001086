import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.quality.estimate import estimate_quality
from storecast.exploration.quality.parts import Count, Part
from storecast.exploration.shared.estimates import GROUP, MEASURE, PART, TIDY_SCHEMA, VALUE, N
from support.known_chain import first_stores, usual_answer, usual_chain
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
    unknown = panel.stores.with_columns(
        pl.when(pl.col(s.STORE) == 1).then(None).otherwise(s.COMPETITION_DISTANCE).alias(s.COMPETITION_DISTANCE)
    )
    table = estimate_quality(Panel(sales, unknown, calendar))
    assert dict(table.schema) == TIDY_SCHEMA
    assert value(table, Part.COUNTS, Count.STORE_DAYS) == 1000
    assert value(table, Part.COUNTS, Count.WITHOUT_ROW) == 41
    assert value(table, Part.COUNTS, Count.IN_LONG_GAPS) == 40
    assert value(table, Part.COUNTS, Count.STORES_WITH_LONG_GAPS) == 1
    assert value(table, Part.COUNTS, Count.USUAL_DAYS_IN_GAPS) == 40
    assert value(table, Part.COUNTS, Count.OPEN_WITHOUT_SALES) == 1
    assert (
        value(table, Part.COUNTS, Count.WITHOUT_CUSTOMERS) == 6
    )  # open days of store 1 up to 8 January: closed on New Year and Sunday
    assert value(table, Part.UNKNOWN_ATTRIBUTES, s.COMPETITION_DISTANCE) == pytest.approx(0.2)


def test_stores_that_begin_late_and_end_early_are_counted() -> None:
    panel = make_panel(5, 200)
    late = (pl.col(s.STORE) == 2) & (pl.col(s.DATE) < dt.date(2013, 1, 5))
    early = pl.col(s.STORE).is_in([3, 4]) & pl.col(s.DATE).is_between(dt.date(2013, 7, 15), panel.end)
    table = estimate_quality(
        Panel(panel.sales.filter(~late & ~early), panel.stores, panel.calendar.filter(~late & ~early))
    )
    assert (value(table, Part.COUNTS, Count.LATE_STORES), value(table, Part.COUNTS, Count.EARLY_STORES)) == (1, 2)
    assert (value(table, Part.COUNTS, Count.IN_LONG_GAPS), value(table, Part.COUNTS, Count.USUAL_DAYS_IN_GAPS)) == (
        0,
        0,
    )
    assert value(estimate_quality(panel), Part.COUNTS, Count.LATE_STORES) == 0


def test_a_competitor_that_has_yet_to_open_is_known() -> None:
    panel = make_panel(5, 200)
    later = panel.stores.with_columns(pl.lit(dt.date(2014, 6, 1)).alias(s.COMPETITION_SINCE))
    table = estimate_quality(Panel(panel.sales, later, panel.calendar))
    assert value(table, Part.UNKNOWN_ATTRIBUTES, s.COMPETITION_DISTANCE) == 0


def test_the_shares_of_a_histogram_are_of_all_open_days() -> None:
    table = usual_answer("quality")
    for group in table.filter(pl.col(PART) == f"{Part.HISTOGRAM} sales")[GROUP].unique():
        shares = table.filter((pl.col(PART) == f"{Part.HISTOGRAM} sales") & (pl.col(GROUP) == group))[VALUE].sum()
        assert 0.9 < shares <= 1.0000001


def test_quartiles_are_those_of_the_sales() -> None:
    panel = usual_chain()
    row = estimate_quality(panel).filter(
        (pl.col(PART) == f"{Part.DISTRIBUTION} sales") & (pl.col(GROUP) == "all") & (pl.col(MEASURE) == "median")
    )
    assert row[VALUE][0] == pytest.approx(np.median(panel.sales.filter(pl.col(s.SALES) > 0)[s.SALES]), abs=1)


def test_a_chain_too_short_for_outliers_is_still_counted() -> None:
    table = estimate_quality(make_panel(2, 40))
    assert Part.COUNTS in set(table[PART])
    assert Part.OUTLIERS_BY_DAY not in set(table[PART])


def test_a_store_alone_has_its_outliers_too() -> None:
    panel = first_stores(usual_chain(), 1)
    odd = pl.col(s.DATE).is_in([dt.date(2014, 3, 12), dt.date(2014, 9, 10)])
    moved = panel.sales.with_columns(pl.when(odd).then(pl.col(s.SALES) * 0.05).otherwise(s.SALES).alias(s.SALES))
    table = estimate_quality(Panel(moved, panel.stores, panel.calendar)).filter(pl.col(PART) == Part.OUTLIERS)
    assert table[N][0] == estimate_quality(panel).filter(pl.col(PART) == Part.OUTLIERS)[N][0] + 2
