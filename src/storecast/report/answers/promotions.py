"""What promotions do."""

import polars as pl

from storecast.questions.levels import CUSTOMERS, SALES
from storecast.questions.promotions import (
    ALL,
    AROUND,
    ATTRIBUTES,
    BORROWED,
    BY,
    DAY,
    FACTS,
    FIRST,
    JOINING,
    LATER,
    NEW,
    NEXT,
    ROUND,
    UPLIFT,
)  # fmt: skip
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, POSITION, VALUE
from storecast.report import charts
from storecast.report.section import Picture, Reader, Section, Shown, cell, crossed, number, said

OF = {"StoreType": "store type", "Assortment": "assortment", "State": "state"}


def section(table: pl.DataFrame) -> Section:
    """Answer what promotions bring, and where from."""
    read = Reader(table)
    return Section(
        key="promotions",
        question="What do promotions bring, and where does it come from?",
        short="Promotions",
        answer=_answer(read),
        pictures=[
            picture for picture in (*_uplift(read), *_attributes(read), *_spell(read), *_joining(read)) if picture
        ],
        tables=_tables(read),
        method=(
            "Weeks with a promotion are compared with weeks without one, within each store and on the same weekdays, after the calendar "
            "(holidays, season, trend, day of the month) is taken off. Where all stores have their promotions together, a promotion is one "
            "event however many stores take part: the 95 % intervals are clustered by promotion spell and by store at once. New customers: "
            "the uplift of customers as a share of the uplift of sales, on logs. Promo2 starts at different times: each store that joins is "
            "compared, half a year before and after, with stores that have not joined by then (stacked difference in differences), "
            "clustered by store; the months of its rounds with the store's other months (effects of stores and months)."
        ),
        unproven=_unproven(read),
    )


def _answer(read: Reader) -> str:
    whole = read.line(UPLIFT, ALL, SALES)
    parts = []
    if whole:
        days = read.part(UPLIFT, SALES).filter(pl.col(GROUP) != ALL).sort(VALUE)
        low, high = days.row(0, named=True), days.row(-1, named=True)
        text = f"A promotion week sells {said(whole)} against the same weekdays without one"
        if low[GROUP] != high[GROUP]:
            text += f", from {cell(high)} on {high[GROUP]} down to {cell(low)} on {low[GROUP]}"
        share = read.line(NEW)
        parts.append(
            text + (f"; {said(share)} of it is more customers, the rest larger baskets" if share else "") + "."
        )
    joined, rounds = read.line(JOINING, "joined", SALES), read.line(ROUND, measure=SALES)
    if joined:
        parts.append(f"Joining Promo2 moved sales by {said(joined)} over the half year after.")
    elif rounds:
        parts.append(
            f"In the months of its round, Promo2 moves the sales of a store by {said(rounds)} against its other months."
        )
    return " ".join(parts)


def _unproven(read: Reader) -> str:
    facts = {str(row[GROUP]): row[VALUE] for row in read.part(FACTS).iter_rows(named=True)}
    parts = []
    if facts.get("all stores together"):
        parts.append(
            f"The {number(facts['spells'], 'count')} spells ran in all stores at once: no store shows what would have happened without one on the "
            "same day, so that whatever else the chain did in those weeks is part of the uplift."
        )
    if read.has(UPLIFT) and read.line(BORROWED, NEXT) is None:
        parts.append(
            "Hardly any week off lies further from a promotion than its neighbour, so that what a promotion borrows from the weeks around it "
            "cannot be told from its uplift, which is against the usual week between two promotions."
        )
    if read.has(BORROWED):
        parts.append(
            "Nearly every day without one lies either just after a promotion or just before the next, so that days before it can only be compared with "
            "days after it."
        )
    if read.has(UPLIFT):
        parts.append(
            "On weekdays that never have a promotion nothing can be said. Customers are receipts and not persons."
        )
    if read.has(JOINING):
        drift = read.line(JOINING, "drift before", SALES)
        parts.append(
            f"Stores chose when to join Promo2; before it their sales drifted by {said(drift)} against the others."
        )
    else:
        parts.append("Too few stores joined Promo2 within these days to say what joining does.")
    return " ".join(parts)


def _uplift(read: Reader) -> list[Picture]:
    rows = read.part(UPLIFT).filter(pl.col(GROUP) != ALL)
    if rows.is_empty():
        return []
    figure = charts.dots(
        [
            _series(measure, rows.filter(pl.col(MEASURE) == measure))
            for measure in dict.fromkeys(rows[MEASURE].to_list())
        ],
        y_format=charts.PERCENT_CHANGE,
    )
    whole = read.line(UPLIFT, ALL, SALES)
    return [
        Picture(
            "weekdays",
            "Uplift by weekday",
            figure,
            alt=f"Dots with intervals: uplift of sales, customers and spend per customer by weekday; over all weekdays sales rise by {said(whole)}.",
            caption="Change on days with a promotion against the same weekday without one; bars are 95 % intervals.",
        )
    ]


def _attributes(read: Reader) -> list[Picture]:
    found = []
    for column in ATTRIBUTES:
        rows = read.part(f"{BY} {column}").filter(pl.col(MEASURE).is_in([SALES, CUSTOMERS]))
        if rows.is_empty():
            continue
        figure = charts.dots(
            [
                _series(measure, rows.filter(pl.col(MEASURE) == measure))
                for measure in dict.fromkeys(rows[MEASURE].to_list())
            ],
            y_format=charts.PERCENT_CHANGE,
            height=260,
        )
        best = rows.filter(pl.col(MEASURE) == SALES).sort(VALUE, descending=True).row(0, named=True)
        found.append(
            Picture(
                f"by-{column.lower()}",
                f"Uplift by {OF[column]}",
                figure,
                alt=f"Dots with intervals by {OF[column]}; sales rise most in {best[GROUP]}: {cell(best)}.",
                caption="All weekdays alike; bars are 95 % intervals.",
                wide=column == "State",
            )
        )
    return found


def _spell(read: Reader) -> list[Picture]:
    rows = read.part(DAY, SALES)
    if rows.is_empty():
        return []
    series = []
    for name in (FIRST, LATER):
        part = rows.filter(pl.col(GROUP).str.ends_with(f", {name}"))
        series.append(_series(name, part.with_columns(pl.col(GROUP).str.split(", ").list.first())))
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


def _joining(read: Reader) -> list[Picture]:
    rows = read.part(AROUND)
    if rows.is_empty():
        return []
    series = []
    for measure in dict.fromkeys(rows[MEASURE].to_list()):
        part = rows.filter(pl.col(MEASURE) == measure).sort(POSITION)
        bounds = (LOW, HIGH) if measure == SALES else ()
        series.append(charts.Series(measure, *(part[name].to_list() for name in (POSITION, VALUE, *bounds))))
    figure = charts.curves(series, y_format=charts.PERCENT_CHANGE, x_title="days from joining Promo2", height=260)
    figure.add_vline(x=-15, line={"color": "#57606a", "width": 1, "dash": "dot"})
    joined = read.line(JOINING, "joined", SALES)
    return [
        Picture(
            "promo2",
            "Stores that join Promo2 against stores that have not",
            figure,
            alt=f"Curve of sales from half a year before to half a year after joining: on average {said(joined)}.",
            caption="Means of 30 days, from the day given on; the half year before is 0 on average. The band is the 95 % interval of sales.",
            wide=False,
        )
    ]


def _tables(read: Reader) -> list[Shown]:
    tables = []
    if read.has(UPLIFT):
        tables.append(crossed(read.part(UPLIFT), "Uplift by weekday, with 95 % intervals.", "weekday"))
    for column in ATTRIBUTES:
        if read.has(f"{BY} {column}"):
            rows = read.part(f"{BY} {column}")
            tables.append(crossed(rows, f"Uplift by {OF[column]}.", OF[column], folded=True))
    for part, caption, head in (
        (DAY, "Uplift by day of the promotion.", "day"),
        (BORROWED, "What promotions may borrow: days near one against others.", "days"),
        (
            JOINING,
            "Stores that join Promo2: the half year after against the half year before, and the drift before.",
            "Promo2",
        ),
        (ROUND, "Months of a store's Promo2 round against its other months.", "Promo2"),
    ):
        if read.has(part):
            tables.append(crossed(read.part(part), caption, head, folded=part == DAY))
    return tables


def _series(name: str, rows: pl.DataFrame) -> charts.Series:
    return charts.Series(name, *(rows[column].to_list() for column in (GROUP, VALUE, LOW, HIGH)))
