"""How store types and assortments differ."""

import polars as pl

from storecast import schema as s
from storecast.dates import SUNDAY, WEEKDAYS
from storecast.exploration.assortment.parts import Part
from storecast.exploration.shared.estimate_table import EstimateTable, chart_series
from storecast.exploration.shared.estimates import GROUP, MEASURE, POSITION, VALUE, N
from storecast.exploration.shared.evidence import TRADES_ON_SUNDAYS, compared_days, names_of, no_growth, rank
from storecast.exploration.shared.like_for_like import competitor_sentence
from storecast.exploration.shared.observed import SALES
from storecast.exploration.shared.wording import count_text, cross_table, full_text, short_text
from storecast.report import charts
from storecast.report.section import Picture, SectionBody, TextTable

ATTRIBUTE_NAMES = {s.STORE_TYPE: "store type", s.ASSORTMENT: "assortment"}
PLURAL = {s.STORE_TYPE: "store types", s.ASSORTMENT: "assortments"}


def assortment_section(table: pl.DataFrame) -> SectionBody:
    """Answer how store types and assortments differ."""
    estimates = EstimateTable(table)
    columns = [column for column in ATTRIBUTE_NAMES if estimates.has(f"{Part.USUAL_DAY} {column}")]
    return SectionBody(
        answer=" ".join(_answer(estimates, column) for column in columns),
        pictures=[picture for column in columns for picture in _pictures(estimates, column)],
        tables=[text_table for column in columns for text_table in _tables(estimates, column)],
        method=(
            "Usual day: the mean of a store's open days, then the mean of the stores, with its t interval. Beside alike stores: log sales of the "
            "stores on type, assortment and state together (least squares, HC3), so that a type is compared with stores of the same assortment and "
            "state. Growth: the chain's like-for-like trend and how far each store departs from it, mean of the stores; the interval holds both "
            "errors. Weekday profile: days without promotion beside the store's own mean of the weekdays on which the chain trades."
        ),
        unproven=_unproven(estimates, columns),
    )


def _answer(estimates: EstimateTable, column: str) -> str:
    levels = estimates.part(f"{Part.USUAL_DAY} {column}", SALES)
    text = f"Of the {PLURAL[column]}, "
    ends = [
        f"{names_of(rows)} sell{'s' if len(rows) == 1 else ''} {word} on a usual day, {full_text(rows[0])}"
        for rows, word in ((rank(levels).highest, "most"), (rank(levels).lowest, "least"))
        if rows
    ]
    text += (
        " and ".join(ends)
        or f"none sells more or less on a usual day than chance among its stores may bring ({_values(levels)})"
    )
    growth = estimates.part(f"{Part.GROWTH} {column}", SALES)
    if growth.height < 2:
        return text + "."
    grown = [
        f"{names_of(rows)} grow{'s' if len(rows) == 1 else ''} {word}, {short_text(rows[0])} a year"
        for rows, word in ((rank(growth).highest, "fastest"), (rank(growth).lowest, "slowest"))
        if rows
    ]
    return text + f"; {' and '.join(grown) or 'their growth does not differ by more than chance'}."


def _values(rows: pl.DataFrame) -> str:
    return ", ".join(f"{row[GROUP]} {short_text(row)}" for row in rows.iter_rows(named=True))


def _unproven(estimates: EstimateTable, columns: list[str]) -> str:
    parts = []
    for column in columns:
        parts += (
            []
            if estimates.has(TRADES_ON_SUNDAYS)
            else [
                f"All {count_text(row[N])} stores of {ATTRIBUTE_NAMES[column]} {row[GROUP]} trade on Sundays, so that what is theirs and what is Sunday's cannot be told apart."
                for row in estimates.part(f"{Part.SUNDAY_STORES} {column}").iter_rows(named=True)
                if row[VALUE] == row[N]
            ]
        )
        small = [
            f"{row[GROUP]} ({count_text(row[N])})"
            for row in estimates.part(f"{Part.STORES} {column}").iter_rows(named=True)
            if row[N] < 20
        ]
        if small:
            parts.append(f"Few stores stand behind {ATTRIBUTE_NAMES[column]} {', '.join(small)}.")
    parts.append(
        "Nobody drew lots for types and assortments: large stores in good places were given the wider range, so that a difference is no effect of it."
    )
    return " ".join([*parts, no_growth(estimates) or competitor_sentence(estimates)]).strip()


def _pictures(estimates: EstimateTable, column: str) -> list[Picture]:
    pictures = []
    for part, title, value_format, y_title, caption in (
        (Part.USUAL_DAY, "Usual day", "~s", "sales a day", "Mean sales of an open day"),
        (Part.GROWTH, "Growth a year", charts.PERCENT_CHANGE, "change", "Like for like"),
    ):
        rows = estimates.part(f"{part} {column}", SALES)
        if rows.height < 2:
            continue
        best = rows.sort(VALUE, descending=True).row(0, named=True)
        figure = charts.dots(
            [chart_series("sales", rows)], y_format=value_format, y_title=y_title, zero=part == Part.GROWTH, height=240
        )
        if part == Part.USUAL_DAY:
            figure.update_yaxes(rangemode="tozero")
        pictures.append(
            Picture(
                f"{part.split()[0]}-{column.lower()}",
                f"{title} by {ATTRIBUTE_NAMES[column]}",
                figure,
                alt=f"Dots with intervals by {ATTRIBUTE_NAMES[column]}; highest is {best[GROUP]}: {short_text(best)}.",
                caption=f"{caption}; bars are 95% intervals over the stores.",
                wide=False,
            )
        )
    profile = estimates.part(f"{Part.WEEKDAY_PROFILE} {column}").filter(
        pl.lit(estimates.has(TRADES_ON_SUNDAYS)) | (pl.col(POSITION) < SUNDAY)
    )  # Sundays of a few stores differ by so much that they would hide the rest
    if profile.height:
        series = []
        for kind in dict.fromkeys(profile[GROUP].to_list()):
            rows = profile.filter(pl.col(GROUP) == kind).sort(POSITION)
            series.append(chart_series(kind, rows, [WEEKDAYS[int(k)] for k in rows[POSITION]], bounds=False))
        pictures.append(
            Picture(
                f"profile-{column.lower()}",
                f"Weekday profile by {ATTRIBUTE_NAMES[column]}",
                charts.curves(series, y_format=charts.PERCENT_CHANGE, height=280),
                alt=f"Curves of {compared_days(estimates)}, one for each {ATTRIBUTE_NAMES[column]}: sales beside the store's own mean day. The table below has the values, Sundays too.",
                caption=f"Days without promotion beside the store's own mean of {compared_days(estimates)}.",
            )
        )
    return pictures


def _tables(estimates: EstimateTable, column: str) -> list[TextTable]:
    name = ATTRIBUTE_NAMES[column]
    stores = estimates.part(f"{Part.STORES} {column}")
    tables = [
        cross_table(estimates.part(f"{Part.USUAL_DAY} {column}"), f"Usual day by {name}, mean of the stores.", name)
    ]
    similar = estimates.part(f"{Part.SIMILAR_STORES} {column}")
    growth = estimates.part(f"{Part.GROWTH} {column}", SALES)
    body = []
    for row in stores.iter_rows(named=True):
        kind = row[GROUP]
        difference = similar.filter(pl.col(GROUP) == kind).to_dicts()
        grown = growth.filter(pl.col(GROUP) == kind).to_dicts()
        sundays = estimates.first(f"{Part.SUNDAY_STORES} {column}", kind)
        body.append((kind, count_text(row[N]), count_text(sundays[VALUE] if sundays else None), short_text(difference[0] if difference else None), short_text(grown[0] if grown else None)))  # fmt: skip
    tables.append(
        TextTable(
            f"Stores by {name}: how many, and sales beside alike stores and over time.",
            (name, "stores", "trade on Sundays", "beside alike stores", "growth a year"),
            body,
        )
    )
    profile = estimates.part(f"{Part.WEEKDAY_PROFILE} {column}")
    if profile.height:
        rows = profile.with_columns(pl.col(MEASURE).str.replace("sales, ", ""))
        tables.append(cross_table(rows, f"Weekday profile by {name}.", name, folded=True))
    return tables
