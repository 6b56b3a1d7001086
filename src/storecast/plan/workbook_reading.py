"""Read the workbook of a plan back; a cell that cannot be read is refused by its name."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from python_calamine import CalamineSheet
from xlsxwriter.utility import xl_rowcol_to_cell

from storecast.data.workbooks import uncalculated_cells, visible_sheets
from storecast.errors import CellsError, DataError, Enumeration, Factor, Message, quote
from storecast.plan import workbook_layout as w
from storecast.plan.overrides import MAX_VALUE
from storecast.plan.workbook_words import EVERY_LANGUAGE, WorkbookWords

MAX_UNPACKED = 2**27  # bytes of XML; 1,115 stores × 7 weeks have some 10 MB
MAX_CELLS = 3_000_000
MAX_NAMED = 20  # cells in one message
HEAD_ROWS = 30  # among which the header is looked for
MOST = Factor(MAX_VALUE)
A_STORE, A_DAY, TEXT = Message("a store"), Message("a day"), Message("text, or nothing")
A_TOTAL = Message("the total of the store and week, a number from 0 to {most}, or nothing", most=MOST)
A_BUDGET = Message("the budget of the store and week, a number from 0 to {most}, or nothing", most=MOST)
NO_VALUE, SAVED = Message("a formula without its value"), Message("a value; open the file in a spreadsheet and save it")
OF_PLAN = {
    w.VERSION: Message("a whole number, the version that was exported"),
    w.REVISION: Message("a whole number, the revision that was exported"),
    w.MODEL: Message("a model, the one that was exported"),
    w.CUTOFF: Message("a day, the cutoff that was exported"),
}  # what is expected


@dataclass(frozen=True)
class FilledRow:
    """A store's week as it was filled in.

    Attributes
    ----------
    cells : the name in the file of the cell of each title, such as Weeks!K12
    store, first, last : whose it is
    override : the total; None: the cell is empty
    reason, note : texts, perhaps empty
    budget, budget_before : the budget, and the one that was exported; None: the cell is empty, or the column is missing
    """

    cells: Mapping[str, str]
    store: str
    first: dt.date
    last: dt.date
    override: float | None
    reason: str
    note: str | None
    budget: float | None = None
    budget_before: float | None = None


@dataclass(frozen=True)
class FilledWorkbook:
    """A workbook of a plan as it came back.

    Attributes
    ----------
    name : of the file
    version, revision : of the plan when it was exported; None and 0 where its forecast was not published yet
    model, cutoff : of that version, by which it is known again
    rows : its store-weeks
    has_budget : whether it has the columns by which a budget is read
    """

    name: str
    version: int | None
    revision: int
    model: str
    cutoff: dt.date
    rows: Sequence[FilledRow]
    has_budget: bool


class CellProblems:
    """Cells that cannot be taken, gathered so that one message names them.

    Parameters
    ----------
    file : the name of the file
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._cells: list[tuple[str, str, Message]] = []

    def add(self, cell: str, value: object, expected: Message) -> None:
        """Add a cell.

        Parameters
        ----------
        cell : its name, such as Weeks!K12
        value : that it has
        expected : in its place
        """
        whole = _whole(value)
        shown = Message("nothing") if value in ("", None) else quote(value if whole is None else whole)
        self._cells.append((cell, shown, expected))

    def refuse(self) -> None:
        """Refuse the file where there is any such cell.

        Raises
        ------
        CellsError
            with the first of them
        """
        if not self._cells:
            return
        lines = []
        for cell, value, expected in self._cells[:MAX_NAMED]:
            sheet, _, place = cell.partition("!")
            lines.append(
                Message(
                    "{file}, sheet {sheet}, {cell}: found {value}, expected {expected}.",
                    file=self._file,
                    sheet=sheet,
                    cell=place,
                    value=value,
                    expected=expected,
                )
            )
        more = len(self._cells) - MAX_NAMED
        lines += [Message("{count} more cells cannot be taken.", count=more)] if more > 0 else []
        cells = [(cell, f"expected {expected}") for cell, _, expected in self._cells]
        raise CellsError("{lines}", cells, lines=Enumeration(tuple(lines), "\n"))


def read_filled(name: str, data: bytes) -> FilledWorkbook:
    """Read a workbook of a plan, in any language that one is written in.

    Parameters
    ----------
    name : of the file, for messages
    data : its bytes

    Raises
    ------
    DataError
        where it is none, or is damaged or too large
    CellsError
        where cells cannot be read
    """
    sheets = visible_sheets(name, data, max_unpacked=MAX_UNPACKED, max_cells=MAX_CELLS)
    words = max(EVERY_LANGUAGE, key=lambda each: sum(each.text(title) in sheets for title in (w.WEEKS, w.ABOUT)))
    weeks, about = words.text(w.WEEKS), words.text(w.ABOUT)
    missing = [each for each in (weeks, about) if each not in sheets]
    if missing:
        raise DataError(
            "{file} has no sheet {sheet}; expected a workbook of `storecast plan export`, with all its sheets.",
            file=name,
            sheet=missing[0],
        )
    problems = CellProblems(name)
    facts = _facts(sheets[about], words, problems)
    uncalculated = uncalculated_cells(name, data, weeks, max_unpacked=MAX_UNPACKED)
    rows, has_budget = _rows(name, sheets[weeks], words, uncalculated, problems)
    problems.refuse()
    return FilledWorkbook(name, facts[w.VERSION], facts[w.REVISION], facts[w.MODEL], facts[w.CUTOFF], rows, has_budget)


def _facts(sheet: CalamineSheet, words: WorkbookWords, problems: CellProblems) -> dict[str, Any]:
    """Return what the workbook is of.

    Parameters
    ----------
    sheet : About
    words : of the language of the file
    problems : added to here
    """
    top, about = (sheet.start or (0, 0))[0], words.text(w.ABOUT)
    rows = {
        str(row[0]).strip(): (f"{about}!B{number}", row[1])
        for number, row in enumerate(sheet.to_python(), top + 1)
        if len(row) > 1
    }
    known: dict[str, Any] = {}
    for title in w.OF_PLAN:
        cell, value = rows.get(words.text(title), (f"{about}!B", ""))
        if title == w.MODEL:
            known[title] = str(value)
        else:
            known[title] = _day(value) if title == w.CUTOFF else _whole(value)
        if title == w.VERSION and value == words.text(w.UNPUBLISHED):
            continue
        if known[title] in (None, ""):
            problems.add(cell, value, OF_PLAN[title])
    problems.refuse()
    return known


def _rows(
    name: str, sheet: CalamineSheet, words: WorkbookWords, uncalculated: set[str], problems: CellProblems
) -> tuple[list[FilledRow], bool]:
    """Return the store-weeks of the sheet, and whether it has a budget to read; what cannot be read is added to the problems.

    Parameters
    ----------
    name : of the file
    sheet : Weeks
    words : of the language of the file
    uncalculated : cells whose formulas have no value
    problems : added to here
    """
    weeks, needed = words.text(w.WEEKS), [words.text(title) for title in w.NEEDED]
    table = sheet.to_python()
    top, left = sheet.start or (0, 0)
    head = next(
        (k for k, row in enumerate(table[:HEAD_ROWS]) if {*needed} <= {str(each).strip() for each in row}), None
    )
    if head is None:
        raise DataError(
            "{file}, sheet {sheet}: found no header with {titles}; expected it as exported.",
            file=name, sheet=weeks, titles=", ".join(needed),
        )  # fmt: skip
    titles = [str(each).strip() for each in table[head]]
    twice = [title for title in needed if titles.count(title) > 1]
    if twice:
        raise DataError(
            "{file}, sheet {sheet}: the column {title} stands twice; expected it once.",
            file=name, sheet=weeks, title=twice[0],
        )  # fmt: skip
    budgets = [words.text(title) for title in (w.BUDGET, w.BUDGET_BEFORE)]
    has_budget = all(titles.count(title) == 1 for title in budgets)
    wanted = (w.STORE, w.FIRST, w.LAST, *w.TO_FILL_IN, *((w.BUDGET, w.BUDGET_BEFORE) if has_budget else ()))
    shown = {title: words.text(title) for title in wanted}
    places = {title: titles.index(text) for title, text in shown.items() if text in titles}
    rows = []
    for number, values in enumerate(table[head + 1 :], start=top + head + 1):
        cells = {title: f"{weeks}!{xl_rowcol_to_cell(number, left + place)}" for title, place in places.items()}
        if all(values[place] == "" for place in places.values()):
            continue
        row = _row({title: values[place] for title, place in places.items()}, cells, uncalculated, problems)
        if row is not None:
            rows.append(row)
    return rows, has_budget


def _row(
    values: Mapping[str, Any], cells: Mapping[str, str], uncalculated: set[str], problems: CellProblems
) -> FilledRow | None:
    """Return a store's week; None where it cannot be read.

    Parameters
    ----------
    values, cells : by title
    uncalculated : cells whose formulas have no value
    problems : added to here
    """
    store, first, last = _text(values[w.STORE], strip=False), _day(values[w.FIRST]), _day(values[w.LAST])
    override, reason = _total(values[w.OVERRIDE]), _text(values[w.REASON])
    note = _text(values[w.NOTE]) if w.NOTE in values else ""
    budget, budget_before = (_total(values.get(title, "")) for title in (w.BUDGET, w.BUDGET_BEFORE))
    expected = {w.STORE: A_STORE, w.FIRST: A_DAY, w.LAST: A_DAY, w.OVERRIDE: A_TOTAL, w.REASON: TEXT, w.NOTE: TEXT}
    read = {w.STORE: store or None, w.FIRST: first, w.LAST: last, w.OVERRIDE: override, w.REASON: reason, w.NOTE: note}
    expected |= dict.fromkeys((w.BUDGET, w.BUDGET_BEFORE), A_BUDGET)
    read |= {w.BUDGET: budget, w.BUDGET_BEFORE: budget_before}
    wrong = [title for title in values if read[title] is None]
    for title in wrong:
        problems.add(cells[title], values[title], expected[title])
    formulas = [title for title in (*w.TO_FILL_IN, w.BUDGET) if cells.get(title, "").partition("!")[2] in uncalculated]
    for title in formulas:
        problems.add(cells[title], NO_VALUE, SAVED)
    if wrong or formulas or store is None or first is None or last is None or override is None or reason is None:
        return None
    total, *amounts = (None if each is None or math.isnan(each) else each for each in (override, budget, budget_before))
    return FilledRow(cells, store, first, last, total, reason, note if w.NOTE in values else None, *amounts)


def _text(value: Any, *, strip: bool = True) -> str | None:
    """Return a text or a whole number as text; None where the cell holds something else."""
    if isinstance(value, str):
        return value.strip() if strip else value
    whole = _whole(value)
    return None if whole is None else str(whole)


def _whole(value: Any) -> int | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return int(value) if is_number and math.isfinite(value) and value == int(value) else None


def _day(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date() if value.time() == dt.time() else None
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def _total(value: Any) -> float | None:
    """Return a total in whole cents; NaN where the cell is empty, None where it holds something else."""
    if isinstance(value, str) and not value.strip():
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MAX_VALUE:
        return None
    return round(float(value), 2)
