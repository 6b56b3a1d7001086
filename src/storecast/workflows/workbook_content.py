"""Gather what the workbook of a plan holds: of a forecast that a run made, or of a version that was published."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.answers import translated
from storecast.data.breakdown import UNKNOWN_GROUP
from storecast.data.panel import Panel
from storecast.data.target import Target
from storecast.dates import as_date
from storecast.errors import moment
from storecast.plan import workbook_layout as w
from storecast.plan.budget import NONE, budget_of
from storecast.plan.overrides import USUAL_REASONS
from storecast.plan.scopes import CHAIN, STORE, StoreGroups
from storecast.plan.store_days import BAND, StoreDays, as_money
from storecast.plan.workbook_content import WorkbookContent
from storecast.plan.workbook_words import WorkbookWords
from storecast.report.tables import beside_last_year, bounds_of
from storecast.uncertainty.forecast import Forecast

_NO_GROUPS = (STORE, CHAIN)
WEEK = "week"  # the Monday of it
GENERATED = "This is a generated chain, not a real one: its figures say nothing of a real business."


def content_of_run(
    rows: pl.DataFrame,
    sums: pl.DataFrame,
    panel: Panel,
    forecast: Forecast,
    *,
    created: dt.datetime,
    generated: bool,
    budget: pl.DataFrame | None = None,
    notices: Sequence[str] = (),
    language: str = "en",
) -> WorkbookContent:
    """Return the workbook of a forecast that a run made; it can be brought back once the forecast is published.

    Parameters
    ----------
    rows, sums : the rows of forecast.csv and of totals.csv
    panel : the chain
    forecast : of all stores and days
    created : when the run ended, UTC
    generated : whether the chain is a generated one
    budget : store, first, last, amount, as the database has it; None: there is none
    notices : what a user must know before using the forecast, in English
    language : of the workbook, en or de

    Raises
    ------
    ConfigError
        where there is no such language
    """
    words, target = WorkbookWords(language), panel.target
    weeks = store_weeks(rows, panel.calendar, panel.sales)
    bounds = bounds_of(sums, "store-week").select(
        pl.col("Key").alias(w.STORE),
        pl.col("Start").dt.truncate("1w").alias(WEEK),
        pl.col(BAND[0]).alias(w.LOWER),
        pl.col(BAND[1]).alias(w.UPPER),
    )
    for each in (bounds, _budget_weeks(rows, budget)):
        weeks = weeks.join(each, on=[w.STORE, WEEK], how="left", maintain_order="left")
    weeks = weeks.with_columns(
        pl.col(w.FORECAST).alias(w.PLAN),
        pl.lit(None, pl.Float64).alias(w.OVERRIDE),
        *(pl.lit(None, pl.String).alias(title) for title in (w.STANDING, w.REASON, w.NOTE)),
    )
    weeks, names = with_groups(weeks, StoreGroups.of(panel.stores, panel.breakdown))
    cutoff, first, last = (
        words.date(as_date(day)) for day in (forecast.cutoff, rows[s.DATE].min(), rows[s.DATE].max())
    )
    return WorkbookContent(
        title=words.text("Forecast after {cutoff} of a generated chain, not a real one", cutoff=cutoff)
        if generated
        else words.text("Forecast after {cutoff}", cutoff=cutoff),
        facts={
            w.VERSION: words.text(w.UNPUBLISHED),
            w.REVISION: 0,
            w.MODEL: forecast.model,
            w.CUTOFF: forecast.cutoff,
            w.DAYS: words.text("{first} to {last}", first=first, last=last),
            w.MADE: words.message(moment(created)),
        },
        rows=weeks,
        groups=names,
        reasons=USUAL_REASONS,
        figure=figure_title(target, words),
        sums=sums,
        notices=[
            *([words.text(GENERATED)] if generated else []),
            *(target.worded(translated(notice, language)) for notice in notices),
            *_assumed(rows, panel.calendar, words),
        ],
        words=words,
    )


def figure_title(target: Target, words: WorkbookWords) -> str:
    """Return what is forecast, with its unit."""
    return Target(words.text("Sales"), target.unit).title if target.is_sales else target.title


def budget_sum() -> pl.Expr:
    """Return the money of the days that have a budget, by the column Budget in cents; null where none has one."""
    budgeted = pl.col(w.BUDGET) != NONE
    return pl.when(budgeted.any()).then(as_money(pl.col(w.BUDGET).filter(budgeted).sum())).alias(w.BUDGET)


def _budget_weeks(rows: pl.DataFrame, budget: pl.DataFrame | None) -> pl.DataFrame:
    """Return Store (text), week and Budget of the store-weeks of a forecast."""
    figures = StoreDays.of(rows, [s.FORECAST])
    cells = np.full_like(figures.cents[s.FORECAST], NONE) if budget is None else budget_of(figures, budget)
    days = StoreDays(figures.stores, figures.first, {w.BUDGET: cells}).in_cents()
    weeks = days.group_by(s.STORE, pl.col(s.DATE).dt.truncate("1w").alias(WEEK), maintain_order=True).agg(budget_sum())
    return weeks.with_columns(pl.col(s.STORE).cast(pl.String).alias(w.STORE))


def store_weeks(rows: pl.DataFrame, calendar: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Return the weeks of stores, Monday to Sunday, cut at the ends, with their forecast, days and last year.

    Parameters
    ----------
    rows : Store, Date and Forecast
    calendar : as in a Panel; days that it lacks are not known
    sales : as in a Panel, from a year before on

    Returns
    -------
    Store (text), week, From, To, Days open, Promotion days, Holidays, Forecast, Last year; null: not known
    """
    first, last = rows[s.DATE].min(), rows[s.DATE].max()
    known = calendar.select(*s.KEYS, s.OPEN, s.PROMO, s.STATE_HOLIDAY)
    is_open = pl.coalesce(pl.col(s.OPEN) == 1, pl.col(s.FORECAST) > 0)
    days = rows.select(*s.KEYS, s.FORECAST).join(known, on=s.KEYS, how="left")
    counts = days.group_by(s.STORE, pl.col(s.DATE).dt.truncate("1w").alias(WEEK)).agg(
        is_open.sum().cast(pl.Int64).alias(w.DAYS_OPEN),
        _count(is_open & (pl.col(s.PROMO) == 1)).alias(w.PROMOTION_DAYS),
        _count(pl.col(s.STATE_HOLIDAY) != s.NO_HOLIDAY).alias(w.HOLIDAYS),
    )
    weeks = beside_last_year(rows, sales).rename({"Week": WEEK, s.FORECAST: w.FORECAST, "LastYear": w.LAST_YEAR})
    return (
        weeks.join(counts, on=[s.STORE, WEEK], how="left", maintain_order="left")
        .with_columns(
            pl.max_horizontal(WEEK, pl.lit(first)).alias(w.FIRST),
            pl.min_horizontal(pl.col(WEEK) + dt.timedelta(days=6), pl.lit(last)).alias(w.LAST),
        )
        .with_columns(pl.col(s.STORE).cast(pl.String).alias(w.STORE))
    )


def with_groups(weeks: pl.DataFrame, groups: StoreGroups) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Add a column for each group of stores that tells any apart, and return their names.

    Parameters
    ----------
    weeks : with Store as text
    groups : of the stores
    """
    names = tuple(
        name
        for name, values in groups.groups.items()
        if name not in _NO_GROUPS and set(values.unique()) != {UNKNOWN_GROUP}
    )
    table = pl.DataFrame({w.STORE: groups.groups[STORE], **{f"group {name}": groups.groups[name] for name in names}})
    return weeks.join(table, on=w.STORE, how="left", maintain_order="left"), names


def _count(days: pl.Expr) -> pl.Expr:
    """Return how many days something holds on; null where it is not known of one of them."""
    return pl.when(days.is_not_null().all()).then(days.sum().cast(pl.Int64))


def _assumed(rows: pl.DataFrame, calendar: pl.DataFrame, words: WorkbookWords) -> list[str]:
    """Return lines on the days whose calendar is assumed.

    Parameters
    ----------
    rows : Store, Date and Forecast
    calendar : as in a Panel
    words : of the language
    """
    days = (
        calendar.filter(pl.col(s.ASSUMED))
        .join(rows.select(s.KEYS), on=s.KEYS, how="semi")
        .group_by(s.DATE)
        .len("stores")
        .sort(s.DATE)
    )
    count = int(days["stores"].sum())
    if not count:
        return []
    listed = [
        words.plural("{day} ({count} store)", "{day} ({count} stores)", stores, day=words.date(day))
        for day, stores in days.iter_rows()
    ]
    return [
        words.text(
            "Of the calendar of {count} of {total} store-days something was not given, and is assumed: {days}.",
            count=words.number(count),
            total=words.number(rows.height),
            days=", ".join(listed),
        )
    ]
