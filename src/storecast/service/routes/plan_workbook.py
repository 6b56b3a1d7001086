"""The plan as a workbook, out and back in."""

from dataclasses import replace

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from storecast.service.middleware.context import context_of
from storecast.service.problems import Problem
from storecast.service.rendering import BytesResponse, json_reply
from storecast.service.requests.plan_bodies import WorkbookQuery
from storecast.service.requests.query import Query, read_query
from storecast.service.route import XLSX, Route
from storecast.service.routes.plan_versions import key_name, version_number
from storecast.service.service import service_of
from storecast.service.write_once import IDEMPOTENCY_KEY, idempotency_key, write_once
from storecast.workflows.plan_workbook import WorkbookTaken, preview_workbook, take_workbook
from storecast.workflows.workbook_export import export_workbook

NAME = "the workbook"  # in messages: the body has no name of its own


async def workbook(request: Request) -> Response:
    """Return a version as a workbook with cells to fill in."""
    service = service_of(request)
    read_query(request, Query)
    number = version_number(request)
    data = await service.large.run(export_workbook, service.live.database(), number)
    response = BytesResponse(data, XLSX)
    response.raw_headers.append((b"content-disposition", b'attachment; filename="plan-%d.xlsx"' % number))
    return response


async def take(request: Request) -> Response:
    """Say what a workbook that was filled in changes, or take the changes."""
    service, context = service_of(request), context_of(request.scope)
    query = read_query(request, WorkbookQuery)
    by, body = key_name(request), context.body
    if context.key is None or not context.key.may("read"):
        raise Problem(
            "not-allowed", "What a workbook changes is said beside the plan: the key needs the scope read, too."
        )

    def write(conn: Connection) -> WorkbookTaken:
        taken = take_workbook(conn, NAME, body, by=by)
        context.rows = len(taken.changes)
        return replace(taken, changes=())

    if query.apply == "true":
        return await write_once(request, "workbook taken", write, idempotency_key(request), of_chain=False)

    def preview() -> WorkbookTaken:
        with service.live.database().begin() as conn:
            return preview_workbook(conn, NAME, body)

    shown = await service.writes.run(preview)
    context.rows = len(shown.changes)
    return json_reply(shown)


ROUTES = (
    Route(
        "GET",
        "/v1/plan/versions/{version}/workbook",
        "read",
        workbook,
        "A version as an Excel workbook, with cells to fill in",
        reply_type=XLSX,
        long=True,
    ),
    Route(
        "POST",
        "/v1/plan/workbook",
        "write",
        take,
        "What a workbook that was filled in changes",
        "Nothing is written without `apply`. With it all changes are taken, or none. The key needs the scope `read`, too.",
        body_type=XLSX,
        reply=WorkbookTaken,
        query=WorkbookQuery,
        headers=(IDEMPOTENCY_KEY,),
        long=True,
    ),
)
