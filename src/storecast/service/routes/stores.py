"""Stores and their history, page by page, as they stand in what is served."""

import datetime as dt
from typing import Annotated, Any

import polars as pl
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.service.middleware.context import context_of
from storecast.service.problems import Problem, invalid
from storecast.service.rendering import BytesResponse, json_rows
from storecast.service.replies import History, Stores
from storecast.service.requests.query import Page, Query, cursor_at, place_of, read_query, whole_number
from storecast.service.requests.rows import id_type, store_rows
from storecast.service.route import Route
from storecast.service.service import service_of


class HistoryQuery(Page, kw_only=True):
    """Which days of a store."""

    first: Annotated[dt.date, Meta(description="The first day.")] | UnsetType = UNSET
    last: Annotated[dt.date, Meta(description="The last day.")] | UnsetType = UNSET


async def stores(request: Request) -> Response:
    """List the stores and what is known of them."""
    service = service_of(request)
    page = read_query(request, Page)
    limit = page.check_limit(service.settings.page_limit)
    panel = (await service.live.fresh()).predictor.panel
    rows = panel.stores.sort(s.STORE)
    if page.cursor:
        rows = rows.filter(pl.col(s.STORE) > place_of(page.cursor, id_type(panel)))
    return _page(request, "stores", rows.head(limit + 1), limit, s.STORE)


async def store(request: Request) -> Response:
    """Tell what is known of a store."""
    read_query(request, Query)
    panel = (await service_of(request).live.fresh()).predictor.panel
    row = panel.stores.filter(pl.col(s.STORE) == _store(request, panel))
    return BytesResponse(next(json_rows(row)))


async def history(request: Request) -> Response:
    """Tell a store's sales, and the calendar they were made under, oldest first."""
    service = service_of(request)
    query = read_query(request, HistoryQuery)
    limit = query.check_limit(service.settings.page_limit)
    await service.live.fresh()
    panel = service.live.panel()  # with the days that not all stores have reported yet
    wanted = pl.col(s.STORE) == _store(request, panel)
    if query.first is not UNSET:
        wanted &= pl.col(s.DATE) >= query.first
    if query.last is not UNSET:
        wanted &= pl.col(s.DATE) <= query.last
    if query.cursor:
        wanted &= pl.col(s.DATE) > _day_of(query.cursor)

    def work() -> pl.DataFrame:
        some = panel.sales.filter(wanted).sort(s.DATE).head(limit + 1)
        return some.join(panel.calendar.drop(s.ASSUMED), on=s.KEYS, how="left", maintain_order="left").drop(s.STORE)

    return _page(request, "history", await service.large.run(work), limit, s.DATE)


def _page(request: Request, name: str, rows: pl.DataFrame, limit: int, key: str) -> Response:
    """Tell a page, and where the next begins: nowhere, where this is the last."""
    some = rows.head(limit)
    end: Any = some[key][-1] if rows.height > limit else None
    context_of(request.scope).rows = some.height
    following = "null" if end is None else f'"{cursor_at(end if isinstance(end, int | str) else end.isoformat())}"'
    return BytesResponse(b'{"%b":[%b],"next":%b}' % (name.encode(), b",".join(json_rows(some)), following.encode()))


def _store(request: Request, panel: Panel) -> Any:
    """Return the store of the path; a problem where the chain does not hold it."""
    text = context_of(request.scope).path_parameters["store"]
    store = whole_number(text) if id_type(panel) is int else text
    if store is None or not (panel.stores[s.STORE] == store).any():
        raise Problem(
            "not-found", f"The chain holds no such store; it holds {panel.stores.height}. GET /v1/stores lists them."
        )
    return store


def _day_of(cursor: str) -> dt.date:
    try:
        return dt.date.fromisoformat(place_of(cursor, str))
    except ValueError as error:
        raise invalid("query.cursor", "belongs to another list; take it from `next` of the page before") from error


ROUTES = (
    Route("GET", "/v1/stores", "read", stores, "The stores", reply=Stores, query=Page),
    Route("GET", "/v1/stores/{store}", "read", store, "A store", reply=store_rows().struct),
    Route(
        "GET",
        "/v1/stores/{store}/history",
        "read",
        history,
        "A store's sales, and the calendar they were made under",
        reply=History,
        query=HistoryQuery,
    ),
)
