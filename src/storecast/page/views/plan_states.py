"""Versions of the plan: what there are, and the way of one from a draft to a locked plan."""

from dash import dcc, html
from dash.development.base_component import Component

from storecast.database.plan_publishing import advance_version
from storecast.page import tables
from storecast.page.actions import action_button, button_number, field_id, text_entry, write
from storecast.page.addresses import BASE
from storecast.page.language import Words
from storecast.page.view import ViewRequest
from storecast.page.views.plan_figures import PlanFigures, moment
from storecast.plan.versions import APPROVED, DRAFT, LOCKED, REVIEWED, STATES
from storecast.service.problems import unreadable

NOTE = "state-note"
ADVANCE = "plan-advance"


def state_buttons(request: ViewRequest, plan: PlanFigures) -> list[Component]:
    """Return the buttons that bring the version on; nothing where it is locked, or the key may not write."""
    words, version = request.words, plan.version
    if version.state == LOCKED or not request.may("write"):
        return []
    following = STATES[STATES.index(version.state) + 1]
    names = {
        REVIEWED: words.text("Mark as reviewed"),
        APPROVED: words.text("Approve"),
        LOCKED: words.text("Lock"),
    }
    buttons = [action_button(names[following], ADVANCE, f"{version.version}:{version.state}:{following}")]
    if version.state != DRAFT:
        back = words.text("Back to a draft")
        buttons.append(action_button(back, ADVANCE, f"{version.version}:{version.state}:{DRAFT}", kind="plain"))
    note = dcc.Input(
        id=field_id(NOTE), value=text_entry(request.entries, NOTE), maxLength=1000, autoComplete="off", type="text"
    )
    label = html.Label([html.Span(words.text("Note on the state"), className="label"), note], className="control")
    return [label, *buttons]


def advance(request: ViewRequest, key: str) -> str:
    """Bring a version into another state; the key says which, and the state in which it was seen."""
    number, _, states = key.partition(":")
    seen, _, state = states.partition(":")
    version = button_number(number, unreadable("The page has no such version. Load the page again."))
    note = text_entry(request.entries, NOTE)
    advanced = write(
        request,
        "plan advanced",
        lambda conn: advance_version(conn, version, state, by=request.key.name, seen=seen, note=note),
    )
    words = request.words
    return words.text("Version {version} is {state} now.", version=advanced.version, state=words.text(advanced.state))


def draw_versions(request: ViewRequest, plan: PlanFigures) -> Component:
    """Return all versions, and the states that this one came into."""
    words = request.words
    header = [
        words.text(name) for name in ("Version", "State", "By whom", "When", "First day", "Last day", "Stores", "Model")
    ]
    rows = [
        [
            dcc.Link(str(each.version), href=f"{BASE}plan?version={each.version}&part=versions"),
            words.text(each.state),
            each.history[-1].by,
            moment(each.history[-1].at, words),
            words.date(each.first),
            words.date(each.last),
            words.number(each.stores),
            each.model,
        ]
        for each in plan.versions
    ]
    title = words.text("All versions")
    return html.Div(
        [
            html.H2(words.text("How version {version} came here", version=plan.version.version)),
            _history(plan, words),
            html.H2(title),
            tables.table(header, rows, text=(1, 2, 3, 4, 5, 7), label=title),
        ]
    )


def _history(plan: PlanFigures, words: Words) -> Component:
    header = [words.text(name) for name in ("State", "By whom", "When", "Note")]
    rows = [[words.text(each.state), each.by, moment(each.at, words), each.note] for each in plan.version.history]
    return tables.table(header, rows, text=(0, 1, 2, 3), label=words.text("States"))
