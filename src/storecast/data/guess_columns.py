"""Guess which column of a file is which, by its name and its values; nothing is read by such a guess until someone agrees.

`guess_files` says which file holds which table; here one file is looked at.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from storecast import schema as s
from storecast.data.column_synonyms import likeness
from storecast.data.date_formats import matching_formats
from storecast.data.day_column import ISO_TIME
from storecast.data.dialect import TextTable
from storecast.data.file_columns import FACTS, FILE_COLUMNS, file_column
from storecast.data.file_layout import TOTALS, Wide
from storecast.data.flag_words import read_flag_words
from storecast.data.numbers import read_numbers
from storecast.data.own_categories import MAX_LEVELS, is_text
from storecast.errors import DataError

MAX_STORE_SHARE = 0.2  # of the rows: a column with more different values names no stores
MIN_DATE_COLUMNS = 5  # headers that are dates, from which a table is wide
MIN_STORE_COLUMNS = 2  # columns of numbers beside a date, from which a table without any other sales is wide
OF_DAYS = (
    s.DATE,
    s.STORE,
    s.SALES,
    s.CUSTOMERS,
    s.OPEN,
    s.PROMO,
    s.STATE_HOLIDAY,
    s.SCHOOL_HOLIDAY,
    s.ID,
    s.DAY_OF_WEEK,
)
ISO = "iso"
# A number that is no day in any format: a wide table has hundreds of such columns, and some 250 formats each take their time.
NO_DAY = r"^[-+]?([0-9]{1,7}|[0-9]+[.,][0-9]+|[0-9]{1,3}([ .,'’][0-9]{3})+([.,][0-9]+)?)$"
SAMPLE_ROWS = 20_000


@dataclass(frozen=True, eq=False)
class LikelyColumns:
    """One file, and what its columns seem to be.

    Attributes
    ----------
    table : as it was read
    names : our name of a column: theirs
    date_formats : that read the column of dates, or the headers of a wide table; ("iso",) where they are ISO dates
    wide : "stores" or "dates", where the columns seem to be them
    numbers : the columns of numbers
    promotions : the column of promotions, where it holds amounts or several kinds in place of a flag
    """

    table: TextTable
    names: dict[str, str] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    wide: Wide | None = None
    numbers: frozenset[str] = frozenset()
    promotions: str | None = None

    @property
    def unused(self) -> list[str]:
        """The columns of which nobody knows what they are."""
        used = {*self.names.values(), self.promotions}
        return [name for name in self.table.frame.columns if name not in used]

    def has(self, *columns: str) -> bool:
        """Return whether the file has these columns."""
        return all(column in self.names for column in columns)


def likely_columns(table: TextTable) -> LikelyColumns:
    """Return what the columns of a file seem to be.

    Parameters
    ----------
    table : as it was read, under its own names
    """
    whole = table.frame.select(pl.col(pl.String))
    sample = _sample(table)
    frame = sample.frame
    formats = {name: _date_formats(frame[name], given=name in table.dates) for name in frame.columns}
    numbers = frozenset(name for name in frame.columns if not formats[name] and _are_numbers(sample, name))
    dated_headers = [name for name in frame.columns if _date_formats(pl.Series([name]), given=False)]
    if len(dated_headers) >= MIN_DATE_COLUMNS:
        names = _by_name(set(frame.columns) - {*dated_headers}, (s.STORE, *FACTS, s.STATE))
        return LikelyColumns(table, names, _date_formats(pl.Series(dated_headers), given=False), "dates", numbers)
    dates = [name for name in frame.columns if formats[name]]
    names = _by_name(dates, (s.DATE,)) or ({s.DATE: dates[0]} if dates else {})
    others = [name for name in frame.columns if name not in names.values()]
    candidates = {
        s.SALES: [name for name in others if name in numbers],
        s.CUSTOMERS: [name for name in others if name in numbers],
        **{flag: [name for name in others if _are_flags(frame[name], flag)] for flag in s.KNOWN},
    }
    kinds = OF_DAYS if dates else (s.STORE, *FACTS, s.STATE)
    names |= _by_name(others, [kind for kind in kinds if kind not in candidates and kind != s.DATE])
    for kind, possible in candidates.items():
        if kind in kinds:
            names |= _by_name([name for name in possible if name not in names.values()], (kind,))
    date_formats = formats[names[s.DATE]] if s.DATE in names else ()
    if _is_total(names.get(s.STORE, "")):  # "All stores", beside a column for each
        del names[s.STORE]
    if s.DATE in names and s.STORE not in names:
        rest = numbers - {*names.values()}
        if _is_total(names.get(s.SALES, "")) and len(rest) > MIN_STORE_COLUMNS:
            names = {name: file_name for name, file_name in names.items() if name != s.SALES}
        if s.SALES not in names and len(rest) >= MIN_STORE_COLUMNS and whole[names[s.DATE]].is_unique().all():
            return LikelyColumns(table, names, date_formats, "stores", numbers)
    promotions = None
    if s.DATE in names:
        names |= _by_values(whole, names, numbers)
        if s.SALES not in names and s.CUSTOMERS in names:  # the only figure: visits, say
            names[s.SALES] = names.pop(s.CUSTOMERS)
        if s.PROMO not in names:
            promotions = _promotions(sample, [name for name in frame.columns if name not in names.values()], numbers)
    return LikelyColumns(table, names, date_formats, None, numbers, promotions)


def _is_total(column: str) -> bool:
    return column.strip(":*= ").casefold() in TOTALS


def _promotions(table: TextTable, free: Sequence[str], numbers: frozenset[str]) -> str | None:
    """Return the column that is called as promotions are, and holds numbers or texts that recur."""
    for name in _by_name(free, (s.PROMO,)).values():
        text = table.frame[name].str.strip_chars().replace("", None).drop_nulls()
        if len(text) and (name in numbers or (is_text(text) and text.n_unique() <= MAX_LEVELS)):
            return name
    return None


def _sample(table: TextTable) -> TextTable:
    """Return some rows of a file, from all over it: enough to see what its columns hold."""
    frame = table.frame.select(pl.col(pl.String)).gather_every(max(1, table.frame.height // SAMPLE_ROWS))
    return replace(table, frame=frame, lines=None, mixed={})


def _by_name(possible: Collection[str], columns: Sequence[str]) -> dict[str, str]:
    """Return the likeliest name of each of our columns; each name stands for one of them at most."""
    pairs = [
        (likeness(name, column), column, name)
        for column in columns
        for name in possible
        if likeness(name, column) > (0, 0)
    ]
    names: dict[str, str] = {}
    for _, column, name in sorted(pairs, key=lambda pair: pair[0], reverse=True):
        if column not in names and name not in names.values():
            names[column] = name
    return names


def likely_facts(parts: Sequence[LikelyColumns]) -> dict[str, str]:
    """Return the facts of stores among their sales: columns that are called so, and are the same on all days of a store.

    Parameters
    ----------
    parts : the files of the sales, of the same columns
    """
    store = parts[0].names.get(s.STORE)
    if store is None:
        return {}
    free = [name for name in parts[0].unused if all(name in each.table.frame.columns for each in parts)]
    possible = list(_by_name(free, (*FACTS, s.STATE)).values())
    rows = pl.concat([each.table.frame.select(pl.col(each.names[s.STORE]).alias(store), *possible) for each in parts])
    changing = rows.group_by(store).agg(pl.col(possible).n_unique()) if possible else rows
    return _by_name([name for name in possible if (changing[name] == 1).all()], (*FACTS, s.STATE))


def _by_values(frame: pl.DataFrame, names: dict[str, str], numbers: frozenset[str]) -> dict[str, str]:
    """Return the store and the sales of a file of days, where their names say nothing."""
    guessed: dict[str, str] = {}
    free = [name for name in frame.columns if name not in names.values()]
    if s.STORE not in names and not frame[names[s.DATE]].is_unique().all():
        distinct = {name: frame[name].n_unique() for name in free if name not in numbers or _are_ids(frame[name])}
        few = [name for name, count in distinct.items() if 1 < count <= MAX_STORE_SHARE * frame.height]
        unique = [name for name in few if not frame.select(pl.struct(names[s.DATE], name).is_duplicated().any()).item()]
        if unique:
            guessed[s.STORE] = unique[0]
    if s.SALES not in names:
        figures = [name for name in free if name in numbers and name not in guessed.values()]
        figures = [name for name in figures if name not in FILE_COLUMNS and frame[name].n_unique() > 2]
        if len(figures) == 1:  # of several nobody knows which is meant
            guessed[s.SALES] = figures[0]
    return guessed


def _date_formats(text: pl.Series, *, given: bool) -> tuple[str, ...]:
    values = text.drop_nulls()
    if given:
        return (ISO,)
    if values.is_empty():
        return ()
    if values.str.contains(ISO_TIME).all():
        return (ISO,)
    if not values.head(100).str.contains("[0-9]").all():
        return ()
    if values.head(100).str.contains(NO_DAY).all():
        return ()
    formats = matching_formats(values)
    digits_alone = values.str.contains(r"^[0-9]+$").all()
    return () if digits_alone and formats != ["%Y%m%d"] else tuple(formats)


def _are_numbers(table: TextTable, name: str) -> bool:
    text = table.frame[name].str.strip_chars().replace("", None)
    if text.null_count() == len(text):
        return False
    for decimal in (".", ","):
        try:
            read_numbers(table, s.own_column(name), text, decimal)
        except DataError:
            continue
        return True
    return False


def _are_flags(text: pl.Series, column: str) -> bool:
    if read_flag_words(text.str.strip_chars().replace("", None)) is not None:
        return True
    allowed = {"0", "1", "0.0", "1.0", "true", "false", ""}
    if column == s.STATE_HOLIDAY:
        allowed |= set(file_column(column).categories)
    return bool(text.fill_null("").str.strip_chars().str.to_lowercase().unique().is_in(list(allowed)).all())


def _are_ids(text: pl.Series) -> bool:
    return bool(text.drop_nulls().str.contains(r"^[0-9]{1,18}$").all())
