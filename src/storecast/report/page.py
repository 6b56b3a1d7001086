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
from storecast.dates import as_date
from storecast.explain.counterfactuals import NO_PROMOTION
from storecast.explain.explanations import USUAL
from storecast.files import atomic_write
from storecast.report import facts, figures
from storecast.report.exploration_page import ExplorationPart, template_values
from storecast.report.templates import figure_html, render_template

BASELINE = "naive"
WINDOWS_SHOWN = 6  # of the backtest, as figures; the tables hold all


@dataclass(frozen=True, eq=False)
class ReportInput:
    """What the report is made of.

    Attributes
    ----------
    forecast, sums : the rows of forecast.csv and of totals.csv
    panel : the chain
    scores : what scores.json holds
    repairs : of the data
    backtest : every row of the scored windows
    model, champion : the model file, and the kind of model in it
    cutoff : the last day whose sales were known
    created : when the run ended, UTC
    exploration : what moves sales and customers; None without an exploration
    contributions : of some stores' forecasts, as `explain.explanations.explain` returns them; None where the model has none
    drivers : how far each driver moves the forecasts, as `explain.explanations.importance` returns it
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
    exploration: ExplorationPart | None = None
    contributions: pl.DataFrame | None = None
    drivers: pl.DataFrame | None = None


def write_report(path: Path, report: ReportInput) -> None:
    """Write the page, atomically."""
    with atomic_write(path) as draft:
        draft.write_text(render(report), encoding="utf-8")


def render(report: ReportInput) -> str:
    """Return the page as HTML."""
    days = report.forecast[s.DATE]
    assumed = facts.assumed_days(report.panel.calendar, report.forecast)
    return render_template(
        "page.html",
        report=report,
        target=report.panel.target,
        scores=report.scores,
        notices=_notices(report),
        first=days.min(),
        last=days.max(),
        horizon=days.n_unique(),
        lead=(as_date(days.min()) - report.cutoff).days,
        store_count=report.forecast[s.STORE].n_unique(),
        promotes=bool((report.panel.calendar[s.PROMO] == 1).any()),
        outlook=facts.outlook(
            report.forecast, report.panel.sales, report.panel.stores, report.sums, report.panel.breakdown
        ),
        exploration=template_values(report.exploration, report.panel.target) if report.exploration else None,
        repairs=report.repairs,
        given=not assumed,
        assumed=assumed,
        how_assumed=facts.how_assumed(report.panel.calendar),
        worst=facts.hardest(report.scores.get("worst", ()), report.champion),
        ahead=figure_html(
            figures.chain_by_day(report.panel.sales, report.forecast, report.cutoff, report.panel.target), "ahead"
        ),
        stores=_stores(report),
        contributions=_contributions(report),
        drivers=_drivers(report),
        **_accuracy(report),
    )


def _notices(report: ReportInput) -> list[tuple[str, bool]]:
    """Return what a user must know, and whether it is of a repair: the others are of the days ahead."""
    of_repairs = {repair.sentence for repair in report.repairs}
    worded = report.panel.target.worded
    return [(worded(notice), notice in of_repairs) for notice in report.scores.get("notices", ())]


def _stores(report: ReportInput) -> list[dict[str, Any]]:
    sales, forecast, target = report.panel.sales, report.forecast, report.panel.target
    return [
        {
            "store": store,
            "why": target.worded(why),
            "figure": figure_html(figures.store_ahead(store, sales, forecast, report.cutoff, target), f"store{k}"),
        }
        for k, (why, store) in enumerate(facts.sample_stores(forecast, sales, report.cutoff))
    ]


def _contributions(report: ReportInput) -> list[dict[str, Any]]:
    """Return a figure for each store whose forecast is explained, and its average open day."""
    if report.contributions is None:
        return []
    parts = report.contributions.filter(pl.col(s.FORECAST) > 0).partition_by(s.STORE, maintain_order=True)
    return [
        {
            "store": part[s.STORE][0],
            "forecast": part[s.FORECAST].mean(),
            "usual": part[USUAL].mean(),
            "level": part["Level"].mean(),
            "uplift": _mean_uplift(part),
            "figure": figure_html(figures.contributions_by_day(part, report.panel.target), f"made{k}"),
        }
        for k, part in enumerate(parts)
    ]


def _mean_uplift(part: pl.DataFrame) -> float | None:
    """Return what promotions add to a store's days with one on the mean; None where the model was not asked, or there are none."""
    if NO_PROMOTION not in part.columns:
        return None
    mean = part.select((pl.col(s.FORECAST) - pl.col(NO_PROMOTION)).mean()).item()
    return None if mean is None else float(mean)


def _drivers(report: ReportInput) -> list[dict[str, Any]]:
    """Return how far each driver moves the forecasts, and what the backtest loses without it."""
    if report.drivers is None:
        return []
    importance = report.scores.get("importance", {})
    names = ("models", "interval", "beyond_chance")
    lost, interval, beyond = (importance.get(name, {}).get(report.champion, {}) for name in names)
    rows = report.drivers.filter(pl.col("Kind") == "driver")
    return [
        {
            "driver": name,
            "share": share,
            "lost": lost.get(name),
            "low": interval.get(name, [None, None])[0],
            "high": interval.get(name, [None, None])[1],
            "beyond_chance": beyond.get(name),
        }
        for _, name, share in rows.iter_rows()
    ]


def _accuracy(report: ReportInput) -> dict[str, Any]:
    """Return the tables and figures of the backtest: the model in use beside the baseline."""
    entries = report.scores.get("scores", ())
    overall = [line for line in entries if line["slice"] == "all"]
    weekly = [line for line in entries if line["slice"] == "week" and line["cutoff"] == "mean"]
    models = facts.models_in_order(overall, BASELINE)
    chosen = (models, BASELINE, report.champion)
    breakdown = report.panel.breakdown
    own_groups = [(group.name, part) for group, part in zip(breakdown.groups, breakdown.columns, strict=True)]
    return {
        "models": models,
        "baseline_name": BASELINE,
        "mean": facts.mean_of(overall, report.champion),
        "baseline": facts.mean_of(overall, BASELINE) if report.champion != BASELINE else None,
        "windows": facts.by_window(overall, report.scores.get("windows", ())),
        "champion_lines": [line for line in overall if line["model"] == report.champion],
        "bias": facts.bias_by_window(overall, report.champion),
        "weeks": {
            "scores": facts.side_by_side(entries, "week", "rmspe", models),
            "cover": facts.side_by_side(entries, "week", "coverage80", models),
        },
        "groups": [
            {"title": title, "rows": facts.side_by_side(entries, part, "rmspe", models)}
            for title, part in [("store type", "store_type"), *own_groups]
        ],
        "by_window": figure_html(figures.scores_by_window(overall, *chosen), "windows") if overall else None,
        "by_week": figure_html(figures.accuracy_by_week(weekly, *chosen), "weeks")
        if len({x["key"] for x in weekly}) > 1
        else None,
        "past": _past(report),
    }


def _past(report: ReportInput) -> list[dict[str, Any]]:
    """Return a figure for each of the last scored windows of the model in use."""
    if report.backtest.is_empty():
        return []
    rows = report.backtest.filter(pl.col(s.MODEL) == report.champion).select(s.CUTOFF, *s.KEYS, s.FORECAST)
    rows = rows.join(report.panel.sales.select(*s.KEYS, s.SALES), on=s.KEYS, how="inner").sort(s.CUTOFF, *s.KEYS)
    parts = rows.partition_by(s.CUTOFF, maintain_order=True)[-WINDOWS_SHOWN:]
    return [
        {
            "first": part[s.DATE].min(),
            "last": part[s.DATE].max(),
            "error": float(part[s.FORECAST].sum()) / sold - 1 if (sold := float(part[s.SALES].sum())) else None,
            "figure": figure_html(figures.window_by_day(part, report.champion, report.panel.target), f"past{k}"),
        }
        for k, part in enumerate(parts)
    ]
