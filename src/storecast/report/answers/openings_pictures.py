"""The pictures of the section on openings and closings."""

import plotly.graph_objects as go
import polars as pl

from storecast.questions.absences import NO_ROWS, SHORTER, SHUT, SUMMARY, WEEKS
from storecast.questions.closures import AROUND, BACK, LONGER, ONE, SHARED
from storecast.questions.levels import SALES
from storecast.questions.sunday_trading import ITSELF, NEARLY, SOMETIMES, SWITCHING, TRADING
from storecast.questions.tidy import GROUP, HIGH, LOW, MEASURE, POSITION, VALUE, N
from storecast.report.charts import PERCENT_CHANGE, Series, curves, dots
from storecast.report.section import Picture, Reader, said

SHORT = {SHORTER: "4 to 27 days", SHUT: "4 weeks or more", NO_ROWS: "no rows"}
FEWEST = 10  # closures that a curve must stand on
LENGTHS = {"1 day": "1", "2 days": "2", "3 days": "3", "4 days": "4", "5 days or more": "5+"}


def pictures(reader: Reader) -> list[Picture]:
    """Draw what the table holds."""
    made = [
        _around(reader, (ONE, SHARED), "openings-one-day", "Days around a closure of one day"),
        _around(reader, (LONGER,), "openings-longer", "Days around a closure of 4 to 27 trading days"),
        _weeks(reader),
        _measures(reader),
        _after_holidays(reader),
        _sunday(reader),
    ]
    return [picture for picture in made if picture is not None]


def _around(reader: Reader, kinds: tuple[str, ...], name: str, title: str) -> Picture | None:
    rows = reader.part(AROUND, SALES).filter(pl.col(GROUP).is_in(kinds))
    held = [kind for kind in kinds if (rows.filter(pl.col(GROUP) == kind)[N].max() or 0) >= FEWEST]  # type: ignore[operator]
    if not held:
        return None
    figure = _before_and_after({kind: kind for kind in held}, rows, "days from the closure", marks=True)
    figure.update_xaxes(tickvals=[-10, -5, -1, 1, 5, 10], ticktext=["−10", "−5", "−1", "+1", "+5", "+10"])
    words = "; ".join(
        f"{kind}: the day before {said(reader.line(AROUND, kind, SALES, -1))}, the day after {said(reader.line(AROUND, kind, SALES, 1))}"
        for kind in held
    )
    return Picture(
        name,
        title,
        figure,
        f"Curves with bands of ten days before and after. {words}.",
        "Sales beside the store's own level 28 to 11 days before and the other stores, with 95 % bands; weekday and calendar "
        "taken off.",
        wide=False,
    )


def _weeks(reader: Reader) -> Picture | None:
    rows = reader.part(WEEKS, SALES)
    kinds = [kind for kind in SHORT if (rows[GROUP] == kind).any()]
    if not kinds:
        return None
    figure = _before_and_after({kind: SHORT[kind] for kind in kinds}, rows, "weeks from the absence", marks=False)
    figure.update_xaxes(tickvals=[-12, -6, 0, 6, 12, 18, 24], ticktext=["−12", "−6", "away", "+6", "+12", "+18", "+24"])
    words = "; ".join(f"{row[GROUP]}: {said(row)}" for row in reader.part(SUMMARY, SALES).iter_rows(named=True))
    return Picture(
        "openings-weeks",
        "Weeks around an absence",
        figure,
        f"Curves with bands of the weeks before and after an absence. {words}.",
        "Sales beside the store's own weeks 26 to 13 before and the stores that stayed, with 95 % bands.",
    )


def _measures(reader: Reader) -> Picture | None:
    rows = reader.part(SUMMARY)
    last = rows.filter(~pl.col(GROUP).str.ends_with("before"))
    if last.is_empty() or last[MEASURE].n_unique() == 1:
        return None
    kinds = [kind for kind in SHORT if last[GROUP].str.starts_with(f"{kind}:").any()]
    late = last.filter(pl.col(GROUP).str.ends_with("5 to 26"))
    if late.is_empty():
        return None
    names = {"spend per customer": "spend"}
    series = []
    for kind in kinds:
        own = late.filter(pl.col(GROUP).str.starts_with(f"{kind}:"))
        series.append(_series(SHORT[kind], [names.get(name, name) for name in own[MEASURE]], own))
    words = "; ".join(f"{row[GROUP]}, {row[MEASURE]} {said(row)}" for row in late.iter_rows(named=True))
    return Picture(
        "openings-measures",
        "Weeks 5 to 26 after an absence: sales, customers, spend",
        dots(series, y_format=PERCENT_CHANGE),
        f"Dots with intervals. {words}.",
        "Change beside the store before and the stores that stayed, with 95 % intervals; spend is sales per customer.",
        wide=False,
    )


def _after_holidays(reader: Reader) -> Picture | None:
    rows = reader.part(BACK).with_columns(pl.col(GROUP).str.split(",").list.first().replace(LENGTHS).alias("length"))
    if rows.is_empty():
        return None
    series = []
    for place, name in ((-1, "last day before"), (1, "first day after")):
        own = rows.filter(pl.col(POSITION) == place)
        series.append(_series(name, own["length"].to_list(), own))
    figure = dots(series, y_format=PERCENT_CHANGE, x_title="days closed in a row")
    figure.update_xaxes(type="category")
    words = "; ".join(f"{row[GROUP]} {said(row)}" for row in rows.iter_rows(named=True))
    return Picture(
        "openings-holidays",
        "Before and after holidays, by the days closed in a row",
        figure,
        f"Dots with intervals. {words}.",
        "Sales beside a usual day of the same weekday and promotion; Sundays next to a holiday count as closed days.",
        wide=False,
    )


def _sunday(reader: Reader) -> Picture | None:
    series = []
    for part, name in ((TRADING, "nearly all Sundays"), (SWITCHING, "Sundays on and off")):
        own = reader.part(part, SALES)
        kind = NEARLY if part == TRADING else SOMETIMES
        itself = reader.part(ITSELF, SALES).filter(pl.col(GROUP) == kind).with_columns(pl.lit("Sunday").alias(GROUP))
        rows = pl.concat([own, itself])
        rows = rows.filter(pl.col(VALUE).is_not_null())
        if not own.is_empty() and not rows.is_empty():
            series.append(_series(name, rows[GROUP].to_list(), rows))
    if not series:
        return None
    figure = dots(series, y_format=PERCENT_CHANGE)
    figure.update_xaxes(categoryorder="array", categoryarray=["Saturday", "Sunday", "Monday"])
    words = "; ".join(
        f"{part}, {row[GROUP]}: {said(row)}"
        for part in (TRADING, SWITCHING, ITSELF)
        for row in reader.part(part, SALES).iter_rows(named=True)
    )
    return Picture(
        "openings-sunday",
        "Sunday trading: Saturday, Sunday and Monday",
        figure,
        f"Dots with intervals. {words}.",
        "Saturday and Monday: what Sunday trading changes. Sunday: beside the same store's Tuesdays to Fridays. 95 % intervals.",
    )


def _before_and_after(names: dict[str, str], rows: pl.DataFrame, x_title: str, *, marks: bool) -> go.Figure:
    """Draw a curve before and another after, of one name and look, with nothing where the stores were shut."""
    both = []
    for side in (pl.col(POSITION) < 0, pl.col(POSITION) > 0):
        halves = [
            _series(name, (own := rows.filter((pl.col(GROUP) == kind) & side).sort(POSITION))[POSITION].to_list(), own)
            for kind, name in names.items()
        ]
        both.append(curves(halves, y_format=PERCENT_CHANGE, x_title=x_title, marks=marks))
    figure, after = both
    after.update_traces(showlegend=False)
    figure.add_traces(after.data)
    return figure


def _series(name: str, x: list[object], rows: pl.DataFrame) -> Series:
    return Series(name, x, rows[VALUE].to_list(), rows[LOW].to_list(), rows[HIGH].to_list())
