"""The models of the home: which there are, what each says of itself, which one answers. And how good forecasts were."""

import datetime as dt
from typing import Annotated, Literal

import polars as pl
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from storecast import schema as s
from storecast.bundle import registry
from storecast.bundle.read import open_model
from storecast.monitor.accuracy import WEEK_AHEAD, accuracy_of
from storecast.service.middleware.context import RequestContext, context_of
from storecast.service.model_in_use import ROLLED_BACK, named_model, put_into_use
from storecast.service.problems import invalid
from storecast.service.rendering import json_reply
from storecast.service.replies import Accuracy, ListedModel, Model, Models, Promoted
from storecast.service.requests.query import Query, read_query
from storecast.service.route import Route
from storecast.service.service import service_of
from storecast.workflows.monitoring import scored_forecasts


class AccuracyQuery(Query):
    """Which forecasts to score, and by what."""

    since: Annotated[dt.date, Meta(description="The first day that counts.")] | UnsetType = UNSET
    by: Literal["model", "week", "store"] = "model"


BY = {"model": (s.MODEL,), "week": (s.MODEL, WEEK_AHEAD), "store": (s.MODEL, s.STORE)}


async def models(request: Request) -> Response:
    """List the models, newest first."""
    service = service_of(request)
    read_query(request, Query)
    listed = await service.large.run(registry.list_models, service.live.models_folder)
    serving = service.live.snapshot
    rows = [
        ListedModel(
            name=one.name,
            promoted=one.promoted,
            serving=serving is not None and one.name == serving.name,
            valid=one.valid,
            bytes=one.size,
            kind=one.manifest.kind if one.manifest else None,
            cutoff=one.manifest.cutoff if one.manifest else None,
        )
        for one in listed
    ]
    return json_reply(Models(models=rows))


async def model(request: Request) -> Response:
    """Tell what a model file says of itself."""
    service = service_of(request)
    read_query(request, Query)
    path = service.live.models_folder / named_model(service, context_of(request.scope).path_parameters["model"])
    file = await service.large.run(open_model, path)
    plain_manifest = file.manifest.to_plain()
    return json_reply({"name": file.name, **{name: plain_manifest[name] for name in sorted(plain_manifest)}})


async def promote(request: Request) -> Response:
    """Put a model into use: it is verified and tried in a child process first, and then takes the other's place at once."""
    service, context = service_of(request), context_of(request.scope)
    read_query(request, Query)
    _no_body(context)
    return json_reply(await put_into_use(service, context, context.path_parameters["model"]))


async def rollback(request: Request) -> Response:
    """Put the model back into use that was before."""
    service, context = service_of(request), context_of(request.scope)
    read_query(request, Query)
    _no_body(context)
    name = registry.previous(service.live.models_folder)
    return json_reply(await put_into_use(service, context, name, ROLLED_BACK))


async def how_good(request: Request) -> Response:
    """Score the forecasts that were made against the sales that came."""
    service = service_of(request)
    query = read_query(request, AccuracyQuery)
    since = None if query.since is UNSET else query.since

    def work() -> list[dict[str, object]]:
        scores = accuracy_of(scored_forecasts(service.live.database(), since), *BY[query.by])
        return scores.with_columns(pl.col(pl.Date).dt.to_string(), pl.col(pl.Float64).round(6)).to_dicts()

    scores = await service.large.run(work)
    alerts = [alert.to_plain() for alert in service.monitor.alerts]
    return json_reply({"by": query.by, "accuracy": scores, "alerts": alerts})


def _no_body(context: RequestContext) -> None:
    if context.body.strip() not in (b"", b"{}"):
        raise invalid("body", "expected none")


ROUTES = (
    Route(
        "GET",
        "/v1/accuracy",
        "read",
        how_good,
        "Forecasts that were made, against the sales that came",
        reply=Accuracy,
        query=AccuracyQuery,
    ),
    Route("GET", "/v1/models", "read", models, "The models", reply=Models),
    Route("GET", "/v1/models/{model}", "read", model, "What a model file says of itself", reply=Model),
    Route("POST", "/v1/models/{model}/promote", "admin", promote, "Put a model into use", reply=Promoted, long=True),
    Route(
        "POST",
        "/v1/rollback",
        "admin",
        rollback,
        "Put the model back into use that was before",
        reply=Promoted,
        long=True,
    ),
)
