"""Overrides from a file: as `storecast plan overrides --out` writes them, or as somebody lists them."""

import polars as pl

from storecast import schema as s
from storecast.csv_files import FORMULA
from storecast.data.dialect import TextTable
from storecast.data.numbers import read_numbers
from storecast.data.refuse_rows import refuse, refuse_values
from storecast.errors import DataError
from storecast.plan.overrides import KINDS, MAX_VALUE
from storecast.plan.scopes import CHAIN, STORE

KEY, LEVEL, START, END, KIND, VALUE, REASON, NOTE = (
    "Key",
    "Level",
    "Start",
    "End",
    "Kind",
    "Value",
    "Reason",
    "Note",
)
NEEDED = (KEY, START, KIND, VALUE, REASON)
COLUMNS = (*NEEDED, LEVEL, END, NOTE)
A_KIND = f"one of {', '.join(KINDS)}"
A_DAY = "a day such as 2015-06-14"
_VALUE = s.Column(VALUE, "sales", "number", pl.Float64(), -MAX_VALUE, MAX_VALUE)


def read_override_file(table: TextTable) -> pl.DataFrame:
    """Read overrides: Key, Start, Kind, Value and Reason; perhaps Level (else store), End (else the same day) and Note.

    Parameters
    ----------
    table : the file

    Returns
    -------
    level, key, first, last, kind, value, reason, note

    Raises
    ------
    DataError
        where a column is missing, or a value has no meaning
    """
    missing = [name for name in NEEDED if name not in table.frame.columns]
    if missing:
        names = ", ".join(table.frame.columns[:8])
        raise DataError(
            f"{table.name}: found {names}; expected {', '.join(NEEDED)}, and perhaps {LEVEL}, {END}, {NOTE}."
        )
    cells = {name: _cells(table, name) for name in COLUMNS}
    level = cells[LEVEL].replace("", STORE)
    key = pl.select(pl.when(level == CHAIN).then(pl.lit(CHAIN)).otherwise(cells[KEY])).to_series()
    end = pl.select(pl.when(cells[END] == "").then(cells[START]).otherwise(cells[END])).to_series()
    some = {KEY: "a store or a group", START: A_DAY, KIND: A_KIND, VALUE: _VALUE.expected, REASON: "a reason"}
    for name, expected in some.items():
        refuse(table, table.frame, (key if name == KEY else cells[name]) == "", name, "nothing", expected)
    refuse_values(table, KIND, cells[KIND], cells[KIND].is_in(KINDS), A_KIND)
    value = read_numbers(table, _VALUE, cells[VALUE].replace("", None), None)
    refuse_values(table, VALUE, cells[VALUE], value.is_between(-MAX_VALUE, MAX_VALUE), _VALUE.expected)
    return pl.DataFrame(
        {
            "level": level,
            "key": key,
            "first": _days(table, START, cells[START]),
            "last": _days(table, END, end),
            "kind": cells[KIND],
            "value": value,
            "reason": cells[REASON],
            "note": cells[NOTE],
        }
    )


def _cells(table: TextTable, name: str) -> pl.Series:
    """Return a column as text, without the apostrophe that keeps a spreadsheet from running it; empty where it is missing."""
    if name not in table.frame.columns:
        return pl.Series(name, [""] * table.frame.height, dtype=pl.String)
    text = table.frame[name].cast(pl.String).str.strip_chars().fill_null("")
    return text.str.replace(rf"^'({FORMULA[1:]})", "$1")


def _days(table: TextTable, name: str, text: pl.Series) -> pl.Series:
    days = text.str.to_date("%Y-%m-%d", strict=False)
    refuse_values(table, name, text, days.is_not_null(), A_DAY)
    return days.cast(pl.Date)
