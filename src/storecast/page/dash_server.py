"""Dash as an application of ASGI, built once a process: by the warm-up, or by the first request for the page."""

import threading
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from a2wsgi import WSGIMiddleware

THREADS = 4  # that draw views at once
# Plotly looks these up among the modules that are imported, and fails where another thread, such as one that answers a question of
# Explore, has imported half of one: so they are whole before anything is drawn.
LOOKED_UP = ("pandas", "PIL.Image")

_BUILDING = threading.Lock()  # the first requests come at once


def dash_server() -> WSGIMiddleware:
    """Return Dash in threads; the first call imports it, which takes a second."""
    with _BUILDING:
        return _built()


@cache
def _built() -> WSGIMiddleware:
    for name in LOOKED_UP:
        if find_spec(name.partition(".")[0]):
            import_module(name)
    from storecast.page.dash_app import dash_app

    # A queue without end: nobody takes from it once a browser has gone, and the thread that draws must not wait for that.
    return WSGIMiddleware(dash_app().server, workers=THREADS, send_queue_size=0)
