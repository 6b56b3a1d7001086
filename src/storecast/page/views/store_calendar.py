"""The days of a store in a chart and in tables, with what the calendar says of them."""

import datetime as dt
from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.data.target import Target
from storecast.page import charts, tables
from storecast.page.language import Words
from storecast.page.store_figures import YEAR_BEFORE

CHART = "store-chart"
MOST_PAST_DAYS = 91  # in the table of the past
DAY_MS = 24 * 3600 * 1000  # as wide as a day, on an axis of dates
STRIP = 0.025  # height of a strip at the foot of the chart, as a share of it
TEAL_SHADE = "rgba(63, 145, 135, 0.20)"


def chart_section(days: pl.DataFrame, chosen: dt.date, target: Target, words: Words) -> Component:
    """Return the chart of a store.

    Parameters
    ----------
    days : as `store_figures.store_days` returns them
    chosen : the day that is taken apart below
    target : the figure that is forecast
    words : the language
    """
    ahead = days.filter(pl.col(s.FORECAST).is_not_null())
    dates, all_dates = ahead[s.DATE].to_list(), days[s.DATE].to_list()
    columns = {name: ahead[name].to_list() for name in (s.FORECAST, "Lower80", "Upper80", "Lower95", "Upper95")}
    sales = words.text("Sales") if target.is_sales else target.title
    traces = [
        *_calendar_marks(days, words),
        *charts.band(dates, columns["Lower95"], columns["Upper95"], words.text("95% interval"), charts.BAND_95),
        *charts.band(dates, columns["Lower80"], columns["Upper80"], words.text("80% interval")),
        charts.line(
            all_dates,
            days[YEAR_BEFORE].to_list(),
            words.text("A year before"),
            charts.AMBER,
            dash="dot",
            width=1.5,
        ),
        charts.line(all_dates, days[s.SALES].to_list(), sales, charts.GREY),
        charts.line(dates, columns[s.FORECAST], words.text("Forecast"), charts.BLUE),
        _chosen_mark(days, chosen, words),
    ]
    label = words.text("Sales of the store by day, with the forecast, promotions, holidays and closed days")
    caption = words.text("Click on a day, past or ahead, to see what it is made of.")
    marks_axis = {"visible": False, "range": [0, 1], "fixedrange": True, "side": "right"}
    graph = charts.chart(
        traces,
        label,
        words,
        height=400,
        y={"overlaying": "y2", "side": "left", "rangemode": "tozero", "tickmode": "auto"},
        layout={"barmode": "overlay", "bargap": 0, "yaxis2": marks_axis},
        id=CHART,
    )
    return html.Div([graph, html.P(caption, className="soft")])


def tables_section(days: pl.DataFrame, cutoff: dt.date, words: Words) -> Component:
    """Return the days in words and figures: those ahead, and those of the past, the newest first.

    Parameters
    ----------
    days : as `store_figures.store_days` returns them
    cutoff : the last day with sales
    words : the language
    """
    ahead, past = days.filter(pl.col(s.DATE) > cutoff), days.filter(pl.col(s.DATE) <= cutoff)
    header = [
        words.text(name)
        for name in ("Day", "Forecast", "80% from", "80% to", "95% from", "95% to", "A year before", "Calendar")
    ]
    columns = (s.FORECAST, "Lower80", "Upper80", "Lower95", "Upper95", YEAR_BEFORE)
    lines = [
        [words.day(row[s.DATE]), *(tables.amount(row[name], words) for name in columns), calendar_words(row, words)]
        for row in ahead.iter_rows(named=True)
    ]
    past_header = [words.text(name) for name in ("Day", "Sales", "A year before", "Calendar")]
    newest = past.tail(MOST_PAST_DAYS).reverse()
    past_lines = [
        [
            words.day(row[s.DATE]),
            tables.amount(row[s.SALES], words),
            tables.amount(row[YEAR_BEFORE], words),
            calendar_words(row, words),
        ]
        for row in newest.iter_rows(named=True)
    ]
    title, past_title = words.text("Day by day"), words.text("The past, day by day")
    cut = words.plural("The newest {count} day.", "The newest {count} days.", MOST_PAST_DAYS)
    return html.Div(
        [
            html.Details([html.Summary(title), tables.table(header, lines, text=(0, 7), label=title)]),
            html.Details(
                [
                    html.Summary(past_title),
                    html.P(cut, className="soft") if past.height > MOST_PAST_DAYS else None,
                    tables.table(past_header, past_lines, text=(0, 3), label=past_title),
                ]
            ),
        ]
    )


def calendar_words(day: dict[str, Any], words: Words) -> str:
    """Say what the calendar says of a day: closed, promotion, holidays; empty: nothing out of the ordinary."""
    notes = []
    if day[s.OPEN] == 0:
        notes.append(words.text("closed"))
    if day[s.PROMO] == 1:
        notes.append(words.text("promotion"))
    if day[s.STATE_HOLIDAY] not in (None, s.NO_HOLIDAY):
        holidays = {
            "a": words.text("public holiday"),
            "b": words.text("Easter holiday"),
            "c": words.text("Christmas holiday"),
        }
        notes.append(holidays[day[s.STATE_HOLIDAY]])
    if day[s.SCHOOL_HOLIDAY] == 1:
        notes.append(words.text("school holidays"))
    return ", ".join(notes)


def _calendar_marks(days: pl.DataFrame, words: Words) -> list[charts.Trace]:
    """Return promotions as shading, and closed days and holidays as strips at the foot of the chart."""
    holiday = pl.col(s.STATE_HOLIDAY) != s.NO_HOLIDAY
    marks = (
        (pl.col(s.PROMO) == 1, words.text("Promotion"), TEAL_SHADE, 0.0, 1.0),
        (pl.col(s.OPEN) == 0, words.text("Closed"), charts.GREY, 0.0, STRIP),
        (pl.col(s.SCHOOL_HOLIDAY) == 1, words.text("School holidays"), charts.VIOLET, STRIP, STRIP),
        (holiday, words.text("Public holiday"), charts.RED, 2 * STRIP, 2 * STRIP),
    )
    bars = []
    for condition, name, colour, base, height in marks:
        dates = days.filter(condition)[s.DATE].to_list()
        if dates:
            bars.append(
                {
                    "type": "bar",
                    "x": dates,
                    "y": [height] * len(dates),
                    "base": base,
                    "width": DAY_MS,
                    "name": name,
                    "yaxis": "y2",
                    "marker": {"color": colour, "line": {"width": 0}},
                    "hovertemplate": "%{fullData.name}<extra></extra>",
                }
            )
    return bars


def _chosen_mark(days: pl.DataFrame, chosen: dt.date, words: Words) -> charts.Trace:
    day = days.filter(pl.col(s.DATE) == chosen)
    return {
        "type": "scatter",
        "x": day[s.DATE].to_list(),
        "y": day.select(pl.coalesce(s.FORECAST, s.SALES)).to_series().to_list(),
        "name": words.text("Day taken apart"),
        "mode": "markers",
        "marker": {"color": charts.BLUE, "size": 10, "line": {"width": 2, "color": "#fff"}},
        "hoverinfo": "skip",
    }
