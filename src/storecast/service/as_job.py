"""Answer a request at once, or start a job where the client prefers that."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from storecast.database.jobs import Job
from storecast.service.jobs import Answer
from storecast.service.middleware.context import context_of
from storecast.service.problems import Problem
from storecast.service.rendering import BytesResponse, json_reply
from storecast.service.replies import JobState
from storecast.service.service import service_of

_PREFERRED = "respond-async"
PREFER = {
    "name": "Prefer",
    "in": "header",
    "schema": {"type": "string"},
    "description": f"`{_PREFERRED}`: answer with 202 and a job. The key needs the scope forecast, too.",
}


async def answer_or_start(request: Request, kind: str, origin: str, answer: Answer) -> Response:
    """Return the answer, or a job that works on it where the client prefers that.

    Parameters
    ----------
    request : that is answered
    kind : of the work
    origin : on which forecast it stands: the same request on another one is another job
    answer : does the work

    Raises
    ------
    Problem
        where too many jobs run or wait, or the key may not look at one
    """
    service, context = service_of(request), context_of(request.scope)
    if not wants_job(request):
        return await answer(_no_progress, service.large)
    assert context.key is not None
    assert context.route is not None
    if not context.key.may("forecast"):
        raise Problem("not-allowed", "Jobs are for keys with the scope forecast. Send the request without Prefer.")
    name = next((value for header, value in request.scope["headers"] if header == b"idempotency-key"), b"")
    work = b"\0".join((context.route.path.encode(), origin.encode(), name, context.body))
    job = await service.jobs.start(kind, context.key.id, hashlib.sha256(work).hexdigest(), answer)
    response = job_reply(job)
    response.status_code = 202
    response.raw_headers += [
        (b"location", f"/v1/jobs/{job.job}".encode()),
        (b"preference-applied", _PREFERRED.encode()),
    ]
    return response


def wants_job(request: Request) -> bool:
    """Say whether the client prefers a job."""
    sent = [value for name, value in request.scope["headers"] if name == b"prefer"]
    preferences = b",".join(sent).decode("latin-1").lower().replace(";", ",").split(",")
    return _PREFERRED in (preference.strip() for preference in preferences)


def job_reply(job: Job) -> BytesResponse:
    """Return a job as it stands as a reply."""
    values = {name: value for name, value in vars(job).items() if name not in ("key", "media_type")}
    return json_reply(JobState(**values))


def _no_progress(share: float) -> None:
    """Nobody looks at the progress of a request."""
