"""What is shown of a file before it is taken: remarks on it, and its first rows."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from storecast.page import tables
from storecast.page.language import Words

SHOWN_ROWS = 8


def remarks(heading: Component, sentences: Sequence[str]) -> list[Component]:
    """Return sentences on a file, a line each, below their heading; nothing where there are none."""
    return [heading, html.Ul([html.Li(sentence) for sentence in sentences])] if sentences else []


def first_rows(
    columns: Sequence[str], lines: Sequence[Sequence[str]], words: Words, *, text: Sequence[int] = (0,)
) -> list[Component]:
    """Return the first rows of a file as a table.

    Parameters
    ----------
    columns, lines : of the table
    words : the language
    text : columns that hold words, which stand on the left
    """
    heading = words.text("The first rows as they were read:")
    return [html.P(heading, className="soft"), tables.table(columns, lines, text=text, label=heading)]
