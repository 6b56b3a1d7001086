"""Home: what is expected, what changed, what needs hands."""

import datetime as dt

import polars as pl
from dash import html
from dash.development.base_component import Component

from storecast import schema as s
from storecast.database.connect import Database
from storecast.errors import MissingError
from storecast.page import charts, tables
from storecast.page.figures import ChainFigures, chain_figures
from storecast.page.language import Words
from storecast.page.plan_memory import cached, memory_of_chain
from storecast.page.store_figures import YEAR_BEFORE
from storecast.page.view import View, ViewRequest
from storecast.page.views.plan_figures import budget_facts, exception_link, overrides_note
from storecast.plan.overrides import PLAN
from storecast.plan.sentences import sentences
from storecast.workflows.plan_summary import PlanOverview, plan_overview
from storecast.workflows.planning import ShownVersion, show_version

PAST_WEEKS = 8  # of the chart
MOST_EXCEPTIONS = 8


def draw(request: ViewRequest) -> Component:
    """Return the first page of a Monday."""
    words = request.words
    figures = chain_figures(request.snapshot, request.service.settings.home)
    plan = newest_plan(request.database)
    overview = None if plan is None else plan_overview_of(request.database, words)
    return html.Div(
        [
            html.H1(_heading(figures, words)),
            _sentences(overview, words),
            _facts(figures, plan, words),
            charts.chart(
                _traces(figures, plan, words),
                words.text("Sales of the chain by day, with the forecast"),
                words,
                height=360,
            ),
            _days(figures, plan, words),
            html.Div(
                [_weeks(plan, words), _exceptions(overview.exceptions, words)] if plan and overview else [],
                className="pair",
            ),
        ]
    )


def prepare_plan(database: Database) -> None:
    """Work out what this view shows of the plan, so that whoever opens it first does not wait."""
    if newest_plan(database) is not None:
        plan_overview_of(database, Words())


def newest_plan(database: Database) -> ShownVersion | None:
    """Return the newest version of the plan; None where nothing has been published yet: the page is then of the forecast alone."""
    try:
        return cached(database, "version", lambda: show_version(database))
    except MissingError:
        return None


def plan_overview_of(database: Database, words: Words) -> PlanOverview:
    """Return the figures of the newest version, and what needs a look in it.

    Raises
    ------
    MissingError
        where nothing has been published yet
    """
    today = dt.datetime.now(dt.UTC).date()
    name = ("overview", today, words.language)

    def work() -> PlanOverview:
        return plan_overview(database, today=today, write=words.message, remember=memory_of_chain(database))

    return cached(database, name, work)


def _sentences(overview: PlanOverview | None, words: Words) -> Component:
    if overview is None:
        return html.P(words.text("No forecast has been published as a plan yet. The view Plan publishes one."))
    lines = sentences(overview.summary, words, bounds=False)
    return html.Div([html.P(sentence) for sentence in lines], className="sentences")


def _heading(figures: ChainFigures, words: Words) -> str:
    first, last = figures.ahead["Start"][0], figures.ahead["Start"][-1]
    return words.text("{first} to {last}", first=words.date(first), last=words.date(last))


def _facts(figures: ChainFigures, plan: ShownVersion | None, words: Words) -> Component:
    whole = figures.whole.row(0, named=True)
    entries = [(words.text("Forecast"), words.money(figures.expected), tables.likely_range(whole, words))]
    if figures.year_before:
        change = figures.expected / figures.year_before - 1
        entries.append(
            (
                words.text("Forecast against last year"),
                words.signed_percent(change),
                words.text("{amount} on the same weekdays", amount=words.money(figures.year_before)),
            )
        )
    if plan is not None:
        weeks = plan.weeks
        note = overrides_note(float(weeks["Difference"].sum()), words)
        entries.append((words.text("Plan"), words.money(float(weeks["Plan"].sum())), note))
        entries += budget_facts(weeks, words)
        state = words.text("version {number}", number=plan.version.version)
        entries.append((words.text("State of the plan"), words.text(plan.version.state), state))
    return tables.facts(*entries)


def _traces(figures: ChainFigures, plan: ShownVersion | None, words: Words) -> list[charts.Trace]:
    ahead = figures.ahead
    days = ahead["Start"].to_list()
    past = figures.past.filter(pl.col(s.DATE) > days[0] - dt.timedelta(weeks=PAST_WEEKS))
    traces = []
    if "Lower80" in ahead.columns:
        traces += charts.band(
            days, ahead["Lower95"].to_list(), ahead["Upper95"].to_list(), words.text("95% interval"), charts.BAND_95
        )
        traces += charts.band(days, ahead["Lower80"].to_list(), ahead["Upper80"].to_list(), words.text("80% interval"))
    traces.append(charts.line(past[s.DATE].to_list(), past[s.SALES].to_list(), words.text("Sales"), charts.GREY))
    last_year = figures.last_year
    if last_year.height:
        traces.append(
            charts.line(
                last_year[s.DATE].to_list(),
                last_year[s.SALES].to_list(),
                words.text("A year before"),
                charts.AMBER,
                dash="dot",
                width=1.5,
            )
        )
    traces.append(charts.line(days, ahead[s.FORECAST].to_list(), words.text("Forecast"), charts.BLUE))
    if plan is not None and plan.budget.height:
        dates, amounts = plan.budget[s.DATE].to_list(), plan.budget["Budget"].to_list()
        traces.append(charts.line(dates, amounts, words.text("Budget"), charts.TEAL, dash="dash", width=1.5))
    return traces


def _days(figures: ChainFigures, plan: ShownVersion | None, words: Words) -> Component:
    """Return what the chart shows of the days ahead, in figures and so in files."""
    days = figures.ahead.rename({"Start": s.DATE})
    days = days.join(figures.last_year.rename({s.SALES: YEAR_BEFORE}), on=s.DATE, how="left")
    if plan is not None:
        planned = plan.days.group_by(s.DATE).agg(pl.col(PLAN).sum())
        days = days.join(planned, on=s.DATE, how="left").join(plan.budget, on=s.DATE, how="left")
    titles = {
        s.FORECAST: words.text("Forecast"),
        "Lower80": words.text("80% from"),
        "Upper80": words.text("80% to"),
        PLAN: words.text("Plan"),
        "Budget": words.text("Budget"),
        YEAR_BEFORE: words.text("A year before"),
    }
    shown = [name for name in titles if name in days.columns and days[name].count()]
    rows = [
        [words.day(day[s.DATE]), *(tables.amount(day[name], words) for name in shown)]
        for day in days.sort(s.DATE).iter_rows(named=True)
    ]
    header, title = [words.text("Day"), *(titles[name] for name in shown)], words.text("Day by day")
    return html.Details([html.Summary(title), tables.table(header, rows, label=title)])


def _weeks(plan: ShownVersion, words: Words) -> Component:
    header = [words.text(name) for name in ("Week from", "Forecast", "Plan", "Budget", "Plan less budget")]
    rows = [
        [
            words.day(week["Start"]),
            words.money(week[s.FORECAST]),
            words.money(week["Plan"]),
            tables.amount(week["Budget"], words),
            "" if week["Variance"] is None else words.signed(week["Variance"]),
        ]
        for week in plan.weeks.iter_rows(named=True)
    ]
    if plan.weeks["Budget"].is_null().all():
        header, rows = header[:3], [row[:3] for row in rows]
    return html.Section([html.H2(words.text("By week")), tables.table(header, rows, label=words.text("By week"))])


def _exceptions(rows: pl.DataFrame, words: Words) -> Component:
    heading = html.H2(words.text("What needs a look"))
    if rows.is_empty():
        return html.Section([heading, html.P(words.text("Nothing stands out."))])
    lines = [
        [
            html.Div(
                [
                    exception_link(row, words),
                    html.Div(words.day(row["Start"]), className="soft"),
                ]
            ),
            row["Text"],
            words.money(row["Stake"]),
        ]
        for row in rows.head(MOST_EXCEPTIONS).iter_rows(named=True)
    ]
    header = [words.text(name) for name in ("Store", "Why", "At stake")]
    more = words.plural("{count} exception is open.", "{count} exceptions are open.", rows.height)
    return html.Section(
        [
            heading,
            html.P(more, className="soft"),
            tables.table(header, lines, text=(0, 1), label=words.text("Exceptions")),
        ]
    )


VIEW = View("", "Home", draw)
