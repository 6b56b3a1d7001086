"""A sheet of the workbook and its formats. A name in a cell is a string, never a formula."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from storecast.plan.workbook_words import WorkbookWords

A4 = 9
FILL_IN, SHADED = "#FFF8C5", "#EEF2F6"
RISE, FALL, MOVED = "#1A7F37", "#CF222E", "#0550AE"  # colours of figures
DAY_ZERO = dt.date(1899, 12, 30).toordinal()  # of a spreadsheet
Value = str | float | dt.date | None


class PlainWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet whose formulas use no function of newer spreadsheets, which xlsxwriter would search each of them for."""

    def _prepare_formula(self, formula: str, *_: object) -> str:
        return formula.removeprefix("=")


@dataclass(frozen=True, eq=False)
class Sheet:
    """A worksheet of xlsxwriter, the workbook's formats by name, and the words of its language."""

    sheet: Any
    formats: dict[str, Any]
    words: WorkbookWords

    def put(self, row: int, column: int, value: Value, style: str) -> None:
        """Write a value; a text is never taken for a formula, and None is an empty cell.

        Parameters
        ----------
        row, column : of the cell
        value : text, number or day
        style : name of a format
        """
        where, cell_format = (row, column), self.formats[style]
        if value is None:
            self.sheet.write_blank(*where, None, cell_format)
        elif isinstance(value, str):
            self.sheet.write_string(*where, value, cell_format)
        elif isinstance(value, dt.date):
            self.sheet.write_number(*where, value.toordinal() - DAY_ZERO, cell_format)
        else:
            self.sheet.write_number(*where, value, cell_format)

    def label(self, row: int, column: int, text: str, style: str) -> None:
        """Write a text of storecast's own in the language of the workbook.

        Parameters
        ----------
        row, column : of the cell
        text : in English
        style : name of a format
        """
        self.put(row, column, self.words.text(text), style)

    def column(self, row: int, column: int, values: Iterable[Value], style: str, *, blank: bool = False) -> None:
        """Write the values of a column.

        Parameters
        ----------
        row, column : of the first cell
        values : texts, numbers or days
        style : name of a format
        blank : whether a cell without a value has the format, too
        """
        for place, value in enumerate(values, start=row):
            if blank or value is not None:
                self.put(place, column, value, style)

    def formula(self, row: int, column: int, formula: str, value: float | None, style: str) -> None:
        """Write a formula with the value that it has now.

        Parameters
        ----------
        row, column : of the cell
        formula : without the equals sign
        value : what it gives now; None: an empty text
        style : name of a format
        """
        self.sheet.write_formula(row, column, f"={formula}", self.formats[style], "" if value is None else value)

    def heading(self, title: str, note: str) -> None:
        """Write what stands above a table.

        Parameters
        ----------
        title : of the sheet
        note : what its figures are
        """
        self.put(0, 0, title, "title")
        self.put(1, 0, note, "soft")

    def colour_changes(self, first_row: int, last_row: int, column: int) -> None:
        """Colour what rose and what fell; a text is neither, though it is greater than any number to a spreadsheet.

        Parameters
        ----------
        first_row, last_row, column : of the cells
        """
        cell = f"{xl_col_to_name(column)}{first_row + 1}"
        for sign, style in ((">", "rise"), ("<", "fall")):
            rule = {
                "type": "formula",
                "criteria": f"=AND(ISNUMBER({cell}),{cell}{sign}0)",
                "format": self.formats[style],
            }
            self.sheet.conditional_format(first_row, column, last_row, column, rule)

    def print_whole(self, last_row: int, last_column: int, repeated: tuple[int, int] | None = None) -> None:
        """Print a table one page wide.

        Parameters
        ----------
        last_row, last_column : of what is printed
        repeated : the first and the last row that every page begins with
        """
        self.sheet.set_landscape()
        self.sheet.set_paper(A4)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.sheet.print_area(0, 0, last_row, last_column)
        self.sheet.set_footer(f"&L&A&R{self.words.text('Page {page} of {pages}', page='&P', pages='&N')}")
        if repeated is not None:
            self.sheet.repeat_rows(*repeated)


def workbook_formats(book: Any, words: WorkbookWords) -> dict[str, Any]:
    """Add the formats of the sheets to a workbook, and return them by name.

    Parameters
    ----------
    book : of xlsxwriter
    words : of its language, which says how days are written
    """
    money, exact, share, count = "#,##0", "#,##0.00", "+0.0%;-0.0%;0.0%", "#,##0"
    signed = "+#,##0;-#,##0;0"
    to_fill_in = {"bg_color": FILL_IN, "border": 1, "border_color": "#D4A72C"}
    head = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
    sums = {"bold": True, "bg_color": SHADED}
    # A quote prefix keeps a name text even when somebody edits its cell.
    text = {"quote_prefix": True, "align": "left"}
    given: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 14},
        "soft": {"font_color": "#57606A"},
        "head": head,
        "right": {**head, "align": "right"},
        "date head": {**head, "align": "right", "num_format": words.day_format},
        "text": text,
        "wrap": {"text_wrap": True, "valign": "top"},
        "date": {"num_format": words.day_format, "align": "left"},
        "money": {"num_format": money},
        "signed": {"num_format": signed},
        "share": {"num_format": share},
        "count": {"num_format": count},
        "money to fill in": {"num_format": exact, **to_fill_in},
        "text to fill in": {**text, **to_fill_in},
        "sum": {"num_format": money, **sums},
        "sum signed": {"num_format": signed, **sums},
        "sum share": {"num_format": share, **sums},
        "sum text": sums,
        "rise": {"font_color": RISE},
        "fall": {"font_color": FALL},
        "moved": {"font_color": MOVED, "bold": True},
    }
    return {name: book.add_format(properties) for name, properties in given.items()}
