"""Dash as an application of ASGI, built once a process: by the warm-up, or by the first request for the page."""

import threading
from functools import cache

from a2wsgi import WSGIMiddleware

THREADS = 4  # that draw views at once

_BUILDING = threading.Lock()  # the first requests come at once


def dash_server() -> WSGIMiddleware:
    """Return Dash in threads; the first call imports it, which takes a second."""
    with _BUILDING:
        return _built()


@cache
def _built() -> WSGIMiddleware:
    from storecast.page.dash_app import dash_app

    # A queue without end: nobody takes from it once a browser has gone, and the thread that draws must not wait for that.
    return WSGIMiddleware(dash_app().server, workers=THREADS, send_queue_size=0)
