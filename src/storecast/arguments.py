"""Arguments of the public functions: what was found, and what was expected, in words."""

from typing import Any

from storecast.errors import ConfigError, quote

PANEL = "a Panel: Panel.from_frames(frame) makes one of data frames, check(folder).panel of files"
FOLDER = "the path of a folder or a file"


def check_argument(name: str, value: object, kinds: Any, expected: str) -> None:
    """Refuse an argument of another type.

    Parameters
    ----------
    name : of the argument
    value : that was given
    kinds : the type that is expected, or several of them
    expected : the same in words

    Raises
    ------
    ConfigError
        where it is of another type

    Examples
    --------
    >>> check_argument("horizon", 14, int, "a number of days")
    >>> check_argument("horizon", "14", int, "a number of days")
    Traceback (most recent call last):
    storecast.errors.ConfigError: horizon: found a str, '14'; expected a number of days.
    """
    if isinstance(value, kinds):
        return
    kind = type(value).__name__
    given = f"{'an' if kind[0].lower() in 'aeio' else 'a'} {kind}"
    if isinstance(value, str | int | float):
        given += f", {quote(value) if isinstance(value, str) else value}"
    raise ConfigError(f"{name}: found {given}; expected {expected}.")
