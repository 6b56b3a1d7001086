"""What stands around every view: header, language and theme, and the controls that write into the address."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from storecast.language import LANGUAGES
from storecast.page.addresses import BASE
from storecast.page.language import Words

if TYPE_CHECKING:
    from storecast.page.view import View, ViewRequest

ASSETS = Path(__file__).parent / "assets"
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>
"""


def layout() -> Component:
    """Return what every view is drawn into."""
    return html.Div(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="written", data=0),  # counted up by every write, so that the view is drawn again
            dcc.Store(id="action"),  # the button that was pressed last
            dcc.Store(id="entries", storage_type="session"),  # what was entered into fields, and not taken yet
            dcc.Store(id="preferences", storage_type="local"),
            dcc.Store(id="page-title"),
            dcc.Store(id="theme-applied"),
            html.Header(id="header"),
            failures(),
            html.Div(html.Progress(**{"aria-label": "…"}), id="working", hidden=True),
            html.Div(id="said", role="status", **{"aria-live": "polite"}),
            dcc.Loading(
                html.Main(id="view"),
                target_components={"view": "children"},
                delay_show=400,
                overlay_style={"visibility": "visible", "opacity": 0.5},
            ),
        ]
    )


def failures() -> Component:
    """Return what is said of a request that failed: every sentence in every language, of which the browser shows one.

    It is drawn with the page, as there is nothing to ask for once requests fail.
    """
    sentences = [
        html.P([text, " ", way], lang=words.language, hidden=True, **{"data-kind": kind})
        for words in map(Words, LANGUAGES)
        for kind, text, way in _failure_sentences(words)
    ]
    return html.Div(
        [*sentences, html.P(id="failed-detail")], id="failed", className="message", role="alert", hidden=True
    )


def _failure_sentences(words: Words) -> list[tuple[str, str, Component]]:
    """Return the kinds of failures, as the script of the page knows them, with what is said of each and the way on."""
    login = html.A(words.text("Log in again and come back here"), href="/app/login")
    again = words.text("Draw the view again")
    return [
        ("login", words.text("Your session has ended. What you entered is kept."), login),
        *(
            (kind, text, html.Button(again, id={"type": "again", "key": words.language + kind}, className="plain"))
            for kind, text in (
                (
                    "busy",
                    words.text("The service is busy. What you entered is still there. Try again in a few seconds."),
                ),
                (
                    "network",
                    words.text("The service does not answer. What you entered is still there. Check the connection."),
                ),
                ("other", words.text("This did not work. What you entered is still there. Load the page again.")),
            )
        ),
    ]


def header(request: "ViewRequest", view: "View", views: tuple["View", ...]) -> list[Component]:
    """Return the header of a view: the way to all others, language, theme and logout.

    Parameters
    ----------
    request : whose language and session they are
    view : that is shown
    views : all of them
    """
    words = request.words
    links = [
        dcc.Link(
            words.text(each.title),
            href=BASE + each.name,
            className="here" if each.name == view.name else "",
        )
        for each in views
    ]
    return [
        html.A(words.text("Skip to the content"), href="#view", className="skip"),
        html.Strong("storecast", className="brand"),
        html.Nav(links, **{"aria-label": words.text("Views")}),
        html.Div(
            [
                html.Button(words.text("Light or dark"), id="theme", className="quiet", n_clicks=0),
                *(
                    html.Button(
                        name,
                        id={"type": "language", "code": code},
                        className="quiet",
                        n_clicks=0,
                        lang=code,
                        disabled=code == words.language,
                    )
                    for code, name in LANGUAGES.items()
                ),
                html.Form(
                    html.Button(words.text("Log out"), className="quiet", type="submit"),
                    action="/app/logout",
                    method="post",
                )
                if request.key.id
                else None,
            ],
            className="tools",
        ),
    ]


def message(text: str, kind: str = "done") -> Component:
    """Return a message to people.

    Parameters
    ----------
    text : of the message
    kind : done, refused, or hint
    """
    return html.P(text, className=f"message {kind}", role="alert" if kind == "refused" else "status")


def control(label: str, component: Component) -> Component:
    """Return a control with its label.

    Parameters
    ----------
    label : for people
    component : a dropdown, radio buttons or the like; with an id of `control_id`, the address holds its value
    """
    return html.Div([html.Span(label, className="label"), component], className="control")


def dropdown(options: Sequence[Any], value: Any, name: str, words: Words, **more: Any) -> Component:
    """Return a dropdown whose value stands in the address, with its own texts in a language.

    Parameters
    ----------
    options : as Dash has them
    value : the chosen one, or several
    name : in the address
    words : the language
    more : properties of the dropdown
    """
    labels = {
        "search": words.text("Search"),
        "clear_search": words.text("Clear the search"),
        "clear_selection": words.text("Clear the choice"),
        "select_all": words.text("Choose all"),
        "deselect_all": words.text("Choose none"),
        "selected_count": words.text("{num_selected} chosen"),
        "no_options_found": words.text("Nothing of that name"),
    }
    return dcc.Dropdown(options, value, id=control_id(name), **{"clearable": False, "labels": labels, **more})


def drawn_mark() -> Component:
    """Return what every view ends with: by it the browser tells a control that was drawn from one that somebody changed."""
    return dcc.Input(id=control_id("_"), type="hidden")


def control_id(name: str) -> dict[str, str]:
    """Return the id of a control whose value stands in the address."""
    return {"type": "control", "name": name}


def register(app: Dash) -> None:
    """Add the callbacks of the shell: controls write the address, buttons the language and the theme."""
    app.clientside_callback(
        ClientsideFunction("storecast", "address"),
        Output("url", "search"),
        Input({"type": "control", "name": ALL}, "value"),
        State({"type": "control", "name": ALL}, "id"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("storecast", "language"),
        Output("preferences", "data"),
        Input({"type": "language", "code": ALL}, "n_clicks"),
        State("preferences", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("storecast", "silence"),
        Output("said", "children", allow_duplicate=True),
        Input("url", "pathname"),
        Input("url", "search"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("storecastFailures", "typed"),
        Output("failed", "title"),  # stays as it is
        Input({"type": "field", "name": ALL}, "value"),
        State({"type": "field", "name": ALL}, "id"),
    )
    app.clientside_callback(
        ClientsideFunction("storecastFailures", "again"),
        Output("written", "data", allow_duplicate=True),
        Input({"type": "again", "key": ALL}, "n_clicks"),
        State("written", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("storecast", "theme"),
        Output("theme-applied", "data"),
        Input("theme", "n_clicks"),
    )
    app.clientside_callback(
        ClientsideFunction("storecast", "title"),
        Output("page-title", "modified_timestamp"),
        Input("page-title", "data"),
    )
