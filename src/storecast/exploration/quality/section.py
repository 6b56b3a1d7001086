"""Whether the data can be trusted."""

from typing import Any

import polars as pl

from storecast import schema as s
from storecast.exploration.quality.outliers import MAX_DEVIATIONS
from storecast.exploration.quality.parts import BELOW_USUAL, WITHIN_THREE_MONTHS, Count, Part
from storecast.exploration.quality.pictures import pictures
from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import GROUP, MEASURE, VALUE, N, Unit
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.wording import count_text, cross_table, format_value, short_text
from storecast.report.section import SectionBody, TextTable

FEW_GAPS, FEW_IDLE, FEW_ODD = 0.05, 0.001, 0.01  # shares of store-days up to which the data can be trusted on the whole
MOST = 0.5  # of a store's outliers, from which they are one event


def quality_section(table: pl.DataFrame) -> SectionBody:
    """Answer whether the data can be trusted."""
    estimates = EstimateTable(table)
    return SectionBody(
        answer=_answer(estimates),
        pictures=pictures(estimates),
        tables=_tables(estimates),
        method=(
            "Store-days are counted from the chain's first day to its last. “Yes, on the whole” is said where at most "
            f"{format_value(FEW_GAPS, Unit.SHARE, 0)} of them have no row, weekdays on which a store never has one left out, at most {format_value(FEW_IDLE, Unit.SHARE)} are open without sales and at most {format_value(FEW_ODD, Unit.SHARE, 0)} of the open days are outliers. "
            "An outlier is an open day whose log sales, less the store's usual weekday, the calendar, promotions and what all stores did on that day, lie "
            f"more than {MAX_DEVIATIONS:g} robust standard deviations of that store (from the median absolute deviation) from its middle. A day on which many stores of a "
            "state depart is named by Easter, by the date or by the school holidays that end before it, where it can be. Histograms hold open days with sales; "
            "their bins are the same for all and end at the 99.5th percentile. What the cleaning rules repaired is told under “What was repaired in the data”."
        ),
        unproven=_unproven(estimates),
    )


def _answer(estimates: EstimateTable) -> str:
    rows, empty, away, stores, idle = (
        _count(estimates, name)
        for name in (
            Count.STORE_DAYS,
            Count.WITHOUT_ROW,
            Count.IN_LONG_GAPS,
            Count.STORES_WITH_LONG_GAPS,
            Count.OPEN_WITHOUT_SALES,
        )
    )
    odd = estimates.first(Part.OUTLIERS)
    never = estimates.first(Part.COUNTS, Count.WEEKDAYS_WITHOUT_ROWS)
    closed = 0.0 if never is None else float(never[VALUE])
    share = [empty[VALUE] - closed <= FEW_GAPS * rows[VALUE], idle[VALUE] / rows[VALUE] <= FEW_IDLE]
    trusted = all(share) and (odd is None or odd[VALUE] <= FEW_ODD)
    text = f"{'Yes, on the whole' if trusted else 'With care'}: of {short_text(rows)} store-days {short_text(empty)} have no row"
    if never is not None:
        text += ", all" if closed == empty[VALUE] else f", {short_text(never)} of them"
        text += " on weekdays on which their store never has one"
    if away[VALUE]:
        days = estimates.first(Part.COUNTS, Count.USUAL_DAYS_IN_GAPS)
        text += f", {short_text(away)} of them in long gaps of {short_text(stores)} {'store' if stores[VALUE] == 1 else 'stores'}"
        text += f" (usually {short_text(days)} days)"
    apart = estimates.first(Part.COUNTS, Count.BEFORE_OR_AFTER)
    if apart:
        text += f", {short_text(apart)} lie before a store's first row or after its last"
    text += f", and {short_text(idle)} {'is' if idle[VALUE] == 1 else 'are'} open without sales."
    if odd is None:
        return text
    days_lie = ("open day", "lies") if odd[N] == 1 else ("open days", "lie")
    text += f" {count_text(odd[N])} {days_lie[0]} ({format_value(odd[VALUE], Unit.SHARE, 2)}) {days_lie[1]} far from what the store sells on such days"
    day = estimates.first(Part.OUTLIERS_BY_DAY)
    if day:
        text += (
            f", most often together on {day[GROUP]}, with {format_value(day[VALUE], Unit.SHARE, 0)} of the stores there"
        )
    return f"{text}."


def _count(estimates: EstimateTable, name: str) -> dict[str, Any]:
    line = estimates.first(Part.COUNTS, name)
    assert line is not None
    return line


def _unproven(estimates: EstimateTable) -> str:
    """Return what the counts do not show."""
    parts = [
        "An outlier is odd and not wrong: a street fair, a burst pipe and a slip of the keyboard look alike, and nothing was removed for being one. A day "
        "without a row may have been closed or lost."
    ]
    rows = estimates.part(Part.OUTLIERS_BY_STORE, WITHIN_THREE_MONTHS)
    events = rows.filter(pl.col(VALUE) >= MOST)
    if events.height:
        which = (
            f"{events.height} of the {rows.height} stores with the most outliers"
            if rows.height > 1
            else "the only store with outliers"
        )
        parts.append(
            f"In {which} at least half of these fall within three months: rather one event of that store, "
            "such as an opening or road works, than many slips."
        )
    if not estimates.has(Part.OUTLIERS):
        parts.append("The history is too short, or has too little in it, to say which days are odd.")
    uncounted = estimates.first(Part.COUNTS, Count.WITHOUT_CUSTOMERS)
    if uncounted and not estimates.has(f"{Part.DISTRIBUTION} {CUSTOMERS}"):
        parts.append("Customers were not counted, or on too few days to be described.")
    elif uncounted and uncounted[VALUE]:
        parts.append(
            f"On {short_text(uncounted)} days with sales no customers were counted; these are left out wherever customers are measured."
        )
    return " ".join(parts)


def _tables(estimates: EstimateTable) -> list[TextTable]:
    counts = estimates.part(Part.COUNTS)
    if not estimates.has(f"{Part.DISTRIBUTION} {CUSTOMERS}"):
        counts = counts.filter(pl.col(GROUP) != Count.WITHOUT_CUSTOMERS)  # nobody counted any
    tables = [
        TextTable(
            "What is missing or odd.",
            ("what", "store-days or stores"),
            [(row[GROUP], short_text(row)) for row in counts.iter_rows(named=True)],
        )
    ]
    unknown = estimates.part(Part.UNKNOWN_ATTRIBUTES)
    in_files = unknown.filter(pl.col(VALUE) < 1)
    if in_files.height:
        tables.append(
            TextTable(
                "Stores whose attribute is not known.",
                ("attribute", "share", "stores"),
                [(row[GROUP], short_text(row), count_text(row[N])) for row in in_files.iter_rows(named=True)],
            )
        )
    region = "a state" if s.STATE in in_files[GROUP].to_list() else "the chain"
    for part, caption, head, more in (
        (
            Part.OUTLIERS_BY_DAY,
            f"Days on which many stores of {region} depart from their like days.",
            ("day", "of the stores"),
            (BELOW_USUAL,),
        ),
        (
            Part.OUTLIERS_BY_STORE,
            "Stores with the most outliers.",
            ("store", "of its open days"),
            (BELOW_USUAL, WITHIN_THREE_MONTHS),
        ),
    ):
        rows = estimates.part(part, SALES)
        if rows.height:
            body = [
                (
                    row[GROUP],
                    short_text(row),
                    count_text(row[N]),
                    *(short_text(estimates.first(part, row[GROUP], name), 0) for name in more),
                )
                for row in rows.iter_rows(named=True)
            ]
            tables.append(TextTable(caption, (*head, "outliers", *more), body, folded=part == Part.OUTLIERS_BY_STORE))
    for measure in (SALES, CUSTOMERS):
        rows = estimates.part(f"{Part.DISTRIBUTION} {measure}")
        if rows.height:
            tables.append(
                cross_table(rows, f"{measure.capitalize()} of an open day.", "stores", across=MEASURE, folded=True)
            )
    return tables
