"""The models of the home: which there are, what each says of itself, which one answers. And how good forecasts were."""

import datetime as dt

import polars as pl
from starlette.requests import Request
from starlette.responses import Response

from storecast import schema as s
from storecast.bundle import registry
from storecast.bundle.read import is_model_name, open_model
from storecast.database.request_log import audit
from storecast.monitor.accuracy import WEEK_AHEAD, accuracy_of
from storecast.service.bodies import DATE
from storecast.service.middleware.context import RequestContext, context_of
from storecast.service.problems import Problem, invalid
from storecast.service.rendering import plain
from storecast.service.requests.query import parameters, query_parameter
from storecast.service.route import Route
from storecast.service.service import Service, service_of
from storecast.workflows.monitoring import scored_forecasts

BY = {"model": (s.MODEL,), "week": (s.MODEL, WEEK_AHEAD), "store": (s.MODEL, s.STORE)}


async def models(request: Request) -> Response:
    """List the models, newest first."""
    service = service_of(request)
    parameters(request)
    listed = await service.large.run(registry.list_models, service.live.models_folder)
    serving = service.live.snapshot
    return plain(
        {
            "models": [
                {
                    "name": one.name,
                    "promoted": one.promoted,
                    "serving": serving is not None and one.name == serving.name,
                    "valid": one.valid,
                    "bytes": one.size,
                    "kind": one.manifest.kind if one.manifest else None,
                    "cutoff": one.manifest.cutoff.isoformat() if one.manifest else None,
                }
                for one in listed
            ]
        }
    )


async def model(request: Request) -> Response:
    """Tell what a model file says of itself."""
    service = service_of(request)
    parameters(request)
    path = service.live.models_folder / _named(service, context_of(request.scope).path_parameters["model"])
    file = await service.large.run(open_model, path)
    plain_manifest = file.manifest.to_plain()
    return plain({"name": file.name, **{name: plain_manifest[name] for name in sorted(plain_manifest)}})


async def promote(request: Request) -> Response:
    """Put a model into use: it is verified and tried in a child process first, and then takes the other's place at once."""
    service, context = service_of(request), context_of(request.scope)
    parameters(request)
    _no_body(context)
    return await _put(
        service, context, _named(service, context_of(request.scope).path_parameters["model"]), "model promoted"
    )


async def rollback(request: Request) -> Response:
    """Put the model back into use that was before."""
    service, context = service_of(request), context_of(request.scope)
    parameters(request)
    _no_body(context)
    return await _put(
        service, context, _named(service, registry.previous(service.live.models_folder)), "model rolled back"
    )


async def how_good(request: Request) -> Response:
    """Score the forecasts that were made against the sales that came."""
    service = service_of(request)
    given = parameters(request, ("since", "by"))
    by = given.get("by", "model")
    if by not in BY:
        raise invalid("query.by", f"expected one of {', '.join(BY)}")
    since = _since(given.get("since"))

    def work() -> list[dict[str, object]]:
        scores = accuracy_of(scored_forecasts(service.live.database(), since), *BY[by])
        return scores.with_columns(pl.col(pl.Date).dt.to_string(), pl.col(pl.Float64).round(6)).to_dicts()

    scores = await service.large.run(work)
    return plain({"by": by, "accuracy": scores, "alerts": [alert.to_plain() for alert in service.monitor.alerts]})


async def _put(service: Service, context: RequestContext, name: str, action: str) -> Response:
    before = (await service.live.fresh()).name
    try:
        await service.live.model(name)  # verified, tried and at hand before it is named
    except Problem as problem:
        if problem.kind != "not-valid":
            raise
        raise Problem("conflict", "This model file is refused, and nothing has changed. The log says why.") from problem

    def work() -> None:
        assert context.key is not None
        with service.live.database().begin() as conn:
            audit(
                conn, f"key:{context.key.id}", action, {"model": name, "before": before, "request": context.request_id}
            )
            registry.promote(service.live.models_folder, name)

    await service.writes.run(work)
    serving = await service.live.wait_for_model(name, service.settings.long_time_limit / 2)
    return plain({"model": name, "before": before, "serving": serving})


def _named(service: Service, name: str) -> str:
    if not is_model_name(name) or not (service.live.models_folder / name).is_file():
        raise Problem("not-found", "There is no such model; GET /v1/models lists them.")
    return name


def _no_body(context: RequestContext) -> None:
    if context.body.strip() not in (b"", b"{}"):
        raise invalid("body", "expected none")


def _since(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise invalid("query.since", "expected a date such as 2015-06-14") from error


ROUTES = (
    Route(
        "GET",
        "/v1/accuracy",
        "read",
        how_good,
        "Forecasts that were made, against the sales that came",
        reply="Accuracy",
        parameters=(
            query_parameter("since", DATE, "The first day that counts."),
            query_parameter("by", {"enum": list(BY)}, "What to score by."),
        ),
    ),
    Route("GET", "/v1/models", "read", models, "The models", reply="Models"),
    Route("GET", "/v1/models/{model}", "read", model, "What a model file says of itself", reply="Model"),
    Route("POST", "/v1/models/{model}/promote", "admin", promote, "Put a model into use", reply="Promoted", long=True),
    Route(
        "POST",
        "/v1/rollback",
        "admin",
        rollback,
        "Put the model back into use that was before",
        reply="Promoted",
        long=True,
    ),
)
