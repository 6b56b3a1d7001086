"""What a German reader sees of a report, of a view or of a workbook, and the English that is left in it."""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

from babel.messages.pofile import read_po

from storecast.answers import CATALOGUES
from storecast.report.section import Section

ENGLISH = re.compile(
    r"\b(?:the|of|and|with|to|by|is|are|for|from|on|it|its|were|than|each|which|that|no|not|sales|stores?|days?|weeks?)\b"
)
SHOWN = {"children", "aria-label", "label", "title", "placeholder", "alt", "column"}  # attributes that are read
LOOKS = {  # parts of a figure that are no text
    *("type", "mode", "template", "font", "marker", "line", "error_y", "colorscale", "fill", "fillcolor", "legend"),
    *("hoverinfo", "orientation", "hovermode", "barmode", "scattermode", "separators", "legendgroup", "offsetgroup"),
    *("tickformat", "hoverformat", "texttemplate", "textposition", "paper_bgcolor", "plot_bgcolor", "gridcolor", "ticks"),
    *("tickcolor", "categoryorder", "rangemode", "anchor", "domain", "xref", "yref", "xanchor", "yanchor", "autorange"),
}  # fmt: skip
NO_TEXT = re.compile(  # tags, places, files, options and rules
    r"<[^>]*>|&lt;br&gt;|%\{[^}]*\}|\b\w+\.(?:csv|toml|xlsx)\b|--\w+|\(Regel \w+\)"
)


def english_in(texts: Iterable[str]) -> list[str]:
    """Return the texts that hold an English word, each once.

    Parameters
    ----------
    texts : that should be German
    """
    words = _english_words()
    return [
        text
        for text in dict.fromkeys(NO_TEXT.sub(" ", each) for each in texts)
        if ENGLISH.search(text) or words.intersection(re.findall(r"[A-Za-z]{3,}", text))
    ]


def texts_of_section(section: Section) -> Iterator[str]:
    """Return everything that is read in a section, in its pictures and tables too."""
    body = section.body
    yield from (section.title, section.short_title, body.lead, body.answer, body.method, body.unproven)
    for picture in body.pictures:
        yield from (picture.title, picture.alt, picture.caption)
        yield from _texts(picture.figure.to_plotly_json())
    for table in body.tables:
        yield from (table.caption, *table.head)
        yield from (cell for row in table.rows for cell in row)


def texts_of_page(page: str) -> list[str]:
    """Return everything that is read in a report, in its pictures too; code is left out."""
    reader = _Reader()
    reader.feed(page)
    return reader.texts


def texts_of_view(view: str) -> list[str]:
    """Return everything that is read in a view, as `PageClient.draw` returns it."""
    return list(_shown(json.loads(view)))


def texts_of_workbook(data: bytes) -> list[str]:
    """Return everything that is read in a workbook, each text once: cells, names of sheets, charts, messages and footers."""
    texts: list[str | None] = []
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for name in parts.namelist():
            if not name.endswith(".xml"):
                continue
            for element in ET.fromstring(parts.read(name)).iter():
                tag = element.tag.rpartition("}")[2]
                if tag in ("t", "title", "oddFooter"):
                    texts.append(element.text)
                elif tag in ("sheet", "dataValidation"):
                    texts += [element.get("name"), element.get("error")]
    return [*dict.fromkeys(text for text in texts if text)]


class _Reader(HTMLParser):
    """Reads the texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.texts += [value for name, value in attrs if name in SHOWN and value]
        if tag in ("script", "style", "code"):
            self._inside.append("figure" if given.get("type") == "application/json" else tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "code"):
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside[-1:] == ["figure"]:
            self.texts += _texts(json.loads(data))
        elif not self._inside and data.strip():
            self.texts.append(" ".join(data.split()))


def _shown(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _shown(each)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == "figure":
                yield from _texts(value)
            elif isinstance(value, str):
                yield from [value] if name in SHOWN else []
            else:
                yield from _shown(value)
    elif isinstance(part, str):
        yield part


def _texts(part: Any) -> Iterator[str]:
    """Return the texts of a figure."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name not in LOOKS:
                yield from _texts(value)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, str):
        yield part


@cache
def _english_words() -> set[str]:
    """Return the single words of the catalogue that no German text holds."""
    with (CATALOGUES / "de.po").open("rb") as file:
        pairs = [(str(each.id), str(each.string)) for each in read_po(file, locale="de") if each.id]
    german = {word for _, text in pairs for word in re.findall(r"[^\W\d_]+", text)}
    return {english for english, _ in pairs if english.isalpha() and len(english) > 2} - german
