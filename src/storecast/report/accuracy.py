"""What the report says of how accurate and how certain a forecast is: the tests, in words, figures and tables."""

from typing import Any

import plotly.graph_objects as go
import polars as pl
from markupsafe import Markup

from storecast import schema as s
from storecast.dates import as_date
from storecast.report import evidence_pictures, facts, figures
from storecast.report.day_marks import marks_of
from storecast.report.report_input import ReportInput
from storecast.report.templates import figure_html

BASELINE = "naive"
WINDOWS_SHOWN = 6  # of the backtest, as figures; the tables hold all


def overall(report: ReportInput) -> list[dict[str, Any]]:
    """Return the scores over all rows of a test, and their means."""
    return [line for line in report.scores.get("scores", ()) if line["slice"] == "all"]


def tested(report: ReportInput) -> pl.DataFrame:
    """Return Cutoff, Store, Date, Forecast, Sales of the tests of the model in use; no rows where there are none."""
    sales = report.panel.sales.select(*s.KEYS, s.SALES)
    if report.backtest.is_empty():
        return sales.clear().with_columns(
            pl.lit(None, pl.Date()).alias(s.CUTOFF), pl.lit(None, pl.Float64()).alias(s.FORECAST)
        )
    rows = report.backtest.filter(pl.col(s.MODEL) == report.champion).select(s.CUTOFF, *s.KEYS, s.FORECAST)
    return rows.join(sales, on=s.KEYS, how="inner").drop_nulls(s.SALES).sort(s.CUTOFF, *s.KEYS)


def template_values(report: ReportInput, rows: pl.DataFrame) -> dict[str, Any]:
    """Return what the page shows of the tests: the model in use beside the baseline.

    Parameters
    ----------
    report : the report's input
    rows : of `tested`
    """
    entries, lines, words = report.scores.get("scores", ()), overall(report), report.words
    models = facts.models_in_order(lines, BASELINE)
    breakdown = report.panel.breakdown
    own_groups = [(group.name, part, True) for group, part in zip(breakdown.groups, breakdown.columns, strict=True)]
    return {
        "models": models,
        "baseline_name": BASELINE,
        "baseline_text": _baseline(report) if BASELINE in models else "",
        "accuracy": _in_words(report, lines),
        "certainty": _certainty(report, lines),
        "windows": facts.by_window(lines, report.scores.get("windows", ())),
        "champion_lines": [line for line in lines if line["model"] == report.champion],
        "bias": facts.bias_by_window(lines, report.champion),
        "groups": [
            {"title": title, "rows": facts.side_by_side(entries, part, "rmspe", models), "long": long}
            for title, part, long in [(words.text("store type"), "store_type", False), *own_groups]
        ],
        "by_window": figure_html(figures.scores_by_window(lines, models, BASELINE, report.champion, words), "windows")
        if len(lines) > 1
        else None,
        "past": _past(report, rows),
        "coverage": _html(evidence_pictures.coverage_by_weekday(entries, report.champion, words), "coverage"),
        "kinds_of_day": _html(
            evidence_pictures.error_by_kind_of_day(
                report.backtest,
                report.panel.sales,
                report.panel.calendar,
                list(dict.fromkeys(name for name in (BASELINE, report.champion) if name in models)),
                words,
            ),
            "kinds-of-day",
        ),
    }


def _html(figure: go.Figure | None, name: str) -> Markup | None:
    return None if figure is None else figure_html(figure, name)


def _baseline(report: ReportInput) -> str:
    return report.words.text(
        "{name} is the baseline: what a store usually sells on such a weekday, with or without promotion, at the level of its last "
        "four weeks.",
        name=BASELINE,
    )


def _in_words(report: ReportInput, lines: list[dict[str, Any]]) -> str:
    words = report.words
    mean, baseline = facts.mean_of(lines, report.champion), facts.mean_of(lines, BASELINE)
    if not mean or mean.get("wape") is None:
        return words.text("There are no scores.")
    text = words.text(
        "One store on one day was off by {error} on average in the tests", error=words.percent(mean["wape"])
    )
    if baseline and report.champion != BASELINE and baseline.get("wape") is not None:
        text += words.text("; the simple rule {name} by {error}", name=BASELINE, error=words.percent(baseline["wape"]))
    return f"{text}."


def _certainty(report: ReportInput, lines: list[dict[str, Any]]) -> str:
    words, mean = report.words, facts.mean_of(lines, report.champion)
    if not mean or mean.get("coverage80") is None:
        return words.text("How often the intervals hold was not measured.")
    return words.text(
        "In the tests, {share80} of the stores' open days fell inside their 80% interval, and {share95} inside their 95% interval.",
        share80=words.percent(mean["coverage80"]),
        share95=words.percent(mean["coverage95"]),
    )


def _past(report: ReportInput, rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Return a figure for each of the last tests of the model in use, the newest first."""
    words, target = report.words, report.panel.target
    shown = []
    for k, part in enumerate(reversed(rows.partition_by(s.CUTOFF, maintain_order=True)[-WINDOWS_SHOWN:])):
        first, last = as_date(part[s.DATE].min()), as_date(part[s.DATE].max())
        span, marks = words.span(first, last), marks_of(report.panel.calendar, first, last)
        sold = float(part[s.SALES].sum())
        text = span
        if sold:
            error = words.signed_percent(float(part[s.FORECAST].sum()) / sold - 1)
            text = words.text("{span}: the forecast of the whole test was {error} off.", span=span, error=error)
        shown.append(
            {
                "text": text,
                "alt": words.text(
                    "Test of {span}: what the chain sold per day as bars, what had been forecast as dots; promotions shaded, "
                    "public holidays as dotted lines.",
                    span=span,
                ),
                "figure": figure_html(
                    figures.window_by_day(part, report.champion, words, target, marks=marks), f"past{k}"
                ),
            }
        )
    return shown
