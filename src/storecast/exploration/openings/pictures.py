"""The pictures of the section on openings and closings."""

import plotly.graph_objects as go
import polars as pl

from storecast.exploration.openings.parts import Absence, Closure, Part, Sundays
from storecast.exploration.shared.estimate_table import EstimateTable, chart_series
from storecast.exploration.shared.estimates import GROUP, MEASURE, POSITION, VALUE, N
from storecast.exploration.shared.evidence import like_days
from storecast.exploration.shared.observed import SALES
from storecast.exploration.shared.wording import full_text
from storecast.report.charts import PERCENT_CHANGE, curves, dots
from storecast.report.section import Picture

SHORT_NAMES = {Absence.SHORTER: "4 to 27 days", Absence.SHUT: "4 weeks or more", Absence.NO_ROWS: "no rows"}
MIN_CLOSURES = 10  # closures that a curve must stand on
CLOSED_DAYS = {"1 day": "1", "2 days": "2", "3 days": "3", "4 days": "4", "5 days or more": "5+"}


def pictures(estimates: EstimateTable) -> list[Picture]:
    """Draw what the table holds."""
    drawn = [
        _around(
            estimates, (Closure.ONE_DAY, Closure.ONE_DAY_SHARED), "openings-one-day", "Days around a closure of one day"
        ),
        _around(estimates, (Closure.LONG,), "openings-longer", "Days around a closure of 4 to 27 trading days"),
        _weeks(estimates),
        _measures(estimates),
        _after_holidays(estimates),
        _sunday(estimates),
    ]
    return [picture for picture in drawn if picture is not None]


def _around(estimates: EstimateTable, kinds: tuple[str, ...], name: str, title: str) -> Picture | None:
    rows = estimates.part(Part.AROUND_CLOSURE, SALES).filter(pl.col(GROUP).is_in(kinds))
    frequent = [kind for kind in kinds if (rows.filter(pl.col(GROUP) == kind)[N].max() or 0) >= MIN_CLOSURES]  # type: ignore[operator]
    if not frequent:
        return None
    figure = _before_and_after({kind: kind for kind in frequent}, rows, "days from the closure", marks=True)
    figure.update_xaxes(tickvals=[-10, -5, -1, 1, 5, 10], ticktext=["−10", "−5", "−1", "+1", "+5", "+10"])
    words = "; ".join(
        f"{kind}: the day before {full_text(estimates.first(Part.AROUND_CLOSURE, kind, SALES, -1))}, the day after {full_text(estimates.first(Part.AROUND_CLOSURE, kind, SALES, 1))}"
        for kind in frequent
    )
    return Picture(
        name,
        title,
        figure,
        f"Curves with bands of ten days before and after. {words}.",
        "Sales beside the store's own level 28 to 11 days before and the other stores, with 95% intervals; weekday and calendar "
        "taken off.",
        wide=False,
    )


def _weeks(estimates: EstimateTable) -> Picture | None:
    rows = estimates.part(Part.WEEKS_AROUND_ABSENCE, SALES)
    kinds = [kind for kind in SHORT_NAMES if (rows[GROUP] == kind).any()]
    if not kinds:
        return None
    figure = _before_and_after({kind: SHORT_NAMES[kind] for kind in kinds}, rows, "weeks from the absence", marks=False)
    figure.update_xaxes(tickvals=[-12, -6, 0, 6, 12, 18, 24], ticktext=["−12", "−6", "away", "+6", "+12", "+18", "+24"])
    words = "; ".join(
        f"{row[GROUP]}: {full_text(row)}" for row in estimates.part(Part.AROUND_ABSENCE, SALES).iter_rows(named=True)
    )
    return Picture(
        "openings-weeks",
        "Weeks around an absence",
        figure,
        f"Curves with bands of the weeks before and after an absence. {words}.",
        "Sales beside the store's own weeks 26 to 13 before and the stores that stayed, with 95% intervals.",
    )


def _measures(estimates: EstimateTable) -> Picture | None:
    rows = estimates.part(Part.AROUND_ABSENCE)
    last = rows.filter(~pl.col(GROUP).str.ends_with("before"))
    if last.is_empty() or last[MEASURE].n_unique() == 1:
        return None
    kinds = [kind for kind in SHORT_NAMES if last[GROUP].str.starts_with(f"{kind}:").any()]
    late = last.filter(pl.col(GROUP).str.ends_with("5 to 26"))
    if late.is_empty():
        return None
    names = {"spend per customer": "spend"}
    series = []
    for kind in kinds:
        own = late.filter(pl.col(GROUP).str.starts_with(f"{kind}:"))
        series.append(chart_series(SHORT_NAMES[kind], own, [names.get(name, name) for name in own[MEASURE]]))
    words = "; ".join(f"{row[GROUP]}, {row[MEASURE]} {full_text(row)}" for row in late.iter_rows(named=True))
    return Picture(
        "openings-measures",
        "Weeks 5 to 26 after an absence: sales, customers, spend",
        dots(series, y_format=PERCENT_CHANGE),
        f"Dots with intervals. {words}.",
        "Change beside the store before and the stores that stayed, with 95% intervals; spend is sales per customer.",
        wide=False,
    )


def _after_holidays(estimates: EstimateTable) -> Picture | None:
    rows = estimates.part(Part.AROUND_CLOSED_DAYS).with_columns(
        pl.col(GROUP).str.split(",").list.first().replace(CLOSED_DAYS).alias("length")
    )
    if rows.is_empty():
        return None
    series = []
    for place, name in ((-1, "last day before"), (1, "first day after")):
        own = rows.filter(pl.col(POSITION) == place)
        series.append(chart_series(name, own, "length"))
    figure = dots(series, y_format=PERCENT_CHANGE, x_title="days closed in a row")
    figure.update_xaxes(type="category")
    words = "; ".join(f"{row[GROUP]} {full_text(row)}" for row in rows.iter_rows(named=True))
    return Picture(
        "openings-holidays",
        "Before and after holidays, by the days closed in a row",
        figure,
        f"Dots with intervals. {words}.",
        f"Sales beside a usual day of {like_days(estimates)}; Sundays next to a holiday count as closed days.",
        wide=False,
    )


def _sunday(estimates: EstimateTable) -> Picture | None:
    series = []
    for part, name in ((Part.SUNDAY_TRADING, "nearly all Sundays"), (Part.SUNDAYS_ON_AND_OFF, "Sundays on and off")):
        own = estimates.part(part, SALES)
        kind = Sundays.NEARLY_ALL if part == Part.SUNDAY_TRADING else Sundays.SOME
        itself = (
            estimates.part(Part.SUNDAY_ITSELF, SALES)
            .filter(pl.col(GROUP) == kind)
            .with_columns(pl.lit("Sunday").alias(GROUP))
        )
        rows = pl.concat([own, itself])
        rows = rows.filter(pl.col(VALUE).is_not_null())
        if not own.is_empty() and not rows.is_empty():
            series.append(chart_series(name, rows))
    if not series:
        return None
    figure = dots(series, y_format=PERCENT_CHANGE)
    figure.update_xaxes(categoryorder="array", categoryarray=["Saturday", "Sunday", "Monday"])
    words = "; ".join(
        f"{part}, {row[GROUP]}: {full_text(row)}"
        for part in (Part.SUNDAY_TRADING, Part.SUNDAYS_ON_AND_OFF, Part.SUNDAY_ITSELF)
        for row in estimates.part(part, SALES).iter_rows(named=True)
    )
    return Picture(
        "openings-sunday",
        "Sunday trading: Saturday, Sunday and Monday",
        figure,
        f"Dots with intervals. {words}.",
        "Saturday and Monday: what Sunday trading changes. Sunday: beside the same store's Tuesdays to Fridays. 95% intervals.",
    )


def _before_and_after(names: dict[str, str], rows: pl.DataFrame, x_title: str, *, marks: bool) -> go.Figure:
    """Draw a curve before and another after, of one name and look, with nothing where the stores were shut."""
    both = []
    for side in (pl.col(POSITION) < 0, pl.col(POSITION) > 0):
        halves = [
            chart_series(name, rows.filter((pl.col(GROUP) == kind) & side).sort(POSITION), POSITION)
            for kind, name in names.items()
        ]
        both.append(curves(halves, y_format=PERCENT_CHANGE, x_title=x_title, marks=marks))
    figure, after = both
    after.update_traces(showlegend=False)
    figure.add_traces(after.data)
    return figure
