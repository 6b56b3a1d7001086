"""Jobs: how one stands, what it replied, and its end."""

from starlette.requests import Request
from starlette.responses import Response

from storecast.database.jobs import Job
from storecast.service.as_job import job_reply
from storecast.service.middleware.context import context_of
from storecast.service.replies import JobState
from storecast.service.requests.path import path_number
from storecast.service.requests.query import Query, read_query
from storecast.service.route import Route
from storecast.service.service import service_of


async def state(request: Request) -> Response:
    """Tell how a job stands."""
    read_query(request, Query)
    return job_reply(await _job(request))


async def reply(request: Request) -> Response:
    """Return what a job replied."""
    read_query(request, Query)
    return await service_of(request).jobs.reply(await _job(request))


async def cancel(request: Request) -> Response:
    """End a job."""
    read_query(request, Query)
    job = await _job(request)
    await service_of(request).jobs.cancel(job)
    return job_reply(await _job(request))


async def _job(request: Request) -> Job:
    context = context_of(request.scope)
    assert context.key is not None
    number = path_number(request, "job", "A job has a number, as the reply that started it says.")
    owner = None if context.key.may("admin") else context.key.id
    return await service_of(request).jobs.read(number, owner)


ROUTES = (
    Route("GET", "/v1/jobs/{job}", "forecast", state, "How a job stands", reply=JobState),
    Route(
        "GET",
        "/v1/jobs/{job}/reply",
        "forecast",
        reply,
        "What a job replied",
        "The reply of the request that started it, also where that is a problem. A 409 where it has not ended.",
    ),
    Route(
        "DELETE",
        "/v1/jobs/{job}",
        "forecast",
        cancel,
        "Cancel a job",
        "Its work ends at its next step, and writes nothing. One that has ended stays as it is.",
        reply=JobState,
    ),
)
