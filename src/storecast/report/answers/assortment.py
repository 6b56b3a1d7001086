"""How store types and assortments differ."""

import polars as pl

from storecast import schema as s
from storecast.questions.assortment import ALIKE, GROWTH, LEVEL, PROFILE, STORES, SUNDAYS
from storecast.questions.levels import SALES, WEEKDAYS
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, POSITION, VALUE, N
from storecast.report import charts
from storecast.report.section import Picture, Reader, Section, Shown, cell, crossed, number, said

OF = {s.STORE_TYPE: "store type", s.ASSORTMENT: "assortment"}
PLURAL = {s.STORE_TYPE: "store types", s.ASSORTMENT: "assortments"}


def section(table: pl.DataFrame) -> Section:
    """Answer how store types and assortments differ."""
    read = Reader(table)
    columns = [column for column in OF if read.has(f"{LEVEL} {column}")]
    return Section(
        key="assortment",
        question="How do store types and assortments differ?",
        short="Types and assortments",
        answer=" ".join(_answer(read, column) for column in columns),
        pictures=[picture for column in columns for picture in _pictures(read, column)],
        tables=[shown for column in columns for shown in _tables(read, column)],
        method=(
            "Usual day: the mean of a store's open days, then the mean of the stores, with its t interval. Beside alike stores: log sales of the "
            "stores on type, assortment and state together (least squares, HC3), so that a type is compared with stores of the same assortment and "
            "state. Growth: the chain's like-for-like trend and how far each store departs from it, mean of the stores; the interval holds both "
            "errors. Weekday profile: days without promotion beside the store's own mean of Monday to Saturday."
        ),
        unproven=_unproven(read, columns),
    )


def _answer(read: Reader, column: str) -> str:
    levels = read.part(f"{LEVEL} {column}", SALES).sort(VALUE)
    low, high = levels.row(0, named=True), levels.row(-1, named=True)
    text = f"Of the {PLURAL[column]}, {high[GROUP]} sells most on a usual day, {said(high)}, and {low[GROUP]} least, {said(low)}"
    growth = read.part(f"{GROWTH} {column}", SALES).sort(VALUE)
    if growth.height > 1:
        slow, fast = growth.row(0, named=True), growth.row(-1, named=True)
        text += f"; {fast[GROUP]} grows fastest, {cell(fast)} a year, {slow[GROUP]} slowest, {cell(slow)}"
    return text + "."


def _unproven(read: Reader, columns: list[str]) -> str:
    parts = []
    for column in columns:
        parts += [
            f"All {number(row[N], 'count')} stores of {OF[column]} {row[GROUP]} trade on Sundays, so that what is theirs and what is Sunday's cannot be told apart."
            for row in read.part(f"{SUNDAYS} {column}").iter_rows(named=True)
            if row[VALUE] == row[N]
        ]
        few = [
            f"{row[GROUP]} ({number(row[N], 'count')})"
            for row in read.part(f"{STORES} {column}").iter_rows(named=True)
            if row[N] < 20
        ]
        if few:
            parts.append(f"Few stores stand behind {OF[column]} {', '.join(few)}.")
    parts.append(
        "Nobody drew lots for types and assortments: large stores in good places were given the wider range, so that a difference is no effect of it."
    )
    return " ".join(parts)


def _pictures(read: Reader, column: str) -> list[Picture]:
    found = []
    for part, title, form, note in (
        (LEVEL, "Usual day", "~s", "Mean sales of an open day"),
        (GROWTH, "Growth a year", charts.PERCENT_CHANGE, "Like for like"),
    ):
        rows = read.part(f"{part} {column}", SALES)
        if rows.height < 2:
            continue
        best = rows.sort(VALUE, descending=True).row(0, named=True)
        figure = charts.dots([_series("sales", rows)], y_format=form, zero=part == GROWTH, height=240)
        if part == LEVEL:
            figure.update_yaxes(rangemode="tozero")
        found.append(
            Picture(
                f"{part.split()[0]}-{column.lower()}",
                f"{title} by {OF[column]}",
                figure,
                alt=f"Dots with intervals by {OF[column]}; highest is {best[GROUP]}: {cell(best)}.",
                caption=f"{note}; bars are 95 % intervals over the stores.",
                wide=False,
            )
        )
    profile = read.part(f"{PROFILE} {column}").filter(
        pl.col(POSITION) < 6
    )  # Sundays differ by so much that they would hide the rest
    if profile.height:
        series = []
        for kind in dict.fromkeys(profile[GROUP].to_list()):
            rows = profile.filter(pl.col(GROUP) == kind).sort(POSITION)
            series.append(charts.Series(kind, [WEEKDAYS[int(k)] for k in rows[POSITION]], rows[VALUE].to_list()))
        found.append(
            Picture(
                f"profile-{column.lower()}",
                f"Weekday profile by {OF[column]}",
                charts.curves(series, y_format=charts.PERCENT_CHANGE, height=280),
                alt=f"Curves from Monday to Saturday, one for each {OF[column]}: sales beside the store's own mean day. The table below has the values, Sundays too.",
                caption="Days without promotion beside the store's own mean of Monday to Saturday.",
            )
        )
    return found


def _tables(read: Reader, column: str) -> list[Shown]:
    name = OF[column]
    stores = read.part(f"{STORES} {column}")
    tables = [crossed(read.part(f"{LEVEL} {column}"), f"Usual day by {name}, mean of the stores.", name)]
    alike = read.part(f"{ALIKE} {column}")
    growth = read.part(f"{GROWTH} {column}", SALES)
    body = []
    for row in stores.iter_rows(named=True):
        kind = row[GROUP]
        beside = alike.filter(pl.col(GROUP) == kind).to_dicts()
        grown = growth.filter(pl.col(GROUP) == kind).to_dicts()
        sundays = read.line(f"{SUNDAYS} {column}", kind)
        body.append((kind, number(row[N], "count"), number(sundays[VALUE] if sundays else None, "count"), cell(beside[0] if beside else None), cell(grown[0] if grown else None)))  # fmt: skip
    tables.append(
        Shown(
            f"Stores by {name}: how many, and sales beside alike stores and over time.",
            (name, "stores", "trade on Sundays", "beside alike stores", "growth a year"),
            body,
        )
    )
    profile = read.part(f"{PROFILE} {column}")
    if profile.height:
        rows = profile.with_columns(pl.col(MEASURE).str.replace("sales, ", ""))
        tables.append(crossed(rows, f"Weekday profile by {name}.", name, folded=True))
    return tables


def _series(name: str, rows: pl.DataFrame) -> charts.Series:
    return charts.Series(name, *(rows[column].to_list() for column in (GROUP, VALUE, LOW, HIGH)))
