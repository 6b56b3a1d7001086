"""Read a column of numbers. Which mark is the decimal one is decided by the whole column; where it may be either, it is refused.

`2,760` may be 2760 or 2.76, and so may `2.760`, whatever separates the fields. A column speaks for one reading where the other
cannot read all of it: `12,5` has no group of three digits, `1.234.567` has two points, `1,234.50` uses both marks, `0.125`
begins with a zero. Where every number reads both ways, `decimal` in storecast.toml says which mark is the decimal one.
The sign or code of one currency may stand beside every number, as in `€ 12,50`.
"""

from dataclasses import replace

import polars as pl

from storecast import schema as s
from storecast.data.dialect import TextTable
from storecast.data.refuse_rows import refuse, refuse_values
from storecast.errors import quote

SPACES = "[ \u00a0\u2007\u2009\u202f'\u2019]"  # between thousands; apostrophes are Swiss
MINUS = "[-\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d]"  # a minus sign, or a dash in its place
CURRENCY = (
    r"(?:[A-Z]{0,2}\p{Sc}|[A-Z]{3}|Kč|zł|kr\.?|Ft|lei|S/|S?Fr\.?|Rs\.?|Rp\.?|RM|R|TL|руб\.?)"  # a sign or an ISO code
)
GROUPED = r"^[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+$"
MIN_FRACTIONS = 10  # with one or two digits, that show how a column is written
MIN_GROUPS = 10  # of three digits, where others have one or two: fewer may be slips, which the chain's days show
MAX_SHARE_OF_GROUPS = 0.75  # of the numbers with a mark; where more have three digits, zeros at the end may be left out
FIRST_LOOK = 1000  # values; most columns are decided by them
OTHER = {".": ",", ",": "."}


def read_numbers(table: TextTable, column: s.Column, text: pl.Series, decimal: str | None) -> pl.Series:
    """Return a column of numbers; null where a cell is empty.

    Parameters
    ----------
    table : the file, which names the line
    column : what it may hold
    text : the cells, stripped
    decimal : the decimal mark that storecast.toml names; None: the column decides

    Raises
    ------
    DataError
        where a cell is no number, or every number with a mark could be read in two ways
    """
    if column.name in table.numbers:
        return text.cast(pl.Float64, strict=False)
    if column.name in table.mixed:  # cells of a workbook that are numbers say nothing of how its texts are written
        typed = table.mixed[column.name].head(len(text))
        texts = read_numbers(replace(table, mixed={}), column, text.set(typed, None), decimal)
        return texts.zip_with(~typed, text.cast(pl.Float64, strict=False))
    whole = text.cast(pl.Int64, strict=False)
    if whole.null_count() == text.null_count():  # as most columns are: no marks to read in one way or the other
        return whole.cast(pl.Float64)
    for mark in ".,":
        plain = _plain_numbers(text, mark) if decimal in (None, mark) else None
        if plain is not None:
            if decimal is None:
                _refuse_mixed_groups(table, column, text, text, mark)
            return plain
    signed = _with_plain_signs(_without_currency(_with_cents(text)))
    marks = ".," if decimal is None else decimal
    valid = {mark: signed.str.contains(_pattern(mark)).fill_null(value=True) for mark in marks}
    readings = {mark: _values(signed, mark) for mark in marks if valid[mark].all()}
    if not readings:
        likely = max(marks, key=lambda mark: int(valid[mark].sum()))
        setting = "" if decimal is None else f' with decimal = "{decimal}", as storecast.toml says'
        refuse_values(table, column.name, text, valid[likely], column.expected + setting)
    if len(readings) == 2:
        if column.kind == "flag" or column.dtype.is_integer():
            possible = {mark: values for mark, values in readings.items() if _is_possible(column, values)}
            readings = possible or readings
        _refuse_two_readings(table, column, text, list(readings.values()))
    if decimal is None:
        _refuse_mixed_groups(table, column, text, signed, next(iter(readings)))
    return next(iter(readings.values()))


def _plain_numbers(text: pl.Series, mark: str) -> pl.Series | None:
    """Return numbers without groups of thousands, quickly; None where a column needs a closer look."""
    if mark == ",":
        if text.str.contains(".", literal=True).any():
            return None
        text = text.str.replace(",", ".", literal=True)
    values = text.cast(pl.Float64, strict=False)
    if values.null_count() != text.null_count():
        return None
    marked = text.filter(text.str.contains(".", literal=True))
    parts = (marked.head(FIRST_LOOK), marked)
    return values if marked.is_empty() or any(not part.str.contains(GROUPED).all() for part in parts) else None


def _with_cents(text: pl.Series) -> pl.Series:
    """Return numbers with zeros in place of the dash that stands for no cents: `12,-` is twelve, and not minus twelve."""
    return text.str.replace(r"([0-9][.,])[-\u2013\u2014]{1,2}([^0-9]*)$", "${1}00$2")


def _without_currency(text: pl.Series) -> pl.Series:
    """Return numbers without their currency, where it is one and the same beside each; else as they are."""
    given = text.drop_nulls()
    if given.head(1).str.contains(CURRENCY).not_().any() or given.str.extract(f"({CURRENCY})").n_unique() > 1:
        return text
    behind = text.str.replace(rf"^(\(?[+-]?{MINUS}?) ?{CURRENCY} ?([-0-9.,\u2212])", "$1$2")
    return behind.zip_with(behind != text, text.str.replace(rf"([0-9.,]{MINUS}?){SPACES}?{CURRENCY}(\)?)$", "$1$2"))


def _with_plain_signs(text: pl.Series) -> pl.Series:
    """Return numbers with a hyphen before those below zero, and plain spaces between thousands."""
    return (
        text.str.replace_all(SPACES, " ")
        .str.replace(r"^\( ?([^()]+?) ?\)$", "-$1")
        .str.replace(rf"^([0-9., ]+?) ?{MINUS}$", "-$1")
        .str.replace(rf"^{MINUS} *", "-")
    )


def _pattern(mark: str) -> str:
    """Return what a number looks like with a decimal mark; thousands may stand apart by spaces or the other mark."""
    groups = "|".join(rf"[1-9][0-9]{{0,2}}(?:[{gap}][0-9]{{3}})+" for gap in (" ", OTHER[mark]))
    groups += rf"|[1-9][0-9]?(?:[{OTHER[mark]}][0-9]{{2}})+[{OTHER[mark]}][0-9]{{3}}"  # in India: 1,23,456
    fraction = rf"(?:[{mark}][0-9]*)?(?:[eE][+-]?[0-9]+)?"
    return rf"^[+-]?(?:(?:[0-9]+|{groups}){fraction}|[{mark}][0-9]+)$"


def _values(signed: pl.Series, mark: str) -> pl.Series:
    without_gaps = signed.str.replace_all(f"[ {OTHER[mark]}]", "")
    return without_gaps.str.replace(mark, ".", literal=True).cast(pl.Float64, strict=False)


def _is_possible(column: s.Column, values: pl.Series) -> bool:
    whole = (values == values.round()).all() if column.kind == "flag" or column.dtype.is_integer() else True
    frame = pl.DataFrame({column.name: values})
    return bool(whole) and not frame.select(column.invalid().any()).item()


def _refuse_mixed_groups(table: TextTable, column: s.Column, text: pl.Series, signed: pl.Series, mark: str) -> None:
    """Refuse `5.263` among numbers such as `5,263.00`: it may be thousands that someone wrote in another way.

    It is no number with a decimal mark there if all others with that mark have two digits behind it. Of sales, one or two digits
    say so, too, unless nearly all have three: then zeros at the end may have been left out.
    """
    grouped = signed.str.contains(rf"^[+-]?[1-9][0-9]{{0,2}}[{mark}][0-9]{{3}}$").fill_null(value=False)
    if not grouped.any():
        return
    marked = signed.str.contains(mark, literal=True).fill_null(value=False)
    others = signed.filter(marked & ~grouped)
    if len(others) < MIN_FRACTIONS or not others.str.contains(rf"[{mark}][0-9]{{1,2}}$").all():
        return
    cents = others.str.contains(rf"[{mark}][0-9]{{2}}$").all()
    groups = int(grouped.sum())
    rare = column.name in (s.SALES, s.CUSTOMERS) and MIN_GROUPS <= groups <= MAX_SHARE_OF_GROUPS * int(marked.sum())
    if cents or rare:
        refuse(
            table,
            pl.DataFrame({column.name: text}),
            grouped,
            column.name,
            None,
            f"{'two digits' if cents else 'at most two digits'} behind {quote(mark)}, as in the other numbers. Where it stands "
            f'before thousands, correct it; decimal = "{mark}" in storecast.toml says that it is the decimal mark here, too',
        )


def _refuse_two_readings(table: TextTable, column: s.Column, text: pl.Series, readings: list[pl.Series]) -> None:
    """Refuse a column that reads two ways with different numbers."""
    if len(readings) == 2:
        differ = (readings[0] != readings[1]).fill_null(value=False)
        if differ.any():
            point, comma = (f"{values.filter(differ)[0]:.15g}" for values in readings)
            expected = (
                "numbers that read one way: every mark in the column stands before three digits. "
                f'Say decimal = "." in storecast.toml where this is {point}, or decimal = "," where it is {comma}'
            )
            refuse(table, pl.DataFrame({column.name: text}), differ, column.name, None, expected)
