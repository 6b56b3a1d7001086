"""The languages of the page: texts from `locale/`, numbers and dates as each language writes them."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel.core import Locale, negotiate_locale
from babel.dates import format_date
from babel.numbers import NumberPattern, format_decimal, format_percent, parse_pattern

from storecast import language
from storecast.answers import translated
from storecast.errors import Message
from storecast.language import LANGUAGES

LOCALE = Path(__file__).parent / "locale"


@dataclass(frozen=True)
class Words(language.Words):
    """One language, with the texts of the page, and its numbers and dates in the short form of screens.

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
        pattern = _pattern(f"#,##0.{'0' * digits}" if digits else "#,##0")
        return format_decimal(value, format=pattern, locale=_locale(self.language))

    def percent(self, share: float, digits: int = 1) -> str:
        """Return a share of one as percent."""
        figure = f"0.{'0' * digits}" if digits else "0"
        pattern = _pattern(f"{figure} %" if self.language == "de" else f"{figure}%")
        return format_percent(share, format=pattern, locale=_locale(self.language))

    def signed_percent(self, share: float, digits: int = 1) -> str:
        """Return a change by a share of one as percent with its sign."""
        return ("+" if share > 0 else "") + self.percent(share, digits)

    def date(self, day: dt.date) -> str:
        """Return a date, as in Jan 6, 2014."""
        return format_date(day, "medium", locale=_locale(self.language))

    def day(self, day: dt.date) -> str:
        """Return a date with its weekday, as in Mon, Jan 6."""
        return format_date(day, "EEE d. MMM" if self.language == "de" else "EEE, MMM d", locale=_locale(self.language))


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
