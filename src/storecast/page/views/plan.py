"""Plan: from a forecast to a plan that is agreed."""

from collections.abc import Callable
from urllib.parse import urlencode

from dash import Dash, dcc, html
from dash.development.base_component import Component

from storecast.page import tables
from storecast.page.addresses import BASE
from storecast.page.job_progress import cancel_job
from storecast.page.shell import control, control_id
from storecast.page.view import View, ViewRequest
from storecast.page.views import (
    plan_budget,
    plan_comments,
    plan_entry,
    plan_files,
    plan_grid,
    plan_moves,
    plan_publishing,
    plan_queue,
    plan_standing,
    plan_states,
)
from storecast.page.views.plan_figures import UNDO, PlanFigures, budget_facts, moment, overrides_note, read_figures
from storecast.plan.totals import in_words

Part = Callable[[ViewRequest, PlanFigures], Component]
PARTS: dict[str, Part] = {
    "grid": plan_grid.draw_grid,
    "overrides": plan_standing.draw_overrides,
    "moves": plan_moves.draw_moves,
    "queue": plan_queue.draw_queue,
    "comments": plan_comments.draw_comments,
    "versions": plan_states.draw_versions,
    "files": plan_files.draw_files,
}


def draw(request: ViewRequest) -> Component:
    """Return the part of the plan that the address names."""
    words, plan = request.words, read_figures(request)
    if plan is None:
        return html.Div(
            [
                html.H1(words.text("Plan")),
                html.P(words.text("No forecast has been published yet.")),
                *plan_publishing.publishing(request, form=True),
            ]
        )
    part = request.query.get("part", "")
    part = part if part in PARTS else next(iter(PARTS))
    return html.Div(
        [
            html.H1(
                words.text(
                    "Plan from {first} to {last}",
                    first=words.date(plan.version.first),
                    last=words.date(plan.version.last),
                )
            ),
            html.Div(
                [_version_control(request, plan), *plan_states.state_buttons(request, plan)], className="controls"
            ),
            _facts(request, plan),
            None if plan.total is None else html.P(request.words.message(in_words(plan.total)), className="soft"),
            _parts(request, plan, part),
            *plan_publishing.publishing(request, form=part == "versions"),
            PARTS[part](request, plan),
        ]
    )


def _version_control(request: ViewRequest, plan: PlanFigures) -> Component:
    words = request.words
    options = [
        {
            "label": words.text(
                "{version}: {state}, {name}",
                version=each.version,
                state=words.text(each.state),
                name=each.history[-1].by,
            ),
            "value": str(each.version),
        }
        for each in plan.versions
    ]
    chooser = dcc.Dropdown(options, str(plan.version.version), id=control_id("version"), clearable=False)
    return control(words.text("Version"), chooser)


def _parts(request: ViewRequest, plan: PlanFigures, part: str) -> Component:
    words = request.words
    names = {
        "grid": words.text("Weeks"),
        "overrides": words.text("Overrides"),
        "moves": words.text("What moved"),
        "queue": words.text("Exceptions"),
        "comments": words.text("Comments"),
        "versions": words.text("Versions"),
        "files": words.text("Files"),
    }
    version = {} if plan.newest else {"version": plan.version.version}
    links = [
        dcc.Link(
            names[each],
            href=f"{BASE}plan?{urlencode({**version, 'part': each})}",
            className="here" if each == part else "",
        )
        for each in PARTS
    ]
    return html.Nav(links, className="tabs", **{"aria-label": words.text("Parts of the plan")})


def _facts(request: ViewRequest, plan: PlanFigures) -> Component:
    words, last = request.words, plan.version.history[-1]
    entries = [
        (words.text("State of the plan"), words.text(plan.version.state), f"{last.by}, {moment(last.at, words)}"),
        (words.text("Plan"), words.money(plan.planned), overrides_note(plan.changed, words)),
    ]
    entries += budget_facts(plan.weeks, words)
    stores = words.number(len(plan.figures.stores))
    entries.append((words.text("Stores"), stores, words.plural("{count} day", "{count} days", plan.figures.days)))
    return tables.facts(*entries)


def _register(app: Dash) -> None:
    plan_grid.register(app)
    plan_files.register(app)
    plan_publishing.register(app)


VIEW = View(
    "plan",
    "Plan",
    draw,
    _register,
    {
        plan_states.ADVANCE: plan_states.advance,
        plan_publishing.PUBLISH: plan_publishing.publish,
        plan_publishing.CANCEL: cancel_job,
        plan_entry.SAVE: plan_entry.save_edits,
        plan_entry.DISCARD: plan_entry.discard,
        plan_entry.ENTER: plan_entry.enter,
        plan_entry.WITHDRAW: plan_entry.withdraw,
        UNDO: plan_entry.undo,
        plan_queue.HANDLE: plan_queue.handle_exception,
        plan_comments.COMMENT: plan_comments.comment,
        plan_budget.UNDO_BUDGET: plan_budget.undo,
        plan_files.TAKE: plan_files.take,
    },
)
