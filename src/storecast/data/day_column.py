"""Read a column of days: ISO, or as `date_format` says; times with a zone become days of the zone that storecast.toml names."""

import datetime as dt

import polars as pl

from storecast import schema as s
from storecast.data.column_names import EXCEL, ColumnNames
from storecast.data.date_formats import matching_formats, period_of
from storecast.data.date_words import in_english
from storecast.data.dialect import TextTable
from storecast.data.refuse_rows import refuse, refuse_values
from storecast.errors import DataError, quote

ISO_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
CLOCK = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
ZONE = r" ?(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)"
UTC = ("Z", "UTC", "GMT")
ISO_TIME = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:{CLOCK}(?:{ZONE})?)?$"
MIDNIGHT = rf"^(?:[T ]00:00(?::00(?:[.,]0+)?)?(?:{ZONE})?)?$"
SERIAL = r"^[0-9]{1,5}(?:[.,][0-9]+)?$"
FIRST_SERIAL = dt.date(1899, 12, 30)  # day 0 of a spreadsheet
DAILY = (
    "storecast forecasts days: give daily sales, and add its forecast up where sums are wanted; for series of longer steps there "
    "are libraries such as statsforecast."
)
CLOCK_DIRECTIVES = ("%H", "%I", "%T", "%R", "%M", "%S", "%p", "%k", "%l", "%P", "%r")


def read_days(table: TextTable, column: s.Column, text: pl.Series, names: ColumnNames) -> pl.Series:
    """Return a column of days; null where a cell is empty.

    Parameters
    ----------
    table : the file, which names the line
    column : what it may hold
    text : the cells, stripped
    names : what `storecast.toml` says of dates: their format, the zone, and whether rows of a day are added up

    Raises
    ------
    DataError
        where a cell is no day in the one format that is expected, or a time that may mean another day
    """
    if names.date_format is None or column.name in table.dates:
        return _iso_days(table, column, text, names)
    if names.date_format == EXCEL:
        days, midnight = _serial_days(text)
        what = 'the number of a day in a spreadsheet, as date_format = "excel" in storecast.toml says'
    elif any(directive in names.date_format for directive in CLOCK_DIRECTIVES):
        times = text.str.to_datetime(names.date_format, strict=False)
        if times.null_count() > text.null_count():
            times = in_english(text).str.to_datetime(names.date_format, strict=False)
        days, midnight = times.dt.date(), times.dt.time() == dt.time()
        what = f"a date as date_format in storecast.toml says: {names.date_format}"
    else:
        days, midnight = text.str.to_date(names.date_format, strict=False), None
        if days.null_count() > text.null_count():
            days = in_english(text).str.to_date(names.date_format, strict=False)
        what = f"a date as date_format in storecast.toml says: {names.date_format}"
    _refuse_other_years(table, column, text, days, what)
    if midnight is not None:
        _refuse_times(table, column, midnight, names)
    return days


def _iso_days(table: TextTable, column: s.Column, text: pl.Series, names: ColumnNames) -> pl.Series:
    if (text.str.len_bytes() == len("2015-06-13")).all() and text.str.contains(ISO_DAY).all():
        days = text.str.to_date("%Y-%m-%d", strict=False)
        if (days.dt.year().is_between(s.FIRST_YEAR, s.LAST_YEAR)).all() and days.null_count() == text.null_count():
            return days
    shape = text.str.contains(ISO_TIME).fill_null(value=True)
    days = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    if not shape.all() or days.null_count() != text.null_count():
        _refuse_values_by_format(table, column, text, shape & days.is_not_null())
    clock = text.str.slice(10)
    midnight = clock.str.contains(MIDNIGHT)
    zoned = clock.str.contains(rf"{ZONE}$").fill_null(value=False)
    if zoned.any() and (names.timezone is not None or not midnight.filter(zoned).all()):
        if names.timezone is None:
            refuse(
                table,
                table.frame,
                zoned & ~midnight.fill_null(value=True),
                column.name,
                None,
                'a day of the store: say timezone = "Europe/Berlin", or another, in storecast.toml, in which it is one',
            )
        local = _local_times(text, names.timezone or "UTC")
        _refuse_other_years(
            table, column, text, pl.select(pl.coalesce(local.dt.date(), days)).to_series(), "an ISO time"
        )
        # Where clocks go forward at midnight, a day begins an hour later.
        begins = local.dt.offset_by("-1us").dt.date() < local.dt.date()
        midnight = pl.select(pl.when(zoned).then(begins).otherwise(midnight)).to_series()
        days = pl.select(pl.when(zoned).then(local.dt.date()).otherwise(days)).to_series().alias(days.name)
    _refuse_other_years(table, column, text, days, "an ISO date such as 2015-06-13")
    _refuse_times(table, column, midnight, names)
    return days


def _local_times(text: pl.Series, zone: str) -> pl.Series:
    """Return ISO times with a zone as times of another; null where a cell has none."""
    parts = text.str.extract_groups(
        r"^(?<day>[0-9-]{10})[T ](?<clock>[0-9:]{5,8})(?:[.,][0-9]+)? ?(?<zone>Z|UTC|GMT|[+-][0-9:]{2,6})$"
    ).struct.unnest()
    clock = pl.when(pl.col("clock").str.len_bytes() == len("00:00")).then(pl.col("clock") + ":00").otherwise("clock")
    offset = pl.col("zone").replace(dict.fromkeys(UTC, "+0000")).str.replace(":", "", literal=True)
    offset = pl.when(offset.str.len_bytes() == len("+02")).then(offset + "00").otherwise(offset)
    stamp = parts.select(pl.col("day") + "T" + clock + offset).to_series()
    return stamp.str.to_datetime("%Y-%m-%dT%H:%M:%S%z", strict=False).dt.convert_time_zone(zone)


def _serial_days(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the days of a spreadsheet's numbers, and which of them are midnight."""
    number = pl.when(text.str.contains(SERIAL)).then(text.str.replace(",", ".", literal=True)).cast(pl.Float64)
    frame = pl.select(number.alias("number")).with_columns(
        (pl.lit(FIRST_SERIAL) + pl.duration(days=pl.col("number").floor().cast(pl.Int64))).cast(pl.Date).alias("day"),
        (pl.col("number") == pl.col("number").floor()).alias("midnight"),
    )
    return frame["day"].alias(text.name), frame["midnight"]


def _refuse_values_by_format(table: TextTable, column: s.Column, text: pl.Series, shape: pl.Series) -> None:
    """Refuse cells that are no ISO dates, and name the formats that would read the column."""
    period = period_of(text)
    if period is not None:
        raise DataError(longer_steps(f"{table.name}, column {column.name}", period, text))
    formats = matching_formats(text)
    years = f", from {s.FIRST_YEAR} to {s.LAST_YEAR}"
    if not formats:
        what = 'an ISO date such as 2015-06-13, or date_format = "%d.%m.%Y" in storecast.toml' + years
    elif len(formats) == 1:
        what = f"an ISO date such as 2015-06-13{years}. date_format = {_toml(formats[0])} in storecast.toml reads the whole column"
    else:
        listed = " or ".join(f"date_format = {_toml(name)}" for name in formats[:3])
        what = (
            f"an ISO date such as 2015-06-13{years}. The column reads in several ways: say in storecast.toml {listed}"
        )
    refuse_values(table, column.name, text, shape, what)


def longer_steps(where: str, period: str, text: pl.Series) -> str:
    """Return the sentence that refuses weeks, months or years in place of days.

    Parameters
    ----------
    where : file and column
    period : what the column holds, from `period_of`
    text : its cells
    """
    return f"{where}: found {quote(text.drop_nulls()[0])}, so these are sales of {period}; expected a date for each row. {DAILY}"


def _toml(date_format: str) -> str:
    return f'"{date_format}"'


def _refuse_other_years(table: TextTable, column: s.Column, text: pl.Series, days: pl.Series, what: str) -> None:
    valid = days.dt.year().is_between(s.FIRST_YEAR, s.LAST_YEAR)
    refuse_values(table, column.name, text, valid, f"{what}, from {s.FIRST_YEAR} to {s.LAST_YEAR}")


def _refuse_times(table: TextTable, column: s.Column, midnight: pl.Series, names: ColumnNames) -> None:
    """Refuse times within a day, unless rows of a day are added up."""
    if names.sum_rows or midnight.all():
        return
    row = int((~midnight.fill_null(value=True)).arg_max() or 0)
    zone = "" if names.timezone is None else f" in {names.timezone}"
    raise DataError(
        f"{table.name}, {table.line(row)}, column {column.name}: found {quote(table.frame[column.name][row])}, which is not "
        f"midnight{zone}; expected a day. Give days alone, or add the rows of a day up: --sum, or sum = true in storecast.toml."
    )
