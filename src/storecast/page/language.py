"""The languages of the page: texts from `locale/`, numbers and dates as each language writes them."""

import datetime as dt
import gettext
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.core import negotiate_locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from storecast.errors import Amount, Difference, Enumeration, Message, Share

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "de": "Deutsch"}
WITHOUT_CENTS_FROM = 1000  # of money


@dataclass(frozen=True)
class Words:
    """One language.

    Attributes
    ----------
    language : its code, one of `LANGUAGES`
    """

    language: str = "en"

    def text(self, message: str, **values: object) -> str:
        """Return a message in this language, with values in its places.

        Parameters
        ----------
        message : in English, as in the code; places are named: ``"{n} stores"``
        values : for the places, as text already where they are numbers or dates
        """
        translated = _catalogue(self.language).gettext(message)
        return translated.format(**values) if values else translated

    def message(self, message: str) -> str:
        """Return a text that comes from below the page in this language: days as it writes them, texts within it translated, too.

        A text without a translation stays English.
        """
        if not isinstance(message, Message):
            return self.text(message) if message else ""
        return self.text(message.template, **{name: self._value(value) for name, value in message.values.items()})

    def _value(self, value: object) -> object:
        match value:
            case dt.date():
                return self.date(value)
            case Difference():
                return self.signed(value)
            case Amount():
                return self.money(value)
            case Share():
                return self.percent(value, 0)
            case Enumeration():
                return value.separator.join(map(self.message, value.messages))
            case Message():
                return self.message(value)
        return value

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """Return a message in the form that a count asks for; ``{count}`` stands for it.

        Parameters
        ----------
        one, many : in English
        count : of things
        values : for other places
        """
        translated = _catalogue(self.language).ngettext(one, many, count)
        return translated.format(count=self.number(count), **values)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with so many digits after the point."""
        return format_decimal(value, format=f"#,##0.{'0' * digits}" if digits else "#,##0", locale=self.language)

    def money(self, value: float) -> str:
        """Return an amount: with cents where it is small."""
        return self.number(value, 0 if abs(value) >= WITHOUT_CENTS_FROM else 2)

    def signed(self, value: float) -> str:
        """Return a difference with its sign."""
        return ("+" if value > 0 else "") + self.money(value)

    def percent(self, share: float, digits: int = 1) -> str:
        """Return a share of one as percent."""
        figure = f"0.{'0' * digits}" if digits else "0"
        return format_percent(
            share, format=f"{figure} %" if self.language == "de" else f"{figure}%", locale=self.language
        )

    def signed_percent(self, share: float) -> str:
        """Return a change by a share of one as percent with its sign."""
        return ("+" if share > 0 else "") + self.percent(share)

    def date(self, day: dt.date) -> str:
        """Return a date, as in Jan 6, 2014."""
        return format_date(day, "medium", locale=self.language)

    def day(self, day: dt.date) -> str:
        """Return a date with its weekday, as in Mon, Jan 6."""
        return format_date(day, "EEE d. MMM" if self.language == "de" else "EEE, MMM d", locale=self.language)


def preferred_language(accept_language: str) -> str:
    """Return the language of ours that a browser likes most, by its header Accept-Language; English where it likes none."""
    wanted = [part.partition(";")[0].strip().replace("-", "_") for part in accept_language.split(",")]
    return (negotiate_locale(wanted, LANGUAGES) or "en")[:2]


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with (LOCALE / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
