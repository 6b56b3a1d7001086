"""The sheet Weeks: a row for each store and week, with cells to fill in, and sums of the rows that are shown."""

from typing import Any

import polars as pl
from xlsxwriter.utility import quote_sheetname, xl_col_to_name, xl_range

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
    **dict.fromkeys((w.BUDGET, w.OVERRIDE), "money to fill in"),
    **dict.fromkeys((w.REASON, w.NOTE), "text to fill in"),
}
WIDTHS = {w.STANDING: 44, w.REASON: 18, w.NOTE: 30, w.LOWER: 16, w.UPPER: 16}  # characters
WIDTH = 12
HIDDEN = (w.COMPARABLE, w.BUDGET_BEFORE)
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
            .with_columns(variance.round(2).alias(w.VARIANCE), pl.col(w.BUDGET).alias(w.BUDGET_BEFORE))
            .select(*w.BEFORE_GROUPS, *content.group_columns, *w.AFTER_GROUPS)
        )
        self.titles = (*w.BEFORE_GROUPS, *content.group_titles, *w.AFTER_GROUPS)
        self.columns = {name: place for place, name in enumerate(self.titles)}
        self.last_row = w.TOP + max(self.rows.height, 1) - 1

    def cells(self, title: str) -> str:
        """Return the cells of a column, as a formula on another sheet names them."""
        place = self.columns[title]
        cells = xl_range(w.TOP, place, self.last_row, place)
        letter = xl_col_to_name(place)
        return f"{quote_sheetname(self.content.words.text(w.WEEKS))}!{cells.replace(letter, f'${letter}$')}"

    def write(self, sheet: Sheet) -> None:
        """Write the sheet."""
        words = sheet.words
        sheet.heading(
            words.text("{title}: stores and weeks", title=self.content.title),
            words.text(
                "{figure} by store and week. Fill in the yellow cells; the sheet {about} says how. The sums are of the rows shown: "
                "filter, and they follow.",
                figure=self.content.figure,
                about=words.text(w.ABOUT),
            ),
        )
        for title, place in self.columns.items():
            style = "head" if self._style(title).startswith(("text", "date")) else "right"
            if title in w.TITLES:
                sheet.label(w.HEAD, place, self.content.bounds_titles.get(title, title), style)
            else:
                sheet.put(w.HEAD, place, title, style)
            hidden = {"hidden": True} if title in HIDDEN else {}
            sheet.sheet.set_column(place, place, WIDTHS.get(title, WIDTH), None, hidden)
            sheet.put(w.SUMS, place, None, "sum text")
        sheet.sheet.set_row(w.HEAD, 32)
        self._write_sums(sheet)
        self._write_columns(sheet)
        self._guide(sheet)
        sheet.print_whole(self.last_row, self.columns[w.VARIANCE], (w.SUMS, w.HEAD))

    def _style(self, title: str) -> str:
        return "text" if title in self.content.group_titles else STYLES.get(title, "money")

    def _write_sums(self, sheet: Sheet) -> None:
        sheet.label(w.SUMS, 0, w.ROWS_SHOWN, "sum text")
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

    def _write_columns(self, sheet: Sheet) -> None:
        for title, values in zip(self.titles, self.rows.iter_columns(), strict=True):
            style, place = self._style(title), self.columns[title]
            formulas = self._formulas(title)
            if formulas is None:
                sheet.column(w.TOP, place, values.to_list(), style, blank=style.endswith("fill in"))
                continue
            for row, (formula, value) in enumerate(zip(formulas, values.to_list(), strict=True), start=w.TOP):
                if title != w.CHANGE or value is not None:
                    sheet.formula(row, place, formula, value, style)

    def _formulas(self, title: str) -> list[str] | None:
        """Return the formula of each row in a column; None for a column of values."""
        rows = range(w.TOP + 1, w.TOP + 1 + self.rows.height)  # as a spreadsheet counts them
        forecast, last_year, budget, plan, override, new = (xl_col_to_name(self.columns[name]) for name in IN_FORMULAS)
        if title == w.CHANGE:
            return [f"{forecast}{row}/{last_year}{row}-1" for row in rows]
        if title == w.VARIANCE:
            return [f'IF(ISNUMBER({budget}{row}),{new}{row}-{budget}{row},"")' for row in rows]
        if title == w.NEW_PLAN:
            # An override that is emptied is withdrawn: the forecast is what is left.
            otherwise = [plan if value is None else forecast for value in self.rows[w.OVERRIDE]]
            return [
                f"IF(ISNUMBER({override}{row}),{override}{row},{other}{row})"
                for row, other in zip(rows, otherwise, strict=True)
            ]
        return None

    def _guide(self, sheet: Sheet) -> None:
        """Add what guides whoever fills the sheet in: lists, filters, colours, panes that stay."""
        words = sheet.words
        list_of_reasons = quote_sheetname(words.text(w.REASONS))
        a_number = {"validate": "decimal", "criteria": ">=", "value": 0}
        rules: dict[str, dict[str, Any]] = {
            w.REASON: {
                "validate": "list",
                "source": f"={list_of_reasons}!$A$1:$A${max(len(self.content.reasons), 1)}",
                "error_message": words.text("One of the reasons on the sheet Reasons."),
            },
            w.OVERRIDE: {
                **a_number,
                "error_message": words.text("The total of the store over the days From to To: a number, 0 or more."),
            },
            w.BUDGET: {
                **a_number,
                "error_message": words.text("The budget of the store over the days From to To: a number, 0 or more."),
            },
        }
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
