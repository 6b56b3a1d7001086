"""Find the formats that read a whole column of dates, to name them in a refusal; no date is ever read by such a guess."""

from collections.abc import Sequence

import polars as pl

from storecast import schema as s
from storecast.data.column_names import EXCEL
from storecast.data.date_words import in_english

FORMATS = (
    *(f"{day}{mark}{month}{mark}{year}" for mark in "./-" for year in ("%Y", "%y") for day, month in (("%d", "%m"), ("%m", "%d"))),
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%y-%m-%d", "%y/%m/%d", "%Y-%d-%m", "%Y.%m.%d.", "%Y年%m月%d日",
    "%d%m%Y", "%m%d%Y", "%y%m%d", "%d%m%y",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%d. %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d/%b/%Y",
)  # fmt: skip
MARKS = frozenset("./-,:年月日")
CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
PERIODS = {  # how a whole month, week, quarter or year is written
    "months": r"^([12][0-9]{3}[-/. ]?(0[1-9]|1[0-2])|(0?[1-9]|1[0-2])[-/.][12][0-9]{3}|[12][0-9]{3}[-M ]+(0?[1-9]|1[0-2])"
    r"|\p{L}{3,10}\.?[-/ .]+([12][0-9]{3}|[0-9]{2}))$",
    "weeks": r"^([12][0-9]{3}[-/ ]?(W|KW|S|T|week )[-/ ]?[0-9]{1,2}|(W|KW|S|T|week )[-/ ]?[0-9]{1,2}[-/ ][12][0-9]{3})$",
    "quarters": r"^([12][0-9]{3}[-/ ]?[QT][1-4]|[QT][1-4][-/ ][12][0-9]{3})$",
    "years": r"^(19|20)[0-9]{2}$",
}
SERIALS = (32874, 73415)  # 1990-01-01 and 2100-12-31 in a spreadsheet


def matching_formats(text: pl.Series) -> list[str]:
    """Return the formats that read every cell of a column as a day between the first and the last year, each with other days.

    Parameters
    ----------
    text : the cells; null where they are empty

    Examples
    --------
    >>> matching_formats(pl.Series(["31/01/2014", "01/02/2014"]))
    ['%d/%m/%Y']
    >>> matching_formats(pl.Series(["01/02/2014"]))
    ['%d/%m/%Y', '%m/%d/%Y']
    """
    days = text.drop_nulls().unique().sort()
    if days.is_empty():
        return []
    serials = days.str.extract(r"^([0-9]{5})(?:[.,][0-9]+)?$").cast(pl.Int64)
    if serials.is_between(*SERIALS).fill_null(value=False).all():
        return [EXCEL]
    formats = _formats(days, FORMATS)
    if formats or (english := in_english(days)).equals(days):
        return formats
    return _formats(english, FORMATS)


def _formats(days: pl.Series, possible: Sequence[str]) -> list[str]:
    formats: list[str] = []
    readings: list[pl.Series] = []
    marks = _marks(days[0])
    if not any(character.isdigit() for character in days[0]):
        return []
    for date_format, with_clock in ((day + clock, clock != "") for clock in CLOCKS for day in possible):
        if _marks(date_format) != marks:  # most formats end here, without a look at the column
            continue
        reading = _read(days, date_format, with_clock=with_clock)
        if reading is not None and not any(reading.equals(other) for other in readings):
            formats.append(date_format)
            readings.append(reading)
    return formats


def _marks(text: str) -> str:
    """Return what stands between the numbers of a date, or of a format, without spaces and letters."""
    return "".join(character for character in text if character in MARKS)


def period_of(text: pl.Series) -> str | None:
    """Return what longer steps than days a column holds, in words: months, weeks, quarters or years; None where it does not.

    Parameters
    ----------
    text : the cells; null where they are empty

    Examples
    --------
    >>> period_of(pl.Series(["2014-01", "2014-02"])), period_of(pl.Series(["2014-W05"])), period_of(pl.Series(["2014-01-05"]))
    ('months', 'weeks', None)
    """
    cells = text.drop_nulls().unique()
    return next((name for name, shape in PERIODS.items() if len(cells) and cells.str.contains(shape).all()), None)


def _read(days: pl.Series, date_format: str, *, with_clock: bool) -> pl.Series | None:
    """Return the days of a column in a format; None where it does not read them all."""
    for part in (days.head(3), days):
        parsed = (
            part.str.to_datetime(date_format, strict=False)
            if with_clock
            else part.str.to_date(date_format, strict=False)
        )
        if not parsed.dt.year().is_between(s.FIRST_YEAR, s.LAST_YEAR).fill_null(value=False).all():
            return None
    return parsed
