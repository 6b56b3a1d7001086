"""What needs a look in the plan, ranked by money at stake, and who looks after it."""

import datetime as dt

import polars as pl
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from storecast.database.plan_exceptions import Handled
from storecast.service.middleware.context import context_of
from storecast.service.plan_replies import PlanException, PlanExceptions
from storecast.service.rendering import json_reply
from storecast.service.requests.decode import decode
from storecast.service.requests.plan_bodies import ExceptionsQuery, HandlingRequest
from storecast.service.requests.query import Query, read_query
from storecast.service.route import Route
from storecast.service.routes.plan_versions import cut, key_name, page_of
from storecast.service.service import service_of
from storecast.service.write_once import IDEMPOTENCY_KEY, idempotency_key, write_once
from storecast.workflows.plan_exceptions import handle, show_exceptions


async def exceptions(request: Request) -> Response:
    """List the exceptions, the most money at stake first."""
    service = service_of(request)
    query = read_query(request, ExceptionsQuery)
    place, limit = page_of(query, service.settings.page_limit)

    def read() -> pl.DataFrame:
        today = dt.datetime.now(dt.UTC).date()
        return show_exceptions(service.live.database(), today, everything=query.all == "true")

    rows = await service.large.run(read)
    some, following = cut(request, rows, place, limit)
    lines = [PlanException(**row) for row in some.iter_rows(named=True)]
    return json_reply(PlanExceptions(exceptions=lines, next=following))


async def keep(request: Request) -> Response:
    """Say how an exception is handled."""
    context = context_of(request.scope)
    read_query(request, Query)
    body, by = decode(context.body, HandlingRequest), key_name(request)

    def write(conn: Connection) -> Handled:
        return handle(conn, body.exception, state=body.state, by=by, owner=body.owner, until=body.until, note=body.note)

    return await write_once(request, "exception handled", write, idempotency_key(request), of_chain=False)


ROUTES = (
    Route(
        "GET",
        "/v1/plan/exceptions",
        "read",
        exceptions,
        "What needs a look, the most money at stake first",
        reply=PlanExceptions,
        query=ExceptionsQuery,
    ),
    Route(
        "POST",
        "/v1/plan/exceptions",
        "write",
        keep,
        "Say who looks after an exception, that it is done, or until when it is snoozed",
        body=HandlingRequest,
        reply=Handled,
        headers=(IDEMPOTENCY_KEY,),
    ),
)
