"""Stores and their history, page by page, as they stand in what is served."""

import datetime as dt
from typing import Any

import polars as pl
from starlette.requests import Request
from starlette.responses import Response

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.service.bodies import DATE
from storecast.service.middleware.context import context_of
from storecast.service.problems import Problem, invalid
from storecast.service.rendering import BytesResponse, json_rows
from storecast.service.requests.query import cursor, parameters, place_of, query_parameter, whole_number
from storecast.service.route import Route
from storecast.service.service import service_of

USUAL_PAGE = 100


async def stores(request: Request) -> Response:
    """List the stores and what is known of them."""
    service = service_of(request)
    given = parameters(request, ("limit", "cursor"))
    limit = whole_number(given, "limit", USUAL_PAGE, 1, service.settings.page_limit)
    panel = (await service.live.fresh()).predictor.panel
    rows = panel.stores.sort(s.STORE)
    if "cursor" in given:
        rows = rows.filter(pl.col(s.STORE) > place_of(given["cursor"], _kind(panel)))
    return _page(request, "stores", rows.head(limit + 1), limit, s.STORE)


async def store(request: Request) -> Response:
    """Tell what is known of a store."""
    parameters(request)
    panel = (await service_of(request).live.fresh()).predictor.panel
    row = panel.stores.filter(pl.col(s.STORE) == _store(request, panel))
    return BytesResponse(next(json_rows(row)))


async def history(request: Request) -> Response:
    """Tell a store's sales, and the calendar they were made under, oldest first."""
    service = service_of(request)
    given = parameters(request, ("first", "last", "limit", "cursor"))
    limit = whole_number(given, "limit", USUAL_PAGE, 1, service.settings.page_limit)
    panel = (await service.live.fresh()).predictor.panel
    wanted = pl.col(s.STORE) == _store(request, panel)
    for name in ("first", "last"):
        if name in given:
            day = _day(given[name], name)
            wanted &= pl.col(s.DATE) >= day if name == "first" else pl.col(s.DATE) <= day
    if "cursor" in given:
        wanted &= pl.col(s.DATE) > _day(place_of(given["cursor"], str), "cursor")

    def work() -> pl.DataFrame:
        some = panel.sales.filter(wanted).sort(s.DATE).head(limit + 1)
        return some.join(panel.calendar.drop(s.ASSUMED), on=s.KEYS, how="left", maintain_order="left").drop(s.STORE)

    return _page(request, "history", await service.large.run(work), limit, s.DATE)


def _page(request: Request, name: str, rows: pl.DataFrame, limit: int, key: str) -> Response:
    """Tell a page, and where the next begins: nowhere, where this is the last."""
    some = rows.head(limit)
    end: Any = some[key][-1] if rows.height > limit else None
    context_of(request.scope).rows = some.height
    following = "null" if end is None else f'"{cursor(end if isinstance(end, int | str) else end.isoformat())}"'
    return BytesResponse(b'{"%b":[%b],"next":%b}' % (name.encode(), b",".join(json_rows(some)), following.encode()))


def _store(request: Request, panel: Panel) -> Any:
    """Return the store of the path; a problem where the chain does not hold it."""
    text = context_of(request.scope).path_parameters["store"]
    number = _kind(panel) is int
    store: Any = int(text) if number and text.isascii() and text.isdigit() and len(text) < 19 else text
    if (number and store is text) or not (panel.stores[s.STORE] == store).any():
        raise Problem(
            "not-found", f"The chain holds no such store; it holds {panel.stores.height}. GET /v1/stores lists them."
        )
    return store


def _day(text: str, name: str) -> dt.date:
    try:
        if len(text) == len("2015-06-14"):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise invalid(f"query.{name}", "expected a date such as 2015-06-14")


def _kind(panel: Panel) -> type:
    return str if panel.stores.schema[s.STORE] == pl.String else int


_LIMIT = query_parameter("limit", {"type": "integer", "minimum": 1, "maximum": "page_limit"}, "Rows of a page.")
_CURSOR = query_parameter("cursor", {"type": "string"}, "`next` of the page before.")

ROUTES = (
    Route("GET", "/v1/stores", "read", stores, "The stores", reply="Stores", parameters=(_LIMIT, _CURSOR)),
    Route("GET", "/v1/stores/{store}", "read", store, "A store", reply="Store"),
    Route(
        "GET",
        "/v1/stores/{store}/history",
        "read",
        history,
        "A store's sales, and the calendar they were made under",
        reply="History",
        parameters=(
            query_parameter("first", DATE, "The first day."),
            query_parameter("last", DATE, "The last day."),
            _LIMIT,
            _CURSOR,
        ),
    ),
)
