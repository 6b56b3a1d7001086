"""Languages: texts from catalogues of gettext, numbers and dates as each language writes them."""

import datetime as dt
import gettext
import io
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from storecast.errors import Amount, ConfigError, Difference, Enumeration, Factor, Message, Share, quote

LANGUAGES = {"en": "English", "de": "Deutsch"}
WITHOUT_CENTS_FROM = 1000  # of money
MINUS = "−"


def check_language(language: str) -> None:
    """Refuse a language that there are no texts in.

    Raises
    ------
    ConfigError
        where it is none of `LANGUAGES`
    """
    if language not in LANGUAGES:
        raise ConfigError(f"There is no language {quote(language)}. There are: {', '.join(LANGUAGES)}.")


@dataclass(frozen=True)
class Words:
    """One language.

    Attributes
    ----------
    catalogues : the folder of its translations: ``de.po`` and the like
    language : its code, one of `LANGUAGES`
    """

    catalogues: Path = field(repr=False)
    language: str = "en"

    def __post_init__(self) -> None:
        """Refuse a language that there are no texts in."""
        check_language(self.language)

    def text(self, message: str, **values: object) -> str:
        """Return a message in this language, with values in its places.

        Parameters
        ----------
        message : in English, as in the code; places are named: ``"{n} stores"``
        values : for the places, as text already where they are numbers or dates
        """
        if not message:
            return ""  # under which catalogues keep their header
        translated = _catalogue(self.catalogues, self.language).gettext(message)
        return translated.format(**values) if values else translated

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """Return a message in the form that a count asks for; ``{count}`` stands for it.

        Parameters
        ----------
        one, many : in English
        count : of things
        values : for other places
        """
        translated = _catalogue(self.catalogues, self.language).ngettext(one, many, count)
        return translated.format(count=self.number(count), **values)

    def message(self, message: Message) -> str:
        """Return a message in this language, with days and figures as it writes them, and messages within it translated, too."""
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
            case Factor():
                return format_decimal(value, format="#,##0.######", locale=self.language)
            case Enumeration():
                return value.separator.join(map(self.message, value.messages))
            case Message():
                return self.message(value)
        return value

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with so many digits after the point."""
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        text: str = format_decimal(round(value, digits) + 0.0, format=pattern, locale=self.language)
        return text.replace("-", MINUS)

    def money(self, value: float) -> str:
        """Return an amount: with cents where it is small."""
        return self.number(value, 0 if abs(value) >= WITHOUT_CENTS_FROM else 2)

    def signed(self, value: float) -> str:
        """Return a difference with its sign."""
        return ("+" if value > 0 else "") + self.money(value)

    def percent(self, share: float, digits: int = 1) -> str:
        """Return a share of one as percent."""
        return self.number(share * 100, digits) + ("\u00a0%" if self.language == "de" else "%")

    def signed_percent(self, share: float, digits: int = 1) -> str:
        """Return a change by a share of one as percent with its sign.

        Parameters
        ----------
        share : of one
        digits : after the point
        """
        return ("+" if round(share * 100, digits) > 0 else "") + self.percent(share, digits)

    def date(self, day: dt.date) -> str:
        """Return a date in words, as in 6 January 2014."""
        return self._date(day, "d. MMMM y", "d MMMM y")

    def day(self, day: dt.date) -> str:
        """Return a date of a year that is known, as in 6 Jan."""
        return self._date(day, "d. MMM", "d MMM")

    def weekday(self, day: dt.date) -> str:
        """Return a date with its weekday, as in Mon 6 Jan 2014."""
        return self._date(day, "EEE d. MMM y", "EEE d MMM y")

    def short_weekday(self, number: int) -> str:
        """Return the short name of a weekday, 1 for Monday to 7 for Sunday, as in Mon."""
        return self._date(dt.date(2000, 1, 2 + number), "EEE", "EEE")

    def span(self, first: dt.date, last: dt.date) -> str:
        """Return two dates of a year that is known, as in 6–12 Jan.

        Parameters
        ----------
        first, last : day of the span
        """
        if first == last:
            return self.day(first)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}{'.' if self.language == 'de' else ''}–{self.day(last)}"
        return f"{self.day(first)}–{self.day(last)}"

    def _date(self, day: dt.date, german: str, english: str) -> str:
        text: str = format_date(day, german if self.language == "de" else english, locale=self.language)
        return text


@cache
def _catalogue(folder: Path, language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with (folder / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
