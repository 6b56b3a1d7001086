"""How sales and customers hang together."""

import polars as pl

from storecast import schema as s
from storecast.questions.customers import (
    BETWEEN,
    CORRELATE,
    ELASTICITY,
    GROWTH,
    LEVEL,
    LOGS,
    MONTHS,
    OVERALL,
    PLAIN,
    SPREAD,
    STORES,
    WITHIN_DAYS,
    WITHIN_STORES,
)  # fmt: skip
from storecast.questions.levels import CUSTOMERS, SALES, SPEND
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, POSITION, VALUE, N
from storecast.report import charts
from storecast.report.section import Picture, Reader, Section, Shown, cell, crossed, number, said


def section(table: pl.DataFrame) -> Section:
    """Answer how sales and customers hang together."""
    read = Reader(table)
    return Section(
        key="customers",
        question="How do sales and customers hang together?",
        short="Customers",
        answer=_answer(read),
        pictures=[*_correlations(read), *_stores(read), *_months(read)],
        tables=_tables(read),
        method=(
            "Open days with sales. Pearson's correlation over all rows; within stores (each store's mean taken off both); between the stores' "
            "means; within days (the day's mean over all stores taken off). Intervals by drawing stores again, with replacement. Elasticity: log "
            "sales on log customers within stores, clustered by store. Spend by month is of the same stores: each store's own mean is taken off "
            "first. Growth is like for like, after weekday, promotion, holidays and season."
        ),
        unproven=(
            "Customers are receipts and not persons: one who comes twice is two. A correlation does not say that more customers bring more sales "
            "in proportion; on busy days, such as those of promotions, each also buys more, which is why the elasticity is not 1."
        ),
    )


def _answer(read: Reader) -> str:
    inside, whole = read.line(CORRELATE, WITHIN_STORES, PLAIN), read.line(CORRELATE, OVERALL, PLAIN)
    days = read.line(CORRELATE, WITHIN_DAYS, PLAIN)
    apart, steady = read.line(SPREAD, BETWEEN), read.line(SPREAD, WITHIN_STORES)
    text = f"Sales and customers correlate by {said(whole)} over all rows and by {said(inside)} within stores"
    if days and inside:
        text += f", {'but only' if days[VALUE] < inside[VALUE] else 'and'} by {said(days)} within days"
    if apart and steady:
        text += f": what one customer spends differs by {number(apart[VALUE], 'share', 0)} between stores and by {number(steady[VALUE], 'share', 0)} from day to day in one"
    text += "."
    spend, trend = read.line(LEVEL, "all"), read.line(GROWTH, "all", SPEND)
    text += f" A customer spends {said(spend, 2)}"
    return text + (
        f", and {said(trend)} more each year."
        if trend and trend[VALUE] > 0
        else f"; {said(trend)} a year."
        if trend
        else "."
    )


def _correlations(read: Reader) -> list[Picture]:
    rows = read.part(CORRELATE).filter(pl.col(MEASURE).is_in([PLAIN, LOGS]))
    series = []
    for measure in (PLAIN, LOGS):
        part = rows.filter(pl.col(MEASURE) == measure)
        series.append(charts.Series(measure, *(part[name].to_list() for name in (GROUP, VALUE, LOW, HIGH))))
    figure = charts.dots(series, y_format=".2f", zero=False, height=280)
    inside = read.line(CORRELATE, WITHIN_STORES, PLAIN)
    return [
        Picture(
            "correlations",
            "Correlation of sales and customers",
            figure,
            alt=f"Dots with intervals for all rows, within stores, between stores and within days; within stores it is {cell(inside)}.",
            caption="1 would be a straight line; bars are 95 % intervals.",
            wide=False,
        )
    ]


def _stores(read: Reader) -> list[Picture]:
    sales, counted = read.part(STORES, SALES), read.part(STORES, CUSTOMERS)
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
    between = read.line(CORRELATE, BETWEEN, PLAIN)
    return [
        Picture(
            "stores",
            "Usual day of each store",
            figure,
            alt=f"A point a store: more customers, more sales, with a wide spread; correlation between stores {cell(between)}.",
            caption="A point is a store: the mean of its open days.",
            wide=False,
        )
    ]


def _months(read: Reader) -> list[Picture]:
    rows = read.part(MONTHS)
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
            charts.curves(series, y_format=",.1f", y_title="money", zero=False, marks=False),
            alt="Curves of spend per customer by month, one for each store type; the table of the folder has the values.",
            caption="The same stores in each month: a store that is away moves nothing.",
        )
    ]


def _tables(read: Reader) -> list[Shown]:
    tables = [crossed(read.part(CORRELATE), "Correlation of sales and customers.", "differences")]
    for part, caption, head in ((SPREAD, "How far spend per customer differs (one standard deviation).", "between"), (ELASTICITY, "Change of sales in per cent for one per cent more customers.", ""), (GROWTH, "Growth a year, like for like.", "chain")):  # fmt: skip
        if read.has(part):
            tables.append(crossed(read.part(part), caption, head))
    for column, name in ((s.STORE_TYPE, "store type"), (s.ASSORTMENT, "assortment")):
        rows = read.part(f"{LEVEL} {column}")
        if rows.height > 1:
            body = [(row[GROUP], cell(row, 2), number(row[N], "count")) for row in rows.iter_rows(named=True)]
            tables.append(
                Shown(
                    f"Spend per customer by {name}, mean of the stores.", (name, "spend per customer", "stores"), body
                )
            )
    return tables
