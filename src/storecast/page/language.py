"""The languages of the page: texts from `locale/`, numbers and dates as each language writes them."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from babel.core import Locale, negotiate_locale
from babel.dates import format_date
from babel.numbers import NumberPattern, format_decimal, format_percent, parse_pattern

from storecast import language
from storecast.answers import translated
from storecast.errors import Message
from storecast.language import LANGUAGES, WITHOUT_CENTS_FROM

LOCALE = Path(__file__).parent / "locale"
CENTS = 2  # digits of money
MONEY, DATE = "#,##0.00", "yyyy-mm-dd"  # formats of a spreadsheet


class Shown(str):
    """A number or a day as a language writes it, with its value for files.

    Attributes
    ----------
    value : that is written
    digits : after the point, as far as a file keeps them
    pattern : the format that a spreadsheet shows the value in
    whole : the text of an amount without cents, which a column of large amounts shows; empty: there is none
    """

    __slots__ = ("digits", "pattern", "value", "whole")

    value: float | dt.date
    digits: int
    pattern: str
    whole: str

    def __new__(cls, text: str, value: float | dt.date, pattern: str, digits: int = CENTS, whole: str = "") -> Self:
        """Return a text with its value.

        Parameters
        ----------
        text, value : of one thing
        pattern : the format that a spreadsheet shows the value in
        digits : after the point, as far as a file keeps them
        whole : the text of an amount without cents
        """
        shown = super().__new__(cls, text)
        shown.value, shown.pattern, shown.digits, shown.whole = value, pattern, digits, whole
        return shown

    def without_cents(self) -> "Shown":
        """Return the same amount as a column of large amounts shows it."""
        return Shown(self.whole, self.value, self.pattern, self.digits, self.whole)


@dataclass(frozen=True)
class Words(language.Words):
    """One language, with the texts of the page, and its numbers and dates in the short form of screens, each a `Shown`.

    Attributes
    ----------
    catalogues : the folder of its translations
    language : its code, one of `LANGUAGES`
    """

    catalogues: Path = field(default=LOCALE, repr=False, kw_only=True)
    language: str = "en"

    def message(self, message: str) -> str:
        """Return a text that comes from below the page in this language: days as it writes them, texts within it translated, too.

        A text without a translation stays English. One that is no `Message` is found by the template that it was made from.
        """
        if isinstance(message, Message):
            return super().message(message)
        text = self.text(message)
        return translated(text, self.language) if text == message else text

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with so many digits after the point."""
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        text = format_decimal(value, format=_pattern(pattern), locale=_locale(self.language))
        return Shown(text, value, pattern, max(digits, CENTS))

    def money(self, value: float) -> str:
        """Return an amount: with cents where it is small."""
        return self._money(super().money(value), value)

    def signed(self, value: float) -> str:
        """Return a difference with its sign."""
        return self._money(super().signed(value), value, "+" if round(value) > 0 else "")

    def _money(self, text: str, value: float, sign: str = "") -> str:
        whole = text if abs(value) >= WITHOUT_CENTS_FROM else sign + super().number(value)
        return Shown(text, value, MONEY, whole=whole)

    def percent(self, share: float, digits: int = 1) -> str:
        """Return a share of one as percent."""
        return self._percent(share, digits)

    def signed_percent(self, share: float, digits: int = 1) -> str:
        """Return a change by a share of one as percent with its sign."""
        return self._percent(share, digits, "+" if round(share, digits + 2) > 0 else "")

    def _percent(self, share: float, digits: int, sign: str = "") -> str:
        figure = f"0.{'0' * digits}" if digits else "0"
        pattern = _pattern(f"{figure} %" if self.language == "de" else f"{figure}%")
        rounded = round(share, digits + 2) + 0.0  # there is no -0%
        text = format_percent(rounded, format=pattern, locale=_locale(self.language))
        return Shown(sign + text, share, f"{figure}%", digits + 2)

    def date(self, day: dt.date) -> str:
        """Return a date, as in Jan 6, 2014."""
        return Shown(format_date(day, "medium", locale=_locale(self.language)), day, DATE)

    def day(self, day: dt.date) -> str:
        """Return a date with its weekday, as in Mon, Jan 6."""
        pattern = "EEE d. MMM" if self.language == "de" else "EEE, MMM d"
        return Shown(format_date(day, pattern, locale=_locale(self.language)), day, DATE)


@cache
def _pattern(text: str) -> NumberPattern:
    return parse_pattern(text)  # Babel would parse it for each number


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)  # Babel takes longer to look it up than to write a number


def preferred_language(accept_language: str) -> str:
    """Return the language of ours that a browser likes most, by its header Accept-Language; English where it likes none."""
    wanted = [part.partition(";")[0].strip().replace("-", "_") for part in accept_language.split(",")]
    return (negotiate_locale(wanted, LANGUAGES) or "en")[:2]
