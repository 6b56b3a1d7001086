"""The languages of the workbook of a plan: texts from `locale/`, dates as spreadsheets write them there."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from storecast.language import LANGUAGES, Words
from storecast.plan.overrides import USUAL_REASONS

LOCALE = Path(__file__).parent / "locale"
GERMAN = "de"


@dataclass(frozen=True)
class WorkbookWords(Words):
    """One language, with the texts of the workbook, days in digits and money to the cent.

    Attributes
    ----------
    catalogues : the folder of its translations
    language : its code, one of `LANGUAGES`
    """

    catalogues: Path = field(default=LOCALE, repr=False, kw_only=True)
    language: str = "en"

    @property
    def day_format(self) -> str:
        """How a cell shows a day."""
        return "dd.mm.yyyy" if self.language == GERMAN else "yyyy-mm-dd"

    def date(self, day: dt.date) -> str:
        """Return a day as cells show it."""
        return f"{day:%d.%m.%Y}" if self.language == GERMAN else f"{day:%Y-%m-%d}"

    def reason(self, name: str, names: Sequence[str]) -> str:
        """Return a reason as cells show it: a usual one in the language, unless one of the chain's own is called so.

        Parameters
        ----------
        name : of the reason
        names : of all reasons that an override may have
        """
        shown = self.text(name) if name in USUAL_REASONS else name
        return name if shown in names else shown

    def money(self, value: float) -> str:
        """Return an amount to the cent."""
        return self.number(value, 2)


ENGLISH = WorkbookWords()
EVERY_LANGUAGE = tuple(map(WorkbookWords, LANGUAGES))  # that a workbook may come back in
USUAL_REASON_OF = {words.text(name): name for words in EVERY_LANGUAGE for name in USUAL_REASONS}  # by what cells show
