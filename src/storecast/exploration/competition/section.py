"""What competition does."""

import polars as pl

from storecast.exploration.competition.estimate import REFERENCE
from storecast.exploration.competition.parts import Comparison, Part
from storecast.exploration.shared.estimate_table import EstimateTable, chart_series
from storecast.exploration.shared.estimates import GROUP, MEASURE, POSITION, VALUE, N
from storecast.exploration.shared.event_study import BIN_DAYS
from storecast.exploration.shared.evidence import effect_text, rank, stands_out
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.wording import count_text, cross_table, full_text, short_text
from storecast.report import charts
from storecast.report.section import Picture, SectionBody, TextTable

KILOMETRES = ("<0.1", "0.1–0.25", "0.25–0.5", "0.5–1", "1–2.5", "2.5–5", "5–10", ">10")


def competition_section(table: pl.DataFrame) -> SectionBody:
    """Answer what competitors do to sales."""
    estimates = EstimateTable(table)
    return SectionBody(
        answer=_answer(estimates),
        pictures=[*_curve(estimates), *_distance(estimates)],
        tables=_tables(estimates),
        method=(
            "A competitor that opens: the stores it reaches against stores whose competitor opens later, 180 days before and after, like with "
            "like and on the same days (stacked difference in differences, each opening counted once), clustered by store. As a check, the same "
            "with stores added whose competitor has been there for over two years; near and far split the openings at their median distance. "
            "Distance: stores' usual sales by the distance of the nearest competitor, against stores of the same type, assortment and state "
            "(least squares, HC3)."
        ),
        unproven=_unproven(estimates),
    )


def _answer(estimates: EstimateTable) -> str:
    line = estimates.first(Part.OPENING, Comparison.NOT_YET_REACHED, SALES) or estimates.first(
        Part.OPENING, Comparison.LONG_SETTLED, SALES
    )
    parts = []
    if line:
        parts.append(
            f"In the half year after a competitor opens ({count_text(line[N])} openings), sales move by {effect_text(line)}"
        )
        near, far = (
            estimates.first(Part.OPENING, Comparison.NEAR, SALES),
            estimates.first(Part.OPENING, Comparison.FAR, SALES),
        )
        if near and far and rank(pl.DataFrame([near, far])).highest:
            parts[0] += (
                f": {short_text(near)} where it is nearer than the median, {short_text(far)} where it is further"
            )
        parts[0] += "."
    else:
        parts.append("Too few competitors opened within these days to say what an opening does.")
    levels = estimates.part(Part.LEVEL_BY_DISTANCE).filter(pl.col(GROUP) != REFERENCE).sort(POSITION)
    correlation = estimates.first(Part.RANK_CORRELATION)
    if levels.height:
        first = levels.row(0, named=True)
        text = f"Against those {REFERENCE} away, stores with a competitor very near ({first[GROUP]}) sell {effect_text(first)}"
        parts.append(f"{text}: both sit where people are." if first[VALUE] > 0 and stands_out(first) else f"{text}.")
    elif correlation:
        parts.append(f"Distance and sales correlate over the stores by {effect_text(correlation)}.")
    return " ".join(parts)


def _unproven(estimates: EstimateTable) -> str:
    known = {str(row[GROUP]): row[VALUE] for row in estimates.part(Part.KNOWN).iter_rows(named=True)}
    drift = estimates.first(Part.OPENING, f"{Comparison.NOT_YET_REACHED}: drift before", SALES)
    text = (
        "store.csv is one snapshot: it names the nearest competitor of that day alone. One that has closed since, or that a nearer one has "
        "taken the place of, cannot be seen; before the opening date of the one that is named, there may have been another further away. "
        f"{count_text(known['date known'])} of {count_text(known['all'])} stores have an opening date; the others are compared with nobody. "
        "Distances compare different places, not the same place with and without a competitor."
    )
    return text + (
        f" In the half year before an opening the stores drifted by {full_text(drift)} against the others."
        if drift
        else ""
    )


def _curve(estimates: EstimateTable) -> list[Picture]:
    name = (
        Comparison.NOT_YET_REACHED
        if estimates.first(Part.AROUND_OPENING, Comparison.NOT_YET_REACHED)
        else Comparison.LONG_SETTLED
    )
    rows = estimates.part(Part.AROUND_OPENING).filter(pl.col(GROUP) == name)
    if rows.is_empty():
        return []
    series = []
    for measure in (m for m in (SALES, CUSTOMERS) if rows.filter(pl.col(MEASURE) == m).height):
        part = rows.filter(pl.col(MEASURE) == measure).sort(POSITION).with_columns(pl.col(POSITION) * BIN_DAYS)
        series.append(chart_series(measure, part, POSITION, bounds=measure == SALES))
    figure = charts.curves(
        series, y_format=charts.PERCENT_CHANGE, x_title="days from the month of the opening", height=290
    )
    charts.mark_start(figure, -BIN_DAYS / 2)
    return [
        Picture(
            "opening",
            "Sales around the opening of a competitor",
            figure,
            alt=f"Curve: level before the opening, then lower; over the half year after {full_text(estimates.first(Part.OPENING, name, SALES))}.",
            caption="Means of 30 days, from the day given on; the half year before is 0 on average. The band is the 95% interval of sales.",
            wide=False,
        )
    ]


def _distance(estimates: EstimateTable) -> list[Picture]:
    rows = estimates.part(Part.LEVEL_BY_DISTANCE)
    if rows.is_empty():
        return []
    figure = charts.dots(
        [chart_series("sales", rows, [KILOMETRES[int(place)] for place in rows[POSITION]])],
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
            alt=f"Dots with intervals; stores sell most where the competitor is {best[GROUP]} away: {short_text(best)} against {REFERENCE}.",
            caption=f"Against stores {REFERENCE} away, of the same type, assortment and state; bars are 95% intervals.",
            wide=False,
        )
    ]


def _tables(estimates: EstimateTable) -> list[TextTable]:
    tables = []
    if estimates.has(Part.OPENING):
        tables.append(
            cross_table(
                estimates.part(Part.OPENING), "A competitor opens: 180 days after against 180 days before.", "compared"
            )
        )
    if estimates.has(Part.LEVEL_BY_DISTANCE):
        rows = estimates.part(Part.LEVEL_BY_DISTANCE)
        tables.append(
            TextTable(
                "Usual sales by distance of the nearest competitor.",
                ("distance", "sales", "stores"),
                [(row[GROUP], short_text(row), count_text(row[N])) for row in rows.iter_rows(named=True)],
            )
        )
    if estimates.has(Part.RANK_CORRELATION):
        tables.append(
            cross_table(
                estimates.part(Part.RANK_CORRELATION),
                "Rank correlation of distance and usual sales.",
                "stores",
                folded=True,
            )
        )
    tables.append(cross_table(estimates.part(Part.KNOWN), "What is known of competitors.", "stores", folded=True))
    return tables
