import datetime as dt
from functools import cache

import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.quality.estimate import estimate_quality
from storecast.exploration.quality.parts import WITHIN_THREE_MONTHS, Count, Part
from storecast.exploration.quality.section import quality_section
from storecast.exploration.shared.estimates import GROUP, MEASURE, PART, VALUE
from support.known_chain import first_stores, usual_chain, without_customers
from support.panels import make_panel


@cache
def table() -> pl.DataFrame:
    """Return the answer for a chain with a bad day of many stores and a bad month of ten."""
    panel = usual_chain()
    day = (pl.col(s.STORE) <= 75) & (pl.col(s.DATE) == dt.date(2014, 10, 15))
    month = (pl.col(s.STORE) <= 10) & pl.col(s.DATE).is_between(dt.date(2014, 6, 2), dt.date(2014, 6, 30))
    sales = pl.when(day | month).then(pl.col(s.SALES) * 0.3).otherwise(pl.col(s.SALES))
    return estimate_quality(Panel(panel.sales.with_columns(sales.alias(s.SALES)), panel.stores, panel.calendar))


def changed(part: str, group: str, value: float) -> pl.DataFrame:
    """Return the table with another figure in one row."""
    row = (pl.col(PART) == part) & (pl.col(GROUP) == group)
    return table().with_columns(pl.when(row).then(value).otherwise(VALUE).alias(VALUE))


def test_missing_values_are_listed() -> None:
    answer = quality_section(changed(Part.COUNTS, Count.WITHOUT_ROW, 4321)).answer
    assert answer.startswith("Yes, on the whole: of 134,100 store-days 4,321 have no row")
    assert "long gaps of 1 store (" in quality_section(changed(Part.COUNTS, Count.STORES_WITH_LONG_GAPS, 1)).answer
    assert "long gaps" not in quality_section(changed(Part.COUNTS, Count.IN_LONG_GAPS, 0)).answer


def test_data_with_much_missing_or_odd_are_to_be_used_with_care() -> None:
    for part, group, value in (
        (Part.COUNTS, Count.WITHOUT_ROW, 20_000),
        (Part.COUNTS, Count.OPEN_WITHOUT_SALES, 500),
        (Part.OUTLIERS, "all", 0.04),
    ):
        assert quality_section(changed(part, group, value)).answer.startswith("With care: ")


def test_the_day_of_the_most_outliers_is_named() -> None:
    days = table().filter(pl.col(PART) == Part.OUTLIERS_BY_DAY)
    assert days[GROUP][0].startswith("Wed 2014-10-15, ")
    assert f"most often together on {days[GROUP][0]}, with" in quality_section(table()).answer
    assert "together" not in quality_section(table().filter(pl.col(PART) != Part.OUTLIERS_BY_DAY)).answer


def test_stores_whose_outliers_are_one_event_are_counted() -> None:
    rows = (pl.col(PART) == Part.OUTLIERS_BY_STORE) & (pl.col(MEASURE) == WITHIN_THREE_MONTHS)
    stores = table().filter(rows).height
    assert stores == 10
    none, all_ = (
        quality_section(table().with_columns(pl.when(rows).then(share).otherwise(VALUE).alias(VALUE))).unproven
        for share in (0.2, 0.9)
    )
    assert "within three months" not in none
    assert "In 10 of the 10 stores" in all_


def test_customers_that_were_not_counted_are_listed() -> None:
    assert "Customers were not counted" in quality_section(estimate_quality(without_customers(usual_chain()))).unproven
    assert (
        "On 12 days with sales no customers"
        in quality_section(changed(Part.COUNTS, Count.WITHOUT_CUSTOMERS, 12)).unproven
    )


def test_weekdays_on_which_a_store_never_has_a_row_are_no_gaps() -> None:
    panel = usual_chain()
    weekday = pl.col("Date").dt.weekday() != 7
    without_sundays = Panel(panel.sales.filter(weekday), panel.stores, panel.calendar.filter(weekday))
    answer = quality_section(estimate_quality(without_sundays)).answer
    assert (
        "have no row, all on weekdays on which their store never has one" in answer
        or "of them on weekdays on which" in answer
    )
    counted = estimate_quality(without_sundays).filter(pl.col(GROUP) == Count.WEEKDAYS_WITHOUT_ROWS)
    stores = panel.sales["Store"].n_unique()
    sundays = panel.sales.filter(~weekday)["Date"].n_unique()
    assert counted["Value"].item() == stores * sundays


def test_a_chain_too_short_for_outliers_says_so() -> None:
    body = quality_section(estimate_quality(make_panel(2, 40)))
    assert "outlier" not in body.answer
    assert "too short" in body.unproven
    assert body.pictures


def test_the_steps_of_a_histogram_end_where_the_last_bin_does() -> None:
    picture = next(one for one in quality_section(table()).pictures if one.name == "quality-sales-type")
    line = picture.figure.data[0]
    assert len(line.x) == 31
    assert line.x[-1] - line.x[-2] == line.x[-2] - line.x[-3]


def test_one_store_gets_its_answer() -> None:
    body = quality_section(estimate_quality(first_stores(usual_chain(), 1)))
    assert "of 894 store-days" in body.answer


def test_attributes_that_no_store_has_are_no_rows_and_without_states_days_are_of_the_chain() -> None:
    captions = [each.caption for each in quality_section(table()).tables]
    assert "Stores whose attribute is not known." in captions
    assert "Days on which many stores of a state depart from their like days." in captions
    none = table().with_columns(
        pl.when(pl.col(PART) == Part.UNKNOWN_ATTRIBUTES).then(1.0).otherwise(VALUE).alias(VALUE)
    )
    captions = [each.caption for each in quality_section(none).tables]
    assert "Stores whose attribute is not known." not in captions
    assert "Days on which many stores of the chain depart from their like days." in captions
