"""The section on sales and customers."""

import polars as pl

from storecast import schema as s
from storecast.exploration.customers.parts import Differences, Part, Scale
from storecast.exploration.shared.estimate_table import EstimateTable, chart_series
from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, MEASURE, POSITION, VALUE, N, Unit
from storecast.exploration.shared.evidence import effect_text, no_growth
from storecast.exploration.shared.like_for_like import competitor_sentence
from storecast.exploration.shared.observed import CUSTOMERS, SALES, SPEND
from storecast.exploration.shared.wording import count_text, cross_table, format_value, full_text, short_text
from storecast.report import charts
from storecast.report.section import Picture, SectionBody, TextTable


def customers_section(table: pl.DataFrame) -> SectionBody:
    """Answer how sales and customers go together."""
    estimates = EstimateTable(table)
    return SectionBody(
        answer=_answer(estimates),
        pictures=[*_correlations(estimates), *_stores(estimates), *_months(estimates)],
        tables=_tables(estimates),
        method=(
            "Open days with sales. Pearson's correlation over all rows; within stores (each store's mean taken off both); between the stores' "
            "means; within days (the day's mean over all stores taken off). Intervals by drawing stores again, with replacement. Elasticity: log "
            "sales on log customers within stores, clustered by store. Spend by month is of the same stores: each store's own mean is taken off "
            "first. Growth is like for like, after weekday, promotion, holidays and season."
        ),
        unproven=(
            "Customers are receipts and not persons: one who comes twice is two. A correlation does not say that more customers bring more sales "
            "in proportion: the elasticity is above 1 where each also buys more on busy days, such as those of promotions, and below where less. "
            f"{no_growth(estimates) or competitor_sentence(estimates)}"
        ).strip(),
    )


def _answer(estimates: EstimateTable) -> str:
    within_stores, all_rows = (
        estimates.first(Part.CORRELATION, Differences.WITHIN_STORES, Scale.PLAIN),
        estimates.first(Part.CORRELATION, Differences.ALL_ROWS, Scale.PLAIN),
    )
    days = estimates.first(Part.CORRELATION, Differences.WITHIN_DAYS, Scale.PLAIN)
    between, within = (
        estimates.first(Part.SPREAD_OF_SPEND, Differences.BETWEEN_STORES),
        estimates.first(Part.SPREAD_OF_SPEND, Differences.WITHIN_STORES),
    )
    text = f"Sales and customers correlate by {full_text(all_rows)} over all rows and by {full_text(within_stores)} within stores"
    if days and within_stores:
        apart = days[HIGH] is not None and within_stores[LOW] is not None and days[HIGH] < within_stores[LOW]
        text += f", {'but only' if apart else 'and'} by {full_text(days)} within days"
    if between and within:
        text += f": what one customer spends differs by {format_value(between[VALUE], Unit.SHARE, 0)} between stores and by {format_value(within[VALUE], Unit.SHARE, 0)} from day to day in one"
    text += "."
    spend, trend = estimates.first(Part.SPEND_BY, "all"), estimates.first(Part.GROWTH, "all", SPEND)
    text += f" A customer spends {full_text(spend, 2)}"
    return f"{text}; in a year that changes by {effect_text(trend)}." if trend else f"{text}."


def _correlations(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.CORRELATION).filter(pl.col(MEASURE).is_in([Scale.PLAIN, Scale.LOGS]))
    series = []
    for measure in (Scale.PLAIN, Scale.LOGS):
        part = rows.filter(pl.col(MEASURE) == measure)
        series.append(chart_series(measure, part))
    figure = charts.dots(series, y_format=".2f", y_title="correlation", zero=False, height=280)
    within_stores = estimates.first(Part.CORRELATION, Differences.WITHIN_STORES, Scale.PLAIN)
    return [
        Picture(
            "correlations",
            "Correlation of sales and customers",
            figure,
            alt=f"Dots with intervals for all rows, within stores, between stores and within days; within stores it is {short_text(within_stores)}.",
            caption="1 would be a straight line; bars are 95% intervals.",
            wide=False,
        )
    ]


def _stores(estimates: EstimateTable) -> list[Picture]:
    sales, counted = estimates.part(Part.STORES, SALES), estimates.part(Part.STORES, CUSTOMERS)
    if sales.height < 3:
        return []
    names = [f"store {name}" for name in sales[GROUP]]
    figure = charts.scatter(
        [charts.Series("stores", counted[VALUE].round(0).to_list(), sales[VALUE].round(0).to_list())],
        x_format="~s",
        y_format="~s",
        x_title="customers a day",
        y_title="sales a day",
        texts=[names],
        height=280,
    )
    between = estimates.first(Part.CORRELATION, Differences.BETWEEN_STORES, Scale.PLAIN)
    return [
        Picture(
            "stores",
            "Usual day of each store",
            figure,
            alt=f"A point a store: more customers, more sales, with a wide spread; correlation between stores {short_text(between)}.",
            caption="A point is a store: the mean of its open days.",
            wide=False,
        )
    ]


def _months(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.SPEND_BY_MONTH)
    if rows[POSITION].n_unique() < 3:
        return []
    series = []
    for kind in sorted(set(rows[GROUP])):
        part = rows.filter(pl.col(GROUP) == kind).sort(POSITION)
        days = [f"{int(at) // 100}-{int(at) % 100:02d}-01" for at in part[POSITION]]
        series.append(charts.Series(f"type {kind}" if kind != "?" else "all", days, part[VALUE].round(3).to_list()))
    return [
        Picture(
            "months",
            "Spend per customer, month by month",
            charts.curves(series, y_format=",.1f", y_title="sales per customer", zero=False, marks=False),
            alt="Curves of spend per customer by month, one for each store type; the table of the folder has the values.",
            caption="The same stores in each month: a store that is away moves nothing.",
        )
    ]


def _tables(estimates: EstimateTable) -> list[TextTable]:
    tables = [cross_table(estimates.part(Part.CORRELATION), "Correlation of sales and customers.", "differences")]
    for part, caption, head in ((Part.SPREAD_OF_SPEND, "How far spend per customer differs (one standard deviation).", "between"), (Part.ELASTICITY, "Change of sales in per cent for one per cent more customers.", ""), (Part.GROWTH, "Growth a year, like for like.", "chain")):  # fmt: skip
        if estimates.has(part):
            tables.append(cross_table(estimates.part(part), caption, head))
    for column, name in ((s.STORE_TYPE, "store type"), (s.ASSORTMENT, "assortment")):
        rows = estimates.part(f"{Part.SPEND_BY} {column}")
        if rows.height > 1:
            body = [(row[GROUP], short_text(row, 2), count_text(row[N])) for row in rows.iter_rows(named=True)]
            tables.append(
                TextTable(
                    f"Spend per customer by {name}, mean of the stores.", (name, "spend per customer", "stores"), body
                )
            )
    return tables
