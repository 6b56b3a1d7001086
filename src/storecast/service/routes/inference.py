"""The Open Inference Protocol, version 2, beside `/v1`: there is one model, and each model file is a version of it."""

from functools import partial

import msgspec
import polars as pl
from starlette.requests import Request
from starlette.responses import Response

from storecast import __version__
from storecast.bundle import registry
from storecast.service import responses
from storecast.service.live.snapshot import Snapshot
from storecast.service.middleware.context import context_of
from storecast.service.model_in_use import named_model
from storecast.service.problems import Problem
from storecast.service.rendering import ChunkedResponse, joined, json_cells, json_reply
from storecast.service.replies import (
    InferenceResponse,
    ModelMetadata,
    ModelReady,
    ServerLive,
    ServerMetadata,
    ServerReady,
    TensorMetadata,
)
from storecast.service.requests.decode import check_size, decode
from storecast.service.requests.query import Query, read_query
from storecast.service.requests.tensors import OUTPUTS, InferenceRequest, datatypes, read_tensors
from storecast.service.route import Route
from storecast.service.routes.health import ready as check_ready
from storecast.service.service import service_of

NAME = "storecast"  # of the one model


async def live(request: Request) -> Response:  # noqa: ARG001 - as every route
    """Say that the process answers."""
    return json_reply(ServerLive(live=True))


async def ready(request: Request) -> Response:
    """Say that requests can be answered, or what is missing."""
    await check_ready(request)
    return json_reply(ServerReady(live=True, ready=True))


async def server(request: Request) -> Response:
    """Say what the server is."""
    read_query(request, Query)
    return json_reply(ServerMetadata(name=NAME, version=__version__, extensions=[]))


async def model(request: Request) -> Response:
    """Say what the model takes and returns, and which versions there are."""
    service, snapshot = service_of(request), await _snapshot(request)
    listed = await service.large.run(registry.list_models, service.live.models_folder)
    table = snapshot.table
    inputs = [
        TensorMetadata(name=name, datatype=datatypes(column, table.kind)[0], shape=[-1])
        for name, column in table.rows.columns.items()
    ]
    outputs = [TensorMetadata(name=name, datatype="FP64", shape=[-1]) for name in OUTPUTS]
    versions = [each.name for each in listed if each.valid]
    return json_reply(ModelMetadata(name=NAME, versions=versions, platform=NAME, inputs=inputs, outputs=outputs))


async def model_ready(request: Request) -> Response:
    """Say that the model can be asked, or what is missing; a version that is not in memory is loaded and tried."""
    await _snapshot(request)
    return json_reply(ModelReady(name=NAME, ready=True))


async def infer(request: Request) -> Response:
    """Answer with the forecasts of the rows that the tensors hold."""
    service, context = service_of(request), context_of(request.scope)
    snapshot = await _snapshot(request)
    limit = service.settings.row_limit

    def work() -> list[bytes]:
        check_size(context.body, limit)
        body = decode(context.body, InferenceRequest)
        query = read_tensors(body, snapshot.table.rows, snapshot.table.kind, limit)
        context.model, context.rows = snapshot.name, query.size
        rows = responses.frame(snapshot, query)
        return _tensors(snapshot, body, rows)

    return ChunkedResponse(await service.large.run(work))


async def _snapshot(request: Request) -> Snapshot:
    """Return the model that a path names.

    Raises
    ------
    Problem
        where there is no such model or version, or it cannot answer
    """
    read_query(request, Query)
    service, parameters = service_of(request), context_of(request.scope).path_parameters
    if parameters["model"] != NAME:
        raise Problem("not-found", f"There is one model here, {NAME}; GET /v2/models/{NAME} lists its versions.")
    version = parameters.get("version")
    return await service.live.fresh() if version is None else await service.live.model(named_model(service, version))


def _tensors(snapshot: Snapshot, body: InferenceRequest, rows: pl.DataFrame) -> list[bytes]:
    """Return the reply in chunks: a tensor for each output that is wanted, its figures as `/v1/forecasts` writes them.

    Parameters
    ----------
    snapshot : that answers
    body : the request
    rows : of the forecast
    """
    parameters = {"cutoff": snapshot.predictor.cutoff, "version": snapshot.version}
    head = InferenceResponse(
        model_name=NAME, model_version=snapshot.name, id=body.id, parameters=parameters, outputs=[]
    )
    names = [each.name for each in body.outputs] or list(OUTPUTS)
    tensors = (
        b'{"name":"%b","datatype":"FP64","shape":[%d],"data":[%b]}'
        % (name.encode(), rows.height, ",".join(json_cells(rows[name])).encode())
        for name in names
    )
    return [msgspec.json.encode(head).removesuffix(b"]}"), *joined(tensors), b"]}"]


_MODEL = "/v2/models/{model}"
_VERSION = "/v2/models/{model}/versions/{version}"
_PROTOCOL = "Open Inference Protocol, version 2."
_OF_VERSION = f"{_PROTOCOL} A version is a model file; without one, the promoted model answers."
_route = partial(Route, inference=True)

ROUTES = (
    _route("GET", "/v2/health/live", None, live, "Whether the process answers", _PROTOCOL, reply=ServerLive),
    _route("GET", "/v2/health/ready", None, ready, "Whether requests can be answered", _PROTOCOL, reply=ServerReady),
    _route("GET", "/v2", "read", server, "What the server is", _PROTOCOL, reply=ServerMetadata),
    *(
        route
        for path in (_MODEL, _VERSION)
        for route in (
            _route("GET", path, "read", model, "What the model takes and returns", _OF_VERSION, reply=ModelMetadata),
            _route("GET", f"{path}/ready", "read", model_ready, "Whether it answers", _OF_VERSION, reply=ModelReady),
            _route(
                "POST",
                f"{path}/infer",
                "forecast",
                infer,
                "Forecasts of rows that are sent as tensors",
                _OF_VERSION,
                body=InferenceRequest,
                reply=InferenceResponse,
            ),
        )
    ),
)
