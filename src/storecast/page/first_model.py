"""The first model of a service: a view that was drawn without one is drawn again as soon as one is served."""

from typing import Any

from dash import Dash, Input, Output, State, dcc, no_update
from dash.development.base_component import Component

from storecast.page.view import ViewRequest, view_request

TICK = "model-tick"
LOOK_EVERY_MS = 5000


def watch(request: ViewRequest) -> Component | None:
    """Return what looks for the first model; None where one is served."""
    if request.service.live.snapshot is not None:
        return None
    return dcc.Interval(id=TICK, interval=LOOK_EVERY_MS)


def register(app: Dash) -> None:
    """Add the callback that has the view drawn again."""

    @app.callback(  # type: ignore[untyped-decorator]
        Output("written", "data", allow_duplicate=True),
        Input(TICK, "n_intervals"),
        State("written", "data"),
        prevent_initial_call=True,
    )
    def look(_tick: int | None, written: int | None) -> Any:
        return no_update if watch(view_request(None, None)) else (written or 0) + 1
