"""The report: one HTML page that opens offline, for people who plan with the forecast."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from storecast import schema as s
from storecast.data.clean import Repair
from storecast.data.panel import Panel
from storecast.files import whole
from storecast.report import facts, figures

BASELINE = "naive"
WINDOWS_SHOWN = 6  # of the backtest, as figures; the tables hold all
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@dataclass(frozen=True, eq=False)
class ReportInput:
    """What the report tells.

    Attributes
    ----------
    forecast : the rows of forecast.csv
    scores : what scores.json holds
    backtest : every row of the scored windows
    model, champion : the model file, and the kind of model in it
    created : when the run ended, UTC
    """

    forecast: pl.DataFrame
    panel: Panel
    scores: dict[str, Any]
    repairs: Sequence[Repair]
    backtest: pl.DataFrame
    model: str
    champion: str
    cutoff: dt.date
    created: dt.datetime


def write_report(path: Path, told: ReportInput) -> None:
    """Write the page, whole."""
    with whole(path) as draft:
        draft.write_text(render(told), encoding="utf-8")


def render(told: ReportInput) -> str:
    """Return the page as HTML."""
    environment = Environment(
        loader=PackageLoader("storecast.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"money": _money, "percent": _percent, "change": _change, "plain": _plain, "long": _long}
    days = told.forecast[s.DATE]
    return environment.get_template("page.html").render(
        told=told,
        scores=told.scores,
        first=days.min(),
        last=days.max(),
        horizon=days.n_unique(),
        store_count=told.forecast[s.STORE].n_unique(),
        outlook=facts.outlook(told.forecast, told.panel.sales, told.panel.stores),
        assumed=facts.assumed_days(told.panel.calendar, told.forecast),
        worst=facts.hardest(told.scores.get("worst", ()), told.champion),
        plotly=Markup(get_plotlyjs()),  # noqa: S704  (our own library's code)
        ahead=_html(figures.chain_by_day(told.panel.sales, told.forecast, told.cutoff), "ahead"),
        stores=_stores(told),
        **_accuracy(told),
    )


def _stores(told: ReportInput) -> list[dict[str, Any]]:
    sales, forecast = told.panel.sales, told.forecast
    return [
        {
            "store": store,
            "why": why,
            "figure": _html(figures.store_ahead(store, sales, forecast, told.cutoff), f"store{k}"),
        }
        for k, (why, store) in enumerate(facts.sample_stores(forecast, sales, told.cutoff))
    ]


def _accuracy(told: ReportInput) -> dict[str, Any]:
    """Return what the page says of the backtest: tables, figures, the model in use beside the baseline."""
    every = told.scores.get("scores", ())
    lines = [line for line in every if line["slice"] == "all"]
    weekly = [line for line in every if line["slice"] == "week" and line["cutoff"] == "mean"]
    models = facts.models_in_order(lines, BASELINE)
    chosen = (models, BASELINE, told.champion)
    return {
        "models": models,
        "baseline_name": BASELINE,
        "mean": facts.mean_of(lines, told.champion),
        "baseline": facts.mean_of(lines, BASELINE) if told.champion != BASELINE else None,
        "windows": facts.by_window(lines, told.scores.get("windows", ())),
        "champion_lines": [line for line in lines if line["model"] == told.champion],
        "weeks": {
            "scores": facts.side_by_side(every, "week", "RMSPE", models),
            "cover": facts.side_by_side(every, "week", "cover80", models),
        },
        "types": facts.side_by_side(every, "store_type", "RMSPE", models),
        "by_window": _html(figures.scores_by_window(lines, *chosen), "windows") if lines else None,
        "by_week": _html(figures.accuracy_by_week(weekly, *chosen), "weeks")
        if len({x["key"] for x in weekly}) > 1
        else None,
        "past": _past(told),
    }


def _past(told: ReportInput) -> list[dict[str, Any]]:
    """Return a figure for each of the last scored windows of the model in use."""
    if told.backtest.is_empty():
        return []
    rows = told.backtest.filter(pl.col(s.MODEL) == told.champion).select(s.CUTOFF, *s.KEYS, s.FORECAST)
    rows = rows.join(told.panel.sales.select(*s.KEYS, s.SALES), on=s.KEYS, how="inner").sort(s.CUTOFF, *s.KEYS)
    parts = rows.partition_by(s.CUTOFF, maintain_order=True)[-WINDOWS_SHOWN:]
    return [
        {
            "first": part[s.DATE].min(),
            "last": part[s.DATE].max(),
            "error": float(part[s.FORECAST].sum()) / sold - 1 if (sold := float(part[s.SALES].sum())) else None,
            "figure": _html(figures.window_by_day(part, told.champion), f"past{k}"),
        }
        for k, part in enumerate(parts)
    ]


def _html(figure: go.Figure, name: str) -> Markup:
    found = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=name, config={"displayModeBar": False, "responsive": True}
    )
    return Markup(found)  # noqa: S704  (Plotly escapes <, > and / in what it writes)


def _money(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value * 100:.{digits}f}\u00a0%"


def _change(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value * 100:+.{digits}f}\u00a0%".replace("-", "−")


def _plain(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _long(day: dt.date | str) -> str:
    date = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"
