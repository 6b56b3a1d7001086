"""Answers in another language: English texts that hold figures, recognised by the templates that they were made from.

The sentences of the exploration and of warnings are put together from parts, and some are kept in databases as text. So they are
translated whole, from templates with places: what stands in a place is translated by the same templates, or is a figure, which is
written as the language does. A place called ``name`` or ``names`` holds what the data call something, which no language
changes. A text without a template stays English.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

ENGLISH = "en"
CATALOGUES = Path(__file__).parent / "locale"
LABEL = "label"  # the context of texts that stand alone: in the nominative
SENTENCE, PART = "sentence", "part"  # of the other texts, those that end with a full stop, and the others
NAME, NAMES = "name", "names"  # places that are kept as they are, or but for the words between them
MOST_TOGETHER = 3  # sentences of one template, or pieces of one whose names hold full stops
MOST_KEPT = 4096  # texts
_PLACE = re.compile(r"\{(\w+)\}")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9“])")
_JOINTS = ("; ", ": ", ", ", " and ", " or ", " to ", " (", ")")  # of parts that are translated each by itself
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_WORD = re.compile(r"[A-Za-z]{3,}")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_LETTER = re.compile(r"[A-Za-z]")
_SHARE = re.compile(r"(?<=\d)%")
_ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}")  # two words in a row are no name


@dataclass(frozen=True)
class _Template:
    """A text with places.

    Attributes
    ----------
    start, end : what it begins and ends with, to pass over it quickly
    pattern : of the whole text
    translation : with the same places
    """

    start: str
    end: str
    pattern: re.Pattern[str]
    translation: str

    def match(self, text: str) -> re.Match[str] | None:
        """Return the places of a text that was made from it."""
        return self.pattern.fullmatch(text) if text.startswith(self.start) and text.endswith(self.end) else None


class _UntranslatedError(Exception):
    """A part of a text has no template: half a translation is worse than none."""


@dataclass(frozen=True)
class _Templates:
    """Texts of one kind with their translations: those without places, and the others, those with most text of their own first."""

    whole: dict[str, str]
    with_places: Sequence[_Template]


@lru_cache(MOST_KEPT)
def translated(text: str, language: str) -> str:
    """Return sentences in a language; those that have no template there stay English.

    Parameters
    ----------
    text : in English
    language : a code, as of `storecast.language.Words`
    """
    if language == ENGLISH or not text:
        return text
    whole = _templates(language)[SENTENCE].whole.get(text)
    if whole is not None:
        return whole
    sentences, written = _SENTENCE_END.split(text), []
    while sentences:
        sizes = range(1, min(MOST_TOGETHER, len(sentences)) + 1)
        size, sentence = next(
            ((size, each) for size in sizes if (each := _sentence(" ".join(sentences[:size]), language)) is not None),
            (1, sentences[0]),
        )
        written.append(sentence)
        del sentences[:size]
    return " ".join(written)


@lru_cache(MOST_KEPT)
def translated_label(text: str, language: str) -> str:
    """Return a text that stands alone in a language: a heading, a legend, the name of a row. One without a template stays as it is.

    Parameters
    ----------
    text : in English
    language : a code, as of `storecast.language.Words`
    """
    if language == ENGLISH or not text:
        return text
    templates = _templates(language)
    for kind in (LABEL, PART):
        other = _by_template(text, language, templates[kind])
        if other is not None:
            return other
    try:
        return _part(text, language) if _DAY.search(text) or not _LETTER.search(text) else text
    except _UntranslatedError:
        return text


@lru_cache(MOST_KEPT)
def translated_cell(text: str, language: str) -> str:
    """Return a value of a table in a language, with its numbers and dates as written there.

    Parameters
    ----------
    text : in English
    language : a code, as of `storecast.language.Words`
    """
    if language == ENGLISH or not text:
        return text
    label = translated_label(text, language)
    if label != text:
        return label
    try:
        return _part(text, language)
    except _UntranslatedError:
        return text


def _sentence(text: str, language: str) -> str | None:
    """Return a sentence by its template, else by the parts that it is made of."""
    other = _by_template(text, language, _templates(language)[SENTENCE])
    if other is not None:
        return other
    stop = "." if text.endswith(".") else ""
    parts = text.removesuffix(stop)
    for first in (parts[:1], parts[:1].lower()):
        try:
            other = _part(first + parts[1:], language)
        except _UntranslatedError:
            continue
        return f"{other[:1].upper()}{other[1:]}{stop}" if stop else other
    return None


def _by_template(text: str, language: str, templates: _Templates) -> str | None:
    """Return a text by the first template that it can be made from; None where there is none.

    Parameters
    ----------
    text : in English
    language : its code
    templates : of the language
    """
    if text in templates.whole:
        return templates.whole[text]
    for template in templates.with_places:
        match = template.match(text)
        if match is None:
            continue
        try:
            values = {place: _value(place, value, language) for place, value in match.groupdict().items()}
        except _UntranslatedError:
            continue
        return template.translation.format(**values)
    return None


def _value(place: str, text: str, language: str) -> str:
    if _kind(place) == NAMES:
        return text.replace(" and ", _templates(language)[PART].whole[" and "])
    return text if _kind(place) == NAME else _part(text, language)


def _part(text: str, language: str) -> str:
    """Return what stands in a place: by a template, else by its parts, else as figures."""
    templates = _templates(language)[PART]
    whole = _by_template(text, language, templates)
    if whole is not None:
        return whole
    for joint in _JOINTS:
        if joint in text:
            between = templates.whole.get(joint, joint)
            return between.join(_part(each, language) for each in text.split(joint))
    if _ENGLISH.search(text):
        raise _UntranslatedError
    return _figures(_WORD.sub(lambda match: templates.whole.get(match[0], match[0]), text))


def _figures(text: str) -> str:
    """Write dates and numbers as German does, the only other language so far."""
    if _DAY.search(text):
        return _DAY.sub(r"\3.\2.\1", text)
    return _SHARE.sub("\u00a0%", _NUMBER.sub(lambda match: match[0].translate({44: ".", 46: ","}), text))


@cache
def _templates(language: str) -> dict[str, _Templates]:
    """Return the templates of a language by their kind."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        catalogue = [(_kind_of(each), str(each.id), str(each.string)) for each in read_po(file) if each.id]
    ordered = sorted(catalogue, key=lambda entry: -len(_PLACE.sub("", entry[1])))
    return {
        kind: _Templates(
            {text: other for its_kind, text, other in ordered if its_kind == kind},
            [_template(text, other) for its_kind, text, other in ordered if its_kind == kind and _PLACE.search(text)],
        )
        for kind in (LABEL, SENTENCE, PART)
    }


def _kind_of(message: Message) -> str:
    return message.context or (SENTENCE if str(message.id).endswith(".") else PART)


def _template(text: str, translation: str) -> _Template:
    pieces = _PLACE.split(text)
    within = ".+?" if text.endswith(".") else "[^;]+?"

    def place(piece: str) -> str:
        return f"(?P<{piece}>{'[^;:]+?' if _kind(piece) in (NAME, NAMES) else within})"

    pattern = "".join(place(piece) if k % 2 else re.escape(piece) for k, piece in enumerate(pieces))
    return _Template(pieces[0], pieces[-1], re.compile(pattern), translation)


def _kind(place: str) -> str:
    """Return the name of a place without its number."""
    return place.rstrip("0123456789")
