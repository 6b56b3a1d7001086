"""The pictures of the section on seasons."""

import datetime as dt
import html

import polars as pl

from storecast.dates import MONTHS, WEEKDAYS
from storecast.exploration.seasons.parts import BY_TREND, Part
from storecast.exploration.shared.estimate_table import EstimateTable, chart_series
from storecast.exploration.shared.estimates import GROUP, POSITION, VALUE
from storecast.exploration.shared.evidence import TRADES_ON_SUNDAYS, compared_days, has_promotions
from storecast.exploration.shared.wording import full_text
from storecast.report.blank_figure import INK
from storecast.report.charts import COLOURS, GRID, PERCENT, PERCENT_CHANGE, RULE, blank, curves, dots, heatmap
from storecast.report.section import Picture

QUARTERS = {1: "Jan", 14: "Apr", 27: "Jul", 40: "Oct"}  # by the week of the year


def pictures(estimates: EstimateTable) -> list[Picture]:
    """Draw what the table holds."""
    drawn = [_shares, _weekdays, _months, _month_days, _weeks, _calendar]
    return [picture for make in drawn if (picture := make(estimates)) is not None]


def _shares(estimates: EstimateTable) -> Picture | None:
    rows = estimates.part(Part.VARIANCE_SHARE)
    if rows.is_empty():
        return None
    rows = rows.sort(VALUE)  # the first bar stands lowest
    figure = blank(300)
    figure.add_bar(
        x=rows[VALUE].to_list(),
        y=[html.escape(name) for name in rows[GROUP]],
        orientation="h",
        marker={"color": COLOURS[0], "line": {"color": INK, "width": 0.4}},
        texttemplate="%{x:.0%}",
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    widest = max(rows[VALUE].to_list())
    figure.update_xaxes(
        title_text="share", tickformat=PERCENT, showgrid=True, gridcolor=GRID, nticks=5, range=[0, 1.2 * widest]
    )
    words = ", ".join(f"{row[GROUP]} {full_text(row, 0)}" for row in rows.reverse().iter_rows(named=True))
    return Picture(
        "seasons-shares",
        "What explains the differences between days",
        figure,
        f"Bars: {words}.",
        "Shapley shares of the variance of the log sales of a usual store on the weekdays on which the chain trades.",
    )


def _weekdays(estimates: EstimateTable) -> Picture | None:
    rows = estimates.part(Part.WEEKDAY)
    if rows.is_empty():
        return None
    plain = "without promotions" if has_promotions(estimates) else "without holidays"
    return Picture(
        "seasons-weekdays",
        "Weekdays",
        dots(
            [chart_series(plain, rows), chart_series("as sold", estimates.part(Part.WEEKDAY_AS_SOLD))],
            y_format=PERCENT_CHANGE,
        ),
        f"Dots with intervals: weekdays beside the mean of {compared_days(estimates)}, {plain} and as sold. "
        + _extremes(rows),
        f"Change beside the same stores' mean of {compared_days(estimates)}, with 95% intervals{'' if estimates.has(TRADES_ON_SUNDAYS) else '; Sunday only of stores that open'}.",
        wide=False,
    )


def _months(estimates: EstimateTable) -> Picture | None:
    rows = estimates.part(Part.MONTH)
    if rows.is_empty():
        return None
    figure = dots(
        [chart_series("all days", rows), chart_series("without holidays", estimates.part(Part.MONTH_WITHOUT_HOLIDAYS))],
        y_format=PERCENT_CHANGE,
        height=340,
    )
    ones = estimates.part(Part.MONTH_OF_ONE_YEAR)
    figure.add_scatter(
        x=[MONTHS[int(place) - 1] for place in ones[POSITION]],
        y=ones[VALUE].to_list(),
        text=ones[GROUP].to_list(),
        hovertemplate="%{text}: %{y:+.1%}<extra></extra>",
        name="single years",
        mode="markers",
        marker={"symbol": "line-ew", "size": 12, "line": {"width": 2, "color": RULE}},
    )
    figure.update_xaxes(categoryorder="array", categoryarray=list(MONTHS), tickangle=0, tickfont={"size": 10})
    return Picture(
        "seasons-months",
        "Months",
        figure,
        f"Dots with intervals: months beside the average month{_promotions(estimates, ', promotions taken off')}. {_extremes(rows)}",
        f"Change beside the average month with 95% intervals,{_promotions(estimates, ' promotions,')} days of the month and trend "
        "taken off; short lines are single years.",
    )


def _month_days(estimates: EstimateTable) -> Picture | None:
    rows = estimates.part(Part.DAYS_OF_MONTH)
    if rows.is_empty():
        return None
    figure = dots([chart_series("sales", rows)], y_format=PERCENT_CHANGE)
    figure.update_xaxes(
        type="category", ticktext=[name.replace(" to ", "–") for name in rows[GROUP]], tickvals=rows[GROUP].to_list()
    )
    return Picture(
        "seasons-days-of-the-month",
        "Days of the month",
        figure,
        f"Dots with intervals: days of the month beside the 14th to 18th. {_extremes(rows)}",
        "Change beside days 14 to 18 of the month, with 95% intervals.",
        wide=False,
    )


def _weeks(estimates: EstimateTable) -> Picture | None:
    rows = estimates.part(Part.WEEK)
    if rows.is_empty():
        return None
    days = [dt.date.fromisoformat(day) for day in rows[GROUP]]
    figure = curves([chart_series("week", rows, days, bounds=False)], y_format=PERCENT_CHANGE, height=280, marks=False)
    figure.update_xaxes(nticks=5)
    trend = estimates.first(Part.GROWTH, BY_TREND)
    words = f" By the trend, sales change by {full_text(trend)} a year." if trend else ""
    return Picture(
        "seasons-weeks",
        "The chain, week by week, like for like",
        figure,
        f"A curve of the weeks beside the mean of all weeks,{_promotions(estimates, ' promotions and')} holidays taken off.{words}",
        f"Mean of a week's days beside the mean of all weeks:{_promotions(estimates, ' promotions,')} holidays and days of the month "
        "taken off.",
    )


def _calendar(estimates: EstimateTable) -> Picture | None:
    rows = estimates.part(Part.DAY)
    if rows.is_empty():
        return None
    days = [dt.date.fromisoformat(day) for day in rows[GROUP]]
    cells: dict[tuple[int, int, int], float] = {
        (*day.isocalendar()[:1], day.weekday(), day.isocalendar()[1]): value
        for day, value in zip(days, rows[VALUE], strict=True)
    }
    years = sorted({year for year, _, _ in cells})
    weekdays = sorted({weekday for _, weekday, _ in cells})
    names, z = [], []
    for year in years:
        for weekday in weekdays:
            names.append(f"{year} {WEEKDAYS[weekday]}")
            z.append([cells.get((year, weekday, week)) for week in range(1, 54)])
        if year != years[-1]:
            names.append(f"{year} ")
            z.append([None] * 53)
    figure = heatmap(list(range(1, 54)), names, z, z_format="~s", z_title="sales a day", height=110 + 15 * len(names))
    figure.update_traces(hovertemplate="%{y}, week %{x}: %{z:,.0f}<extra></extra>", colorbar_orientation="h", colorbar_y=1.0,
                         colorbar_yanchor="bottom", colorbar_thickness=10, colorbar_nticks=5)  # fmt: skip
    figure.update_xaxes(title_text="week", tickvals=list(QUARTERS), ticktext=list(QUARTERS.values()))
    figure.update_yaxes(tickvals=names, ticktext=[_label(name, weekdays) for name in names], tickfont={"size": 10})
    top = rows.sort(VALUE).row(-1, named=True)
    return Picture(
        "seasons-calendar",
        "Calendar: mean sales of an open store",
        figure,
        f"A heatmap of weeks and weekdays, year by year. The strongest day is {top[GROUP]} with mean sales of {full_text(top)}.",
        "Sales a day; dark is more. Blank where fewer than half of the stores sold.",
    )


def _label(name: str, weekdays: list[int]) -> str:
    """Name the first weekday of a block with its year, and every second of the others."""
    _, _, day = name.partition(" ")
    if not day:
        return ""
    place = weekdays.index(WEEKDAYS.index(day))
    return name if place == 0 else day if place % 2 == 0 else ""


def _extremes(rows: pl.DataFrame) -> str:
    ordered = rows.sort(VALUE)
    low, high = ordered.row(0, named=True), ordered.row(-1, named=True)
    return f"Highest {high[GROUP]}, {full_text(high)}; lowest {low[GROUP]}, {full_text(low)}."


def _promotions(estimates: EstimateTable, words: str) -> str:
    """Return words on promotions where the chain has any."""
    return words if has_promotions(estimates) else ""
