"""The templates of the report, and their filters for numbers and dates."""

import datetime as dt
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def render_template(name: str, **values: Any) -> str:
    """Fill a template; every text in it is escaped, but not our own figures."""
    environment = Environment(
        loader=PackageLoader("storecast.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": _money,
        "signed": _signed,
        "percent": _percent,
        "change": _change,
        "points": _points,
        "plain": _plain,
        "long": long_date,
    }
    plotly = Markup(get_plotlyjs())  # noqa: S704  (our own library's code)
    return environment.get_template(name).render(plotly=plotly, **values)


def figure_html(figure: go.Figure, name: str) -> Markup:
    """Return a figure as a part of the page; ``name`` is its id there."""
    html = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=name, config={"displayModeBar": False, "responsive": True}
    )
    return Markup(html)  # noqa: S704  (Plotly escapes <, > and / in what it writes)


def long_date(day: dt.date | str) -> str:
    """Return a date in words: 7 March 2015."""
    date = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return f"{date.day} {MONTH_NAMES[date.month - 1]} {date.year}"


def _money(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _signed(value: float) -> str:
    return f"{value:+,.0f}".replace("-", "−")


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:+.2f}".replace("-", "−")


def _percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value * 100:.{digits}f}\u00a0%"


def _change(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value * 100:+z.{digits}f}\u00a0%".replace("-", "−")


def _plain(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
