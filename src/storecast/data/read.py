"""Read a folder of a chain's files, checked once at the door: types are given, and a value that cannot be read is refused."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames, read_column_names
from storecast.data.dialect import TextTable, find, read_table
from storecast.errors import DataError, quote

log = logging.getLogger(__name__)

TRUTH = "truth.json"  # lies beside the files of a generated chain
MOST_SALES = 1e9  # a store and day; more is a wrong unit or a broken value
FIRST_YEAR, LAST_YEAR = 1990, 2100
THOUSANDS = r"^\d{1,3}(\.\d{3})+$"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")  # of PromoInterval
STORE_TABLE: dict[str, pl.DataType] = {
    s.STORE_TYPE: pl.String(),
    s.ASSORTMENT: pl.String(),
    s.COMPETITION_DISTANCE: pl.Float64(),
    "CompetitionOpenSinceMonth": pl.Int64(),
    "CompetitionOpenSinceYear": pl.Int64(),
    s.PROMO2: pl.Int8(),
    "Promo2SinceWeek": pl.Int64(),
    "Promo2SinceYear": pl.Int64(),
    s.PROMO_INTERVAL: pl.String(),
}
RANGES = {  # least and most of what a cell may hold
    s.SALES: (0, MOST_SALES),
    s.CUSTOMERS: (0, MOST_SALES),
    s.DAY_OF_WEEK: (1, 7),
    s.OPEN: (0, 1),
    s.PROMO: (0, 1),
    s.SCHOOL_HOLIDAY: (0, 1),
    s.PROMO2: (0, 1),
    s.COMPETITION_DISTANCE: (0, 1e7),
    "CompetitionOpenSinceMonth": (1, 12),
    "CompetitionOpenSinceYear": (1, 9999),
    "Promo2SinceWeek": (1, 53),
    "Promo2SinceYear": (FIRST_YEAR, LAST_YEAR),
}


@dataclass(frozen=True, eq=False)
class RawChain:
    """A folder as it was read: typed, checked, and otherwise as it was; null where a cell was empty.

    Attributes
    ----------
    sales : a row per store and day: Store, Date, Sales, Customers, Open, Promo, StateHoliday, SchoolHoliday, own columns
    stores : a row per store, as in store.csv, and State
    ahead : test.csv: Id (text, kept as given), Store, Date and what is known ahead; None without one
    known : the chain's own known-ahead columns
    doubles : exact double rows that were dropped, by file
    generated : whether the chain is a generated one
    """

    sales: pl.DataFrame
    stores: pl.DataFrame
    ahead: pl.DataFrame | None
    known: tuple[str, ...]
    doubles: dict[str, int]
    generated: bool


def read_chain(folder: Path) -> RawChain:
    """Read train, store and, where they are, test and store_states; CSV or Parquet.

    Raises
    ------
    DataError
        with file, line, column, what was found and what to do
    """
    paths, columns, generated = _files(folder)
    doubles: dict[str, int] = {}

    def table(stem: str) -> TextTable | None:
        path = paths[stem]
        return None if path is None else _ours(read_table(path), columns)

    train, store, test, states = (table(stem) for stem in paths)
    assert train is not None
    assert store is not None
    sales = _sales(train, columns, doubles)
    stores = _stores(store, states, columns, doubles)
    ahead = None if test is None else _ahead(test, columns, doubles)
    log.info(
        "read %d rows of sales, %d stores, %d rows ahead",
        sales.height,
        stores.height,
        0 if ahead is None else ahead.height,
    )
    return RawChain(sales, stores, ahead, columns.known, doubles, generated=generated)


def read_calendar(path: Path, columns: ColumnNames) -> pl.DataFrame:
    """Read days of a calendar that someone edited: Store, Date and some of what is known ahead; null where a cell is empty.

    Parameters
    ----------
    columns : how the columns are called, and which of them are the chain's own
    """
    table = _ours(read_table(path), columns)
    _need(table, s.KEYS)
    known = (*s.KNOWN, *columns.known)
    if not set(known) & set(table.frame.columns):
        raise DataError(
            f"{table.name} says nothing of the days: expected some of the columns {', '.join(known)} beside Store and Date. "
            "`storecast future` writes such a file."
        )
    frame = _typed(table, (*s.KEYS, *known, s.DAY_OF_WEEK), columns)
    return _unique(table, frame, s.KEYS, {})


def _files(folder: Path) -> tuple[dict[str, Path | None], ColumnNames, bool]:
    """Return the file of each table, what `storecast.toml` says, and whether the chain is a generated one."""
    try:
        if not folder.is_dir():
            what = "is a file" if folder.exists() else "does not exist"
            raise DataError(
                f"The data folder {quote(folder)} {what}; expected a folder with train.csv and store.csv. Name another."
            )
        paths = {stem: find(folder, stem) for stem in ("train", "store", "test", "store_states")}
        columns, generated = read_column_names(folder), (folder / TRUTH).exists()
    except PermissionError as error:
        raise DataError(f"The data folder {quote(folder)} cannot be read. Allow this user to read it.") from error
    for stem in ("train", "store"):
        if paths[stem] is None:
            raise DataError(f"The data folder holds no {stem}.csv (or .parquet). Put it there, or name another folder.")
    return paths, columns, generated


def _ours(table: TextTable, columns: ColumnNames) -> TextTable:
    """Return a table under our names."""
    rename = columns.rename(table.frame.columns)
    both = [ours for theirs, ours in rename.items() if ours != theirs and ours in table.frame.columns]
    if both:
        raise DataError(
            f"{table.name}: {quote(both[0])} stands in the header, and storecast.toml names another column for it. "
            "Rename one of them."
        )
    if table.frame.height == 0:
        raise DataError(
            f"{table.name} holds a header alone; expected rows below it. Add them, or remove the file where it is optional."
        )
    dates = frozenset(rename.get(name, name) for name in table.dates)
    return replace(table, frame=table.frame.rename(rename), dates=dates)


def _sales(table: TextTable, columns: ColumnNames, doubles: dict[str, int]) -> pl.DataFrame:
    needed = (*s.KEYS, s.SALES, *s.KNOWN, *columns.known)
    _need(table, needed)
    frame = _typed(table, (*needed, s.CUSTOMERS, s.DAY_OF_WEEK), columns)
    _refuse(
        table,
        frame,
        frame[s.SALES].is_null(),
        s.SALES,
        "an empty cell",
        "a number; leave the row out where nothing is known",
    )
    if s.CUSTOMERS not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.Float64).alias(s.CUSTOMERS))
    return _unique(table, frame, s.KEYS, doubles)


def _ahead(table: TextTable, columns: ColumnNames, doubles: dict[str, int]) -> pl.DataFrame:
    needed = (*s.KEYS, *s.KNOWN, *columns.known)
    _need(table, needed)
    ids = [s.ID] if s.ID in table.frame.columns else []
    frame = _typed(table, (*ids, *needed, s.DAY_OF_WEEK), columns)
    if ids:
        _refuse(table, frame, frame[s.ID].is_null(), s.ID, "an empty cell", "an id in each row, or no column Id at all")
        again = ~frame[s.ID].is_first_distinct()
        if again.any():  # exact double rows are dropped below
            _refuse(table, frame, again & _first(frame), s.ID, "an id that stands twice", "each id once")
    return _unique(table, frame, s.KEYS, doubles)


def _stores(table: TextTable, states: TextTable | None, columns: ColumnNames, doubles: dict[str, int]) -> pl.DataFrame:
    _need(table, (s.STORE, *STORE_TABLE))
    frame = _unique(table, _typed(table, (s.STORE, *STORE_TABLE), columns), (s.STORE,), doubles)
    if states is None:
        return frame.with_columns(pl.lit("").alias(s.STATE))
    _need(states, (s.STORE, s.STATE))
    named = _unique(states, _typed(states, (s.STORE, s.STATE), columns), (s.STORE,), doubles)
    return frame.join(named, on=s.STORE, how="left", maintain_order="left")


def _typed(table: TextTable, wanted: Sequence[str], columns: ColumnNames) -> pl.DataFrame:
    """Return the wanted columns that are there, each in its type."""
    ignored = [name for name in table.frame.columns if name not in wanted]
    if ignored:
        log.info("%s: columns that storecast does not use: %s", table.name, quote(", ".join(ignored)))
    there = [name for name in wanted if name in table.frame.columns]
    frame = pl.DataFrame([_column(table, name, columns) for name in there])
    for key in s.KEYS:
        if key in there:
            _refuse(table, frame, frame[key].is_null(), key, "an empty cell", "a value in each row")
    if s.DAY_OF_WEEK in there:
        wrong = (frame[s.DAY_OF_WEEK] != frame[s.DATE].dt.weekday()).fill_null(value=False)
        _refuse(table, table.frame, wrong, s.DAY_OF_WEEK, None, "the weekday of Date, Monday 1 to Sunday 7")
        frame = frame.drop(s.DAY_OF_WEEK)
    return frame


def _column(table: TextTable, name: str, columns: ColumnNames) -> pl.Series:
    given = table.frame[name]
    if given.dtype != pl.String:
        raise DataError(f"{table.name}, column {name}: found {given.dtype} values; expected text, numbers or dates.")
    if name == s.ID:  # kept as given
        return given.replace("", None)
    text = given.str.strip_chars().replace("", None)
    if name == s.DATE:
        return _dates(table, text, columns)
    if name == s.STATE_HOLIDAY:
        found = text.str.to_lowercase().replace({"0.0": "0", "false": "0"})
        _refuse(table, table.frame, text.is_not_null() & ~found.is_in(s.STATE_HOLIDAYS), name, None, "0, a, b or c")
        return found
    if name == s.STORE:
        return text if columns.text_ids else _store_numbers(table, text)
    if name == s.PROMO_INTERVAL:
        return _months(table, text)
    if name in (s.STORE_TYPE, s.ASSORTMENT, s.STATE):
        return text
    return _numbers(table, name, text, columns)


def _numbers(table: TextTable, name: str, text: pl.Series, columns: ColumnNames) -> pl.Series:
    if table.decimal_comma:
        text = _with_points(table, name, text)
    whole = name not in (s.SALES, s.CUSTOMERS, s.COMPETITION_DISTANCE, *columns.known)
    value = text.cast(pl.Float64, strict=False)
    value = value.set(value == 0, 0.0)  # minus zero is zero
    low, high = RANGES.get(name, (-MOST_SALES, MOST_SALES))
    fits = value.is_finite() & value.is_between(low, high) & ((value == value.round()) if whole else True)
    what = f"a {'whole ' if whole else ''}number from {low:g} to {high:g}"
    _refuse(table, table.frame, text.is_not_null() & ~fits.fill_null(value=False), name, None, what)
    flag = name in (s.OPEN, s.PROMO, s.SCHOOL_HOLIDAY, s.PROMO2)
    return value.cast(pl.Int8 if flag else pl.Int64 if whole else pl.Float64)


def _with_points(table: TextTable, name: str, text: pl.Series) -> pl.Series:
    """Return numbers with decimal points; refuse a point where it may stand between thousands."""
    dotted = text.str.contains(".", literal=True).fill_null(value=False)
    if not dotted.any():
        return text.str.replace(",", ".", literal=True)
    commas = text.str.contains(",", literal=True).fill_null(value=False).any()
    thousands = text.str.contains(THOUSANDS).fill_null(value=False)
    if commas or thousands.sum() == dotted.sum():
        expected = "a number without points between thousands, such as 1234 or 1234,50"
        _refuse(table, table.frame, dotted, name, None, expected)
    return text


def _months(table: TextTable, text: pl.Series) -> pl.Series:
    """Return a list of months as in ``Jan,Apr,Jul,Oct``, whatever its case and spaces."""
    names = {month.lower(): month for month in MONTHS} | {"sep": "Sept"}
    found = {
        given: [names.get(part.strip().lower()) for part in given.split(",")] for given in text.unique().drop_nulls()
    }
    wrong = [given for given, months in found.items() if None in months]
    expected = f"months by these names, with commas between: {' '.join(MONTHS)}"
    _refuse(table, table.frame, text.is_in(wrong).fill_null(value=False), s.PROMO_INTERVAL, None, expected)
    return text.replace({given: ",".join(month or "" for month in months) for given, months in found.items()})


def _store_numbers(table: TextTable, text: pl.Series) -> pl.Series:
    plain = text.str.contains(r"^(0|[1-9][0-9]{0,17})$")
    _refuse(
        table,
        table.frame,
        text.is_not_null() & ~plain,
        s.STORE,
        None,
        'a whole number, or store_ids = "text" in storecast.toml',
    )
    return text.cast(pl.Int64)


def _dates(table: TextTable, text: pl.Series, columns: ColumnNames) -> pl.Series:
    if columns.date_format is None or s.DATE in table.dates:
        day = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        shape = text.str.contains(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$")
        what = 'an ISO date such as 2015-06-13, or date_format = "%d.%m.%Y" in storecast.toml'
    else:
        day = text.str.to_date(columns.date_format, strict=False)
        shape = day.is_not_null()
        what = f"a date as date_format in storecast.toml says: {columns.date_format}"
    fits = shape & day.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    _refuse(
        table,
        table.frame,
        text.is_not_null() & ~fits.fill_null(value=False),
        s.DATE,
        None,
        f"{what}, from {FIRST_YEAR} to {LAST_YEAR}",
    )
    return day


def _need(table: TextTable, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in table.frame.columns]
    if missing:
        raise DataError(
            f"{table.name}: the column {quote(missing[0])} is missing. Found {quote(', '.join(table.frame.columns))}. "
            f'Add it, or name theirs under [columns] in storecast.toml: {missing[0]} = "…".'
        )


def _unique(table: TextTable, frame: pl.DataFrame, keys: Sequence[str], doubles: dict[str, int]) -> pl.DataFrame:
    """Drop exact double rows and count them; refuse two different rows under one key."""
    doubles[table.name] = 0
    if not frame.select(pl.struct(keys).is_duplicated().any()).item():
        return frame
    kept = _first(frame)
    rows = frame.filter(kept)
    doubles[table.name] = frame.height - rows.height
    twice = rows.select(pl.struct(keys).is_duplicated()).to_series()
    if twice.any():
        key = rows.row(int(twice.arg_max() or 0), named=True)
        same = rows.select(pl.all_horizontal(pl.col(name) == key[name] for name in keys)).to_series()
        first, second = (table.line(row) for row in kept.arg_true().filter(same)[:2])
        what = ", ".join(f"{name} {quote(key[name])}" for name in keys)
        raise DataError(
            f"{table.name}: {first} and {second} hold two different rows for {what}. Expected one; remove the other."
        )
    return rows


def _first(frame: pl.DataFrame) -> pl.Series:
    """Mark each row that stands here for the first time."""
    return frame.select(pl.struct(pl.all()).is_first_distinct()).to_series()


def _refuse(
    table: TextTable, frame: pl.DataFrame, wrong: pl.Series, column: str, found: str | None, expected: str
) -> None:
    """Raise for the first wrong row, if there is one."""
    row = wrong.arg_max() if wrong.any() else None
    if row is not None:
        what = quote(frame[column][row]) if found is None else found
        more = f" ({int(wrong.sum())} rows in all)" if wrong.sum() > 1 else ""
        raise DataError(f"{table.name}, {table.line(row)}, column {column}: found {what}; expected {expected}{more}.")
