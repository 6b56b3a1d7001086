"""The last budget, and the button that takes it back."""

from dash import html
from dash.development.base_component import Component

from storecast.database.plan_budget import last_load, undo_budget
from storecast.page.actions import action_button, button_number, write
from storecast.page.view import ViewRequest
from storecast.page.views.plan_figures import moment
from storecast.service.problems import unreadable

UNDO_BUDGET = "plan-undo-budget"  # the action


def budget_undo(request: ViewRequest) -> Component | None:
    """Return who put the budget in place, with the button that takes it back; nothing where none can be."""
    words = request.words
    with request.database.reading() as conn:
        last = last_load(conn)
    if last is None or not request.may("write"):
        return None
    what = words.text(
        "The budget of {count} amounts is from {name}, {moment}.",
        count=words.number(last.rows),
        name=last.by,
        moment=moment(last.at, words),
    )
    button = action_button(words.text("Take this budget back"), UNDO_BUDGET, str(last.load), kind="plain")
    return html.Div([html.Span(what, className="soft"), button], className="actions")


def undo(request: ViewRequest, key: str) -> str:
    """Take the last budget back; the key is its number."""
    load = button_number(key, unreadable("The page has no such budget. Load the page again."))
    written = write(request, "budget undone", lambda conn: undo_budget(conn, load))
    words = request.words
    if not written.rows:
        return words.text("The budget is taken back; there was none before it.")
    return words.text("The budget before it stands again, {count} amounts.", count=words.number(written.rows))
