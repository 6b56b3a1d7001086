"""Guess which file of a folder holds which table, and how: the settings that `storecast init` proposes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.chain_checks import MIN_SHARE_MET
from storecast.data.column_names import ColumnNames
from storecast.data.column_synonyms import OF_THE_DATE, PARTS_OF_DATES, is_quantity, plain
from storecast.data.date_formats import period_of
from storecast.data.day_column import longer_steps, read_days
from storecast.data.dialect import TextTable
from storecast.data.file_columns import FILE_COLUMNS
from storecast.data.file_layout import TABLES, is_wide_column
from storecast.data.file_tables import without_totals
from storecast.data.guess_columns import ISO, LikelyColumns, likely_columns, likely_facts
from storecast.data.guess_facts import likely_own_facts
from storecast.data.product_columns import product_column
from storecast.dates import as_date
from storecast.errors import DataError, quote

PROMOTIONS = "Promotions"  # what amounts or kinds of promotions are called where the files use our name of the flag


@dataclass(frozen=True, eq=False)
class Guess:
    """What a folder's files seem to hold.

    Attributes
    ----------
    tables : the files of each table, by its name
    columns : our name of each column: that of the files
    settings : further settings of storecast.toml
    choices : settings with several possible values, of which someone must choose: name and the values
    names_of : the same of tables and files that call some columns otherwise
    unused : names of files, and why they are left out
    products : the column that tells several rows of a store and day apart, where they are sales by product
    groups : the columns of stores by which totals could be made
    figure : what the files call the figure that is forecast, where it is a quantity and no money; empty where it is money
    """

    tables: dict[str, list[LikelyColumns]]
    columns: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)
    products: str | None = None
    names_of: dict[str, dict[str, str]] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    figure: str = ""


def guess_files(files: Sequence[TextTable], unreadable: Mapping[str, str]) -> Guess:
    """Guess which file is which, which column is which, and how dates, numbers and ids are written.

    Parameters
    ----------
    files : of a folder, under their own names
    unreadable : names of files that cannot be read, and why

    Raises
    ------
    DataError
        where no file holds sales: a date and a figure
    """
    likely = [likely_columns(without_totals(table)[0]) for table in files]
    sales = [each for each in likely if each.has(s.DATE, s.SALES) or each.wide]
    if not sales:
        for each in likely:
            _refuse_longer_steps(each)
        headers = [f"{each.table.name} has {quote(', '.join(each.table.frame.columns[:8]))}" for each in likely]
        reasons = [f"{name} {reason.rstrip('.')}" for name, reason in unreadable.items()]
        raise DataError(
            f"No file seems to hold sales: {'; '.join([*headers, *reasons]) or 'there is none'}. "
            "Expected a column of dates and one of figures. Name them under [columns] in storecast.toml."
        )
    main = max(sales, key=lambda each: (each.table.name.startswith("train"), each.table.frame.height))
    likely = [_without_sales_of_another_name(each, main) for each in likely]
    sales = [each for each in likely if each.has(s.DATE, s.SALES) or each.wide]
    unused = dict(unreadable)
    tables = {"train": _like(main, sales)}
    for each in likely:
        if each in tables["train"]:
            continue
        table, reason = _role(each, main, tables)
        if table is None:
            unused[each.table.name] = reason
        else:
            tables[table] = [each]
    if not tables.keys() & {"store", "store_states"}:
        facts = likely_facts(tables["train"])
        tables["train"] = [replace(each, names=each.names | facts) for each in tables["train"]]
    columns = {
        name: file_name
        for group in reversed([[main], *tables.values()])
        for each in group
        for name, file_name in each.names.items()
    }
    columns = {name: columns[name] for name in FILE_COLUMNS if name in columns}
    main = next(each for each in tables["train"] if each.table is main.table)  # with the facts of stores
    settings, choices = _settings(main, tables)
    own_facts, groups = likely_own_facts(tables.get("store", tables["train"]))
    if own_facts:
        known = [name for name in settings.pop("known", ()) if name not in own_facts]
        settings |= {"known": known} if known else {}
        settings["facts"] = own_facts
    if main.promotions is not None:
        own = PROMOTIONS if main.promotions in FILE_COLUMNS else main.promotions
        settings["known"] = [own, *settings.get("known", ())]
        tables = {
            table: [
                replace(each, names=each.names | ({own: each.promotions} if each.promotions else {})) for each in files
            ]
            for table, files in tables.items()
        }
        columns |= {own: main.promotions}
    products = None
    if _has_several_rows_a_day(main):
        products = product_column(main.table, [main.names[key] for key in s.KEYS])
        if products is None:
            settings["sum"] = True
    figure = columns.get(s.SALES, "")
    return Guess(
        tables, columns, settings, choices, unused, products, _names_of(tables, columns), tuple(groups),
        figure if is_quantity(figure) else "",
    )  # fmt: skip


def _names_of(tables: Mapping[str, Sequence[LikelyColumns]], columns: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the names that differ from those of the other files, by table, or by file where a table has several."""
    names_of = {}
    for table, files in tables.items():
        for each in files:
            part = each.table.name if len(files) > 1 else table
            names_of[part] = {
                name: file_name for name, file_name in each.names.items() if file_name not in (columns[name], name)
            }
    return {part: names for part, names in names_of.items() if names}


def _refuse_longer_steps(each: LikelyColumns) -> None:
    """Refuse a file of figures whose dates are weeks, months or years, in one column or several."""
    text = {name: each.table.frame[name].str.strip_chars().replace("", None) for name in each.table.frame.columns}
    periods = {name: period for name, cells in text.items() if (period := period_of(cells)) is not None}
    if not periods or not each.numbers - {*periods}:
        return
    parts = {part: name for name in text for part, words in PARTS_OF_DATES.items() if plain(name) in words}
    first = min(periods, key=lambda name: periods[name] == "years")  # a column of months says more than one of years
    where = f"{each.table.name}, column {quote(first)}"
    if "days" in parts and periods[first] == "years":
        raise DataError(
            f"{where}: found years, and {quote(parts['days'])} holds days; expected one column of dates such as 2015-06-14. "
            "Put the parts of a date together."
        )
    beside = [part for part in ("weeks", "months") if part in parts and periods[first] == "years"]
    raise DataError(longer_steps(where, beside[0] if beside else periods[first], text[first]))


def _has_several_rows_a_day(main: LikelyColumns) -> bool:
    if main.wide or not main.has(*s.KEYS):
        return False
    keys = [main.names[key] for key in s.KEYS]
    return bool(main.table.frame.select(pl.struct(keys).is_duplicated().any()).item())


def _without_sales_of_another_name(each: LikelyColumns, main: LikelyColumns) -> LikelyColumns:
    """Return a file without sales where the column that was taken for them stands beside those of the main file: a price, say."""
    name = each.names.get(s.SALES)
    if name is None or name == main.names.get(s.SALES) or name not in main.table.frame.columns:
        return each
    return replace(each, names={column: file_name for column, file_name in each.names.items() if column != s.SALES})


def _like(main: LikelyColumns, sales: Sequence[LikelyColumns]) -> list[LikelyColumns]:
    """Return the files of sales that go on where others end: a file each year, say; by their names."""
    parts = [main]
    for each in sales:
        one_book = each.table.sheet and each.table.file == main.table.file  # of which a table is one sheet
        same = not one_book or each.names == main.names
        if same and _are_alike(each, main) and not any(_overlap(each, part) for part in parts):
            parts.append(each)
    return sorted(parts, key=lambda each: each.table.name)


def _are_alike(each: LikelyColumns, main: LikelyColumns) -> bool:
    """Return whether two files of sales have the same columns, or one of them some more, whatever they call them."""
    if each.wide or main.wide:
        return each.names == main.names and each.wide == main.wide
    common = {*each.names} & {*main.names}
    headers = {*each.table.frame.columns} & {*main.table.frame.columns}
    width = min(each.table.frame.width, main.table.frame.width)
    if (s.STORE in each.names) != (s.STORE in main.names) or not {s.DATE, s.SALES} <= common:
        return False
    ids = _ids(each)
    like = (
        {*each.names} == {*main.names} or len(headers) > width / 2 or (ids is not None and _ids_meet(ids, _ids(main)))
    )
    return like and bool({*each.date_formats} & {*main.date_formats})


def _overlap(one: LikelyColumns, other: LikelyColumns) -> bool:
    """Return whether two files have the same rows of keys, at least in part."""
    if one is other or one.wide:
        return True
    keys = [name for name in s.KEYS if name in one.names]
    first, second = (
        each.table.frame.select(pl.col(each.names[key]).alias(key) for key in keys) for each in (one, other)
    )
    return not first.join(second, on=keys, how="semi").is_empty()


def _role(each: LikelyColumns, main: LikelyColumns, tables: dict[str, list[LikelyColumns]]) -> tuple[str | None, str]:
    """Return the table that a file holds, or None and why it is left out."""
    keys = [name for name in s.KEYS if name in main.names]
    if each.has(s.DATE):
        if not each.has(*keys):
            return None, "has days, but no stores"
        if "test" in tables or each.has(s.SALES):
            return None, "is another file of days" if each.has(s.SALES) else "is another file of days without sales"
        if not _lies_ahead(each, main):
            return None, "has days that the sales have, too"
        return "test", ""
    store = each.names.get(s.STORE)
    if store is None:
        return None, "has no dates, and no column of stores"
    if not _ids_meet(each.table.frame[store], _ids(main)):
        return None, "has no dates, and other stores than the sales"
    if each.table.frame[store].is_duplicated().any():
        return None, "has several rows a store, and no dates"
    facts = {*each.names} - {s.STORE}
    table = "store_states" if facts == {s.STATE} and each.table.frame.width == 2 else "store"
    if table in tables:
        return None, "is another file of stores"
    return table, ""


def _ids_meet(ids: pl.Series, of_sales: pl.Series | None) -> bool:
    """Return whether the stores of a file are those of the sales, in part at least."""
    if of_sales is None:
        return False
    known, ids = (each.cast(pl.String).str.strip_chars().drop_nulls().unique() for each in (of_sales, ids))
    return int(ids.is_in(known.implode()).sum()) >= MIN_SHARE_MET * min(len(ids), len(known))


def _lies_ahead(each: LikelyColumns, main: LikelyColumns) -> bool:
    """Return whether all days of a file come after those of the sales."""
    if each.date_formats[:1] != main.date_formats[:1]:
        return False
    return as_date(_days(each).min()) > as_date(_days(main).max())


def _days(each: LikelyColumns) -> pl.Series:
    date_format = each.date_formats[0]
    names = ColumnNames(date_format=None if date_format == ISO else date_format, sum_rows=True)
    text = each.table.frame[each.names[s.DATE]].str.strip_chars().replace("", None)
    return read_days(each.table, s.BY_NAME[s.DATE], text, names)


def _settings(
    main: LikelyColumns, tables: dict[str, list[LikelyColumns]]
) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    settings: dict[str, Any] = {}
    choices: dict[str, tuple[str, ...]] = {}
    if main.date_formats and main.date_formats != (ISO,):
        if len(main.date_formats) == 1:
            settings["date_format"] = main.date_formats[0]
        else:
            choices["date_format"] = main.date_formats
    if main.wide:
        settings["wide"] = main.wide
    elif s.STORE not in main.names:
        settings["one_store"] = main.table.file.partition(".")[0]
    ids = _ids(main)
    if ids is not None and not ids.drop_nulls().str.strip_chars().str.contains(r"^(0|[1-9][0-9]{0,17})$").all():
        settings["store_ids"] = "text"
    if "test" in tables:
        ahead = tables["test"][0]
        known = [name for name in ahead.unused if name in main.unused and name in ahead.numbers & main.numbers]
        known = [name for name in known if plain(name) not in OF_THE_DATE and name not in FILE_COLUMNS]
        if known:
            settings["known"] = known
    return settings, choices


def _ids(main: LikelyColumns) -> pl.Series | None:
    if main.wide == "stores":
        return pl.Series(
            [name for name in main.unused if is_wide_column(main.table.frame[name], "stores")], dtype=pl.String
        )
    return main.table.frame[main.names[s.STORE]] if s.STORE in main.names else None


def sheets(guess: Guess) -> dict[str, str | list[str]]:
    """Return what [sheet] must say: the sheets of the tables that stand in workbooks with several."""
    names = {table: list(dict.fromkeys(each.table.sheet for each in files)) for table, files in guess.tables.items()}
    return {table: of[0] if len(of) == 1 else of for table, of in names.items() if all(of)}


def file_names(guess: Guess) -> dict[str, str | list[str]]:
    """Return what [files] must say: the tables whose files have other names than their own."""
    names: dict[str, str | list[str]] = {}
    for table in TABLES:
        files = list(dict.fromkeys(each.table.file for each in guess.tables.get(table, ())))
        if len(files) > 1:
            names[table] = files
        elif files and files[0].partition(".")[0] != table:
            names[table] = files[0]
    return names
