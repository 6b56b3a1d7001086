"""What the forecast of a store's day is made of: of a day ahead, or of the past."""

import datetime as dt
from typing import Annotated, Any

import orjson
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from storecast import schema as s
from storecast.bundle.past_days import explain_day
from storecast.service.live.snapshot import Snapshot
from storecast.service.middleware.context import context_of
from storecast.service.problems import invalid
from storecast.service.rendering import BytesResponse
from storecast.service.replies import Explanation
from storecast.service.requests.query import Query, read_query, whole_number
from storecast.service.route import Route
from storecast.service.service import service_of


class ExplanationQuery(Query, kw_only=True):
    """Which day of which store."""

    store: Annotated[str, Meta(description="Its id.")]
    date: Annotated[dt.date, Meta(description="The day, of the past or ahead.")]


async def explanation(request: Request) -> Response:
    """Answer with what the forecast of a day is made of, and with what was sold on a day of the past."""
    service, context = service_of(request), context_of(request.scope)
    query = read_query(request, ExplanationQuery)
    snapshot = await service.live.fresh()
    context.model, context.rows = snapshot.name, 1
    number = whole_number(query.store) if snapshot.table.kind is int else None
    store = query.store if number is None else number
    if store not in snapshot.table.store_at:
        count = len(snapshot.table.stores)
        raise invalid("query.store", f"the chain holds no such store; it holds {count}, which GET /v1/stores lists")
    return BytesResponse(await service.large.run(explanation_reply, snapshot, store, query.date))


def explanation_reply(snapshot: Snapshot, store: object, day: dt.date) -> bytes:
    """Return what the forecast of a day is made of in JSON.

    Parameters
    ----------
    snapshot : that answers
    store : its id
    day : of the past or ahead

    Raises
    ------
    UserError
        as `bundle.past_days.explain_day`
    """
    predictor = snapshot.predictor
    explained = explain_day(predictor, [store], day)
    row = explained.row(0, named=True)
    otherwise = {name: value for name, value in row.items() if name.startswith(s.COUNTERFACTUAL)}
    made_of = {name: value for name, value in row.items() if name not in otherwise and name not in s.OUTCOME}
    body: dict[str, Any] = {
        "trained_until": predictor.bundle.trained_until,
        "known_until": row.get(s.CUTOFF, predictor.cutoff),
        "assumed": day > predictor.cutoff and predictor.assumed(explained.select(s.KEYS)).height > 0,
        "explanation": made_of,
        "counterfactuals": otherwise,
        "sales": row.get(s.SALES),
        "unexplained": row.get(s.UNEXPLAINED),
    }
    return snapshot.reply_head + b"," + orjson.dumps(body)[1:]


ROUTES = (
    Route(
        "GET",
        "/v1/explanations",
        "read",
        explanation,
        "What the forecast of a store's day is made of",
        "Of a day ahead, or of the past: then the model explains what it forecasts for the day from what was known at the end of a "
        "week before it, and what was sold stands beside it. The first day of a week takes seconds on a large chain.",
        reply=Explanation,
        query=ExplanationQuery,
        long=True,
    ),
)
