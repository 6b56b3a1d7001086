"""The workbook of a plan: a row for each store and week, with cells to fill in. A name in a cell is a string, never a formula."""

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_range

from storecast.errors import DataError
from storecast.plan import workbook_layout as w
from storecast.plan.versions import PlanVersion

NO_CONVERSION = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MAX_ROWS = 100_000  # so that what goes out can be read back: see `workbook_reading.MAX_UNPACKED`
WIDTHS = {w.STORE: 12, w.FIRST: 12, w.LAST: 12, w.STANDING: 44, w.REASON: 18, w.NOTE: 30}  # characters; of others 14
SUMMED = (w.FORECAST, w.BUDGET, w.PLAN, w.NEW_PLAN)
HELP = (
    "Fill in the yellow cells of the sheet Weeks: Override is the total of the store over the days From to To; Reason is one of "
    "the sheet Reasons; Note is a remark. All other cells are for reading, and nothing that is changed in them is taken.",
    "An override that is emptied is withdrawn. A row that is removed changes nothing; rows may be sorted and filtered.",
    "Override shows a figure of exactly this store and week. What other overrides do to it is said beside it.",
    "Lower80 and Upper80 of days are the model's 80 % bounds of the days, added up: wider than an interval of the week. They are "
    "not moved by overrides.",
    "New plan is what the plan of the week would be: the override, or what stands. The sums above are of the rows that are shown.",
    "Bring the file back: storecast plan import FILE shows every change, and with --apply takes them, all or none.",
)


@dataclass(frozen=True, eq=False)
class WorkbookContent:
    """What a workbook of a plan holds.

    Attributes
    ----------
    version : of the plan
    revision : of the plan when it was exported
    rows : Store (text), a column for each group, and of `workbook_layout` From, To, Forecast, Lower80 of days, Upper80 of
        days, Budget (null: none), Plan, Overrides now, Override, Reason and Note (null: none)
    groups : names of the groups, whose columns have "group " before them
    reasons : that an override may have
    """

    version: PlanVersion
    revision: int
    rows: pl.DataFrame
    groups: tuple[str, ...]
    reasons: Sequence[str]


def write_workbook(content: WorkbookContent, created: dt.datetime) -> bytes:
    """Return the workbook of a plan.

    Parameters
    ----------
    content : what it holds
    created : when it is made, UTC

    Raises
    ------
    DataError
        where it has too many rows
    """
    if content.rows.height > MAX_ROWS:
        raise DataError(
            f"The plan has {content.rows.height:,} store-weeks; a workbook holds {MAX_ROWS:,}. Write its days as CSV: "
            "storecast plan show --out."
        )
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, **NO_CONVERSION})
    book.set_properties({"title": f"storecast plan, version {content.version.version}", "created": _naive(created)})
    formats = _formats(book)
    _write_weeks(book.add_worksheet(w.WEEKS), formats, content)
    _write_about(book.add_worksheet(w.ABOUT), formats, content, created)
    _write_list(book.add_worksheet(w.REASONS), formats, content.reasons)
    book.close()
    return stream.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    money, fill = "#,##0.00", {"bg_color": "#FFF8C5", "border": 1, "border_color": "#D4A72C"}
    # A quote prefix keeps a name text even when somebody edits its cell.
    text = {"quote_prefix": True, "align": "left"}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "soft": book.add_format({"font_color": "#57606A"}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "sum": book.add_format({"num_format": money, "bold": True}),
        "text": book.add_format(text),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "money": book.add_format({"num_format": money}),
        "money to fill in": book.add_format({"num_format": money, **fill}),
        "text to fill in": book.add_format({**text, **fill}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }


def _write_weeks(sheet: Any, formats: Mapping[str, Any], content: WorkbookContent) -> None:
    version = content.version
    title = f"Version {version.version} of the plan, {version.state}, after {version.cutoff}"
    sheet.write_string(0, 0, title, formats["title"])
    sheet.write_string(1, 0, "Fill in Override, Reason and Note; the sheet About says how.", formats["soft"])
    titles = [w.STORE, *_distinct(content.groups), *w.TITLES[1:]]
    column = {name: place for place, name in enumerate(titles)}
    last_row = w.TOP + max(content.rows.height, 1) - 1
    for place, name in enumerate(titles):
        sheet.write_string(w.HEAD, place, name, formats["head"])
        sheet.set_column(place, place, WIDTHS.get(name, 14))
    sheet.write_string(w.SUMS, 0, "Sum of the rows shown", formats["soft"])
    whole = content.rows.with_columns(pl.coalesce(w.OVERRIDE, w.PLAN).alias(w.NEW_PLAN))
    for name in SUMMED:
        cells = xl_range(w.TOP, column[name], last_row, column[name])
        value = round(float(whole[name].sum() or 0), 2)
        sheet.write_formula(w.SUMS, column[name], f"=SUBTOTAL(109,{cells})", formats["sum"], value)
    ordered = whole.select(w.STORE, *(f"group {name}" for name in content.groups), *w.TITLES[1:])
    for row, values in enumerate(ordered.iter_rows(), start=w.TOP):
        _write_row(sheet, formats, row, dict(zip(titles, values, strict=True)), column)
    _set_up(sheet, content, column, last_row)


def _write_row(
    sheet: Any, formats: Mapping[str, Any], row: int, values: Mapping[str, Any], column: Mapping[str, int]
) -> None:
    """Write a store's week.

    Parameters
    ----------
    sheet : of xlsxwriter
    formats : by name
    row : of the sheet
    values : by the title of their column
    column : of each title
    """
    for name, value in values.items():
        place = column[name]
        to_fill_in = " to fill in" if name in w.TO_FILL_IN else ""
        if name == w.NEW_PLAN:
            override, plan = (f"{xl_col_to_name(column[each])}{row + 1}" for each in (w.OVERRIDE, w.PLAN))
            forecast = f"{xl_col_to_name(column[w.FORECAST])}{row + 1}"
            otherwise = plan if values[w.OVERRIDE] is None else forecast  # one that is emptied is withdrawn
            formula = f"=IF(ISNUMBER({override}),{override},{otherwise})"
            sheet.write_formula(row, place, formula, formats["money"], value)
        elif isinstance(value, str):
            sheet.write_string(row, place, value, formats[f"text{to_fill_in}"])
        elif isinstance(value, dt.date):
            sheet.write_datetime(row, place, dt.datetime.combine(value, dt.time()), formats["date"])
        elif value is not None:
            sheet.write_number(row, place, value, formats[f"money{to_fill_in}"])
        elif to_fill_in:
            kind = "money" if name == w.OVERRIDE else "text"
            sheet.write_blank(row, place, None, formats[f"{kind}{to_fill_in}"])


def _set_up(sheet: Any, content: WorkbookContent, column: Mapping[str, int], last_row: int) -> None:
    """Add what guides whoever fills the sheet in: lists, filters, panes that stay.

    Parameters
    ----------
    sheet : of xlsxwriter
    content : of the workbook
    column : of each title
    last_row : of the table
    """
    reasons = f"={w.REASONS}!$A$1:$A${max(len(content.reasons), 1)}"
    rules: dict[str, dict[str, Any]] = {
        w.REASON: {"validate": "list", "source": reasons, "error_message": "One of the reasons on the sheet Reasons."},
        w.OVERRIDE: {
            "validate": "decimal",
            "criteria": ">=",
            "value": 0,
            "error_message": "The total of the store over the days From to To: a number, 0 or more.",
        },
    }
    for name, rule in rules.items():
        sheet.data_validation(w.TOP, column[name], last_row, column[name], rule)
    sheet.autofilter(w.HEAD, 0, last_row, max(column.values()))
    sheet.freeze_panes(w.TOP, column[w.LAST] + 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(w.HEAD)


def _write_about(sheet: Any, formats: Mapping[str, Any], content: WorkbookContent, created: dt.datetime) -> None:
    version = content.version
    facts: dict[str, str | int | dt.date] = {
        w.VERSION: version.version,
        w.REVISION: content.revision,
        w.MODEL: version.model,
        w.CUTOFF: version.cutoff,
        "State": version.state,
        "Days": f"{version.first} to {version.last}",
        "Exported": f"{created:%Y-%m-%d %H:%M} UTC",
    }
    for row, (name, value) in enumerate(facts.items()):
        sheet.write_string(row, 0, name, formats["head"])
        if isinstance(value, int):
            sheet.write_number(row, 1, value)
        elif isinstance(value, dt.date):
            sheet.write_datetime(row, 1, dt.datetime.combine(value, dt.time()), formats["date"])
        else:
            sheet.write_string(row, 1, value, formats["text"])
    for row, line in enumerate(HELP, start=len(facts) + 1):
        sheet.write_string(row, 1, line, formats["wrap"])
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 100)


def _write_list(sheet: Any, formats: Mapping[str, Any], names: Sequence[str]) -> None:
    for row, name in enumerate(names):
        sheet.write_string(row, 0, name, formats["text"])
    sheet.set_column(0, 0, 30)


def _distinct(groups: Sequence[str]) -> list[str]:
    """Return titles for columns of groups that no other column has."""
    return [f"{name} (group)" if name in w.TITLES else name for name in groups]


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=None)
