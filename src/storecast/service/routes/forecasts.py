"""Forecasts: looked up on the event loop where they are few and stand on the stored calendar; else in the pool."""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Annotated

import orjson
import polars as pl
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from storecast.config import MAX_HORIZON
from storecast.service import responses
from storecast.service.as_job import answer_or_start
from storecast.service.jobs import Progress
from storecast.service.live.snapshot import Snapshot
from storecast.service.middleware.context import context_of
from storecast.service.pool import Pool
from storecast.service.rendering import CSV, BytesResponse, ChunkedResponse, csv, joined, json_rows
from storecast.service.replies import Changes, Forecasts
from storecast.service.requests.bodies import ForecastRequest, ScenarioRequest
from storecast.service.requests.decode import check_size, decode
from storecast.service.requests.forecast import CsvQuery, ForecastQuery, read_csv, read_json
from storecast.service.requests.query import Query, read_query, whole_number
from storecast.service.requests.rows import store_rows
from storecast.service.route import Route
from storecast.service.service import Service, service_of

IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of the reply that the client has.",
}
BYTES_A_ROW = 250  # of a row in JSON, at the most, to tell small requests from large ones


async def forecasts(request: Request) -> Response:
    """Answer with the forecasts of the days that are asked for."""
    service, context = service_of(request), context_of(request.scope)
    settings, chain, body = service.settings, service.live, context.body
    headers = {name: value for name, value in request.scope["headers"] if name in (b"accept", b"content-type")}
    as_csv = headers.get(b"content-type", b"").lower().startswith(b"text/csv")
    small = len(body) <= settings.small_rows * BYTES_A_ROW
    csv_query = read_query(request, CsvQuery) if as_csv else CsvQuery()
    if not as_csv and request.scope["query_string"]:
        read_query(request, Query)
    now = chain.snapshot
    snapshot = now if now is not None and now.version >= chain.freshness.wanted else await chain.fresh()

    def read() -> ForecastQuery:
        table = snapshot.table
        if as_csv:
            return read_csv(body, csv_query, table.rows, chain.source.names(), settings.row_limit)
        return read_json(body, table.rows, store_rows(table.kind), settings.row_limit)

    on_loop = small and not as_csv  # of CSV the database says how it is written
    query = read() if on_loop else await service.large.run(read)
    if query.model and query.model != snapshot.name:
        snapshot = await chain.model(query.model)
    context.model, context.rows = snapshot.name, query.size
    reply_csv = _wants_csv(headers.get(b"accept", b""), sent_csv=as_csv)
    if small and query.plain and not reply_csv and query.size <= settings.small_rows:
        lookup, reply = responses.stored_reply(snapshot, query)
        context.rows = len(lookup.places)
        if reply is not None:
            return BytesResponse(reply)
    return await _large(service, snapshot, query, csv_reply if reply_csv else responses.json_reply, as_csv=reply_csv)


class SpanQuery(Query, kw_only=True):
    """Which days of a store."""

    store: Annotated[str, Meta(description="Its id.")]
    start: (
        Annotated[dt.date, Meta(description="The first day; without it, the first after the cutoff.")] | UnsetType
    ) = UNSET
    days: (
        Annotated[int, Meta(ge=1, le=MAX_HORIZON, description="How many; without it, to the end of the horizon.")]
        | UnsetType
    ) = UNSET


async def stored_forecasts(request: Request) -> Response:
    """Answer with the stored forecasts of a store, or with 304 where the client has them already."""
    service, context = service_of(request), context_of(request.scope)
    query = read_query(request, SpanQuery)
    snapshot = await service.live.fresh()
    number = whole_number(query.store) if snapshot.table.kind is int else None
    store = query.store if number is None else number
    start = None if query.start is UNSET else query.start
    span = store, start, None if query.days is UNSET else query.days
    places = responses.look_up_query(snapshot.table, ForecastQuery(None, span)).places
    tag = hashlib.sha256(f"{snapshot.name}|{snapshot.version}|{places[0]}|{len(places)}".encode()).hexdigest()[:32]
    context.model, context.rows = snapshot.name, len(places)
    headers = {"etag": f'"{tag}"', "cache-control": "private, no-cache"}  # kept by the client, and asked for each time
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if headers["etag"] in known or "*" in known:
        return Response(status_code=304, headers=headers)
    chunks = await service.large.run(responses.json_reply, snapshot, ForecastQuery(None, span))
    response = ChunkedResponse(list(chunks))
    response.raw_headers += [(name.encode(), value.encode()) for name, value in headers.items()]
    return response


async def scenarios(request: Request) -> Response:
    """Answer with what another calendar would change, and an interval of the difference."""
    service, context = service_of(request), context_of(request.scope)
    read_query(request, Query)
    limit, now = service.settings.row_limit, await service.live.fresh()

    def read() -> ForecastQuery:
        check_size(context.body, limit)
        scenario = decode(context.body, ScenarioRequest)
        return ForecastQuery(now.table.rows.decode(scenario.rows, scenario.columns, limit), model=scenario.model)

    query = await service.large.run(read)
    snapshot = await service.live.model(query.model) if query.model else now
    context.model = snapshot.name
    calendar = await service.large.run(changed_calendar, snapshot, query)

    async def answer(progress: Progress, pool: Pool) -> BytesResponse:
        return ChunkedResponse(await pool.run(scenario_reply, snapshot, calendar, progress))

    return await answer_or_start(request, "scenario", snapshot.reply_head.decode(), answer)


def changed_calendar(snapshot: Snapshot, query: ForecastQuery) -> pl.DataFrame:
    """Return the days of a request as a calendar.

    Parameters
    ----------
    snapshot : that answers
    query : the request

    Raises
    ------
    Problem
        where a store or a day cannot be answered
    """
    lookup = responses.look_up_query(snapshot.table, query)
    assert not lookup.new
    return snapshot.table.calendar_of(query.rows or [])


def scenario_reply(snapshot: Snapshot, calendar: pl.DataFrame, progress: Progress) -> list[bytes]:
    """Return what another calendar would change in JSON, in chunks.

    Parameters
    ----------
    snapshot : that answers
    calendar : Store, Date and what is different
    progress : is told what share is done
    """
    rows = json_rows(snapshot.predictor.scenario(calendar, progress))
    notices = snapshot.predictor.never_seen(calendar)
    end = b'],"notices":%b}' % orjson.dumps(notices) if notices else b"]}"
    return [b'%b,"changes":[' % snapshot.reply_head, *joined(rows), end]


def csv_reply(snapshot: Snapshot, query: ForecastQuery) -> list[bytes]:
    """Return the reply in CSV, in chunks."""
    return list(csv(responses.frame(snapshot, query)))


async def _large(
    service: Service,
    snapshot: Snapshot,
    query: ForecastQuery,
    answer: Callable[[Snapshot, ForecastQuery], object],
    *,
    as_csv: bool,
) -> Response:
    chunks = await service.large.run(answer, snapshot, query)
    assert isinstance(chunks, list)
    response = ChunkedResponse(chunks, CSV) if as_csv else ChunkedResponse(chunks)
    if as_csv:  # JSON says it in the body
        response.raw_headers += [
            (b"x-model", snapshot.name.encode()),
            (b"x-cutoff", snapshot.predictor.cutoff.isoformat().encode()),
            (b"x-version", b"%d" % snapshot.version),
        ]
    return response


def _wants_csv(accept: bytes, *, sent_csv: bool) -> bool:
    """Say whether the reply is to be CSV: as asked for, else as the request was."""
    if b"text/csv" in accept:
        return True
    return sent_csv and b"application/json" not in accept


ROUTES = (
    Route(
        "GET",
        "/v1/forecasts",
        "forecast",
        stored_forecasts,
        "The stored forecasts of a store",
        "With `If-None-Match` and the ETag of the reply before, the reply is 304 for as long as nothing has changed.",
        reply=Forecasts,
        query=SpanQuery,
        headers=(IF_NONE_MATCH,),
    ),
    Route(
        "POST",
        "/v1/forecasts",
        "forecast",
        forecasts,
        "Forecasts of the days that are asked for",
        "Rows replace days of the stored calendar. With `Accept: text/csv` the reply is CSV.",
        body=ForecastRequest,
        reply=Forecasts,
        query=CsvQuery,
        csv=True,
        csv_reply=True,
    ),
    Route(
        "POST",
        "/v1/scenarios",
        "forecast",
        scenarios,
        "What another calendar would change",
        "Takes minutes on a large chain.",
        body=ScenarioRequest,
        reply=Changes,
        long=True,
        job=True,
    ),
)
