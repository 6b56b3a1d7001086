"""Sales of new days, days ahead, and stores, in. What was acknowledged stands; the same write sent again changes nothing."""

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any, Literal

import polars as pl
from msgspec import Meta
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from storecast.database.writes import Written, add_calendar, add_sales, add_stores
from storecast.service.middleware.context import context_of
from storecast.service.requests.bodies import CalendarRequest, ReplacingRequest, RowsBody, SalesRequest, StoresRequest
from storecast.service.requests.csv_rows import read_csv_rows
from storecast.service.requests.decode import check_size, decode
from storecast.service.requests.query import Query, read_query
from storecast.service.requests.rows import RowType, calendar_rows, id_type, sale_rows, store_rows
from storecast.service.route import Route
from storecast.service.service import service_of
from storecast.service.write_once import IDEMPOTENCY_KEY, idempotency_key, write_once

SMALL = 64 * 1024  # bytes of a body that is read on the event loop

Add = Callable[[Connection, pl.DataFrame], Written]


class ReplaceQuery(Query):
    """What a body in CSV cannot say."""

    replace: Annotated[
        Literal["true", "false"], Meta(description="With CSV: replace rows that stand with other values.")
    ] = "false"


async def sales(request: Request) -> Response:
    """Take sales of stores and days; the next forecast knows them."""
    panel = service_of(request).live.panel()
    rows = sale_rows(id_type(panel), panel.own, whole_numbers=panel.target.whole_numbers)
    return await _write(request, "sales", SalesRequest, rows, replaceable=add_sales)


async def calendar(request: Request) -> Response:
    """Take days ahead: openings, promotions, holidays; the next forecast knows them."""
    panel = service_of(request).live.panel()
    return await _write(
        request, "calendar", CalendarRequest, calendar_rows(id_type(panel), panel.known), add=add_calendar
    )


async def stores(request: Request) -> Response:
    """Take new stores, or what is newly known of old ones."""
    panel = service_of(request).live.panel()
    return await _write(request, "stores", StoresRequest, store_rows(id_type(panel)), replaceable=add_stores)


async def _write(
    request: Request,
    what: str,
    kind: type[RowsBody],
    rows: RowType,
    *,
    add: Add | None = None,
    replaceable: Any = None,
) -> Response:
    """Read a write, do it in one transaction with its audit and its reply, and let the next forecast wait for it.

    Parameters
    ----------
    what : the action, for the audit
    kind : type of the body
    rows : that the body holds
    add : writes the table; or replaceable, which takes the keyword ``replace``
    """
    service, context = service_of(request), context_of(request.scope)
    name = idempotency_key(request)
    as_csv = request.headers.get("content-type", "").lower().startswith("text/csv")
    query = read_query(request, ReplaceQuery if as_csv and replaceable else Query)
    replace_all = isinstance(query, ReplaceQuery) and query.replace == "true"
    limit = service.settings.row_limit

    def parse() -> tuple[pl.DataFrame, bool, dict[str, int]]:
        if as_csv:
            read = read_csv_rows(context.body, rows, service.live.source.names(), limit)
            return read.frame, replace_all, {repair.rule: repair.rows for repair in read.repairs}
        check_size(context.body, limit)
        body = decode(context.body, kind)
        replace = isinstance(body, ReplacingRequest) and body.replace
        return rows.frame(rows.decode(body.rows, body.columns, limit)), replace, {}

    on_loop = len(context.body) <= SMALL and not as_csv  # of CSV the database says how it is written
    table, replace, repaired = parse() if on_loop else await service.large.run(parse)
    context.rows = table.height

    def written(conn: Connection) -> Written:
        outcome: Written = replaceable(conn, table, replace=replace) if add is None else add(conn, table)
        return dataclasses.replace(
            outcome, dropped=repaired.get("total_rows", 0), summed=repaired.get("summed_rows", 0)
        )

    return await write_once(request, what, written, name)


ROUTES = (
    Route(
        "POST",
        "/v1/stores",
        "write",
        stores,
        "New stores in",
        body=StoresRequest,
        reply=Written,
        headers=(IDEMPOTENCY_KEY,),
    ),
    Route(
        "POST",
        "/v1/sales",
        "write",
        sales,
        "Sales of stores and days in",
        "Rows that stand already with these values change nothing. The next forecast knows them.",
        body=SalesRequest,
        reply=Written,
        query=ReplaceQuery,
        headers=(IDEMPOTENCY_KEY,),
        csv=True,
    ),
    Route(
        "POST",
        "/v1/calendar",
        "write",
        calendar,
        "Days ahead in: openings, promotions, holidays",
        body=CalendarRequest,
        reply=Written,
        headers=(IDEMPOTENCY_KEY,),
        csv=True,
    ),
)
