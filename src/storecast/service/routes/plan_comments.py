"""Comments on the plan."""

import polars as pl
from msgspec import UNSET
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from storecast.database.plan_comments import Commented, add_comment, read_comments
from storecast.service.middleware.context import context_of
from storecast.service.plan_replies import PlanComment, PlanComments
from storecast.service.rendering import json_reply
from storecast.service.requests.decode import decode
from storecast.service.requests.plan_bodies import CommentRequest, CommentsQuery
from storecast.service.requests.query import Query, read_query
from storecast.service.route import Route
from storecast.service.routes.plan_versions import cut, key_name, page_of
from storecast.service.service import service_of
from storecast.service.write_once import IDEMPOTENCY_KEY, idempotency_key, write_once


async def comments(request: Request) -> Response:
    """List comments, newest first."""
    service = service_of(request)
    query = read_query(request, CommentsQuery)
    place, limit = page_of(query, service.settings.page_limit)
    version = None if query.version is UNSET else query.version
    store = None if query.store is UNSET else query.store

    def read() -> pl.DataFrame:
        with service.live.database().reading() as conn:
            return read_comments(conn, version, store)

    rows = await service.large.run(read)
    some, following = cut(request, rows, place, limit)
    lines = [PlanComment(**row) for row in some.iter_rows(named=True)]
    return json_reply(PlanComments(comments=lines, next=following))


async def comment(request: Request) -> Response:
    """Write a comment."""
    context = context_of(request.scope)
    read_query(request, Query)
    body, by = decode(context.body, CommentRequest), key_name(request)
    store = None if body.Store is None else str(body.Store)

    def write(conn: Connection) -> Commented:
        return add_comment(conn, body.Text, by=by, version=body.version, store=store, first=body.Start, last=body.End)

    return await write_once(request, "plan commented", write, idempotency_key(request), of_chain=False)


ROUTES = (
    Route(
        "GET",
        "/v1/plan/comments",
        "read",
        comments,
        "Comments on the plan, newest first",
        reply=PlanComments,
        query=CommentsQuery,
    ),
    Route(
        "POST",
        "/v1/plan/comments",
        "write",
        comment,
        "Comment on a version, on a store, or on some of its days",
        body=CommentRequest,
        reply=Commented,
        headers=(IDEMPOTENCY_KEY,),
    ),
)
