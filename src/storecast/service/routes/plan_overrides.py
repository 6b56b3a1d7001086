"""Overrides of the plan: written by whoever saw its newest state, withdrawn, and such writes taken back."""

from collections.abc import Sequence

import polars as pl
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from storecast.database.current_plan import read_reasons
from storecast.database.plan_budget import BudgetWritten, replace_budget, undo_budget
from storecast.database.plan_overrides import (
    PlanWritten,
    add_overrides,
    change_reasons,
    undo_plan_write,
    withdraw_override,
)
from storecast.database.request_log import audit
from storecast.errors import DataError
from storecast.plan.budget import span_of
from storecast.service.middleware.context import context_of
from storecast.service.plan_replies import PlanOverride, PlanOverrides, PlanReasons
from storecast.service.problems import Problem, invalid
from storecast.service.rendering import json_reply
from storecast.service.requests.decode import check_size, decode, too_many
from storecast.service.requests.path import path_number
from storecast.service.requests.plan_bodies import BudgetRequest, Override, OverridesRequest, ReasonsRequest
from storecast.service.requests.query import Page, Query, read_query
from storecast.service.route import Route
from storecast.service.routes.plan_versions import cut, key_name, page_of
from storecast.service.service import service_of
from storecast.service.write_once import IDEMPOTENCY_KEY, idempotency_key, write_once
from storecast.workflows.planning import ShownOverrides, show_overrides


async def overrides(request: Request) -> Response:
    """List the overrides that stand, newest first."""
    service = service_of(request)
    query = read_query(request, Page)
    place, limit = page_of(query, service.settings.page_limit)
    shown: ShownOverrides = await service.large.run(show_overrides, service.live.database())
    some, following = cut(request, shown.overrides, place, limit)
    return json_reply(
        PlanOverrides(
            version=shown.version,
            revision=shown.revision,
            overrides=[PlanOverride(**row) for row in some.iter_rows(named=True)],
            next=following,
        )
    )


async def override(request: Request) -> Response:
    """Write overrides, all of them or none."""
    service, context = service_of(request), context_of(request.scope)
    read_query(request, Query)
    limit, by = service.settings.row_limit, key_name(request)

    def read() -> tuple[OverridesRequest, pl.DataFrame]:
        check_size(context.body, limit)
        body = decode(context.body, OverridesRequest)
        if len(body.overrides) > limit:
            raise too_many(limit)
        return body, _table(body.overrides)

    body, table = await service.large.run(read)
    context.rows = table.height

    def write(conn: Connection) -> PlanWritten:
        return add_overrides(conn, table, by=by, version=body.version, seen=body.seen)

    return await write_once(request, "plan overridden", write, idempotency_key(request), of_chain=False)


async def withdraw(request: Request) -> Response:
    """Withdraw an override."""
    read_query(request, Query)
    number, by = _number(request, "override"), key_name(request)

    def write(conn: Connection) -> PlanWritten:
        return withdraw_override(conn, number, by=by)

    key = idempotency_key(request)
    return await write_once(request, "override withdrawn", write, key, of_chain=False, override=number)


async def undo(request: Request) -> Response:
    """Take a write to the plan back."""
    read_query(request, Query)
    revision, by = _number(request, "revision"), key_name(request)

    def write(conn: Connection) -> PlanWritten:
        return undo_plan_write(conn, revision, by=by)

    key = idempotency_key(request)
    return await write_once(request, "plan write undone", write, key, of_chain=False, undone=revision)


async def budget(request: Request) -> Response:
    """Put a budget in the place of the one before."""
    service, context = service_of(request), context_of(request.scope)
    read_query(request, Query)
    limit = service.settings.row_limit

    def read() -> pl.DataFrame:
        check_size(context.body, limit)
        rows = decode(context.body, BudgetRequest).budget
        if len(rows) > limit:
            raise too_many(limit)
        spans = [span_of(row.Period) for row in rows]
        if None in spans:
            raise invalid(f"budget[{spans.index(None)}].Period", "expected a day, a week or a month that there is")
        return pl.DataFrame(
            {
                "store": pl.Series([str(row.Store) for row in rows], dtype=pl.String),
                "first": pl.Series([span[0] for span in spans if span], dtype=pl.Date),
                "last": pl.Series([span[1] for span in spans if span], dtype=pl.Date),
                "amount": pl.Series([row.Amount for row in rows], dtype=pl.Float64),
            }
        )

    table = await service.large.run(read)
    context.rows = table.height
    key, by = idempotency_key(request), key_name(request)
    return await write_once(
        request, "budget replaced", lambda conn: replace_budget(conn, table, by=by), key, of_chain=False
    )


async def take_budget_back(request: Request) -> Response:
    """Take the last replacement of the budget back."""
    read_query(request, Query)
    refusal = "There is no such budget. The reply that put it in place names its number, `load`."
    load, key = path_number(request, "load", refusal), idempotency_key(request)
    return await write_once(request, "budget undone", lambda conn: undo_budget(conn, load), key, of_chain=False)


async def reasons(request: Request) -> Response:
    """List the reasons that an override may have."""
    service = service_of(request)
    read_query(request, Query)

    def read() -> list[str]:
        with service.live.database().reading() as conn:
            return read_reasons(conn)

    return json_reply(PlanReasons(reasons=await service.large.run(read)))


async def keep_reasons(request: Request) -> Response:
    """Add reasons to the list, and remove some; the same again changes nothing."""
    service, context = service_of(request), context_of(request.scope)
    read_query(request, Query)
    body = decode(context.body, ReasonsRequest)

    def write() -> list[str]:
        assert context.key is not None
        with service.live.database().begin() as conn:
            removed = [name for name in body.remove if name in read_reasons(conn)]
            try:
                changed = change_reasons(conn, body.add, removed)
            except DataError as error:
                raise Problem("not-valid", str(error)) from error
            detail = {"add": body.add, "remove": removed, "request": context.request_id}
            audit(conn, f"key:{context.key.id}", "reasons changed", detail)
            return changed

    return json_reply(PlanReasons(reasons=await service.writes.run(write)))


def _table(rows: Sequence[Override]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "level": [row.Level for row in rows],
            "key": [str(row.Key) for row in rows],
            "first": pl.Series([row.Start for row in rows], dtype=pl.Date),
            "last": pl.Series([row.End for row in rows], dtype=pl.Date),
            "kind": [row.Kind for row in rows],
            "value": pl.Series([row.Value for row in rows], dtype=pl.Float64),
            "reason": [row.Reason for row in rows],
            "note": [row.Note for row in rows],
        }
    )


def _number(request: Request, name: str) -> int:
    return path_number(request, name, f"There is no such {name}; it is a whole number.")


ROUTES = (
    Route(
        "GET",
        "/v1/plan/overrides",
        "read",
        overrides,
        "The overrides that stand, and whether they still fit",
        reply=PlanOverrides,
        query=Page,
    ),
    Route(
        "POST",
        "/v1/plan/overrides",
        "write",
        override,
        "Override the forecast of the newest version",
        "Spread to store-days by the forecast's own shape; what narrower overrides hold is kept. Where others have changed the "
        "same store-days since the revision that you saw, nothing is written.",
        body=OverridesRequest,
        reply=PlanWritten,
        headers=(IDEMPOTENCY_KEY,),
    ),
    Route(
        "DELETE",
        "/v1/plan/overrides/{override}",
        "write",
        withdraw,
        "Withdraw an override",
        reply=PlanWritten,
        headers=(IDEMPOTENCY_KEY,),
    ),
    Route(
        "DELETE",
        "/v1/plan/writes/{revision}",
        "write",
        undo,
        "Take a write to the plan back",
        "What it added goes, what it replaced or withdrew stands again. Where a later write rests on it, that one goes first.",
        reply=PlanWritten,
        headers=(IDEMPOTENCY_KEY,),
    ),
    Route(
        "POST",
        "/v1/plan/budget",
        "write",
        budget,
        "A budget in, in the place of the one before",
        body=BudgetRequest,
        reply=BudgetWritten,
        headers=(IDEMPOTENCY_KEY,),
    ),
    Route(
        "DELETE",
        "/v1/plan/budget/{load}",
        "write",
        take_budget_back,
        "Take the last budget back: the one before it stands again",
        reply=BudgetWritten,
        headers=(IDEMPOTENCY_KEY,),
    ),
    Route("GET", "/v1/plan/reasons", "read", reasons, "The reasons that an override may have", reply=PlanReasons),
    Route(
        "POST",
        "/v1/plan/reasons",
        "admin",
        keep_reasons,
        "Add reasons to the list, and remove some",
        body=ReasonsRequest,
        reply=PlanReasons,
    ),
)
