"""The report: one HTML page that opens offline, for people who plan with the forecast."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.clean import Repair
from storecast.data.panel import Panel
from storecast.explain.explanations import USUAL
from storecast.files import atomic_write
from storecast.report import facts, figures
from storecast.report.exploration import Exploration, exploration_part
from storecast.report.templates import figure_html, render_template

BASELINE = "naive"
WINDOWS_SHOWN = 6  # of the backtest, as figures; the tables hold all


@dataclass(frozen=True, eq=False)
class ReportInput:
    """What the report tells.

    Attributes
    ----------
    forecast, sums : the rows of forecast.csv and of totals.csv
    scores : what scores.json holds
    backtest : every row of the scored windows
    model, champion : the model file, and the kind of model in it
    created : when the run ended, UTC
    exploration : what moves sales and customers; None where nothing was asked
    made_of : of some stores' forecasts, as `explain.explanations.explain` tells it; None where the model does not tell
    drivers : how far each driver moves the forecasts, as `explain.explanations.importance` tells it
    """

    forecast: pl.DataFrame
    sums: pl.DataFrame
    panel: Panel
    scores: dict[str, Any]
    repairs: Sequence[Repair]
    backtest: pl.DataFrame
    model: str
    champion: str
    cutoff: dt.date
    created: dt.datetime
    exploration: Exploration | None = None
    made_of: pl.DataFrame | None = None
    drivers: pl.DataFrame | None = None


def write_report(path: Path, run: ReportInput) -> None:
    """Write the page, whole."""
    with atomic_write(path) as draft:
        draft.write_text(render(run), encoding="utf-8")


def render(run: ReportInput) -> str:
    """Return the page as HTML."""
    days = run.forecast[s.DATE]
    assumed = facts.assumed_days(run.panel.calendar, run.forecast)
    return render_template(
        "page.html",
        run=run,
        scores=run.scores,
        first=days.min(),
        last=days.max(),
        horizon=days.n_unique(),
        lead=_days_between(run.cutoff, days.min()),
        store_count=run.forecast[s.STORE].n_unique(),
        outlook=facts.outlook(run.forecast, run.panel.sales, run.panel.stores, run.sums),
        exploration=exploration_part(run.exploration),
        repairs=run.repairs,
        given=not assumed,
        assumed=assumed,
        worst=facts.hardest(run.scores.get("worst", ()), run.champion),
        ahead=figure_html(figures.chain_by_day(run.panel.sales, run.forecast, run.cutoff), "ahead"),
        stores=_stores(run),
        made_of=_made_of(run),
        drivers=_drivers(run),
        **_accuracy(run),
    )


def _days_between(cutoff: dt.date, first: object) -> int:
    assert isinstance(first, dt.date)
    return (first - cutoff).days


def _stores(run: ReportInput) -> list[dict[str, Any]]:
    sales, forecast = run.panel.sales, run.forecast
    return [
        {
            "store": store,
            "why": why,
            "figure": figure_html(figures.store_ahead(store, sales, forecast, run.cutoff), f"store{k}"),
        }
        for k, (why, store) in enumerate(facts.sample_stores(forecast, sales, run.cutoff))
    ]


def _made_of(run: ReportInput) -> list[dict[str, Any]]:
    """Return a figure for each store whose forecast is explained, and what its open days are made of on average."""
    if run.made_of is None:
        return []
    parts = run.made_of.filter(pl.col(s.FORECAST) > 0).partition_by(s.STORE, maintain_order=True)
    return [
        {
            "store": part[s.STORE][0],
            "forecast": part[s.FORECAST].mean(),
            "usual": part[USUAL].mean(),
            "level": part["Level"].mean(),
            "figure": figure_html(figures.made_of(part), f"made{k}"),
        }
        for k, part in enumerate(parts)
    ]


def _drivers(run: ReportInput) -> list[dict[str, Any]]:
    """Return how far each driver moves the forecasts, and what the backtest loses without it."""
    if run.drivers is None:
        return []
    lost = run.scores.get("importance", {}).get("models", {}).get(run.champion, {})
    rows = run.drivers.filter(pl.col("Kind") == "driver")
    return [{"driver": name, "share": share, "lost": lost.get(name)} for _, name, share in rows.iter_rows()]


def _accuracy(run: ReportInput) -> dict[str, Any]:
    """Return what the page says of the backtest: tables, figures, the model in use beside the baseline."""
    every = run.scores.get("scores", ())
    lines = [line for line in every if line["slice"] == "all"]
    weekly = [line for line in every if line["slice"] == "week" and line["cutoff"] == "mean"]
    models = facts.models_in_order(lines, BASELINE)
    chosen = (models, BASELINE, run.champion)
    return {
        "models": models,
        "baseline_name": BASELINE,
        "mean": facts.mean_of(lines, run.champion),
        "baseline": facts.mean_of(lines, BASELINE) if run.champion != BASELINE else None,
        "windows": facts.by_window(lines, run.scores.get("windows", ())),
        "champion_lines": [line for line in lines if line["model"] == run.champion],
        "weeks": {
            "scores": facts.side_by_side(every, "week", "rmspe", models),
            "cover": facts.side_by_side(every, "week", "coverage80", models),
        },
        "types": facts.side_by_side(every, "store_type", "rmspe", models),
        "by_window": figure_html(figures.scores_by_window(lines, *chosen), "windows") if lines else None,
        "by_week": figure_html(figures.accuracy_by_week(weekly, *chosen), "weeks")
        if len({x["key"] for x in weekly}) > 1
        else None,
        "past": _past(run),
    }


def _past(run: ReportInput) -> list[dict[str, Any]]:
    """Return a figure for each of the last scored windows of the model in use."""
    if run.backtest.is_empty():
        return []
    rows = run.backtest.filter(pl.col(s.MODEL) == run.champion).select(s.CUTOFF, *s.KEYS, s.FORECAST)
    rows = rows.join(run.panel.sales.select(*s.KEYS, s.SALES), on=s.KEYS, how="inner").sort(s.CUTOFF, *s.KEYS)
    parts = rows.partition_by(s.CUTOFF, maintain_order=True)[-WINDOWS_SHOWN:]
    return [
        {
            "first": part[s.DATE].min(),
            "last": part[s.DATE].max(),
            "error": float(part[s.FORECAST].sum()) / sold - 1 if (sold := float(part[s.SALES].sum())) else None,
            "figure": figure_html(figures.window_by_day(part, run.champion), f"past{k}"),
        }
        for k, part in enumerate(parts)
    ]
