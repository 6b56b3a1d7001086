"""What a section of the report is made of: an answer in a sentence, pictures, tables, and how it was worked out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

LONG_LEAD = 180  # characters

_INTERVAL = re.compile(
    r"\s\((?:95% interval )?[+−]?\d[^()]* to [^()]*\)|, 95% interval [+−]?[\d,.]*\d to [+−]?[\d,.]*\d%?"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure, and what it shows in words; ``name`` becomes the name of its file."""

    name: str
    title: str
    figure: go.Figure
    alt: str
    caption: str = ""
    wide: bool = True  # over the whole width; else two stand side by side where there is room


@dataclass(frozen=True)
class TextTable:
    """A table to be read: the first column names the row, the others are numbers as text, or words."""

    caption: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    folded: bool = False  # opened by a click, where it is long
    words: bool = False  # the other columns are words too


@dataclass(frozen=True, eq=False)
class SectionBody:
    """What the report says about one question."""

    answer: str
    pictures: Sequence[Picture]
    tables: Sequence[TextTable]
    method: str
    unproven: str  # what stays unproven, or cannot be seen in these data
    short_answer: str = ""  # what stands for the answer; without it, the first sentence does

    @property
    def lead(self) -> str:
        """The first sentence of the answer, of a long one its first part, without the intervals, which the whole answer has."""
        if self.short_answer:
            return self.short_answer
        sentence = _INTERVAL.sub("", _SENTENCE_END.split(self.answer, maxsplit=1)[0])
        first, semicolon, _ = sentence.partition("; ")
        return f"{first}." if semicolon and len(sentence) > LONG_LEAD else sentence


@dataclass(frozen=True, eq=False)
class Section:
    """A question with what the report says about it; ``key`` names its anchor and its pictures."""

    key: str
    title: str
    short_title: str  # in the contents
    body: SectionBody
