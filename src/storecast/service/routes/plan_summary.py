"""A version of the plan in a few sentences."""

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from storecast.plan.sentences import sentences
from storecast.service.plan_replies import PlanInSentences
from storecast.service.rendering import json_reply
from storecast.service.requests.plan_bodies import SummaryQuery
from storecast.service.requests.query import read_query
from storecast.service.route import Route
from storecast.service.service import service_of
from storecast.workflows.plan_summary import plan_summary


async def summary(request: Request) -> Response:
    """Say in a few sentences what a version expects, what changed, and what needs a look."""
    service = service_of(request)
    query = read_query(request, SummaryQuery)
    version = None if query.version is UNSET else query.version
    figures = await service.large.run(plan_summary, service.live.database(), version)
    return json_reply(PlanInSentences(sentences=sentences(figures), figures=figures))


ROUTES = (
    Route(
        "GET",
        "/v1/plan/summary",
        "read",
        summary,
        "A version of the plan in a few sentences, with the figures that they are made of",
        "Without `version`: the newest.",
        reply=PlanInSentences,
        query=SummaryQuery,
    ),
)
