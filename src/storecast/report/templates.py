"""The templates of the report, and their filters for numbers and dates."""

import datetime as dt
from functools import cache
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio
from babel.core import Locale
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.io.json import to_json_plotly
from plotly.offline import get_plotlyjs

from storecast.answers import ENGLISH, translated, translated_label
from storecast.language import Words
from storecast.report.blank_figure import TEMPLATE

UNKNOWN = "–"


def render_template(name: str, words: Words, **values: Any) -> str:
    """Fill a template; every text in it is escaped, but not our own figures.

    Parameters
    ----------
    name : of the template's file
    words : of the language
    values : by their names in the template
    """
    plotly = Markup(get_plotlyjs())  # noqa: S704  (our own library's code)
    looks = _as_json(pio.templates[TEMPLATE])
    locale = _plotly_locale(words.language)
    return _environment(words).get_template(name).render(plotly=plotly, looks=looks, locale=locale, **values)


@cache
def _environment(words: Words) -> Environment:
    """Return what fills templates in a language; it compiles each of them once."""
    environment = Environment(
        loader=PackageLoader("storecast.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= number_filters(words)
    environment.globals |= {"t": words.text, "tn": words.plural, "language": words.language}
    return environment


def _plotly_locale(language: str) -> Markup | None:
    """Return what Plotly must know to write dates and numbers in a language; it knows English."""
    if language == ENGLISH:
        return None
    locale = Locale.parse(language)
    months, days = range(1, 13), (6, *range(6))  # Babel counts days from Monday, Plotly from Sunday
    formats = {
        "months": [locale.months["format"]["wide"][month] for month in months],
        "shortMonths": [locale.months["format"]["abbreviated"][month] for month in months],
        "days": [locale.days["format"]["wide"][day] for day in days],
        "shortDays": [locale.days["format"]["abbreviated"][day] for day in days],
        "date": "%d.%m.%Y",
        "decimal": locale.number_symbols["latn"]["decimal"],
        "thousands": locale.number_symbols["latn"]["group"],
    }
    return _as_json({"moduleType": "locale", "name": language, "dictionary": {}, "format": formats})


def number_filters(words: Words) -> dict[str, Any]:
    """Return the filters of templates that write numbers, dates and answers in a language; what is not known is a dash."""

    def money(value: float | None) -> str:
        return UNKNOWN if value is None else words.number(value)

    def signed(value: float) -> str:
        return ("+" if round(value) > 0 else "") + words.number(value)

    def points(value: float | None) -> str:
        return UNKNOWN if value is None else ("+" if value > 0 else "") + words.number(value * 100, 2)

    def percent(value: float | None, digits: int = 1) -> str:
        return UNKNOWN if value is None else words.percent(value, digits)

    def change(value: float | None, digits: int = 1) -> str:
        return UNKNOWN if value is None else words.signed_percent(value, digits)

    def plain(value: float | None, digits: int = 3) -> str:
        return UNKNOWN if value is None else words.number(value, digits)

    def span(first: dt.date, last: dt.date) -> str:
        return words.span(first, last)

    def answer(text: str) -> str:
        return translated(text, words.language)

    def label(text: str) -> str:
        return translated_label(text, words.language)

    return {
        "answer": answer,
        "label": label,
        "money": money,
        "signed": signed,
        "percent": percent,
        "change": change,
        "points": points,
        "plain": plain,
        "long": words.date,
        "weekday": words.weekday,
        "span": span,
    }


def figure_html(figure: go.Figure, name: str) -> Markup:
    """Return a figure as a part of the page, which draws it once a reader comes near; ``name`` is its id there."""
    parts = figure.to_plotly_json()
    parts["layout"].pop("template")  # the page holds it once for all figures
    height = figure.layout.height
    return Markup(
        '<div id="{}" class="plot" style="height: {}px"><script type="application/json">{}</script></div>'
    ).format(name, height, _as_json(parts))


def _as_json(value: Any) -> Markup:
    return Markup(to_json_plotly(value))  # noqa: S704  (Plotly escapes <, > and / in what it writes)
