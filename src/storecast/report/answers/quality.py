"""Whether the data can be trusted."""

from typing import Any

import polars as pl

from storecast.questions.levels import CUSTOMERS, SALES
from storecast.questions.outliers import BELOW, FAR, ODD, ODD_DAYS, ODD_NUMBERS, ODD_STORES, TOGETHER
from storecast.questions.quality import (
    ATTRIBUTES,
    AWAY,
    AWAY_DAYS,
    AWAY_STORES,
    BINS,
    COUNTS,
    HISTOGRAM,
    IDLE,
    NO_ROWS,
    ROWS,
    SPREAD,
    TRADING,
    UNCOUNTED,
)
from storecast.questions.tidy import COUNT, GROUP, MEASURE, POSITION, SHARE, VALUE, N
from storecast.report import charts
from storecast.report.section import Picture, Reader, Section, Shown, cell, crossed, number

FEW_GAPS, FEW_IDLE, FEW_ODD = 0.05, 0.001, 0.01  # shares of store-days up to which the data can be trusted on the whole
MOST = 0.5  # of a store's outliers, from which they are one event
MOST_CURVES = 5


def section(table: pl.DataFrame) -> Section:
    """Answer whether the data can be trusted."""
    read = Reader(table)
    return Section(
        key="quality",
        question="Can the data be trusted?",
        short="Data quality",
        answer=_answer(read),
        pictures=[*_trading(read), *_outliers(read), *_histograms(read)],
        tables=_tables(read),
        method=(
            "Store-days are counted from the chain's first day to its last. “Yes, on the whole” is said where at most "
            f"{number(FEW_GAPS, SHARE, 0)} of them have no row, at most {number(FEW_IDLE, SHARE)} are open without sales and at most {number(FEW_ODD, SHARE, 0)} of the open days are outliers. "
            "An outlier is an open day whose log sales, less the store's usual weekday, the calendar, promotions and what all stores did on that day, lie "
            f"more than {FAR:g} robust standard deviations of that store (from the median absolute deviation) from its middle. A day on which many stores of a "
            "state depart is named by Easter, by the date or by the school holidays that end before it, where it can be. Histograms hold open days with sales; "
            "their bins are the same for all and end at the 99.5th percentile. What the cleaning rules repaired is told under “What was repaired in the data”."
        ),
        unproven=_unproven(read),
    )


def _answer(read: Reader) -> str:
    rows, empty, away, stores, idle = (_count(read, name) for name in (ROWS, NO_ROWS, AWAY, AWAY_STORES, IDLE))
    odd = read.line(ODD)
    share = [empty[VALUE] / rows[VALUE] <= FEW_GAPS, idle[VALUE] / rows[VALUE] <= FEW_IDLE]
    trusted = all(share) and (odd is None or odd[VALUE] <= FEW_ODD)
    text = f"{'Yes, on the whole' if trusted else 'With care'}: of {cell(rows)} store-days {cell(empty)} have no row"
    if away[VALUE]:
        days = read.line(COUNTS, AWAY_DAYS)
        text += f", {cell(away)} of them in long gaps of {cell(stores)} {'store' if stores[VALUE] == 1 else 'stores'}"
        text += f" (usually {cell(days)} days)"
    text += f", and {cell(idle)} {'is' if idle[VALUE] == 1 else 'are'} open without sales."
    if odd is None:
        return text
    days_lie = ("open day", "lies") if odd[N] == 1 else ("open days", "lie")
    text += f" {number(odd[N], COUNT)} {days_lie[0]} ({number(odd[VALUE], SHARE, 2)}) {days_lie[1]} far from what the store sells on such days"
    day = read.line(ODD_DAYS)
    if day:
        text += f", most often together on {day[GROUP]}, with {number(day[VALUE], SHARE, 0)} of the stores there"
    return f"{text}."


def _count(read: Reader, name: str) -> dict[str, Any]:
    line = read.line(COUNTS, name)
    assert line is not None
    return line


def _unproven(read: Reader) -> str:
    """Say what the counts cannot tell."""
    parts = [
        "An outlier is odd and not wrong: a street fair, a burst pipe and a slip of the keyboard look alike, and nothing was removed for being one. A day "
        "without a row may have been closed or lost."
    ]
    rows = read.part(ODD_STORES, TOGETHER)
    events = rows.filter(pl.col(VALUE) >= MOST)
    if events.height:
        parts.append(
            f"In {events.height} of the {rows.height} stores with the most outliers at least half of these fall within three months: rather one event of that store, "
            "such as an opening or road works, than many slips."
        )
    if not read.has(ODD):
        parts.append("The history is too short, or has too little in it, to say which days are odd.")
    uncounted = read.line(COUNTS, UNCOUNTED)
    if not read.has(f"{SPREAD} {CUSTOMERS}"):
        parts.append("Customers were not counted, or on too few days to be described.")
    elif uncounted and uncounted[VALUE]:
        parts.append(
            f"On {cell(uncounted)} days with sales no customers were counted; these are left out wherever customers are measured."
        )
    return " ".join(parts)


def _outliers(read: Reader) -> list[Picture]:
    rows = read.part(ODD_NUMBERS)
    if rows.is_empty():
        return []
    names = [name.replace(" to ", "–").replace("over ", "> ") for name in rows[GROUP]]
    figure = charts.bars(
        [charts.Series("stores", names, rows[VALUE].to_list())],
        y_format=",.0f", y_title="stores", x_title="outliers of a store", height=240,
    )  # fmt: skip
    figure.update_xaxes(type="category", tickangle=0)
    none, many = rows.row(0, named=True), rows.row(-1, named=True)
    return [
        Picture(
            "quality-outliers",
            "How many stores have how many outliers",
            figure,
            alt=f"Bars: {cell(none)} stores have no outlier, {cell(many)} have {many[GROUP]}.",
            caption="Open days of a store that lie more than five robust standard deviations from like days.",
            wide=False,
        )
    ]


def _trading(read: Reader) -> list[Picture]:
    rows = read.part(TRADING)
    if rows.height < 4:
        return []
    low, high = rows.sort(VALUE).row(0, named=True), rows.sort(VALUE).row(-1, named=True)
    figure = charts.curves(
        [charts.Series("stores", rows[GROUP].to_list(), rows[VALUE].to_list())],
        y_format=",.0f",
        y_title="stores",
        height=220,
        marks=False,
    )
    figure.update_yaxes(rangemode="tozero")
    return [
        Picture(
            "quality-trading",
            "Stores with sales, week by week",
            figure,
            alt=f"Line: at most {cell(high)} stores in the week from {high[GROUP]}, at least {cell(low)} in the week from {low[GROUP]}.",
            caption="The fullest day of each week, Monday to Saturday. A step down that lasts is a gap of many stores at once.",
        )
    ]


def _histograms(read: Reader) -> list[Picture]:
    found = []
    for measure in (SALES, CUSTOMERS):
        rows = read.part(f"{HISTOGRAM} {measure}")
        for word in ("type", "assortment"):
            names = [name for name in dict.fromkeys(rows[GROUP].to_list()) if name.startswith(f"{word} ")][:MOST_CURVES]
            if not names and (word == "assortment" or rows.is_empty()):
                continue
            series = []
            for name in names or ["all"]:
                part = rows.filter(pl.col(GROUP) == name)
                edges, share = part[POSITION].round(1).to_list(), part[VALUE].round(4).to_list()
                edges.append(2 * edges[-1] - edges[-2])  # the last bin ends where the next would begin
                series.append(charts.Series(name.removeprefix(f"{word} "), edges, [*share, share[-1]]))
            figure = charts.curves(series, y_format=".0%", x_title=f"{measure} of an open day", height=270, marks=False)
            figure.update_traces(line={"shape": "hv"})
            figure.update_xaxes(tickformat="~s")
            middle = read.line(f"{SPREAD} {measure}", "all", "median")
            found.append(
                Picture(
                    f"quality-{measure}-{word}",
                    f"{measure.capitalize()} of an open day by {'store type' if word == 'type' else word}",
                    figure,
                    alt=f"Histograms, one for each {word}; half of all open days have less than {cell(middle)}. The table below has the quartiles.",
                    caption=f"Share of the open days of each {word} in each of {BINS} bins. What lies beyond the 99.5th percentile of all is not drawn.",
                    wide=False,
                )
            )
    return found


def _tables(read: Reader) -> list[Shown]:
    counts = read.part(COUNTS)
    tables = [
        Shown(
            "What is missing or odd.",
            ("what", "store-days or stores"),
            [(row[GROUP], cell(row)) for row in counts.iter_rows(named=True)],
        )
    ]
    unknown = read.part(ATTRIBUTES)
    tables.append(
        Shown(
            "Stores whose attribute is not known.",
            ("attribute", "share", "stores"),
            [(row[GROUP], cell(row), number(row[N], COUNT)) for row in unknown.iter_rows(named=True)],
        )
    )
    for part, caption, head, more in (
        (
            ODD_DAYS,
            "Days on which many stores of a state depart from their like days.",
            ("day", "of the stores"),
            (BELOW,),
        ),
        (ODD_STORES, "Stores with the most outliers.", ("store", "of its open days"), (BELOW, TOGETHER)),
    ):
        rows = read.part(part, SALES)
        if rows.height:
            body = [
                (
                    row[GROUP],
                    cell(row),
                    number(row[N], COUNT),
                    *(cell(read.line(part, row[GROUP], name), 0) for name in more),
                )
                for row in rows.iter_rows(named=True)
            ]
            tables.append(Shown(caption, (*head, "outliers", *more), body, folded=part == ODD_STORES))
    for measure in (SALES, CUSTOMERS):
        rows = read.part(f"{SPREAD} {measure}")
        if rows.height:
            tables.append(
                crossed(rows, f"{measure.capitalize()} of an open day.", "stores", across=MEASURE, folded=True)
            )
    return tables
