"""plan.xlsx: the forecast as a workbook to plan with, last year beside it, every sum a live formula.

A total is compared with last year over the store-weeks whose last year is known: a store that was shut then counts in the
total, and in no change. A name in a cell is a string, never a formula.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.files import atomic_write
from storecast.report.tables import BOUNDS, YEAR, beside_last_year, bounds_of

ATTRIBUTES = {s.STORE: "Store", s.STORE_TYPE: "Type", s.ASSORTMENT: "Assortment", s.STATE: "State"}
BANDS = ("Forecast", "Sales on the same weekdays last year", "Change on last year")
TOP = 6  # rows above the first store; they stay in sight
SUMS, HEAD = TOP - 2, TOP - 1
READ_WIDTH = 100  # characters


@dataclass(frozen=True, eq=False)
class _Plan:
    """The workbook, its formats, and what goes into it: arrays by store and week."""

    book: Any
    formats: dict[str, Any]
    stores: list[dict[str, Any]]
    weeks: list[tuple[dt.date, dt.date]]  # first and last day
    forecast: list[list[float]]
    last_year: list[list[float | None]]
    bounds: list[list[float | None]]  # of the chain's weeks, then of all
    title: str

    def column(self, band: int, week: int | None) -> int:
        """Return the column of a week in a band, or of the band's total."""
        return len(ATTRIBUTES) + band * (len(self.weeks) + 1) + (len(self.weeks) if week is None else week)


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
) -> None:
    """Write plan.xlsx: weeks × stores with totals and last year beside them, the chain by week, and what it all means.

    Parameters
    ----------
    forecast, sums : the rows of forecast.csv and of totals.csv
    """
    with atomic_write(path) as draft:
        book = xlsxwriter.Workbook(
            draft, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        book.set_properties({"title": "storecast plan", "created": created.replace(tzinfo=None)})
        title = f"Forecast after {cutoff}" + (" of a generated chain, not a real one" if generated else "")
        plan = _arrange(book, forecast, sums, panel, title)
        _plan_sheet(plan)
        _weeks_sheet(plan)
        _read_me(plan, forecast, panel, cutoff, model, generated=generated)
        book.close()


def _arrange(book: Any, forecast: pl.DataFrame, sums: pl.DataFrame, panel: Panel, title: str) -> _Plan:
    days = forecast[s.DATE]
    weeks = beside_last_year(forecast, panel.sales)
    mondays = weeks["Week"].unique().sort()
    ends = [(monday, monday + dt.timedelta(days=6)) for monday in mondays]
    stores = panel.stores.join(forecast.select(s.STORE).unique(), on=s.STORE, how="semi").sort(s.STORE)
    grid = (
        stores.select(s.STORE)
        .join(pl.DataFrame({"Week": mondays}), how="cross")
        .join(weeks, on=(s.STORE, "Week"), how="left")
        .sort(s.STORE, "Week")
    )
    values = {name: grid[name].to_list() for name in (s.FORECAST, "LastYear")}
    starts = range(0, grid.height, max(len(ends), 1))
    return _Plan(
        book=book,
        formats=_formats(book),
        stores=stores.select(*ATTRIBUTES).to_dicts(),
        weeks=[(max(start, _day(days.min())), min(end, _day(days.max()))) for start, end in ends],
        forecast=[[value or 0.0 for value in values[s.FORECAST][k : k + len(ends)]] for k in starts],
        last_year=[values["LastYear"][k : k + len(ends)] for k in starts],
        bounds=[
            list(row)
            for level in ("chain-week", "chain-horizon")
            for row in bounds_of(sums, level).sort("Start").select(BOUNDS).iter_rows()
        ],
        title=title,
    )


def _formats(book: Any) -> dict[str, Any]:
    money, share = "#,##0", "+0.0%;-0.0%;0.0%"
    fill = {"bg_color": "#EEF2F6"}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "soft": book.add_format({"font_color": "#57606A"}),
        "band": book.add_format({"bold": True, "align": "center", "bottom": 1, **fill}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "right": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "align": "right"}),
        # A quote prefix keeps a name text even when somebody edits its cell.
        "text": book.add_format({"quote_prefix": True, "align": "left"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "money": book.add_format({"num_format": money}),
        "share": book.add_format({"num_format": share}),
        "sum": book.add_format({"num_format": money, "bold": True, **fill}),
        "sum_share": book.add_format({"num_format": share, "bold": True, **fill}),
        "sum_text": book.add_format({"bold": True, **fill}),
    }


def _plan_sheet(plan: _Plan) -> None:
    sheet, formats, weeks = plan.book.add_worksheet("Plan"), plan.formats, len(plan.weeks)
    sheet.write_string(0, 0, plan.title, formats["title"])
    sheet.write_string(
        1,
        0,
        "Expected sales by store and week. Empty: last year is not known for that week. See Read me.",
        formats["soft"],
    )
    for band, name in enumerate(BANDS):
        sheet.merge_range(SUMS - 1, plan.column(band, 0), SUMS - 1, plan.column(band, None), name, formats["band"])
        for week, (start, end) in enumerate(plan.weeks):
            back = YEAR if band == 1 else dt.timedelta()
            sheet.write_string(HEAD, plan.column(band, week), f"{start - back}\nto {end - back}", formats["right"])
        sheet.write_string(HEAD, plan.column(band, None), "Total", formats["right"])
    for column, name in enumerate(ATTRIBUTES.values()):
        sheet.write_string(HEAD, column, name, formats["head"])
        sheet.write_blank(SUMS, column, None, formats["sum_text"])
    sheet.write_string(SUMS, 0, "Whole chain", formats["sum_text"])
    for k, store in enumerate(plan.stores):
        for column, value in enumerate(store.values()):
            write = sheet.write_string if isinstance(value, str) else sheet.write_number
            write(TOP + k, column, value, formats["text"])
        for week in range(weeks):
            sheet.write_number(TOP + k, plan.column(0, week), plan.forecast[k][week], formats["money"])
            before = plan.last_year[k][week]
            if before is not None:
                sheet.write_number(TOP + k, plan.column(1, week), before, formats["money"])
        rows: tuple[Sequence[float | None], ...] = (plan.forecast[k], plan.last_year[k])
        for band, values in enumerate(rows):
            cells = xl_range(TOP + k, plan.column(band, 0), TOP + k, plan.column(band, weeks - 1))
            _sum(sheet, TOP + k, plan.column(band, None), cells, values, formats["money"])
    for week in (*range(weeks), None):
        now, before = (plan.column(band, week) for band in (0, 1))
        chosen = range(weeks) if week is None else [week]
        for column, values in (
            (now, [line[w] for line in plan.forecast for w in chosen]),
            (before, [line[w] for line in plan.last_year for w in chosen]),
        ):
            _sum(sheet, SUMS, column, xl_range(TOP, column, TOP + len(plan.stores) - 1, column), values, formats["sum"])
        for k in range(len(plan.stores)):
            _change(sheet, plan, (k, k), chosen, (TOP + k, plan.column(2, week)), formats["share"])
        _change(sheet, plan, (0, len(plan.stores) - 1), chosen, (SUMS, plan.column(2, week)), formats["sum_share"])
    sheet.freeze_panes(TOP, 1)
    sheet.autofilter(HEAD, 0, HEAD + len(plan.stores), plan.column(2, None))
    sheet.set_row(HEAD, 32)
    sheet.set_column(0, len(ATTRIBUTES) - 1, 12)
    sheet.set_column(len(ATTRIBUTES), plan.column(2, None), 13)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(len(BANDS), 0)
    sheet.repeat_rows(SUMS - 1, HEAD)
    sheet.repeat_columns(0)
    sheet.set_footer("&L&F&RPage &P of &N")


def _weeks_sheet(plan: _Plan) -> None:
    sheet, formats, rows = plan.book.add_worksheet("Weeks"), plan.formats, len(plan.weeks)
    sheet.write_string(0, 0, plan.title, formats["title"])
    sheet.write_string(
        1, 0, "The whole chain by week. The change compares like with like: see Read me.", formats["soft"]
    )
    head = (
        "First day",
        "Last day",
        "Forecast",
        "Of it comparable",
        "Last year",
        "Change",
        *(f"{name[:5]} {name[5:]} %" for name in BOUNDS),
    )
    for column, name in enumerate(head):
        sheet.write_string(3, column, name, formats["head" if column < 2 else "right"])
    total = (min(start for start, _ in plan.weeks), max(end for _, end in plan.weeks))
    for row, (week, (start, end)) in enumerate([*enumerate(plan.weeks), (None, total)], start=4):
        kind = "sum" if week is None else "money"
        chosen = range(rows) if week is None else [week]
        pairs = [(plan.forecast[k][w], plan.last_year[k][w]) for k in range(len(plan.stores)) for w in chosen]
        known = [(now, before) for now, before in pairs if before is not None]
        for column, day in enumerate((start, end)):
            sheet.write_string(row, column, day.isoformat(), formats["sum_text" if week is None else "text"])
        now = xl_rowcol_to_cell(SUMS, plan.column(0, week))
        before = xl_rowcol_to_cell(SUMS, plan.column(1, week))
        sheet.write_formula(row, 2, f"=Plan!{now}", formats[kind], _added([a for a, _ in pairs]))
        like = _like(plan, (0, len(plan.stores) - 1), chosen, "Plan!")
        sheet.write_formula(row, 3, f"={like}", formats[kind], _added([a for a, _ in known]))
        sheet.write_formula(row, 4, f"=Plan!{before}", formats[kind], _added([b for _, b in known]))
        share = formats["sum_share" if week is None else "share"]
        cells = (xl_rowcol_to_cell(row, 3), xl_rowcol_to_cell(row, 4))
        _share(sheet, (row, 5), cells, known, share)
        for column, bound in enumerate(plan.bounds[row - 4], start=6):
            write = sheet.write_blank if bound is None else sheet.write_number
            write(row, column, bound, formats[kind])
    sheet.freeze_panes(4, 0)
    sheet.set_column(0, 5 + len(BOUNDS), 16)
    _print_on_one_page(sheet)


def _read_me(
    plan: _Plan, forecast: pl.DataFrame, panel: Panel, cutoff: dt.date, model: str, *, generated: bool
) -> None:
    sheet, formats = plan.book.add_worksheet("Read me"), plan.formats
    assumed = (
        panel.calendar.filter(pl.col(s.ASSUMED))
        .join(forecast.select(s.KEYS), on=s.KEYS, how="semi")
        .group_by(s.DATE)
        .len("stores")
        .sort(s.DATE)
    )
    lines = [
        *(
            ["This is a generated chain, not a real one: its figures say nothing of a real business."]
            if generated
            else []
        ),
        f"The last day whose sales were known is {cutoff}. The model is {model}.",
        "A figure is the expected sales of a week, from Monday to Sunday, cut at the ends of the forecast. Closed days count 0.",
        "Last year means the same weekdays, 364 days before. A cell is empty where the store had no figures for all of the "
        "week then. Promotions, and holidays that move such as Easter, may have stood in another week.",
        "A change of several stores or weeks compares like with like: the part of the forecast whose last year is known, over "
        "that last year. So a store that was shut last year counts in the totals, and in no change.",
        "Sums and changes are formulas: they follow when a figure is edited. The bounds on the sheet Weeks do not.",
        "How far a figure may be off: the chain's bounds on the sheet Weeks, those of every store, type and state in totals.csv, "
        "those of days in forecast.csv, and the measured accuracy in report.html.",
        f"What was not given of the calendar, and is assumed: {assumed['stores'].sum()} of {forecast.height} store-days"
        + (", by day below." if assumed.height else "."),
    ]
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line, formats["wrap"])
        sheet.set_row(row, 16 * (1 + len(line) // READ_WIDTH))
    sheet.set_column(0, 0, READ_WIDTH)
    _print_on_one_page(sheet)
    for row, (day, count) in enumerate(assumed.iter_rows(), start=len(lines) + 1):
        sheet.write_string(row, 0, f"{day}: the calendar of {count} stores is assumed")


def _print_on_one_page(sheet: Any) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _sum(sheet: Any, row: int, column: int, cells: str, values: Sequence[float | None], form: Any) -> None:
    """Write a live sum; where nothing is known, leave the cell empty."""
    known = [value for value in values if value is not None]
    if known:
        sheet.write_formula(row, column, f"=SUM({cells})", form, _added(known))
    else:
        sheet.write_blank(row, column, None, form)


def _change(
    sheet: Any, plan: _Plan, stores: tuple[int, int], weeks: Sequence[int], cell: tuple[int, int], form: Any
) -> None:
    """Write the change on last year of some stores and weeks, like for like."""
    known = [
        (plan.forecast[k][week], before)
        for k in range(stores[0], stores[1] + 1)
        for week in weeks
        if (before := plan.last_year[k][week]) is not None
    ]
    cells = (_cells(plan, 0, stores, weeks), _cells(plan, 1, stores, weeks))
    single = stores[0] == stores[1] and len(weeks) == 1
    parts = cells if single else (_like(plan, stores, weeks), f"SUM({cells[1]})")
    _share(sheet, cell, parts, known, form)


def _share(
    sheet: Any, cell: tuple[int, int], parts: tuple[str, str], known: list[tuple[float, float]], form: Any
) -> None:
    now, before = (sum(values) for values in zip(*known, strict=True)) if known else (0.0, 0.0)
    if before > 0:
        sheet.write_formula(*cell, f"={parts[0]}/{parts[1]}-1", form, now / before - 1)
    else:
        sheet.write_blank(*cell, None, form)


def _like(plan: _Plan, stores: tuple[int, int], weeks: Sequence[int], sheet: str = "") -> str:
    """Return the formula of the forecast whose last year is known."""
    now, before = (sheet + _cells(plan, band, stores, weeks) for band in (0, 1))
    return f"SUMPRODUCT(ISNUMBER({before})*{now})"


def _cells(plan: _Plan, band: int, stores: tuple[int, int], weeks: Sequence[int]) -> str:
    cells: str = xl_range(TOP + stores[0], plan.column(band, weeks[0]), TOP + stores[1], plan.column(band, weeks[-1]))
    return cells


def _added(values: list[float]) -> float:
    """Add money without the drift of binary fractions."""
    return sum(round(value * 100) for value in values) / 100


def _day(value: object) -> dt.date:
    assert isinstance(value, dt.date)
    return value
