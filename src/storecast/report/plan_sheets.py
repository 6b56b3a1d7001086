"""The sheets of plan.xlsx: Plan, Weeks and Read me."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from storecast.report.plan_layout import (
    BAND_TITLES,
    HEAD,
    SUMS,
    TOP,
    Band,
    Block,
    Plan,
    total,
    with_last_year,
)
from storecast.report.tables import BOUNDS, YEAR

A4 = 9
SUM_TITLES = (
    "Forecast", "Of it comparable", "Last year", "Change", *(f"{name[:5]} {name[5:]} %" for name in BOUNDS),
)  # fmt: skip
README_WIDTH = 100  # characters


@dataclass(frozen=True, eq=False)
class Sheet:
    """A worksheet of xlsxwriter, and the workbook's formats by name."""

    sheet: Any
    formats: dict[str, Any]

    def text(self, row: int, column: int, value: str, style: str) -> None:
        """Write text; it is never taken for a formula.

        Parameters
        ----------
        row, column : of the cell
        value : text
        style : name of a format
        """
        self.sheet.write_string(row, column, value, self.formats[style])

    def money(self, row: int, column: int, value: float | None, style: str) -> None:
        """Write a figure; nothing where it is None.

        Parameters
        ----------
        row, column : of the cell
        value : money; None: an empty cell
        style : name of a format
        """
        write = self.sheet.write_blank if value is None else self.sheet.write_number
        write(row, column, value, self.formats[style])

    def formula(self, row: int, column: int, formula: str, value: float | None, style: str) -> None:
        """Write a formula with the value that it has now; nothing where that is None.

        Parameters
        ----------
        row, column : of the cell
        formula : without the equals sign
        value : what it gives now; None: an empty cell
        style : name of a format
        """
        if value is None:
            self.sheet.write_blank(row, column, None, self.formats[style])
        else:
            self.sheet.write_formula(row, column, f"={formula}", self.formats[style], value)

    def print_on_one_page(self) -> None:
        """Fit the sheet onto a page."""
        self.sheet.set_landscape()
        self.sheet.set_paper(A4)
        self.sheet.fit_to_pages(1, 0)


def workbook_formats(book: Any) -> dict[str, Any]:
    """Add the formats of the sheets to a workbook, and return them by name."""
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


def write_plan_sheet(sheet: Sheet, plan: Plan) -> None:
    """Write the sheet Plan: weeks × stores, last year and the change beside them."""
    sheet.text(0, 0, plan.title, "title")
    unit = f" in {plan.target.unit}" if plan.target.unit else ""
    note = f"Expected {plan.target.noun}{unit} by store and week. Empty: last year is not known for that week. See Read me."
    sheet.text(1, 0, note, "soft")
    _write_heads(sheet, plan)
    for k in range(len(plan.stores)):
        _write_store(sheet, plan, k)
    for week in (*range(len(plan.weeks)), None):
        _write_sums(sheet, plan, week)
    _set_up_plan_page(sheet.sheet, plan)


def _write_heads(sheet: Sheet, plan: Plan) -> None:
    for band, title in BAND_TITLES.items():
        first, last = plan.column(band, 0), plan.column(band, None)
        sheet.sheet.merge_range(SUMS - 1, first, SUMS - 1, last, plan.target.worded(title), sheet.formats["band"])
        for week, (start, end) in enumerate(plan.weeks):
            back = YEAR if band == Band.LAST_YEAR else dt.timedelta()
            sheet.text(HEAD, plan.column(band, week), f"{start - back}\nto {end - back}", "right")
        sheet.text(HEAD, last, "Total", "right")
    for column, name in enumerate(plan.attributes):
        sheet.text(HEAD, column, name, "head")
        sheet.money(SUMS, column, None, "sum_text")
    sheet.text(SUMS, 0, "Whole chain", "sum_text")


def _write_store(sheet: Sheet, plan: Plan, k: int) -> None:
    """Write the attributes, weeks and totals of a store."""
    row = TOP + k
    for column, value in enumerate(plan.stores[k].values()):
        write = sheet.sheet.write_string if isinstance(value, str) else sheet.sheet.write_number
        write(row, column, value, sheet.formats["text"])
    for week in range(len(plan.weeks)):
        sheet.money(row, plan.column(Band.FORECAST, week), plan.forecast[k][week], "money")
        last_year = plan.last_year[k][week]
        if last_year is not None:
            sheet.money(row, plan.column(Band.LAST_YEAR, week), last_year, "money")
    bands: tuple[tuple[Band, Sequence[float | None]], ...] = (
        (Band.FORECAST, plan.forecast[k]),
        (Band.LAST_YEAR, plan.last_year[k]),
    )
    for band, values in bands:
        cells = plan.cells(band, plan.block(k, None))
        _write_sum(sheet, row, plan.column(band, None), cells, values, "money")


def _write_sums(sheet: Sheet, plan: Plan, week: int | None) -> None:
    """Write the sums of a week, or of all weeks, over the stores, and the changes on last year."""
    pairs = plan.pairs(plan.block(None, week))
    bands: tuple[tuple[Band, list[float | None]], ...] = (
        (Band.FORECAST, [forecast for forecast, _ in pairs]),
        (Band.LAST_YEAR, [last_year for _, last_year in pairs]),
    )
    for band, values in bands:
        column = plan.column(band, week)
        cells = xl_range(TOP, column, TOP + len(plan.stores) - 1, column)
        _write_sum(sheet, SUMS, column, cells, values, "sum")
    column = plan.column(Band.CHANGE, week)
    for k in range(len(plan.stores)):
        _write_change(sheet, plan, plan.block(k, week), (TOP + k, column), "share")
    _write_change(sheet, plan, plan.block(None, week), (SUMS, column), "sum_share")


def _set_up_plan_page(sheet: Any, plan: Plan) -> None:
    last = plan.column(Band.CHANGE, None)
    sheet.freeze_panes(TOP, 1)
    sheet.autofilter(HEAD, 0, HEAD + len(plan.stores), last)
    sheet.set_row(HEAD, 32)
    sheet.set_column(0, len(plan.attributes) - 1, 12)
    sheet.set_column(len(plan.attributes), last, 13)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(len(Band), 0)
    sheet.repeat_rows(SUMS - 1, HEAD)
    sheet.repeat_columns(0)
    sheet.set_footer("&L&F&RPage &P of &N")


def write_weeks_sheet(sheet: Sheet, plan: Plan) -> None:
    """Write the sheet Weeks: the chain by week, with bounds."""
    sheet.text(0, 0, plan.title, "title")
    unit = f", in {plan.target.unit}" if plan.target.unit else ""
    sheet.text(1, 0, f"The whole chain by week{unit}. The change compares like with like: see Read me.", "soft")
    head = ("First day", "Last day", *SUM_TITLES)
    for column, name in enumerate(head):
        sheet.text(3, column, name, "head" if column < 2 else "right")
    for row, week in enumerate((*range(len(plan.weeks)), None), start=4):
        _write_week(sheet, plan, row, week)
    sheet.sheet.freeze_panes(4, 0)
    sheet.sheet.set_column(0, 5 + len(BOUNDS), 16)
    sheet.print_on_one_page()


def _write_week(sheet: Sheet, plan: Plan, row: int, week: int | None) -> None:
    """Write the row of a week; None: of all weeks."""
    text, money, share = ("sum_text", "sum", "sum_share") if week is None else ("text", "money", "share")
    weeks = plan.weeks if week is None else [plan.weeks[week]]
    for column, day in enumerate((min(start for start, _ in weeks), max(end for _, end in weeks))):
        sheet.text(row, column, day.isoformat(), text)
    block = plan.block(None, week)
    pairs = plan.pairs(block)
    known = with_last_year(pairs)
    forecast = xl_rowcol_to_cell(SUMS, plan.column(Band.FORECAST, week))
    last_year = xl_rowcol_to_cell(SUMS, plan.column(Band.LAST_YEAR, week))
    sheet.formula(row, 2, f"Plan!{forecast}", total([now for now, _ in pairs]), money)
    sheet.formula(row, 3, plan.comparable(block, "Plan!"), total([now for now, _ in known]), money)
    sheet.formula(row, 4, f"Plan!{last_year}", total([before for _, before in known]), money)
    _write_change_and_bounds(sheet, row, known, plan.bounds[row - 4], (money, share))


def _write_change_and_bounds(
    sheet: Sheet,
    row: int,
    known: Sequence[tuple[float, float]],
    bounds: Sequence[float | None],
    styles: tuple[str, str],
) -> None:
    """Write the change on last year of a row whose columns are `SUM_TITLES`, and the bounds of its forecast."""
    money, share = styles
    ratio = f"{xl_rowcol_to_cell(row, 3)}/{xl_rowcol_to_cell(row, 4)}-1"
    sheet.formula(row, 5, ratio, _change(known), share)
    for column, bound in enumerate(bounds, start=6):
        sheet.money(row, column, bound, money)


def write_groups_sheet(sheet: Sheet, plan: Plan) -> None:
    """Write the sheet Groups: the whole horizon by each of the chain's own groups of stores, with bounds."""
    sheet.text(0, 0, plan.title, "title")
    sheet.text(1, 0, "All weeks together, by group of stores. The change compares like with like: see Read me.", "soft")
    for column, name in enumerate(("Column", "Group", *SUM_TITLES)):
        sheet.text(3, column, name, "head" if column < 2 else "right")
    row = 4
    for place, group in enumerate(plan.groups):
        for key in group.bounds:
            _write_group(sheet, plan, row, place, key)
            row += 1
    sheet.sheet.freeze_panes(4, 2)
    sheet.sheet.autofilter(3, 0, row - 1, 1 + len(SUM_TITLES))
    sheet.sheet.set_column(0, 1 + len(SUM_TITLES), 16)
    sheet.print_on_one_page()


def _write_group(sheet: Sheet, plan: Plan, row: int, place: int, key: str) -> None:
    group = plan.groups[place]
    sheet.text(row, 0, group.name, "text")
    sheet.text(row, 1, key, "text")
    pairs = plan.pairs_of_group(place, key)
    known = with_last_year(pairs)
    members = plan.members(place, xl_rowcol_to_cell(row, 1))
    forecast, last_year = (
        f"Plan!{plan.cells(band, plan.block(None, None))}" for band in (Band.FORECAST, Band.LAST_YEAR)
    )
    now, before = total([now for now, _ in known]), total([before for _, before in known])
    sheet.formula(row, 2, f"SUMPRODUCT({members}*{forecast})", total([now for now, _ in pairs]), "money")
    sheet.formula(row, 3, f"SUMPRODUCT({members}*ISNUMBER({last_year})*{forecast})", now, "money")
    sheet.formula(row, 4, f"SUMPRODUCT({members}*{last_year})", before, "money")
    _write_change_and_bounds(sheet, row, known, group.bounds[key], ("money", "share"))


def write_readme_sheet(sheet: Sheet, lines: Sequence[str], assumed: pl.DataFrame) -> None:
    """Write the sheet Read me.

    Parameters
    ----------
    lines : a row each
    assumed : the days whose calendar is assumed, with the number of stores
    """
    for row, line in enumerate(lines):
        sheet.text(row, 0, line, "wrap")
        sheet.sheet.set_row(row, 16 * (1 + len(line) // README_WIDTH))
    sheet.sheet.set_column(0, 0, README_WIDTH)
    sheet.print_on_one_page()
    for row, (day, count) in enumerate(assumed.iter_rows(), start=len(lines) + 1):
        sheet.sheet.write_string(row, 0, f"{day}: the calendar of {count} stores is assumed")


def _write_sum(sheet: Sheet, row: int, column: int, cells: str, values: Sequence[float | None], style: str) -> None:
    """Write a live sum; where no value is known, leave the cell empty."""
    known = [value for value in values if value is not None]
    sheet.formula(row, column, f"SUM({cells})", total(known) if known else None, style)


def _write_change(sheet: Sheet, plan: Plan, block: Block, cell: tuple[int, int], style: str) -> None:
    """Write the change of a block on last year, like for like."""
    forecast, last_year = (plan.cells(band, block) for band in (Band.FORECAST, Band.LAST_YEAR))
    ratio = f"{forecast}/{last_year}" if block.single else f"{plan.comparable(block)}/SUM({last_year})"
    sheet.formula(*cell, f"{ratio}-1", _change(with_last_year(plan.pairs(block))), style)


def _change(known: Sequence[tuple[float, float]]) -> float | None:
    """Return the change on last year as a share; None where nothing was sold then."""
    forecast, last_year = (sum(values) for values in zip(*known, strict=True)) if known else (0.0, 0.0)
    return forecast / last_year - 1 if last_year > 0 else None
