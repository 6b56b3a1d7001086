"""Files for people: CSV with two decimals, and the plan as a workbook. A name in a cell is never a formula."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.errors import DataError, quote
from storecast.files import whole

FORMULA = r"^[=+\-@\t\r]"
YEAR = dt.timedelta(days=364)  # the same weekdays a year before


def write_csv(table: pl.DataFrame, path: Path) -> None:
    """Write a table: money with two decimals, ISO dates, and text that a spreadsheet takes as text."""
    text = [name for name, dtype in table.schema.items() if dtype == pl.String]
    harmless = [
        pl.when(pl.col(name).str.contains(FORMULA)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in text
    ]
    with whole(path) as draft:
        table.with_columns(harmless).write_csv(draft, float_precision=2)


def read_forecast(path: Path, *, text_ids: bool) -> pl.DataFrame | None:
    """Read the forecast of an earlier run; None where there is none."""
    if not path.exists():
        return None
    types = {s.STORE: pl.String() if text_ids else pl.Int64(), s.DATE: pl.Date(), s.FORECAST: pl.Float64()}
    try:
        found = pl.read_csv(path, columns=list(types), schema_overrides=types)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"{path.name} of the run before cannot be read, and so changes.csv cannot be made: {quote(error)}. "
            "Move the file away, or choose another home."
        ) from error
    # write_csv put an apostrophe before text that a spreadsheet would run.
    return found.with_columns(pl.col(s.STORE).str.replace(r"^'([=+\-@])", "$1")) if text_ids else found


@dataclass(frozen=True, eq=False)
class _Book:
    """The workbook, and the formats of its cells."""

    book: Any
    head: Any
    money: Any
    share: Any
    text: Any
    bold: Any


def write_plan(
    path: Path,
    forecast: pl.DataFrame,
    panel: Panel,
    *,
    cutoff: dt.date,
    model: str,
    created: dt.datetime,
    generated: bool,
) -> None:
    """Write plan.xlsx: weeks × stores with totals and last year beside them, the chain by week, and what it all means."""
    weeks, table = _by_week(forecast, panel)
    with whole(path) as draft:
        book = xlsxwriter.Workbook(
            draft, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        book.set_properties({"title": "storecast plan", "created": created.replace(tzinfo=None)})
        formats = _Book(
            book,
            head=book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            money=book.add_format({"num_format": "#,##0"}),
            share=book.add_format({"num_format": "+0.0%;-0.0%;0.0%"}),
            text=book.add_format({}),
            bold=book.add_format({"bold": True, "num_format": "#,##0", "top": 1}),
        )
        _plan_sheet(formats, weeks, table)
        _weeks_sheet(formats, weeks, table)
        _read_me(formats, forecast, panel, cutoff, model, generated=generated)
        book.close()


def _by_week(forecast: pl.DataFrame, panel: Panel) -> tuple[list[dt.date], pl.DataFrame]:
    """Return the weeks, and a row per store: attributes, and for each week the forecast and last year's sales."""
    last_year = panel.sales.select(*s.KEYS, s.SALES).with_columns(pl.col(s.DATE) + YEAR)
    days = forecast.select(*s.KEYS, s.FORECAST).join(last_year, on=s.KEYS, how="left")
    days = days.with_columns(pl.col(s.DATE).dt.truncate("1w").alias("week"))
    weeks = days["week"].unique().sort().to_list()
    sums = days.group_by(s.STORE, "week").agg(
        pl.col(s.FORECAST).sum().round(2),
        pl.when(pl.col(s.SALES).is_not_null().any()).then(pl.col(s.SALES).sum()).alias("before"),
    )
    table = panel.stores.select(s.STORE, s.STORE_TYPE, s.ASSORTMENT, s.STATE).join(
        days.select(s.STORE).unique(), on=s.STORE, how="semi"
    )
    for k, week in enumerate(weeks):
        of = sums.filter(pl.col("week") == week).select(
            s.STORE, pl.col(s.FORECAST).alias(f"week {k}"), pl.col("before").alias(f"before {k}")
        )
        table = table.join(of, on=s.STORE, how="left")
    return weeks, table.sort(s.STORE)


def _plan_sheet(formats: _Book, weeks: list[dt.date], table: pl.DataFrame) -> None:
    sheet = formats.book.add_worksheet("Plan")
    names = ["Store", "Type", "Assortment", "State"]
    head = [
        *names,
        *(f"Week of {week}" for week in weeks),
        "Total",
        *(f"Last year, week of {week - YEAR}" for week in weeks),
        "Last year",
        "Change",
    ]
    sheet.write_row(0, 0, head, formats.head)
    first, count, height = len(names), len(weeks), table.height
    total, before, change = first + count, first + count + 1, first + 2 * count + 2
    for row, line in enumerate(table.to_dicts(), start=1):
        for column, name in enumerate((s.STORE, s.STORE_TYPE, s.ASSORTMENT, s.STATE)):
            sheet.write(row, column, line[name], formats.text)
        sums = []
        for offset, part in ((first, "week"), (before, "before")):
            values = [line[f"{part} {k}"] for k in range(count)]
            for k, value in enumerate(values):
                if value is not None:
                    sheet.write_number(row, offset + k, value, formats.money)
            sums.append(sum(value for value in values if value is not None))
            cells = f"{_cell(row, offset)}:{_cell(row, offset + count - 1)}"
            sheet.write_formula(row, offset + count, f"=SUM({cells})", formats.money, sums[-1])
        _write_change(sheet, row, change, total, change - 1, sums, formats)
    for column in range(first, change):
        parts = _summed(column, first, count)
        value = round(sum(table.select(pl.sum_horizontal(parts)).to_series().fill_null(0)), 2)
        cells = f"{_cell(1, column)}:{_cell(height, column)}"
        sheet.write_formula(height + 1, column, f"=SUM({cells})", formats.bold, value)
    sheet.write(height + 1, 0, "Chain", formats.bold)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, first - 1, 11)
    sheet.set_column(first, change, 14)


def _summed(column: int, first: int, count: int) -> list[str]:
    """Name the columns of the table that a column of the sheet adds up."""
    place, part = (column - first) % (count + 1), "week" if column <= first + count else "before"
    return [f"{part} {place}"] if place < count else [f"{part} {k}" for k in range(count)]


def _weeks_sheet(formats: _Book, weeks: list[dt.date], table: pl.DataFrame) -> None:
    sheet = formats.book.add_worksheet("Weeks")
    sheet.write_row(0, 0, ["Week of", "Forecast", "Last year", "Change"], formats.head)
    for row, week in enumerate(weeks, start=1):
        values = [float(table[f"{part} {row - 1}"].sum() or 0) for part in ("week", "before")]
        sheet.write_string(row, 0, week.isoformat())
        sheet.write_number(row, 1, values[0], formats.money)
        sheet.write_number(row, 2, values[1], formats.money)
        _write_change(sheet, row, 3, 1, 2, values, formats)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 3, 16)


def _write_change(
    sheet: Any, row: int, column: int, now: int, before: int, values: list[float], formats: _Book
) -> None:
    if values[1]:
        formula = f"={_cell(row, now)}/{_cell(row, before)}-1"
        sheet.write_formula(row, column, formula, formats.share, values[0] / values[1] - 1)


def _read_me(
    formats: _Book, forecast: pl.DataFrame, panel: Panel, cutoff: dt.date, model: str, *, generated: bool
) -> None:
    sheet = formats.book.add_worksheet("Read me")
    assumed = panel.calendar.filter(pl.col(s.ASSUMED) & (pl.col(s.DATE) > cutoff)).join(
        forecast.select(s.KEYS), on=s.KEYS, how="semi"
    )
    lines = [
        *(["This is a generated chain, not a real one."] if generated else []),
        f"Forecast after {cutoff}, the last day whose sales were known, by {model}.",
        "A figure is the expected sales of a week, Monday to Sunday, cut at the ends of the forecast; closed days count 0.",
        "Last year means the same weekdays, 364 days before; a cell is empty where the store had no sales then.",
        f"The calendar of {assumed.height} store-days is assumed, not given: see report.html.",
        "How far a figure may be off: the bounds in forecast.csv, and the measured accuracy in report.html.",
    ]
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line)
    sheet.set_column(0, 0, 110)


def _cell(row: int, column: int) -> str:
    name: str = xlsxwriter.utility.xl_rowcol_to_cell(row, column)
    return name
