"""Figures that keep apart in greyscale, and names that are shown as they are."""

import datetime as dt
import itertools
import re

import polars as pl

from storecast import schema as s
from storecast.data.target import Target
from storecast.report import figures
from storecast.report.day_marks import DayMarks
from storecast.report.report_input import report_words

WORDS = report_words()
WINDOWS = ("2015-01-01", "mean")
MODELS = ("naive", "linear", "forest", "boosting")
LINES = [
    {"model": model, "cutoff": cutoff, "key": "1", "rmspe": 0.1, "rmspe_without_worst5": 0.09}
    for model in MODELS
    for cutoff in WINDOWS
]


def luminance(colour: str) -> float:
    red, green, blue = (int(part, 16) / 255 for part in re.findall("[0-9a-f]{2}", colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_models_differ_in_darkness_and_the_one_in_use_is_darkest() -> None:
    figure = figures.scores_by_window(LINES, MODELS, "naive", "boosting", WORDS)
    shades = [luminance(trace.marker.color) for trace in figure.data if trace.type == "bar"]
    assert shades == sorted(shades, reverse=True)
    assert min(a - b for a, b in itertools.pairwise(shades)) > 0.1


def test_every_bar_has_a_tick_without_the_five_worst_rows() -> None:
    figure = figures.scores_by_window(LINES, MODELS, "naive", "boosting", WORDS)
    ticks = [trace for trace in figure.data if trace.type == "scatter"]
    assert len(ticks) == len(MODELS)
    assert all(list(trace.y) == [0.09, 0.09] for trace in ticks)
    assert sum(bool(trace.showlegend) for trace in ticks) == 1


def test_a_models_name_is_no_markup() -> None:
    figure = figures.scores_by_window([{**LINES[0], "model": "<b>x</b>"}], ["<b>x</b>"], "naive", "x", WORDS)
    assert figure.data[0].name == "&lt;b&gt;x&lt;/b&gt;"


def test_closed_days_have_no_dot_in_a_window() -> None:
    days = [dt.date(2015, 1, k) for k in (1, 2, 3)]
    rows = pl.DataFrame({s.DATE: days, s.SALES: [0.0, 10.0, 12.0], s.FORECAST: [0.0, 11.0, 11.0]})
    bars, dots = figures.window_by_day(rows, "linear", WORDS).data
    assert len(bars.x) == 3
    assert list(dots.x) == days[1:]


def test_a_store_and_a_test_of_the_past_mark_their_promotions_and_holidays() -> None:
    day = dt.date(2015, 1, 1)
    sales = pl.DataFrame({s.STORE: [1], s.DATE: [day], s.SALES: [5.0]})
    bounds = {name: [6.0] for level in (80, 95) for name in s.bound_columns(level)}
    forecast = pl.DataFrame({s.STORE: [1], s.DATE: [day + dt.timedelta(days=1)], s.FORECAST: [6.0], **bounds})
    marks = DayMarks([(day, day)], [day])
    store = figures.store_ahead(1, sales, forecast, day, WORDS, marks=marks)
    window = figures.window_by_day(sales.with_columns(pl.lit(6.0).alias(s.FORECAST)), "linear", WORDS, marks=marks)
    for figure in (store, window):
        assert [(shape.type, shape.name) for shape in figure.layout.shapes] == [
            ("rect", "promotion"),
            ("line", "public holiday"),
        ]


def test_the_chain_counts_only_the_stores_that_are_forecast() -> None:
    day = dt.date(2015, 1, 1)
    sales = pl.DataFrame({s.STORE: [1, 2], s.DATE: [day, day], s.SALES: [5.0, 7.0]})
    forecast = pl.DataFrame({s.STORE: [1], s.DATE: [day + dt.timedelta(days=1)], s.FORECAST: [6.0]})
    past, ahead = figures.chain_by_day(sales, forecast, day, WORDS).data
    assert (list(past.y), list(ahead.y)) == ([5.0], [6.0])


def test_the_chain_shows_the_intervals_of_its_days_its_promotions_and_its_holidays() -> None:
    day = dt.date(2015, 1, 1)
    sales = pl.DataFrame({s.STORE: [1], s.DATE: [day], s.SALES: [5.0]})
    ahead = [day + dt.timedelta(days=k) for k in (1, 2)]
    forecast = pl.DataFrame({s.STORE: [1, 1], s.DATE: ahead, s.FORECAST: [6.0, 7.0]})
    bounds = pl.DataFrame({"Start": ahead, "Lower80": [5.0, 6.5], "Upper80": [8.0, 9.0]})
    marks = DayMarks([(ahead[0], ahead[1])], [day])
    figure = figures.chain_by_day(sales, forecast, day, WORDS, Target(unit="EUR"), bounds=bounds, marks=marks)
    assert list(figure.data[1].error_y.array) == [2.0, 2.0]
    assert list(figure.data[1].error_y.arrayminus) == [1.0, 0.5]
    assert [shape.type for shape in figure.layout.shapes] == ["rect", "line"]
    assert figure.layout.yaxis.title.text == "Sales (EUR)"
