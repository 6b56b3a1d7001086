"""What can go wrong, as one tree.

StorecastError
└── UserError           the user can mend it: exit code 2, or a 4xx
    ├── DataError       a file, line, column or value of the input
    │   └── CellsError      cells of a workbook, each by its name
    ├── ConfigError     an option, a setting, a name that does not exist
    ├── HistoryError    there is too little past for what was asked
    ├── ModelFileError  a model file is refused, with the reason
    │   └── TrialTooSlowError   its trial forecast took too long: nothing is known against it, and it is worth another try
    ├── ConflictError   what is written stands already, with other values
    ├── BusyError       the same job is at work on the same folder already
    ├── WorkersLostError   worker processes, or the workers of a cluster, are lost or cannot be reached
    ├── NotSentError    a notice was not taken by a mail server or a webhook
    ├── MissingError    what is asked for by its number is not there: a 404
    └── DatabaseError   a database is not what was expected
        └── DatabaseUnavailable   it does not answer now: a 503, and worth another try

Anything else that is raised is our own mistake: exit code 1, with its traceback.
"""

import datetime as dt
import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

QUOTE_LIMIT = 200


class Message(str):
    """A text for people: English by itself, and its template with its values beside it for other languages.

    Parameters
    ----------
    template : in English; places are named: ``"The plan has no version {version}."``
    values : for the places; without any the template is the text itself

    Examples
    --------
    >>> Message("The plan has no version {version}.", version=3)
    'The plan has no version 3.'
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        """Fill the values in."""
        message = super().__new__(cls, template.format(**values) if values else template)
        message.template = template
        message.values = values
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """Return what makes it anew in another process."""
        return (self.template,), self.values


Write = Callable[[Message], str]  # of a message in the language of its reader; `str`: English


class Amount(float):
    """Money in a message, English by itself.

    Examples
    --------
    >>> Message("it sold {sales}", sales=Amount(12000))
    'it sold 12,000.00'
    """

    def __format__(self, _spec: str) -> str:
        """Return ``12,000.00``."""
        return f"{float(self):,.2f}"


class Difference(Amount):
    """A difference of money in a message."""

    def __format__(self, _spec: str) -> str:
        """Return ``+12,000.00``."""
        return f"{float(self):+,.2f}"


class Share(float):
    """A share of one in a message."""

    def __format__(self, _spec: str) -> str:
        """Return ``12%``."""
        return f"{float(self):.0%}"


class Factor(float):
    """A factor in a message.

    Examples
    --------
    >>> Message("the forecast × {factor}", factor=Factor(1.10))
    'the forecast × 1.1'
    """

    def __format__(self, _spec: str) -> str:
        """Return ``1.1``."""
        return f"{float(self):g}"


@dataclass(frozen=True)
class Enumeration:
    """Several messages within one.

    Attributes
    ----------
    messages : in their order
    separator : between them
    """

    messages: tuple[Message, ...]
    separator: str = ", "

    def __str__(self) -> str:
        """Return them in English."""
        return self.separator.join(self.messages)


def moment(at: dt.datetime) -> Message:
    """Return a moment, UTC, for a message.

    Examples
    --------
    >>> moment(dt.datetime(2014, 1, 6, 5, 30))
    '2014-01-06 05:30 UTC'
    """
    return Message("{day} {time} UTC", day=at.date(), time=f"{at:%H:%M}")


class StorecastError(Exception):
    """Base of every error that storecast raises on purpose."""


class UserError(StorecastError):
    """A mistake that the user can mend; its message says what was found, what was expected and what to do.

    Parameters
    ----------
    message : in English, with named places where there are values for them
    values : for the places; the web page translates the message and writes the values as its language does

    Attributes
    ----------
    message : with its template and its values
    """

    def __init__(self, message: str, **values: object) -> None:
        self.message = message if isinstance(message, Message) and not values else Message(message, **values)
        super().__init__(self.message)


class DataError(UserError):
    """An input file cannot be used as it is."""


class CellsError(DataError):
    """Cells of a workbook cannot be read.

    Attributes
    ----------
    cells : the name of each, such as Weeks!K12, and what was expected there
    """

    def __init__(self, message: str, cells: Iterable[tuple[str, str]], **values: object) -> None:
        super().__init__(message, **values)
        self.cells = tuple(cells)


class ConfigError(UserError):
    """An option or a setting has no meaning."""


class HistoryError(UserError):
    """The data hold too little past for the question."""


class ModelFileError(UserError):
    """A model file is refused; nothing in it has run."""


class TrialTooSlowError(ModelFileError):
    """The trial forecast of a model file took too long: the machine is busy, or the model slow; nothing is wrong with the file."""


class BusyError(UserError):
    """The same job is at work on the same folder already."""


class ConflictError(UserError):
    """What is to be written stands already, with other values.

    Attributes
    ----------
    public : the message to those who may not read what is stored; empty: they are told that there is a conflict, and no more
    column : that stands with another value; empty: the conflict is not one of a column
    """

    def __init__(self, message: str, *, public: str = "", column: str = "", **values: object) -> None:
        super().__init__(message, **values)
        self.public = public
        self.column = column


class WorkersLostError(UserError):
    """The workers of a job are lost, or cannot be reached; its files are as they were or whole."""


class NotSentError(UserError):
    """A notice was not taken by the mail server or the webhook that it went to."""


class MissingError(UserError):
    """What is asked for by its number or name is not there."""


class DatabaseError(UserError):
    """A database is not what was expected: not made by storecast, empty, or of another version."""


class DatabaseUnavailable(DatabaseError):  # noqa: N818 - a state of the world, which passes
    """A database does not answer now: it is down, busy, full or read-only."""


def quote(value: object) -> str:
    r"""Return a value as it may stand in a message: what cannot be printed escaped, and never more than 200 characters of a file.

    Examples
    --------
    >>> quote("Umsätze")
    "'Umsätze'"
    >>> quote("a\nb")
    "'a\\nb'"
    """
    text = repr(str(value))
    return text if len(text) <= QUOTE_LIMIT else text[: QUOTE_LIMIT - 4] + "...'"


def hint(name: str, names: Iterable[str]) -> Message:
    """Return a question that names what was probably meant; empty where nothing is near.

    Examples
    --------
    >>> hint("bosting", ["linear", "boosting"])
    ' Did you mean boosting?'
    """
    close = nearest(name, names)
    return Message(" Did you mean {name}?", name=close) if close else Message("")


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant; None where nothing is near."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1)), None)
