"""What competition does."""

import polars as pl

from storecast.questions.competition import (
    CURVE,
    DISTANCE,
    FAR,
    KNOWN,
    NEAR,
    NOT_YET,
    OPENING,
    RANK,
    REFERENCE,
    SETTLED,
)
from storecast.questions.levels import CUSTOMERS, SALES
from storecast.questions.staggered import BIN
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, POSITION, VALUE, N
from storecast.report import charts
from storecast.report.section import Picture, Reader, Section, Shown, cell, crossed, number, said

KILOMETRES = ("<0.1", "0.1–0.25", "0.25–0.5", "0.5–1", "1–2.5", "2.5–5", "5–10", ">10")


def section(table: pl.DataFrame) -> Section:
    """Answer what competitors do to sales."""
    read = Reader(table)
    return Section(
        key="competition",
        question="What does competition do?",
        short="Competition",
        answer=_answer(read),
        pictures=[*_curve(read), *_distance(read)],
        tables=_tables(read),
        method=(
            "A competitor that opens: the stores it reaches against stores whose competitor opens later, 180 days before and after, like with "
            "like and on the same days (stacked difference in differences, each opening counted once), clustered by store. As a check, the same "
            "with stores added whose competitor has been there for over two years; near and far split the openings at their median distance. "
            "Distance: stores' usual sales by the distance of the nearest competitor, against stores of the same type, assortment and state "
            "(least squares, HC3)."
        ),
        unproven=_unproven(read),
    )


def _answer(read: Reader) -> str:
    line = read.line(OPENING, NOT_YET, SALES) or read.line(OPENING, SETTLED, SALES)
    parts = []
    if line:
        parts.append(
            f"A competitor that opens moves sales by {said(line)} in the half year after ({number(line[N], 'count')} openings)"
        )
        near, far = read.line(OPENING, NEAR, SALES), read.line(OPENING, FAR, SALES)
        if near and far:
            parts[0] += f": {cell(near)} where it is nearer than the median, {cell(far)} where it is further"
        parts[0] += "."
    else:
        parts.append("Too few competitors opened within these days to say what an opening does.")
    levels = read.part(DISTANCE).filter(pl.col(GROUP) != REFERENCE).sort(POSITION)
    rank = read.line(RANK)
    if levels.height:
        first = levels.row(0, named=True)
        parts.append(
            f"Yet stores with a competitor very near ({first[GROUP]}) sell {said(first)} against those {REFERENCE} away: both sit where "
            "people are."
            if float(first[VALUE]) > 0
            else f"Stores with a competitor very near ({first[GROUP]}) sell {said(first)} against those {REFERENCE} away."
        )
    elif rank:
        parts.append(f"Distance and sales correlate by {said(rank)} over the stores.")
    return " ".join(parts)


def _unproven(read: Reader) -> str:
    known = {str(row[GROUP]): row[VALUE] for row in read.part(KNOWN).iter_rows(named=True)}
    drift = read.line(OPENING, f"{NOT_YET}: drift before", SALES)
    text = (
        "store.csv is one snapshot: it names the nearest competitor of that day alone. One that has closed since, or that a nearer one has "
        "taken the place of, cannot be seen; before the opening date of the one that is named, there may have been another further away. "
        f"{number(known['date known'], 'count')} of {number(known['all'], 'count')} stores have an opening date; the others are compared with nobody. "
        "Distances compare different places, not the same place with and without a competitor."
    )
    return text + (
        f" In the half year before an opening the stores drifted by {said(drift)} against the others." if drift else ""
    )


def _curve(read: Reader) -> list[Picture]:
    name = NOT_YET if read.line(CURVE, NOT_YET) else SETTLED
    rows = read.part(CURVE).filter(pl.col(GROUP) == name)
    if rows.is_empty():
        return []
    series = []
    for measure in (m for m in (SALES, CUSTOMERS) if rows.filter(pl.col(MEASURE) == m).height):
        part = rows.filter(pl.col(MEASURE) == measure).sort(POSITION).with_columns(pl.col(POSITION) * BIN)
        bounds = (LOW, HIGH) if measure == SALES else ()
        series.append(charts.Series(measure, *(part[column].to_list() for column in (POSITION, VALUE, *bounds))))
    figure = charts.curves(
        series, y_format=charts.PERCENT_CHANGE, x_title="days from the month of the opening", height=290
    )
    figure.add_vline(x=-BIN / 2, line={"color": "#57606a", "width": 1, "dash": "dot"})
    return [
        Picture(
            "opening",
            "Sales around the opening of a competitor",
            figure,
            alt=f"Curve: level before the opening, then lower; over the half year after {said(read.line(OPENING, name, SALES))}.",
            caption="Means of 30 days, from the day given on; the half year before is 0 on average. The band is the 95 % interval of sales.",
            wide=False,
        )
    ]


def _distance(read: Reader) -> list[Picture]:
    rows = read.part(DISTANCE)
    if rows.is_empty():
        return []
    figure = charts.dots(
        [
            charts.Series(
                "sales",
                [KILOMETRES[int(place)] for place in rows[POSITION]],
                *(rows[name].to_list() for name in (VALUE, LOW, HIGH)),
            )
        ],
        y_format=charts.PERCENT_CHANGE,
        x_title="kilometres to the nearest competitor",
        height=290,
    )
    best = rows.sort(VALUE, descending=True).row(0, named=True)
    return [
        Picture(
            "distance",
            "Usual sales by distance of the nearest competitor",
            figure,
            alt=f"Dots with intervals; stores sell most where the competitor is {best[GROUP]} away: {cell(best)} against {REFERENCE}.",
            caption=f"Against stores {REFERENCE} away, of the same type, assortment and state; bars are 95 % intervals.",
            wide=False,
        )
    ]


def _tables(read: Reader) -> list[Shown]:
    tables = []
    if read.has(OPENING):
        tables.append(
            crossed(read.part(OPENING), "A competitor opens: 180 days after against 180 days before.", "compared")
        )
    if read.has(DISTANCE):
        rows = read.part(DISTANCE)
        tables.append(
            Shown(
                "Usual sales by distance of the nearest competitor.",
                ("distance", "sales", "stores"),
                [(row[GROUP], cell(row), number(row[N], "count")) for row in rows.iter_rows(named=True)],
            )
        )
    if read.has(RANK):
        tables.append(crossed(read.part(RANK), "Rank correlation of distance and usual sales.", "stores", folded=True))
    tables.append(crossed(read.part(KNOWN), "What is known of competitors.", "stores", folded=True))
    return tables
