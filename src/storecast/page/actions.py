"""Actions: what the buttons of a view do.

A view names its actions in `View.actions`. A button of `action_button` calls one of them with all that stands in the fields of
the view; what it returns is shown above the view, which is then drawn anew. An action that is refused says why, and what was
entered stays. After a conflict the view is drawn anew as well: it shows what others wrote, with the entries still in its fields.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeGuard, TypeVar

import msgspec
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, html
from dash.development.base_component import Component
from msgspec import Struct
from sqlalchemy import Connection

from storecast.database.request_log import audit
from storecast.errors import ConflictError, UserError
from storecast.page import shell
from storecast.page.refusals import refused
from storecast.page.view import View, ViewRequest, view_request
from storecast.plan.overrides import MAX_VALUE
from storecast.service.problems import Problem, unreadable
from storecast.service.requests.query import whole_number

CONFLICT = "conflict"  # the kind of a problem


class Outcome(Protocol):
    """What a write did, as a dataclass."""

    @property
    def version(self) -> int:
        """The version of the chain or of the plan after the write."""
        ...


Written = TypeVar("Written", bound=Outcome)


class _Click(Struct):
    """What the browser says of a button that was pressed."""

    name: str
    key: str = ""
    entries: dict[str, Any] = {}


def action_button(text: str, name: str, key: str = "", *, kind: str = "", **more: Any) -> Component:
    """Return a button that calls an action.

    Parameters
    ----------
    text : on the button
    name : of the action
    key : what it is to act on, where a view has several such buttons
    kind : of its look: plain, quiet, or an empty text
    more : properties of the button
    """
    return html.Button(
        text, id={"type": "action", "name": name, "key": key}, n_clicks=0, className=kind, type="button", **more
    )


def field_id(name: str) -> dict[str, str]:
    """Return the id of a field whose value actions find among the entries of their request."""
    return {"type": "field", "name": name}


def write(
    request: ViewRequest, action: str, work: Callable[[Connection], Written], *, of_chain: bool = False, **detail: int
) -> Written:
    """Write in one transaction with its audit, as the API does; return what was done.

    Parameters
    ----------
    request : whose session writes
    action : what is done, for the audit
    work : does it, and returns a dataclass
    of_chain : whether the chain is written, so that the next forecast is to wait for it
    detail : more for the audit
    """
    with request.database.begin() as conn:
        outcome = work(conn)
        of_request = {"request": request.request_id, "page": True}
        audit(conn, f"key:{request.key.id}", action, {**detail, **vars(outcome), **of_request})
    if of_chain:
        request.service.live.freshness.written(outcome.version)
    return outcome


def register(app: Dash, views: tuple[View, ...]) -> None:
    """Add the callbacks of all actions.

    Parameters
    ----------
    app : Dash
    views : with their actions, whose names differ
    """
    actions = {name: action for view in views for name, action in view.actions.items()}
    assert len(actions) == sum(len(view.actions) for view in views), "two actions have one name"
    scopes = {name: view.scopes.get(name, "write") for view in views for name in view.actions}
    app.clientside_callback(
        ClientsideFunction("storecast", "act"),
        Output("action", "data"),
        Input({"type": "action", "name": ALL, "key": ALL}, "n_clicks"),
        State({"type": "field", "name": ALL}, "value"),
        State({"type": "field", "name": ALL}, "id"),
        State("entries", "data"),
        prevent_initial_call=True,
    )

    @app.callback(  # type: ignore[untyped-decorator]
        Output("said", "children"),
        Output("written", "data"),
        Output("entries", "data"),
        Input("action", "data"),
        State("url", "search"),
        State("preferences", "data"),
        State("written", "data"),
        running=[(Output("working", "hidden"), False, True)],
        prevent_initial_call=True,
    )
    def act(click: Any, search: str | None, preferences: Any, written: int | None) -> tuple[Component, int, Any]:
        try:
            clicked = msgspec.convert(click, _Click)
        except msgspec.ValidationError as error:
            raise unreadable("The body is no action of this page. Load the page again.") from error
        if clicked.name not in actions:
            raise unreadable("The page has no such action. Load the page again.")
        request = view_request(search, preferences, clicked.entries)
        text, kind = _attempt(actions[clicked.name], request, clicked.key, scopes[clicked.name])
        if kind is None:
            return shell.message(text), (written or 0) + 1, {}
        again = (written or 0) + (kind == CONFLICT)
        return shell.message(text, kind="refused"), again, clicked.entries


def _attempt(
    action: Callable[[ViewRequest, str], str], request: ViewRequest, key: str, scope: str
) -> tuple[str, str | None]:
    """Return what is to be said of an action, and the kind of the problem where it is refused.

    Parameters
    ----------
    action : to do
    request, key : of the button
    scope : that the session's key needs, before anything of the request is looked at
    """
    try:
        request.require(scope)
        return action(request, key), None
    except (Problem, UserError) as error:
        refusal = refused(error, request.words)
        reassurance = request.words.text("What you entered is still there.") if isinstance(error, ConflictError) else ""
        return f"{refusal.detail} {reassurance}".strip(), refusal.kind


def is_number(value: object) -> TypeGuard[float]:
    """Say whether a value of the browser is a number that a figure of the plan can be."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_VALUE


def number_entry(entries: Mapping[str, Any], name: str) -> float | None:
    """Return the number in a field; None where it holds none."""
    value = entries.get(name)
    return float(value) if is_number(value) else None


def button_number(key: str, refusal: Problem) -> int:
    """Return the number that the key of a button names; raise the refusal where it names none."""
    number = whole_number(key)
    if number is None:
        raise refusal
    return number


def text_entry(entries: Mapping[str, Any], name: str) -> str:
    """Return the text in a field; empty where it holds none."""
    value = entries.get(name)
    return value if isinstance(value, str) else ""
