"""Small pictures of what lies behind a forecast.

How often intervals held, which days were hard, how many stores sold, what was assumed of the days ahead.
"""

import datetime as dt
import html
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from storecast import schema as s
from storecast.language import Words
from storecast.report import charts
from storecast.report.week_calendar import IS_HOLIDAY

LEVELS = (95, 80)  # percent
LEAST_DAYS = 30  # store-days of a kind: fewer say nothing of it
SUNDAY = 7
ONE_DAY = dt.timedelta(days=1)


def coverage_by_weekday(scores: list[dict[str, Any]], champion: str, words: Words) -> go.Figure | None:
    """Return how often the intervals held on each weekday of the tests, beside 80% and 95%; None without scores.

    Parameters
    ----------
    scores : entries of scores.json
    champion : the name of the model in use
    words : of the language
    """
    lines = {
        int(line["key"]): line
        for line in scores
        if (line["model"], line["slice"], line["cutoff"]) == (champion, "weekday", "mean")
        and line.get("coverage80") is not None
        and line.get("open_rows", line["rows"]) >= LEAST_DAYS
    }
    if not lines:
        return None
    days = sorted(lines)
    names = [words.short_weekday(day) for day in days]
    series = [
        charts.Series(
            words.text("{level}% interval", level=level), names, [lines[day][f"coverage{level}"] for day in days]
        )
        for level in LEVELS
    ]
    figure = charts.dots(series, y_format=charts.PERCENT, y_title=words.text("share inside"), zero=False, height=250)
    for level in LEVELS:
        figure.add_shape(
            {
                **charts.ACROSS,
                "y0": level / 100,
                "y1": level / 100,
                "line": {"color": charts.RULE, "width": 1, "dash": "dot"},
            }
        )
    lowest = min(value for each in series for value in each.y if value is not None)
    figure.update_yaxes(range=[min(0.7, lowest - 0.05), 1.0])
    return figure


def error_by_kind_of_day(
    backtest: pl.DataFrame, sales: pl.DataFrame, calendar: pl.DataFrame, models: list[str], words: Words
) -> go.Figure | None:
    """Return the error (WAPE) on kinds of days of the tests, a bar for each model; None where no kind has days enough.

    Parameters
    ----------
    backtest : every row of the tests: Model, Store, Date, Forecast
    sales : a row per store and day of the past
    calendar : of the same days
    models : up to three, the one in use last
    words : of the language
    """
    if backtest.is_empty():
        return None
    marks = calendar.select(*s.KEYS, s.OPEN, s.PROMO, IS_HOLIDAY.alias("holiday"))
    holidays = marks.filter("holiday").select(*s.KEYS)
    beside = pl.concat([holidays.with_columns(pl.col(s.DATE) + step) for step in (-ONE_DAY, ONE_DAY)]).unique()
    rows = (
        backtest.filter(pl.col(s.MODEL).is_in(models))
        .select(s.MODEL, *s.KEYS, s.FORECAST)
        .join(sales.select(*s.KEYS, s.SALES).drop_nulls(), on=s.KEYS)
        .join(marks.filter(pl.col(s.OPEN) == 1), on=s.KEYS)
        .join(beside.with_columns(pl.lit(value=True).alias("beside")), on=s.KEYS, how="left")
    )
    near = pl.col("beside").fill_null(value=False) & ~pl.col("holiday")
    is_sunday = pl.col(s.DATE).dt.weekday() == SUNDAY
    plain = ~pl.col("holiday") & ~near & ~is_sunday
    kinds = {
        words.text("with a promotion"): plain & (pl.col(s.PROMO) == 1),
        words.text("without a promotion"): plain & (pl.col(s.PROMO) != 1),
        words.text("Sunday"): is_sunday & ~pl.col("holiday") & ~near,
        words.text("before or after a holiday"): near,
        words.text("public holiday"): pl.col("holiday"),
    }
    errors: dict[str, list[float | None]] = {html.escape(model): [] for model in models}
    names = []
    for name, is_kind in kinds.items():
        of_kind = rows.filter(is_kind)
        if of_kind.select(*s.KEYS).n_unique() < LEAST_DAYS:
            continue
        names.append(name)
        off = (pl.col(s.FORECAST) - pl.col(s.SALES)).abs().sum() / pl.col(s.SALES).sum()
        by_model = dict(of_kind.group_by(s.MODEL).agg(off.alias("off")).iter_rows())
        for model in models:
            errors[html.escape(model)].append(by_model.get(model))
    if not names:
        return None
    return charts.horizontal_bars(names, errors, charts.PERCENT, words.text("error (WAPE)"))


def stores_by_week(sales: pl.DataFrame, words: Words) -> go.Figure:
    """Return how many stores sold anything in each week of the data.

    Parameters
    ----------
    sales : a row per store and day of the past
    words : of the language
    """
    weeks = (
        sales.filter(pl.col(s.SALES) > 0)
        .group_by(pl.col(s.DATE).dt.truncate("1w"))
        .agg(pl.col(s.STORE).n_unique().alias("stores"))
        .sort(s.DATE)
    )
    line = charts.Series(words.text("stores"), weeks[s.DATE].to_list(), weeks["stores"].to_list())
    figure = charts.curves([line], y_format=",.0f", y_title=words.text("stores"), zero=True, height=220, marks=False)
    figure.update_xaxes(tickformat=words.text("%-d %b<br>%Y"))
    return figure


def assumed_stores_by_day(assumed: Sequence[Mapping[str, Any]], words: Words) -> go.Figure:
    """Return how many stores are assumed open, with and without a promotion, and closed on each day ahead.

    Parameters
    ----------
    assumed : days, of `facts.assumed_days`
    words : of the language
    """
    counts = {
        words.text("open, with a promotion"): [day["promo"] for day in assumed],
        words.text("open"): [day["open"] - day["promo"] for day in assumed],
        words.text("closed"): [day["stores"] - day["open"] for day in assumed],
    }
    days = [day[s.DATE] for day in assumed]
    series = [charts.Series(name, days, values) for name, values in counts.items() if any(values)]
    figure = charts.bars(series, y_format=",.0f", y_title=words.text("stores"), height=240, stacked=True)
    figure.update_xaxes(tickformat=words.text("%-d %b<br>%Y"))
    return figure
