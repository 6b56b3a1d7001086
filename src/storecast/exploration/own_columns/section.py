"""What own columns move."""

import polars as pl

from storecast.exploration.own_columns.parts import Part
from storecast.exploration.shared.estimate_table import EstimateTable, chart_series_by_measure
from storecast.exploration.shared.estimates import GROUP, MEASURE, VALUE
from storecast.exploration.shared.evidence import Row, effect_text, names_of, stands_out
from storecast.exploration.shared.observed import SALES
from storecast.exploration.shared.wording import count_text, cross_table, format_value, full_text
from storecast.report import charts
from storecast.report.section import Picture, SectionBody, TextTable

MAX_NAMED = 4  # effects in the answer, the largest first
COUNTS = (
    " Sales are a few pieces a day here, or none on many days: they are regressed as counts (a Poisson regression), so that days "
    "without sales are part of an effect."
)
EFFECTS = (Part.FLAG, Part.TENTH_LESS, Part.NUMBER)
HEADS = {
    Part.FLAG: ("A day on which it holds, against one on which it does not, with 95% intervals.", "column"),
    Part.TENTH_LESS: ("A day on which it is 10% lower, with 95% intervals.", "column"),
    Part.ELASTICITY: ("Per cent of sales for one per cent more of it (elasticity), with 95% intervals.", "column"),
    Part.NUMBER: ("A day on which it is a usual departure above the store's mean, with 95% intervals.", "column"),
}


def own_columns_section(table: pl.DataFrame) -> SectionBody:
    """Answer what own columns move."""
    estimates = EstimateTable(table)
    return SectionBody(
        answer=_answer(estimates),
        pictures=_pictures(estimates),
        tables=_tables(estimates),
        method=(
            "Log sales, less each store's usual weekday and the calendar, are regressed on all own columns at once and on promotions by "
            "weekday. A column that differs between stores on one day is judged beside the other stores of that day, any other against the "
            "other days of its store. A column that is above 0 and varies by a fifth or more is seen in logs, so that its effect is an "
            "elasticity. Intervals are clustered by blocks of weeks, no shorter than the usual spell in which a column keeps its value, and "
            "by store where there are ten or more."
            f"{COUNTS if estimates.has(Part.SOLD) else ''}"
        ),
        unproven=_unproven(estimates),
    )


def _answer(estimates: EstimateTable) -> str:
    rows = [row for part in EFFECTS for row in estimates.part(part, SALES).iter_rows(named=True)]
    clear = sorted((row for row in rows if stands_out(row, among=len(rows))), key=lambda row: -abs(row[VALUE]))
    parts = [_sentence(row, estimates) for row in clear[:MAX_NAMED]]
    if len(clear) > MAX_NAMED:
        parts.append(f"{count_text(len(clear) - MAX_NAMED)} more of them move sales less.")
    unclear = [row for row in rows if row not in clear]
    if unclear and not clear:
        parts.append("None of the chain's own columns moves sales by more than chance may.")
    elif unclear:
        parts.append(f"Of {names_of(unclear)} no effect beyond chance is seen.")
    if not rows:
        parts.append("Of none of the chain's own columns can these data tell what it moves.")
    return " ".join(parts)


def _sentence(row: Row, estimates: EstimateTable) -> str:
    name = row[GROUP]
    if row["Part"] == Part.FLAG:
        return f"A day with {name} sells {effect_text(row)}."
    if row["Part"] == Part.TENTH_LESS:
        elasticity = estimates.first(Part.ELASTICITY, name, SALES)
        return f"A 10% lower {name} brings {effect_text(row)}: an elasticity of {full_text(elasticity)}."
    size = estimates.first(Part.DEPARTURE, name)
    assert size is not None
    return f"A day on which {name} is {format_value(size[VALUE], size['Unit'])} higher, its usual departure, sells {effect_text(row)}."


def _unproven(estimates: EstimateTable) -> str:
    parts = []
    if any(estimates.has(part) for part in EFFECTS):
        parts.append(
            "Nobody dealt these values out at random: who sets a price or prints a leaflet chooses the days for it, and what else was done "
            "on them is part of the effect. What of a column goes with the season counts as season."
        )
    rare = estimates.part(Part.TOO_RARE).to_dicts()
    if rare:
        parts.append(
            f"{names_of(rare)} changed in too few weeks: whatever else happened in them cannot be told from what "
            f"{'it does' if len(rare) == 1 else 'they do'}."
        )
    facts = estimates.part(Part.NEVER_CHANGES).to_dicts()
    if facts:
        verb = "never changes" if len(facts) == 1 else "never change"
        parts.append(
            f"{names_of(facts)} {verb} within a store, as a fact of the store: no effect of changing it can be seen, only that stores differ."
        )
    parts += [
        f"{row[GROUP]} is known only afterwards (on {full_text(row)} of the days with sales): no forecast is told its value ahead; it is "
        "used as what one of it was worth over the store's last year. No effect of it is given, since it follows from sales as much as "
        "they from it."
        for row in estimates.part(Part.PAST_ONLY).iter_rows(named=True)
    ]
    return " ".join(parts)


def _pictures(estimates: EstimateTable) -> list[Picture]:
    pictures = []
    titles = {
        Part.FLAG: ("flags", "Days on which a column holds", "Change on days with it, against days without"),
        Part.TENTH_LESS: ("tenth-less", "A tenth less", "Change on days on which the column is 10% lower"),
        Part.NUMBER: ("numbers", "A usual departure more", "Change on days a usual departure above the store's mean"),
    }
    for part, (name, title, caption) in titles.items():
        rows = estimates.part(part)
        if rows.is_empty():
            continue
        figure = charts.dots(chart_series_by_measure(rows), y_format=charts.PERCENT_CHANGE, height=260)
        largest = max(rows.filter(pl.col(MEASURE) == SALES).iter_rows(named=True), key=lambda row: abs(row[VALUE]))
        pictures.append(
            Picture(
                name,
                title,
                figure,
                alt=f"Dots with intervals by column; {largest[GROUP]} moves sales most: {full_text(largest)}.",
                caption=f"{caption}; bars are 95% intervals.",
                wide=rows[GROUP].n_unique() > 4,
            )
        )
    return pictures


def _tables(estimates: EstimateTable) -> list[TextTable]:
    return [
        cross_table(estimates.part(part), caption, head, folded=part == Part.ELASTICITY)
        for part, (caption, head) in HEADS.items()
        if estimates.has(part)
    ]
