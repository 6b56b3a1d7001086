"""Write the workbook of a plan. A name in a cell is a string, never a formula."""

import datetime as dt
import io
from collections.abc import Mapping, Sequence

import xlsxwriter

from storecast.errors import DataError
from storecast.plan import workbook_layout as w
from storecast.plan.workbook_content import WorkbookContent
from storecast.plan.workbook_overview import write_chain, write_groups, write_stores
from storecast.plan.workbook_sheet import PlainWorksheet, Sheet, workbook_formats
from storecast.plan.workbook_weeks import WeeksSheet

NO_CONVERSION = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MAX_ROWS = 100_000  # so that what goes out can be read back: see `workbook_reading.MAX_UNPACKED`
TEXT_WIDTH = 100  # characters
HELP = (
    "Fill in the yellow cells of the sheet Weeks: Override is the total of the store over the days From to To; Reason is one of "
    "the sheet Reasons; Note is a remark; Budget is the budget of the store over these days. All other cells are for reading: "
    "nothing that is changed in them is taken back.",
    "An override that is emptied is withdrawn. A row that is removed changes nothing; rows may be sorted and filtered, and sums "
    "are of the rows shown.",
    "Override shows a figure of exactly this store and week. What other overrides do to it is said in Overrides now.",
    "New plan is what the plan would be: the override, or what stands. A Budget that is emptied is taken away. One that covers "
    "more than the week, such as a month, keeps its figures in all other weeks.",
    "Last year is the same weekdays, 364 days before. It is empty where the store had no figures for all of the week then. "
    "Promotions, and holidays that move such as Easter, may have stood in another week.",
    "A change of several stores or weeks compares like with like: the part of the forecast whose last year is known, over that "
    "last year. So a store that was shut last year counts in the totals, and in no change.",
    "An empty cell is a figure that is not known; a closed day counts 0.",
    "Bring the file back: storecast plan import FILE shows every change, and with --apply takes them, all or none.",
)
OF_SUMS = (
    "Lower80 and Upper80 are the model's 80% interval of that total: of the week, the store, the group or the chain. They do not "
    "add up, so no sum of them is shown, and they are not moved by overrides."
)
OF_DAYS = (
    "Lower80 and Upper80 of days are the model's 80% bounds of the days, added up: wider than an interval of the week. They are "
    "not moved by overrides."
)


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
    book.set_properties({"title": f"storecast: {content.title}", "created": created.replace(tzinfo=None)})
    words = content.words
    formats = workbook_formats(book, words)

    def add(name: str) -> Sheet:
        return Sheet(book.add_worksheet(words.text(name), PlainWorksheet), formats, words)

    weeks = WeeksSheet(content)
    write_chain(book, add(w.CHAIN), weeks)
    if content.groups:
        write_groups(add(w.GROUPS), weeks)
    write_stores(add(w.STORES), weeks)
    weeks.write(add(w.WEEKS))
    help_lines = (*content.notices, *map(words.text, (*HELP, OF_DAYS if content.sums is None else OF_SUMS)))
    _write_about(add(w.ABOUT), content.facts, help_lines)
    _write_list(add(w.REASONS), [words.reason(name, content.reasons) for name in content.reasons])
    book.close()
    return stream.getvalue()


def _write_about(sheet: Sheet, facts: Mapping[str, str | int | dt.date], lines: Sequence[str]) -> None:
    for row, (name, value) in enumerate(facts.items()):
        sheet.label(row, 0, name, "head")
        sheet.put(row, 1, value, "date" if isinstance(value, dt.date) else "text")
    for row, line in enumerate(lines, start=len(facts) + 1):
        sheet.put(row, 1, line, "wrap")
        sheet.sheet.set_row(row, 16 * (1 + len(line) // TEXT_WIDTH))
    sheet.sheet.set_column(0, 0, 12)
    sheet.sheet.set_column(1, 1, TEXT_WIDTH)
    sheet.print_whole(len(facts) + len(lines), 1)


def _write_list(sheet: Sheet, names: Sequence[str]) -> None:
    for row, name in enumerate(names):
        sheet.put(row, 0, name, "text")
    sheet.sheet.set_column(0, 0, 30)
