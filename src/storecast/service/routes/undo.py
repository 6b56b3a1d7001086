"""Wrong writes out again: sales that are removed, and writes that are taken back."""

import datetime as dt
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response

from storecast import schema as s
from storecast.database.delete_sales import Removed, delete_sales
from storecast.database.undo import Undone
from storecast.database.undo import undo as undo_write
from storecast.service.problems import invalid
from storecast.service.requests.path import path_number
from storecast.service.requests.query import Query, read_query
from storecast.service.route import Route
from storecast.service.service import service_of
from storecast.service.write_once import IDEMPOTENCY_KEY, idempotency_key, write_once


class RemovalQuery(Query):
    """Which sales are to be removed; at least one of these."""

    store: Annotated[str, Meta(description="The id of the store; without it, every store.")] | UnsetType = UNSET
    first: Annotated[dt.date, Meta(description="The first day.")] | UnsetType = UNSET
    last: Annotated[dt.date, Meta(description="The last day.")] | UnsetType = UNSET


async def remove(request: Request) -> Response:
    """Remove sales of a store, of some days, or both."""
    query = read_query(request, RemovalQuery)
    which = {name: None if value is UNSET else value for name, value in asdict(query).items()}
    store: Any = which["store"]
    stores = service_of(request).live.panel().stores[s.STORE]
    if store is not None and not (stores.cast(str) == store).any():
        raise invalid("query.store", f"the chain holds no such store, it holds {len(stores)}")
    key = idempotency_key(request)
    return await write_once(request, "sales removed", lambda conn: delete_sales(conn, **which), key)


async def undo(request: Request) -> Response:
    """Take the write of a version back."""
    read_query(request, Query)
    refusal = "There is no such write. Its version is a whole number, which its reply named."
    version, key = path_number(request, "version", refusal), idempotency_key(request)
    return await write_once(request, "write undone", lambda conn: undo_write(conn, version), key, undone=version)


ROUTES = (
    Route(
        "DELETE",
        "/v1/sales",
        "write",
        remove,
        "Sales out that were sent by mistake",
        "They can be brought back: take the version of the reply back.",
        reply=Removed,
        query=RemovalQuery,
        headers=(IDEMPOTENCY_KEY,),
    ),
    Route(
        "DELETE",
        "/v1/writes/{version}",
        "write",
        undo,
        "Take a write back",
        "What the write replaced stands again, what it added goes. Where a later write rests on it, that one goes first.",
        reply=Undone,
        headers=(IDEMPOTENCY_KEY,),
    ),
)
