"""Answers in another language: English sentences that hold figures, found again by the templates that they were made from.

The sentences of the exploration and of warnings are put together from parts, and some are kept in databases as text. So they are
translated whole, from templates with places: what stands in a place is translated by the same templates, or is a figure, which is
written as the language does. A sentence without a template stays English.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

ENGLISH = "en"
CATALOGUES = Path(__file__).parent / "locale"
_PLACE = re.compile(r"\{(\w+)\}")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
_JOINTS = ("; ", ", ", " and ", " to ", " (", ")")  # of parts that are translated each by itself
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_WORD = re.compile(r"[A-Za-z]{3,}")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}")  # two words in a row are no name
MOST_TOGETHER = 2  # sentences of one template

Pattern = tuple[re.Pattern[str], str]


class _UntranslatedError(Exception):
    """A part of a sentence has no template: half a translation is worse than none."""


def translated(text: str, language: str) -> str:
    """Return sentences in a language; those that have no template there stay English.

    Parameters
    ----------
    text : in English
    language : a code, as of `storecast.language.Words`
    """
    if language == ENGLISH or not text:
        return text
    sentences, written = _SENTENCE_END.split(text), []
    while sentences:
        for size in range(min(MOST_TOGETHER, len(sentences)), 0, -1):
            whole = _sentence(" ".join(sentences[:size]), language)
            if whole is not None or size == 1:
                written.append(whole or sentences[0])
                del sentences[:size]
                break
    return " ".join(written)


def _sentence(text: str, language: str) -> str | None:
    try:
        return _by_template(text, language, _templates(language)[text.endswith(".")])
    except _UntranslatedError:
        return None


def _by_template(text: str, language: str, templates: Sequence[Pattern]) -> str | None:
    """Return a text by the first template that it was made from; None where there is none.

    Parameters
    ----------
    text : in English
    language : its code
    templates : of the language
    """
    for pattern, template in templates:
        match = pattern.fullmatch(text)
        if match is not None:
            return template.format(**{name: _part(value, language) for name, value in match.groupdict().items()})
    return None


def _part(text: str, language: str) -> str:
    """Return what stands in a place: by a template, else by its parts, else as figures."""
    templates = _templates(language)[False]
    whole = _by_template(text, language, templates)
    if whole is not None:
        return whole
    for joint in _JOINTS:
        if joint in text:
            between = _by_template(joint, language, templates) or joint
            return between.join(_part(each, language) for each in text.split(joint))
    if _ENGLISH.search(text):
        raise _UntranslatedError
    named = _WORD.sub(lambda match: _by_template(match[0], language, templates) or match[0], text)
    return _figures(named)


def _figures(text: str) -> str:
    """Write dates and numbers as German does, the only other language so far."""
    if _DAY.search(text):
        return _DAY.sub(r"\3.\2.\1", text)
    return _NUMBER.sub(lambda match: match[0].translate({44: ".", 46: ","}), text)


@cache
def _templates(language: str) -> tuple[list[Pattern], list[Pattern]]:
    """Return the patterns of parts, and those of sentences, each with its translation; those with most text of their own first."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        catalogue = {str(each.id): str(each.string) for each in read_po(file, locale=language) if each.id}
    ordered = sorted(catalogue.items(), key=lambda pair: -len(_PLACE.sub("", pair[0])))
    parts = [(_pattern(text, "[^;]+?"), other) for text, other in ordered if not text.endswith(".")]
    return parts, [(_pattern(text, ".+?"), other) for text, other in ordered if text.endswith(".")]


def _pattern(template: str, place: str) -> re.Pattern[str]:
    pieces = _PLACE.split(template)
    named = (f"(?P<{piece}>{place})" if k % 2 else re.escape(piece) for k, piece in enumerate(pieces))
    return re.compile("".join(named))
