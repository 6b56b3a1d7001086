"""The German of a catalogue beside the messages of the source: complete, with nothing left over, and with the same places."""

import string
from pathlib import Path

from babel.messages.pofile import read_po


def german_of(folder: Path) -> dict[str, str]:
    """Return the German of each message of a catalogue; of a plural, that of either form.

    Parameters
    ----------
    folder : of the catalogue
    """
    with (folder / "de.po").open("rb") as file:
        catalogue = read_po(file, locale="de")
    pairs: dict[str, str] = {}
    for message in catalogue:
        if isinstance(message.id, tuple):
            pairs |= dict(zip(message.id, message.string, strict=True))
        elif message.id:
            pairs[message.id] = message.string
    return pairs


def assert_complete(messages: set[str], translated: dict[str, str]) -> None:
    """Check that every message has its German, and that no German is left over.

    Parameters
    ----------
    messages : of the source
    translated : the German of each, as `german_of` returns it
    """
    assert sorted(messages - set(translated)) == []
    assert sorted(set(translated) - messages) == []
    assert [text for text, in_german in translated.items() if not in_german] == []


def with_other_places(translated: dict[str, str], *, left_out: str = "") -> set[str]:
    """Return the messages whose German has other places than they have.

    Parameters
    ----------
    translated : the German of each message
    left_out : a place that either may lack, as the count of a single thing
    """
    return {text for text, in_german in translated.items() if (_places(text) ^ _places(in_german)) - {left_out}}


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
