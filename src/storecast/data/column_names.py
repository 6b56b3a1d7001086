"""Another chain's column names: `storecast.toml` beside the data names its columns, and its own known-ahead ones.

known = ["Footfall plan"]       # own numeric columns that are known ahead
past = ["Receipts"]             # own numeric columns that are known of the past alone
facts = ["Area", "Format"]      # own facts of stores: columns of store.csv, numbers or texts
groups = ["Region"]             # columns of store.csv by which totals are made
periods = ["month"]             # of totals, beside weeks and the whole horizon
store_ids = "text"              # keep store ids as text; without it they are whole numbers
date_format = "%d.%m.%Y"        # without it dates are ISO, as in 2015-06-13; "excel": the numbers of a spreadsheet
country = "EC"                  # whose holidays the stores keep; State names the region; [country] names those of several
timezone = "Europe/Berlin"      # in which times with a zone, as in 2014-07-11T22:00:00Z, become days
decimal = ","                   # the decimal mark; without it each column decides, or is refused
sum = true                      # add several rows of a store and day up, as --sum does
sheet = "Umsatz"                # which sheet of a workbook with several, or ["2022", "2023"]; by table under [sheet]
target = "Customers"            # another figure than Sales to forecast
unit = "pieces"                 # what it is counted in
whole_numbers = true            # and that it has no fractions

[columns]                       # our name = theirs
Store = "Filiale"
Sales = "Umsatz"

[columns.store]                 # the same for one table, or one file: [columns."sales-2023.csv"]
Store = "Filial-Nr"

[country]                       # stores in several countries: a country or a region = its stores
CZ = ["Prague_1", "Brno_1"]
DE-BY = ["Munich_1"]
"""

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from storecast import schema as s
from storecast.data.breakdown import check_group_names, check_periods
from storecast.data.column_mappings import read_columns, refuse_unknown
from storecast.data.country_holidays import country_code
from storecast.data.file_columns import FILE_COLUMNS
from storecast.data.file_layout import LAYOUT_SETTINGS, TABLES, FileLayout, read_layout
from storecast.data.own_feasts import OwnFeast, read_own_feasts
from storecast.data.plain_files import read_bytes
from storecast.data.store_countries import read_places
from storecast.data.target import BESIDE_TARGET, TARGET, TARGET_SETTINGS, Target, names_with_target, read_target
from storecast.errors import DataError, quote

FILE = "storecast.toml"
EXCEL = "excel"  # as date_format: days are numbers, counted from 1899-12-30
DAY_MONTH_YEAR = (r"%-?[de]", r"%-?[mbBh]", r"%[Yy]")
SETTINGS = (
    "columns", "known", "plugins", "store_ids", "date_format", "timezone", "decimal", "sum", "sheet", "past", "facts",
    "country", "feasts", "groups", "periods",
    *TARGET_SETTINGS, *LAYOUT_SETTINGS,
)  # fmt: skip


@dataclass(frozen=True)
class ColumnNames:
    """What a folder's `storecast.toml` says."""

    file_names: dict[str, str] = field(default_factory=dict)  # our name: theirs
    known: tuple[str, ...] = ()
    text_ids: bool = False
    date_format: str | None = None
    plugins: tuple[str, ...] = ()  # modules that register models and features
    timezone: str | None = None  # in which times with a zone become days
    decimal: str | None = None  # the decimal mark
    sum_rows: bool = False  # add several rows of a store and day up
    layout: FileLayout = FileLayout()  # noqa: RUF009 - it is frozen
    sheet: str | None = None  # of a workbook with several
    facts: tuple[str, ...] = ()  # own columns of store.csv
    past: tuple[str, ...] = ()  # own columns that are known of the past alone
    country: str | None = None  # ISO code of the country whose holidays the stores keep
    feasts: tuple[OwnFeast, ...] = ()  # that the stores keep beside those of the country, or in place of them
    places: tuple[tuple[str, str], ...] = ()  # by store, as text, the country or region in which it stands
    names_of: dict[str, dict[str, str]] = field(default_factory=dict)  # of one table or file, in place of file_names
    groups: tuple[str, ...] = ()  # columns of the stores by which totals are made
    periods: tuple[str, ...] = ()  # of totals, beside weeks and the whole horizon
    sheets: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of tables, in place of sheet; several are joined
    target: Target = Target()  # noqa: RUF009 - it is frozen
    unused: tuple[str, ...] = ()  # columns of the files with days that storecast does not use there

    def of(self, table: str, file: str = "") -> "ColumnNames":
        """Return the same with the names that hold in one table, and in one of its files.

        Parameters
        ----------
        table : train, test, store, store_states or events
        file : its name; empty: of no file
        """
        file_names = self.file_names
        for part in (table, file):
            names = self.names_of.get(part, {})
            file_names = {
                name: file_name for name, file_name in file_names.items() if file_name not in names.values()
            } | names
        return replace(self, file_names=file_names, sheet=self.sheets.get(table, (self.sheet,))[0])

    def rename(self, columns: list[str]) -> dict[str, str]:
        """Return the chain's name of each column of a file that has another one here, with ours."""
        renamed = {file_names: name for name, file_names in self.file_names.items() if file_names in columns}
        beside = {} if self.target.is_sales or s.SALES in renamed else {s.SALES: BESIDE_TARGET}
        return renamed | {name: title for name, title in beside.items() if name in columns}


def read_column_names(data: Path, target: str | None = None) -> ColumnNames:
    """Read the `storecast.toml` in a folder, or beside a file, where there is one.

    Parameters
    ----------
    data : the folder of a chain's files, or the one file that holds its sales
    target : as of `parse_settings`

    Raises
    ------
    DataError
        where the file cannot be read, or a setting in it has no meaning
    """
    path = (data.parent if data.is_file() else data) / FILE
    try:
        if not path.exists():
            return parse_settings(b"", target)
    except PermissionError as error:
        raise DataError(f"The data folder {quote(data)} cannot be read. Allow this user to read it.") from error
    return parse_settings(read_bytes(path), target)


def parse_settings(toml: bytes, target: str | None = None) -> ColumnNames:
    """Return what the bytes of a `storecast.toml` say, or refuse them with the setting.

    Parameters
    ----------
    toml : the content of the file
    target : the figure to forecast in place of the file's own, whose unit and whole numbers hold for that one alone; None: its own

    Raises
    ------
    DataError
        where they are no TOML, or a setting has no meaning
    """
    try:
        settings = tomllib.loads(toml.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{FILE} is not valid TOML: {quote(error)}.") from error
    refuse_unknown(settings, SETTINGS, FILE)
    if target is not None and target != settings.get(TARGET, s.SALES):
        settings = {name: value for name, value in settings.items() if name not in TARGET_SETTINGS} | {TARGET: target}
    known, past, facts = (
        _own_names(settings, setting, example)
        for setting, example in (("known", "Leaflet"), ("past", "Receipts"), ("facts", "Area"))
    )
    name, times = Counter((*known, *past, *facts)).most_common(1)[0] if known or past or facts else ("", 0)
    if times > 1:
        raise DataError(
            f"{FILE}: {quote(name)} stands under two of known, past and facts; expected one of them. Remove the other."
        )
    if settings.get("store_ids", "number") not in ("text", "number"):
        raise DataError(f'{FILE}, store_ids: found {quote(settings["store_ids"])}; expected "text" or "number".')
    plugins = settings.get("plugins", [])
    if not isinstance(plugins, list) or not all(isinstance(name, str) for name in plugins):
        raise DataError(f'{FILE}, plugins: expected a list of module names, such as ["mychain"].')
    layout = read_layout(settings, FILE)
    if target is not None and layout.wide is not None:
        raise DataError("A wide table holds one figure, and --target names a column. Leave it out.")
    file_names, names_of = read_columns(settings.get("columns", {}), (*known, *past, *facts), layout, FILE)
    figure = read_target(settings, FILE, (*known, *past, *facts))
    if layout.wide is None:  # a wide table holds one figure, which has no column of its own
        in_part = any(figure.name in names for names in names_of.values())
        file_names = names_with_target(file_names, figure, whole=not in_part)
        names_of = {part: names_with_target(names, figure, whole=False) for part, names in names_of.items()}
    text_ids = settings.get("store_ids") == "text" or not (layout.one_store or "0").isdecimal()
    return ColumnNames(
        file_names, known, text_ids, _date_format(settings), tuple(plugins),
        _timezone(settings), _decimal(settings), _sum(settings), layout, _sheet(settings), facts, past,
        _country(settings), read_own_feasts(settings.get("feasts", {}), f"{FILE}, [feasts]"), _places(settings), names_of,
        check_group_names(settings.get("groups", []), f"{FILE}, groups"),
        check_periods(settings.get("periods", []), f"{FILE}, periods"),
        _sheets(settings),
        figure,
    )  # fmt: skip


def _own_names(settings: dict[str, Any], setting: str, example: str) -> tuple[str, ...]:
    """Return the names of own columns under a setting."""
    names = settings.get(setting, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f'{FILE}, {setting}: expected a list of column names, such as ["{example}"].')
    taken = [name for name in names if name in FILE_COLUMNS or name == s.ASSUMED]
    if taken:
        raise DataError(
            f"{FILE}, {setting}: {quote(taken[0])} is a name that storecast uses itself. Rename the column."
        )
    if len(set(names)) < len(names):
        raise DataError(
            f"{FILE}, {setting}: {quote(max(names, key=names.count))} stands twice; expected each name once."
        )
    return tuple(names)


def _date_format(settings: dict[str, Any]) -> str | None:
    date_format = settings.get("date_format")
    if date_format in (None, EXCEL):
        return None if date_format is None else EXCEL
    whole = isinstance(date_format, str) and all(re.search(part, date_format) for part in DAY_MONTH_YEAR)
    if not isinstance(date_format, str) or not whole or re.search("%[#:]*[zZ+]", date_format):
        raise DataError(
            f"{FILE}, date_format: found {quote(date_format)}; expected %d, %m (or %b, %B) and %Y (or %y) without a zone, as in "
            f'"%d.%m.%Y", or "{EXCEL}".'
        )
    return date_format


def _timezone(settings: dict[str, Any]) -> str | None:
    zone = settings.get("timezone")
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (
            TypeError,
            ValueError,
            OSError,
            KeyError,
        ) as error:  # what ZoneInfo raises for what is no name of a zone
            raise DataError(
                f'{FILE}, timezone: found {quote(zone)}; expected a name such as "Europe/Berlin".'
            ) from error
    return zone


def _decimal(settings: dict[str, Any]) -> str | None:
    decimal = settings.get("decimal")
    if decimal not in (None, ".", ","):
        raise DataError(f'{FILE}, decimal: found {quote(decimal)}; expected "." or ",".')
    return decimal


def _sum(settings: dict[str, Any]) -> bool:
    sum_rows = settings.get("sum", False)
    if not isinstance(sum_rows, bool):
        raise DataError(f"{FILE}, sum: found {quote(sum_rows)}; expected true or false.")
    return sum_rows


def _sheet(settings: dict[str, Any]) -> str | None:
    sheet = settings.get("sheet")
    return sheet if isinstance(sheet, str) else None


def _sheets(settings: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the sheets of each table that has its own; a list stands for those of the sales."""
    given = settings.get("sheet", {})
    if isinstance(given, str):
        return {}
    by_table = {"train": given} if isinstance(given, list) else given
    lists = {}
    if isinstance(by_table, dict):
        refuse_unknown(by_table, TABLES, f"{FILE}, [sheet]")
        lists = {table: [sheets] if isinstance(sheets, str) else sheets for table, sheets in by_table.items()}
    for sheets in lists.values() or [None] * (given != {}):
        if not isinstance(sheets, list) or not sheets or not all(isinstance(name, str) for name in sheets):
            raise DataError(
                f'{FILE}, sheet: found {quote(given)}; expected the name of a sheet, such as "Umsatz", or a list of them.'
            )
        if len({*sheets}) < len(sheets):
            raise DataError(
                f"{FILE}, sheet: {quote(max(sheets, key=sheets.count))} stands twice. Name each sheet once."
            )
    return {table: tuple(sheets) for table, sheets in lists.items()}


def _country(settings: dict[str, Any]) -> str | None:
    country = settings.get("country")
    return None if country is None or isinstance(country, dict) else country_code(country, f"{FILE}, country")


def _places(settings: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return by store the country or region that lists it."""
    country = settings.get("country")
    return tuple(read_places(country, f"{FILE}, [country]").items()) if isinstance(country, dict) else ()
