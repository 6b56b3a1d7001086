"""plan.xlsx: the forecast as a workbook to plan with, last year beside it, every sum a live formula.

A total is compared with last year over the store-weeks whose last year is known: a store that was shut then counts in the
total, and in no change. A name in a cell is a string, never a formula.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import xlsxwriter

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.dates import as_date
from storecast.files import atomic_write
from storecast.report.plan_layout import ATTRIBUTES, Plan, PlanGroup
from storecast.report.plan_sheets import (
    Sheet,
    workbook_formats,
    write_groups_sheet,
    write_plan_sheet,
    write_readme_sheet,
    write_weeks_sheet,
)
from storecast.report.tables import BOUNDS, beside_last_year, bounds_of

NO_CONVERSION = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_plan(
    path: Path,
    forecast: pl.DataFrame,
    sums: pl.DataFrame,
    panel: Panel,
    *,
    cutoff: dt.date,
    model: str,
    created: dt.datetime,
    generated: bool,
    notices: Sequence[str] = (),
) -> None:
    """Write plan.xlsx: weeks × stores with totals and last year beside them, the chain by week, own groups, and what it all means.

    Parameters
    ----------
    path : of the workbook
    forecast, sums : the rows of forecast.csv and of totals.csv
    panel : the chain
    cutoff : the last day whose sales were known
    model : the name of the model file
    created : when the run ended, UTC
    generated : whether the chain is a generated one
    notices : what a user must know before using the forecast
    """
    title = f"Forecast after {cutoff}" + (" of a generated chain, not a real one" if generated else "")
    plan = _arrange(forecast, sums, panel, title)
    assumed = _assumed_days(forecast, panel)
    with atomic_write(path) as draft:
        book = xlsxwriter.Workbook(draft, NO_CONVERSION)
        book.set_properties({"title": "storecast plan", "created": created.replace(tzinfo=None)})
        formats = workbook_formats(book)
        write_plan_sheet(Sheet(book.add_worksheet("Plan"), formats), plan)
        write_weeks_sheet(Sheet(book.add_worksheet("Weeks"), formats), plan)
        if plan.groups:
            write_groups_sheet(Sheet(book.add_worksheet("Groups"), formats), plan)
        lines = [
            *(panel.target.worded(notice) for notice in notices),
            *_readme_lines(assumed, forecast.height, plan, cutoff, model, generated=generated),
        ]
        write_readme_sheet(Sheet(book.add_worksheet("Read me"), formats), lines, assumed)
        book.close()


def _arrange(forecast: pl.DataFrame, sums: pl.DataFrame, panel: Panel, title: str) -> Plan:
    first, last = as_date(forecast[s.DATE].min()), as_date(forecast[s.DATE].max())
    weeks = beside_last_year(forecast, panel.sales)
    mondays = weeks["Week"].unique().sort()
    count = len(mondays)
    stores = panel.stores.join(forecast.select(s.STORE).unique(), on=s.STORE, how="semi").sort(s.STORE)
    grid = (
        stores.select(s.STORE)
        .join(pl.DataFrame({"Week": mondays}), how="cross")
        .join(weeks, on=(s.STORE, "Week"), how="left")
        .sort(s.STORE, "Week")
    )
    values, last_year = grid[s.FORECAST].to_list(), grid["LastYear"].to_list()
    starts = range(0, grid.height, max(count, 1))
    return Plan(
        stores=panel.breakdown.with_columns(stores.select(*ATTRIBUTES)).to_dicts(),
        weeks=[(max(monday, first), min(monday + dt.timedelta(days=6), last)) for monday in mondays],
        forecast=[[value or 0.0 for value in values[k : k + count]] for k in starts],
        last_year=[last_year[k : k + count] for k in starts],
        bounds=[
            list(row)
            for level in ("chain-week", "chain-horizon")
            for row in bounds_of(sums, level).sort("Start").select(BOUNDS).iter_rows()
        ],
        title=title,
        groups=tuple(PlanGroup(group.name, _bounds_by_key(sums, group.name)) for group in panel.breakdown.groups),
        target=panel.target,
    )


def _bounds_by_key(sums: pl.DataFrame, group: str) -> dict[str, list[float | None]]:
    return {key: list(bounds) for key, _, *bounds in bounds_of(sums, f"{group}-horizon").iter_rows()}


def _assumed_days(forecast: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """Return the days of the forecast whose calendar is assumed, with the number of stores."""
    return (
        panel.calendar.filter(pl.col(s.ASSUMED))
        .join(forecast.select(s.KEYS), on=s.KEYS, how="semi")
        .group_by(s.DATE)
        .len("stores")
        .sort(s.DATE)
    )


def _readme_lines(
    assumed: pl.DataFrame, rows: int, plan: Plan, cutoff: dt.date, model: str, *, generated: bool
) -> list[str]:
    target = plan.target
    unit = f" in {target.unit}" if target.unit else ""
    warning = "This is a generated chain, not a real one: its figures say nothing of a real business."
    return [
        *([warning] if generated else []),
        f"The last day whose {target.noun} were known is {cutoff}. The model is {model}.",
        f"A figure is the expected {target.noun} of a week{unit}, from Monday to Sunday, cut at the ends of the forecast. "
        "Closed days count 0.",
        "Last year means the same weekdays, 364 days before. A cell is empty where the store had no figures for all of the "
        "week then. Promotions, and holidays that move such as Easter, may have stood in another week.",
        "A change of several stores or weeks compares like with like: the part of the forecast whose last year is known, over "
        "that last year. So a store that was shut last year counts in the totals, and in no change.",
        "Sums and changes are formulas: they follow when a figure is edited. The bounds on the sheet Weeks do not.",
        "How far a figure may be off: the chain's bounds on the sheet Weeks, those of every store, type and state in totals.csv, "
        "those of days in forecast.csv, and the measured accuracy in report.html.",
        f"What was not given of the calendar, and is assumed: {assumed['stores'].sum()} of {rows} store-days"
        + (", by day below." if assumed.height else "."),
    ]
