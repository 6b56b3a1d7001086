"""The sheet Weeks: a row for each store and week, with cells to fill in, and sums of the rows that are shown."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_col_to_name, xl_range

from storecast.plan import workbook_layout as w
from storecast.plan.workbook_content import WorkbookContent, change, total
from storecast.plan.workbook_sheet import Sheet

SUMMED = {
    **dict.fromkeys((*w.DAY_COUNTS, w.FORECAST, w.LAST_YEAR, w.BUDGET, w.PLAN, w.NEW_PLAN, w.COMPARABLE), "sum"),
    w.VARIANCE: "sum signed",
}
STYLES = {
    **dict.fromkeys((w.STORE, w.STANDING), "text"),
    **dict.fromkeys((w.FIRST, w.LAST), "date"),
    **dict.fromkeys(w.DAY_COUNTS, "count"),
    w.CHANGE: "share",
    w.VARIANCE: "signed",
    w.OVERRIDE: "money to fill in",
    **dict.fromkeys((w.REASON, w.NOTE), "text to fill in"),
}
WIDTHS = {w.STANDING: 44, w.REASON: 18, w.NOTE: 30} | dict.fromkeys(w.DAY_COUNTS, 10)  # characters
WIDTH = 12
IN_FORMULAS = (w.FORECAST, w.LAST_YEAR, w.BUDGET, w.PLAN, w.OVERRIDE, w.NEW_PLAN)  # of a row


class WeeksSheet:
    """The rows of the sheet Weeks, and where they stand.

    Parameters
    ----------
    content : of the workbook
    """

    def __init__(self, content: WorkbookContent) -> None:
        self.content = content
        variance = pl.col(w.NEW_PLAN) - pl.col(w.BUDGET)
        self.rows = (
            content.rows.with_columns(
                pl.coalesce(w.OVERRIDE, w.PLAN).alias(w.NEW_PLAN),
                pl.when(pl.col(w.LAST_YEAR).is_not_null()).then(w.FORECAST).alias(w.COMPARABLE),
                pl.when(pl.col(w.LAST_YEAR) > 0).then(pl.col(w.FORECAST) / pl.col(w.LAST_YEAR) - 1).alias(w.CHANGE),
            )
            .with_columns(variance.round(2).alias(w.VARIANCE))
            .select(*w.BEFORE_GROUPS, *content.group_columns, *w.AFTER_GROUPS)
        )
        self.titles = (*w.BEFORE_GROUPS, *content.group_titles, *w.AFTER_GROUPS)
        self.columns = {name: place for place, name in enumerate(self.titles)}
        self._letters = {title: xl_col_to_name(self.columns[title]) for title in IN_FORMULAS}
        self.last_row = w.TOP + max(self.rows.height, 1) - 1

    def cells(self, title: str) -> str:
        """Return the cells of a column, as a formula on another sheet names them."""
        place = self.columns[title]
        cells = xl_range(w.TOP, place, self.last_row, place)
        letter = xl_col_to_name(place)
        return f"{w.WEEKS}!{cells.replace(letter, f'${letter}$')}"

    def write(self, sheet: Sheet) -> None:
        """Write the sheet."""
        sheet.heading(
            f"{self.content.title}: stores and weeks",
            f"{self.content.figure} by store and week. Fill in the yellow cells; the sheet {w.ABOUT} says how. The sums "
            "are of the rows shown: filter, and they follow.",
        )
        for title, place in self.columns.items():
            shown = title + (self.content.bounds_title if title in (w.LOWER, w.UPPER) else "")
            sheet.put(w.HEAD, place, shown, "head" if self._style(title).startswith(("text", "date")) else "right")
            hidden = {"hidden": True} if title == w.COMPARABLE else {}
            sheet.sheet.set_column(place, place, WIDTHS.get(title, WIDTH), None, hidden)
            sheet.put(w.SUMS, place, None, "sum text")
        sheet.sheet.set_row(w.HEAD, 32)
        self._write_sums(sheet)
        for row, values in enumerate(self.rows.iter_rows(), start=w.TOP):
            self._write_row(sheet, row, dict(zip(self.titles, values, strict=True)))
        self._guide(sheet)
        sheet.print_whole(self.last_row, self.columns[w.VARIANCE], (w.SUMS, w.HEAD))

    def _style(self, title: str) -> str:
        return "text" if title in self.content.group_titles else STYLES.get(title, "money")

    def _write_sums(self, sheet: Sheet) -> None:
        sheet.put(w.SUMS, 0, "Rows shown", "sum text")
        sums = {title: total(self.rows[title]) for title in SUMMED}
        shown = {title: f"SUBTOTAL(109,{self._here(title)})" for title in SUMMED}
        for title, style in SUMMED.items():
            known = f'IF(SUBTOTAL(102,{self._here(title)})=0,"",{shown[title]})'
            sheet.formula(w.SUMS, self.columns[title], known, sums[title], style)
        ratio = f'IF(SUBTOTAL(109,{self._here(w.LAST_YEAR)})>0,{shown[w.COMPARABLE]}/{shown[w.LAST_YEAR]}-1,"")'
        sheet.formula(w.SUMS, self.columns[w.CHANGE], ratio, change(sums[w.COMPARABLE], sums[w.LAST_YEAR]), "sum share")

    def _here(self, title: str) -> str:
        place = self.columns[title]
        return str(xl_range(w.TOP, place, self.last_row, place))

    def _write_row(self, sheet: Sheet, row: int, values: Mapping[str, str | float | dt.date | None]) -> None:
        """Write a store's week.

        Parameters
        ----------
        sheet : the sheet
        row : of the sheet
        values : by the title of their column
        """
        cell = {title: f"{self._letters[title]}{row + 1}" for title in IN_FORMULAS}
        for title, value in values.items():
            place, style = self.columns[title], self._style(title)
            if title == w.NEW_PLAN:
                # One that is emptied is withdrawn: the forecast is what is left.
                otherwise = cell[w.PLAN if values[w.OVERRIDE] is None else w.FORECAST]
                formula = f"IF(ISNUMBER({cell[w.OVERRIDE]}),{cell[w.OVERRIDE]},{otherwise})"
                sheet.formula(row, place, formula, _number(value), style)
            elif title == w.VARIANCE:
                formula = f'IF(ISNUMBER({cell[w.BUDGET]}),{cell[w.NEW_PLAN]}-{cell[w.BUDGET]},"")'
                sheet.formula(row, place, formula, _number(value), style)
            elif title == w.CHANGE and value is not None:
                sheet.formula(row, place, f"{cell[w.FORECAST]}/{cell[w.LAST_YEAR]}-1", _number(value), style)
            elif value is not None or style.endswith("fill in"):
                sheet.put(row, place, value, style)

    def _guide(self, sheet: Sheet) -> None:
        """Add what guides whoever fills the sheet in: lists, filters, colours, panes that stay."""
        reasons = f"={w.REASONS}!$A$1:$A${max(len(self.content.reasons), 1)}"
        rules: dict[str, dict[str, Any]] = {
            w.REASON: {"validate": "list", "source": reasons, "error_message": "One of the reasons on the sheet Reasons."},
            w.OVERRIDE: {
                "validate": "decimal",
                "criteria": ">=",
                "value": 0,
                "error_message": "The total of the store over the days From to To: a number, 0 or more.",
            },
        }  # fmt: skip
        for title, rule in rules.items():
            sheet.sheet.data_validation(w.TOP, self.columns[title], self.last_row, self.columns[title], rule)
        for title in (w.CHANGE, w.VARIANCE):
            sheet.colour_changes(w.SUMS, self.last_row, self.columns[title])
        new, plan = (f"{xl_col_to_name(self.columns[title])}{w.TOP + 1}" for title in (w.NEW_PLAN, w.PLAN))
        moved = {"type": "formula", "criteria": f"=ABS({new}-{plan})>=0.005", "format": sheet.formats["moved"]}
        sheet.sheet.conditional_format(w.TOP, self.columns[w.NEW_PLAN], self.last_row, self.columns[w.NEW_PLAN], moved)
        texts = xl_range(w.TOP, 0, self.last_row, 2 + len(self.content.groups))
        sheet.sheet.ignore_errors({"number_stored_as_text": texts})
        sheet.sheet.autofilter(w.HEAD, 0, self.last_row, max(self.columns.values()))
        sheet.sheet.freeze_panes(w.TOP, self.columns[w.LAST] + 1)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
