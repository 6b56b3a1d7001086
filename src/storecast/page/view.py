"""View: one page of the workbench, a function from what a request says to what is shown.

The address holds the whole state of a view: its controls write into the query, and the view is drawn from the query anew. So
links, reload, back and forward need nothing of their own.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qsl

import flask
from dash import Dash
from dash.development.base_component import Component

from storecast.database.api_keys import Key
from storecast.database.chain_info import version as chain_version
from storecast.database.connect import Database
from storecast.language import LANGUAGES
from storecast.page.addresses import LOOP
from storecast.page.language import Words, preferred_language
from storecast.page.tables import Table
from storecast.service.live.snapshot import Snapshot
from storecast.service.middleware.context import context_of
from storecast.service.problems import Problem

if TYPE_CHECKING:
    from storecast.service.service import Service

Result = TypeVar("Result")


class NoModel(Problem):
    """Nothing is wrong: there is no model yet."""


@dataclass(frozen=True, eq=False)
class ViewRequest:
    """What a view is drawn from.

    Attributes
    ----------
    service : with the database and the model that is served
    key : whose session it is
    words : the language
    query : the parameters of the address, as text
    request_id : as the log and the audit name it
    entries : what stands in the fields of the view and was not taken yet, by their names
    """

    service: "Service"
    key: Key
    words: Words
    query: Mapping[str, str]
    _loop: asyncio.AbstractEventLoop
    request_id: str
    entries: Mapping[str, Any] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """The database."""
        return self.service.live.database()

    @property
    def snapshot(self) -> Snapshot:
        """The model that is served with its forecast, which knows what was written before this request.

        Raises
        ------
        NoModel
            where none is ready
        """
        if self.service.live.snapshot is None:
            raise NoModel("not-ready", self.without_model())
        return self.wait_for(self.service.live.fresh())

    def without_model(self) -> str:
        """Say what is to be done where no model is served."""
        if chain_version(self.database):
            return self.words.text(
                "No model is served yet: `storecast weekly` trains one from the sales in the database, and publishes its "
                "forecast as the first version of the plan. This page shows it then."
            )
        return self.words.text(
            "No model is served yet, as the database holds no sales. Load them in the view Data; "
            "`storecast weekly` then trains one."
        )

    def wait_for(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Return what a coroutine returns, run on the event loop of the service."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def may(self, scope: str) -> bool:
        """Say whether the session's key has a scope."""
        return self.key.may(scope)

    def require(self, scope: str) -> None:
        """Refuse what the session's key may not do.

        Raises
        ------
        Problem
            where the key lacks the scope
        """
        if not self.may(scope):
            raise Problem(
                "not-allowed", self.words.text("Your key does not allow this: it needs the scope {scope}.", scope=scope)
            )


@dataclass(frozen=True)
class View:
    """One page of the workbench.

    Attributes
    ----------
    name : in the address, /app/NAME; empty: the first page
    title : in English
    draw : returns what is shown
    register : adds callbacks of its own to Dash; None: it has none
    actions : of its buttons, by their names, which no other view has: each takes the request and the key of the button, and returns
        what is to be said
    scopes : that a key needs for an action, by its name; `write` for those that are not named
    rows : returns the tables of the view's file; None: those that it shows
    """

    name: str
    title: str
    draw: Callable[[ViewRequest], Component]
    register: Callable[[Dash], None] | None = None
    actions: Mapping[str, Callable[[ViewRequest, str], str]] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)
    rows: Callable[[ViewRequest], list[Table]] | None = None


def view_request(search: str | None, preferences: Any, entries: Any = None) -> ViewRequest:
    """Return what the callback that runs now is asked with.

    Parameters
    ----------
    search : the query of the address, with its question mark
    preferences : what the browser keeps: ``{"language": "de"}``, or nothing
    entries : what was entered into fields and not taken yet, or nothing
    """
    scope = cast("dict[str, Any]", flask.request.environ["asgi.scope"])
    context = context_of(scope)
    key = context.key
    assert key is not None, "a callback ran without a session"
    chosen = preferences.get("language") if isinstance(preferences, dict) else None
    language = chosen if chosen in LANGUAGES else preferred_language(flask.request.headers.get("Accept-Language", ""))
    query = dict(parse_qsl((search or "").removeprefix("?")))
    entered = entries if isinstance(entries, dict) else {}
    return ViewRequest(
        scope["app"].state.service, key, Words(language), query, scope[LOOP], context.request_id, entered
    )
