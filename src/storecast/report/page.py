"""The report: one HTML page that opens offline, for people who plan with the forecast."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.answers import translated
from storecast.dates import as_date
from storecast.explain.counterfactuals import NO_PROMOTION
from storecast.explain.explanations import USUAL, title
from storecast.files import atomic_write
from storecast.report import accuracy, facts, figures, front_remarks, front_tiles, front_weeks
from storecast.report.day_marks import marks_of
from storecast.report.evidence_pictures import assumed_stores_by_day, stores_by_week
from storecast.report.exploration_page import template_values
from storecast.report.front_facts import FrontFacts
from storecast.report.front_page import Week, past_tests, rows_and_edges, weeks_ahead
from storecast.report.glossary import glossary
from storecast.report.report_input import ReportInput
from storecast.report.stores_to_check import StoreToCheck, stores_to_check
from storecast.report.templates import figure_html, render_template
from storecast.report.translation import translated_repairs
from storecast.report.week_figure import weeks_figure

NAMED_DRIVERS = 3  # in the sentence on what a forecast is made of


def write_report(path: Path, report: ReportInput) -> None:
    """Write the page, atomically."""
    with atomic_write(path) as draft:
        draft.write_text(render(report), encoding="utf-8")


def render(report: ReportInput) -> str:
    """Return the page as HTML."""
    days, words, target = report.forecast[s.DATE], report.words, report.panel.target
    assumed = facts.assumed_days(report.panel.calendar, report.forecast)
    outlook = facts.outlook(
        report.forecast, report.panel.sales, report.panel.stores, report.sums, report.panel.breakdown
    )
    weeks = weeks_ahead(report.panel, report.forecast[s.STORE], outlook["weeks"])
    _, edges = rows_and_edges(weeks)
    tested = accuracy.tested(report)
    check = _to_check(report, tested)
    span = words.text("{first} to {last}", first=words.date(as_date(days.min())), last=words.date(as_date(days.max())))
    promotes = bool((report.panel.calendar[s.PROMO] == 1).any())
    return render_template(
        "page.html",
        words,
        report=report,
        target=target,
        scores=report.scores,
        heading=_heading(report, span),
        subheading=_subheading(report),
        notices=_notices(report),
        last=as_date(days.max()),
        horizon=days.n_unique(),
        promotes=promotes,
        outlook=outlook,
        weeks=[row for row, week in zip(outlook["weeks"], weeks, strict=True) if week not in edges],
        besides=", ".join(words.span(edge.first, edge.last) for edge in edges),
        has_interval=outlook["chain"]["Lower80"] is not None,
        has_last_year=outlook["chain"]["Change"] is not None,
        in_unit=words.text(", in {unit}", unit=target.unit) if target.unit else "",
        front=_front(report, outlook, weeks, tested, check, assumed),
        exploration=template_values(report.exploration, target, words.language) if report.exploration else None,
        repairs=translated_repairs(report.repairs, words.language),
        stores_by_week=figure_html(stores_by_week(report.panel.sales, words), "stores-by-week"),
        given=not assumed,
        assumed=assumed,
        assumed_days=figure_html(assumed_stores_by_day(assumed, words), "assumed-days") if assumed else "",
        how_assumed=facts.how_assumed(report.panel.calendar),
        worst=facts.hardest(report.scores.get("worst", ()), report.champion),
        ahead=figure_html(
            figures.chain_by_day(
                report.panel.sales,
                report.forecast,
                report.cutoff,
                words,
                target,
                bounds=report.chain_days,
                marks=marks_of(
                    report.panel.calendar,
                    figures.first_day_shown(report.cutoff, figures.WEEKS_BACK),
                    as_date(days.max()),
                ),
            ),
            "ahead",
        ),
        stores=_stores(report, check),
        contributions=_contributions(report),
        drivers=_drivers(report),
        largest_drivers=_largest_drivers(report),
        glossary=glossary(words, words.text(target.noun), promotes=promotes),
        **accuracy.template_values(report, tested),
    )


def _heading(report: ReportInput, span: str) -> str:
    of_chain = " " + report.words.text("of a generated chain") if report.scores.get("generated") else ""
    return report.words.text(
        "{name} forecast{of_chain}, {span}",
        name=report.words.text(report.panel.target.name),
        of_chain=of_chain,
        span=span,
    )


def _subheading(report: ReportInput) -> str:
    words, days = report.words, report.forecast[s.DATE]
    return words.text(
        "{stores}, {days}. Made on {created} at {time} UTC from {noun} up to {cutoff}. Model: {model}.",
        stores=words.plural("One store", "{count} stores", report.forecast[s.STORE].n_unique()),
        days=words.plural("one day ahead", "{count} days ahead", days.n_unique()),
        created=words.date(report.created.date()),
        time=f"{report.created:%H:%M}",
        noun=words.text(report.panel.target.noun),
        cutoff=words.date(report.cutoff),
        model=report.champion,
    )


def _front(
    report: ReportInput,
    outlook: dict[str, Any],
    weeks: list[Week],
    tested: pl.DataFrame,
    check: Sequence[StoreToCheck],
    assumed: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Return the texts of the first page.

    Parameters
    ----------
    report : what is known
    outlook : of `facts.outlook`
    weeks : those ahead
    tested : the chain's past forecasts by day
    check : stores to look at
    assumed : of `facts.assumed_days`
    """
    shown, _ = rows_and_edges(weeks)
    mean = facts.mean_of(accuracy.overall(report), report.champion)
    texts = FrontFacts(report, outlook, weeks, past_tests(tested), mean)
    rows = front_weeks.week_rows(texts)
    axis_title = figures.axis_title(report.panel.target, report.words)
    return {
        "tiles": front_tiles.tiles(texts),
        "counted_in": texts.weekly.counted_in,
        "weeks": rows,
        "total": front_weeks.total_row(texts),
        "has_interval": outlook["chain"]["Lower80"] is not None,
        "has_last_year": outlook["chain"]["Change"] is not None,
        "has_before": any(week.before for week in shown),
        "any_short": any(row["short"] for row in rows),
        "why": front_weeks.why_weeks_differ(texts),
        "holidays": front_weeks.holidays_ahead(texts),
        "holidays_before": front_weeks.holidays_before(texts),
        "figure": figure_html(weeks_figure(shown, report.words, axis_title), "by-week"),
        "stores": front_remarks.stores(texts, check),
        "remarks": front_remarks.remarks(texts, assumed),
    }


def _to_check(report: ReportInput, tested: pl.DataFrame) -> list[StoreToCheck]:
    newest = tested.filter(pl.col(s.CUTOFF) == pl.col(s.CUTOFF).max())
    return stores_to_check(report.forecast, report.panel.sales, report.sums, report.panel.calendar, newest)


def _notices(report: ReportInput) -> list[str]:
    """Return what a user must know."""
    notices = (translated(notice, report.words.language) for notice in report.scores.get("notices", ()))
    return [report.panel.target.worded(notice) for notice in notices]


def _stores(report: ReportInput, check: Sequence[StoreToCheck]) -> list[dict[str, Any]]:
    """Return a figure for each store to look at, and for a large, a middling and a small one."""
    sales, calendar, forecast = report.panel.sales, report.panel.calendar, report.forecast
    target, words = report.panel.target, report.words
    chosen: dict[object, str] = {store.store: words.text("One of the stores to look at.") for store in check}
    for why, store in facts.sample_stores(forecast, sales, report.cutoff):
        chosen.setdefault(store, words.text(f"{target.worded(why)}."))
    return [
        {
            "store": store,
            "why": why,
            "figure": figure_html(
                figures.store_ahead(
                    store,
                    sales,
                    forecast,
                    report.cutoff,
                    words,
                    target,
                    marks=marks_of(
                        calendar.filter(pl.col(s.STORE) == store),
                        figures.first_day_shown(report.cutoff, figures.STORE_WEEKS_BACK),
                        as_date(forecast[s.DATE].max()),
                    ),
                ),
                f"store{k}",
            ),
        }
        for k, (store, why) in enumerate(chosen.items())
    ]


def _contributions(report: ReportInput) -> list[dict[str, Any]]:
    """Return a figure for each store whose forecast is explained, and its average open day in words."""
    if report.contributions is None:
        return []
    words, target = report.words, report.panel.target
    parts = report.contributions.filter(pl.col(s.FORECAST) > 0).partition_by(s.STORE, maintain_order=True)
    return [
        {
            "store": part[s.STORE][0],
            "text": _average_day(report, part),
            "alt": words.text(
                "Store {store}: stacked bars per open day ahead, one part for each driver but the level, above or below "
                "zero.",
                store=part[s.STORE][0],
            ),
            "figure": figure_html(figures.contributions_by_day(part, words, target), f"made{k}"),
        }
        for k, part in enumerate(parts)
    ]


def _average_day(report: ReportInput, part: pl.DataFrame) -> str:
    words = report.words
    means = [float(part[name].mean() or 0.0) for name in (s.FORECAST, USUAL, "Level")]  # type: ignore[arg-type]
    text = words.text(
        "Its open day is expected at {forecast} on average: the chain's usual day, {usual}, and {level} for its "
        "level. The bars show "
        "what else moves each day.",
        forecast=words.number(means[0]),
        usual=words.number(means[1]),
        level=words.signed(round(means[2])),
    )
    uplift = _mean_uplift(part)
    if uplift is not None:
        text += " " + words.text(
            "Without their promotions, its days with one would change by {change} on average, so the model expects.",
            change=words.signed(-round(uplift)),
        )
    return text


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
            "name": report.words.text(title(name)),
            "share": share,
            "lost": lost.get(name),
            "low": interval.get(name, [None, None])[0],
            "high": interval.get(name, [None, None])[1],
            "beyond_chance": beyond.get(name),
        }
        for _, name, share in rows.iter_rows()
    ]


def _largest_drivers(report: ReportInput) -> str:
    """Return the drivers that move the forecasts most, with how far."""
    return ", ".join(
        f"{row['name']} (±{report.words.percent(row['share'], 0)})" for row in _drivers(report)[:NAMED_DRIVERS]
    )
