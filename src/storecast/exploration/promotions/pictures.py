"""The pictures of the section on promotions."""

import polars as pl

from storecast.exploration.promotions.estimate import ATTRIBUTES
from storecast.exploration.promotions.parts import ALL_WEEKDAYS, FIRST_WEEK, LATER_WEEKS, Part
from storecast.exploration.shared.estimate_table import EstimateTable, chart_series, chart_series_by_measure
from storecast.exploration.shared.estimates import GROUP, MEASURE, POSITION, VALUE
from storecast.exploration.shared.event_study import BIN_DAYS
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.wording import full_text, short_text
from storecast.report import charts
from storecast.report.section import Picture

ATTRIBUTE_NAMES = {"StoreType": "store type", "Assortment": "assortment", "State": "state"}


def pictures(estimates: EstimateTable) -> list[Picture]:
    """Draw what the table holds."""
    return [*_uplift(estimates), *_attributes(estimates), *_spell(estimates), *_joining(estimates)]


def _uplift(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.UPLIFT).filter(pl.col(GROUP) != ALL_WEEKDAYS)
    if rows.is_empty():
        return []
    figure = charts.dots(
        chart_series_by_measure(rows),
        y_format=charts.PERCENT_CHANGE,
    )
    whole = estimates.first(Part.UPLIFT, ALL_WEEKDAYS, SALES)
    return [
        Picture(
            "weekdays",
            "Uplift by weekday",
            figure,
            alt=f"Dots with intervals: uplift of sales, customers and spend per customer by weekday; over all weekdays sales rise by {full_text(whole)}.",
            caption="Change on days with a promotion against the same weekday without one; bars are 95% intervals.",
        )
    ]


def _attributes(estimates: EstimateTable) -> list[Picture]:
    pictures = []
    for column in ATTRIBUTES:
        rows = estimates.part(f"{Part.UPLIFT_BY} {column}").filter(pl.col(MEASURE).is_in([SALES, CUSTOMERS]))
        if rows.is_empty():
            continue
        figure = charts.dots(
            chart_series_by_measure(rows),
            y_format=charts.PERCENT_CHANGE,
            height=260,
        )
        best = rows.filter(pl.col(MEASURE) == SALES).sort(VALUE, descending=True).row(0, named=True)
        pictures.append(
            Picture(
                f"by-{column.lower()}",
                f"Uplift by {ATTRIBUTE_NAMES[column]}",
                figure,
                alt=f"Dots with intervals by {ATTRIBUTE_NAMES[column]}; sales rise most in {best[GROUP]}: {short_text(best)}.",
                caption="All weekdays alike; bars are 95% intervals.",
                wide=column == "State",
            )
        )
    return pictures


def _spell(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.UPLIFT_BY_DAY, SALES)
    if rows.is_empty():
        return []
    series = []
    for name in (FIRST_WEEK, LATER_WEEKS):
        part = rows.filter(pl.col(GROUP).str.ends_with(f", {name}"))
        series.append(chart_series(name, part.with_columns(pl.col(GROUP).str.split(", ").list.first())))
    return [
        Picture(
            "spell",
            "First week of a promotion, and the weeks that follow it",
            charts.dots(series, y_format=charts.PERCENT_CHANGE, height=260),
            alt="Dots with intervals by weekday: uplift of sales in the first week of a promotion and in the weeks that follow without a break.",
            caption="Uplift of sales by day of the promotion.",
            wide=False,
        )
    ]


def _joining(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.AROUND_PROMO2)
    if rows.is_empty():
        return []
    series = []
    for measure in dict.fromkeys(rows[MEASURE].to_list()):
        part = rows.filter(pl.col(MEASURE) == measure).sort(POSITION)
        series.append(chart_series(measure, part, POSITION, bounds=measure == SALES))
    figure = charts.curves(series, y_format=charts.PERCENT_CHANGE, x_title="days from joining Promo2", height=260)
    charts.mark_start(figure, -BIN_DAYS // 2)
    joined = estimates.first(Part.PROMO2_BEGINS, "joined", SALES)
    return [
        Picture(
            "promo2",
            "Stores that join Promo2 against stores that have not",
            figure,
            alt=f"Curve of sales from half a year before to half a year after joining: on average {full_text(joined)}.",
            caption="Means of 30 days, from the day given on; the half year before is 0 on average. The band is the 95% interval of sales.",
            wide=False,
        )
    ]
