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
from storecast.report import figures

BASELINE = "naive"
YEAR = dt.timedelta(days=364)  # the same weekdays a year before


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
    environment = Environment(loader=PackageLoader("storecast.report", "."), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"money": _money, "percent": _percent}
    lines = [line for line in told.scores["scores"] if line["slice"] == "all"]
    weeks = [line for line in told.scores["scores"] if line["slice"] == "week" and line["cutoff"] == "mean"]
    sales = told.panel.sales
    return environment.get_template("page.html").render(
        told=told,
        scores=told.scores,
        lines=lines,
        types=[line for line in told.scores["scores"] if line["slice"] == "store_type" and line["cutoff"] == "mean"],
        mean=_mean_of(lines, told.champion),
        baseline=_mean_of(lines, BASELINE),
        champion_lines=[line for line in lines if line["model"] == told.champion],
        worst=[row for row in told.scores["worst"] if row["model"] == told.champion],
        totals=_headline(told),
        assumed=_assumed(told),
        plotly=Markup(get_plotlyjs()),  # noqa: S704  (our own library's code)
        ahead=_html(figures.chain_by_day(sales, told.forecast, told.cutoff), "ahead"),
        windows=_html(figures.scores_by_window(lines, BASELINE), "windows"),
        weeks=_html(figures.accuracy_by_week(weeks), "weeks"),
        past=_html(figures.backtest_by_day(told.backtest, sales, told.champion), "past"),
        stores=[
            (why, _html(figures.store_ahead(store, sales, told.forecast, told.cutoff), f"store{k}"))
            for k, (why, store) in enumerate(sample_stores(told.forecast))
        ],
    )


def sample_stores(forecast: pl.DataFrame) -> list[tuple[str, object]]:
    """Choose stores to show: the largest, the middle, the smallest and the least certain, each once."""
    open_days = forecast.filter(pl.col(s.FORECAST) > 0)
    width = ((pl.col("Upper80") - pl.col("Lower80")) / pl.col(s.FORECAST)).mean().alias("width")
    stores = open_days.group_by(s.STORE).agg(pl.col(s.FORECAST).sum(), width).sort(s.FORECAST, s.STORE)
    if stores.is_empty():
        return []
    names = stores[s.STORE]
    chosen = [
        ("The store with the largest forecast", names[-1]),
        ("A store in the middle", names[len(names) // 2]),
        ("The store with the smallest forecast", names[0]),
        ("The store with the widest intervals", stores.sort("width", s.STORE)[s.STORE][-1]),
    ]
    return list({store: (why, store) for why, store in reversed(chosen)}.values())[::-1]


def _headline(told: ReportInput) -> dict[str, float | None]:
    """Return the chain's total, and the same stores' sales on the same weekdays of last year where they are all known."""
    days = told.forecast.select(*s.KEYS, s.FORECAST)
    before = told.panel.sales.select(*s.KEYS, s.SALES).with_columns(pl.col(s.DATE) + YEAR)
    both = days.join(before, on=s.KEYS, how="inner")
    like, last = float(both[s.FORECAST].sum()), float(both[s.SALES].sum())
    return {
        "total": float(days[s.FORECAST].sum()),
        "last_year": last or None,
        "change": like / last - 1 if last else None,
        "alike": both.height / max(days.height, 1),
    }


def _assumed(told: ReportInput) -> dict[str, Any]:
    rows = told.panel.calendar.filter(pl.col(s.ASSUMED)).join(told.forecast.select(s.KEYS), on=s.KEYS, how="semi")
    days = rows[s.DATE]
    return {
        "rows": rows.height,
        "first": days.min(),
        "last": days.max(),
        "share": rows.height / max(told.forecast.height, 1),
    }


def _mean_of(lines: list[dict[str, Any]], model: str) -> dict[str, Any]:
    return next(line for line in lines if line["model"] == model and line["cutoff"] == "mean")


def _html(figure: go.Figure, name: str) -> Markup:
    found = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=name, config={"displayModeBar": False, "responsive": True}
    )
    return Markup(found)  # noqa: S704  (Plotly escapes what it is given)


def _money(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value * 100:.{digits}f} %"
