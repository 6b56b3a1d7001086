"""Whether the data can be trusted."""

import polars as pl

from storecast.questions.levels import CUSTOMERS, SALES
from storecast.questions.quality import (
    ATTRIBUTES,
    AWAY,
    AWAY_STORES,
    COUNTS,
    FAR,
    HISTOGRAM,
    IDLE,
    NO_ROWS,
    ODD,
    ODD_DAYS,
    ODD_STORES,
    ROWS,
    SPREAD,
    TRADING,
)  # fmt: skip
from storecast.questions.tidy import GROUP, MEASURE, POSITION, VALUE, N
from storecast.report import charts
from storecast.report.section import Picture, Reader, Section, Shown, cell, crossed, number

MOST_CURVES = 5


def section(table: pl.DataFrame) -> Section:
    """Answer whether the data can be trusted."""
    read = Reader(table)
    return Section(
        key="quality",
        question="Can the data be trusted?",
        short="Data quality",
        answer=_answer(read),
        pictures=[*_trading(read), *_histograms(read)],
        tables=_tables(read),
        method=(
            "Store-days are counted from the chain's first day to its last. An outlier is an open day whose log sales, less the store's usual weekday and "
            f"what all stores did on that day, lies more than {FAR:g} robust standard deviations of that store (1.4826 times the median absolute deviation) "
            "from its middle. Histograms hold open days with sales; their bins are the same for all and end at the 99.5th percentile. What the cleaning "
            "rules repaired is told under “What was repaired in the data”."
        ),
        unproven=(
            "An outlier is odd and not wrong: a street fair, a burst pipe and a slip of the keyboard look alike, and nothing was removed for being one. A "
            "day without a row may have been closed or lost."
        ),
    )


def _answer(read: Reader) -> str:
    rows, empty, away = (read.line(COUNTS, name) for name in (ROWS, NO_ROWS, AWAY))
    stores, idle = read.line(COUNTS, AWAY_STORES), read.line(COUNTS, IDLE)
    assert rows
    assert empty
    assert away
    assert stores
    assert idle
    text = f"Of {cell(rows)} store-days {cell(empty)} have no row"
    if away[VALUE]:
        text += (
            f", {cell(away)} of them in the long gaps of {cell(stores)} {'store' if stores[VALUE] == 1 else 'stores'}"
        )
    text += f", and {cell(idle)} {'is' if idle[VALUE] == 1 else 'are'} open without sales."
    odd = read.line(ODD)
    if odd:
        text += f" {number(odd[N], 'count')} open days, {number(odd[VALUE], 'share', 2)}, lie far from what the store sells on such days"
        days = read.part(ODD_DAYS)
        if days.height:
            first = days.row(0, named=True)
            text += f"; most of a state's stores at once on {first[GROUP]}: {number(first[VALUE], 'share', 0)} of them"
        text += "."
    return text


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
            "trading",
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
                series.append(
                    charts.Series(
                        name.removeprefix(f"{word} "), part[POSITION].round(1).to_list(), part[VALUE].round(4).to_list()
                    )
                )
            figure = charts.curves(series, y_format=".0%", x_title=f"{measure} of an open day", height=270, marks=False)
            figure.update_traces(line={"shape": "hvh"})
            figure.update_xaxes(tickformat="~s")
            middle = read.line(f"{SPREAD} {measure}", "all", "median")
            found.append(
                Picture(
                    f"{measure}-{word}",
                    f"{measure.capitalize()} of an open day by {'store type' if word == 'type' else word}",
                    figure,
                    alt=f"Histograms, one for each {word}; half of all open days have less than {cell(middle)}. The table below has the quartiles.",
                    caption="Share of open days in each of 30 bins.",
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
            [(row[GROUP], cell(row), number(row[N], "count")) for row in unknown.iter_rows(named=True)],
        )
    )
    for part, caption, head in (
        (ODD_DAYS, "Days on which many stores of a state depart from their like days.", "day"),
        (ODD_STORES, "Stores with the most outliers.", "store"),
    ):
        rows = read.part(part)
        if rows.height:
            body = [(row[GROUP], cell(row), number(row[N], "count")) for row in rows.iter_rows(named=True)]
            tables.append(Shown(caption, (head, "share", "outliers"), body, folded=part == ODD_STORES))
    for measure in (SALES, CUSTOMERS):
        rows = read.part(f"{SPREAD} {measure}")
        if rows.height:
            tables.append(
                crossed(rows, f"{measure.capitalize()} of an open day.", "stores", across=MEASURE, folded=True)
            )
    return tables
