"""Scenarios kept by name: saved, listed, compared, deleted, restored, and made versions of the plan."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from storecast.database.scenarios import (
    ScenarioPublished,
    ScenarioWritten,
    all_scenarios,
    check_free_name,
    delete_scenario,
    publish_scenario,
    read_scenario,
    read_scenarios,
    restore_scenario,
    save_scenario,
)
from storecast.errors import ConflictError
from storecast.plan import scenarios as plan
from storecast.service.as_job import answer_or_start
from storecast.service.jobs import Progress
from storecast.service.middleware.context import context_of
from storecast.service.plan_replies import PlanScenarios, ScenarioComparison
from storecast.service.pool import Pool
from storecast.service.rendering import BytesResponse, json_reply
from storecast.service.requests.bodies import SaveScenarioRequest
from storecast.service.requests.decode import check_size, decode
from storecast.service.requests.forecast import ForecastQuery
from storecast.service.requests.path import path_number
from storecast.service.requests.plan_bodies import PublishScenarioRequest, ScenariosQuery
from storecast.service.requests.query import Query, read_query
from storecast.service.route import Route
from storecast.service.routes.forecasts import changed_calendar
from storecast.service.routes.plan_versions import key_name
from storecast.service.service import service_of
from storecast.service.write_once import IDEMPOTENCY_KEY, idempotency_key, write_once
from storecast.workflows.scenarios import work_out


async def scenarios(request: Request) -> Response:
    """List the scenarios, newest first."""
    service = service_of(request)
    read_query(request, Query)

    def read() -> list[plan.SavedScenario]:
        with service.live.database().reading() as conn:
            return all_scenarios(conn)

    return json_reply(PlanScenarios(scenarios=await service.large.run(read)))


async def scenario(request: Request) -> Response:
    """Tell of a scenario."""
    service = service_of(request)
    read_query(request, Query)
    number = _number(request)

    def read() -> plan.SavedScenario:
        with service.live.database().reading() as conn:
            return read_scenario(conn, number)

    return json_reply(await service.large.run(read))


async def comparison(request: Request) -> Response:
    """Set scenarios beside each other."""
    service = service_of(request)
    wanted = [int(number) for number in read_query(request, ScenariosQuery).scenarios.split(",")]

    def read() -> list[plan.SavedScenario]:
        with service.live.database().reading() as conn:
            return read_scenarios(conn, list(wanted))

    compared = await service.large.run(read)
    weeks, notices = list(plan.compare_weeks(compared)), plan.comparison_notices(compared)
    return json_reply(ScenarioComparison(scenarios=compared, weeks=weeks, notices=notices))


async def save(request: Request) -> Response:
    """Work a scenario out and keep it."""
    service, context = service_of(request), context_of(request.scope)
    read_query(request, Query)
    limit, now = service.settings.row_limit, await service.live.fresh()
    by, key = key_name(request), idempotency_key(request)

    def read() -> tuple[SaveScenarioRequest, ForecastQuery]:
        check_size(context.body, limit)
        body = decode(context.body, SaveScenarioRequest)
        rows = now.table.rows.decode(body.rows, body.columns, limit)
        return body, ForecastQuery(rows, model=body.model)

    body, query = await service.large.run(read)
    snapshot = await service.live.model(query.model) if query.model else now
    context.model = snapshot.name
    calendar = await service.large.run(changed_calendar, snapshot, query)

    def check() -> None:
        with service.live.database().reading() as conn:
            check_free_name(conn, body.name)

    try:
        await service.large.run(check)
    except ConflictError as error:
        conflict = error

        def refuse(_conn: Connection) -> ScenarioWritten:
            raise conflict

        return await write_once(request, "scenario saved", refuse, key, of_chain=False)  # or the reply that was given

    async def answer(progress: Progress, pool: Pool) -> BytesResponse:
        result = await pool.run(
            work_out,
            snapshot.predictor,
            calendar,
            model=snapshot.name,
            chain_version=snapshot.version,
            progress=progress,
        )

        def write(conn: Connection) -> ScenarioWritten:
            return save_scenario(conn, result, body.name, by=by, note=body.note)

        return await write_once(request, "scenario saved", write, key, of_chain=False)

    return await answer_or_start(request, "save", snapshot.reply_head.decode(), answer)


async def delete(request: Request) -> Response:
    """Delete a scenario."""
    read_query(request, Query)
    number = _number(request)

    def write(conn: Connection) -> ScenarioWritten:
        return delete_scenario(conn, number)

    return await write_once(request, "scenario deleted", write, idempotency_key(request), of_chain=False)


async def restore(request: Request) -> Response:
    """Bring a scenario back that was deleted."""
    read_query(request, Query)
    number = _number(request)

    def write(conn: Connection) -> ScenarioWritten:
        return restore_scenario(conn, number)

    return await write_once(request, "scenario restored", write, idempotency_key(request), of_chain=False)


async def publish(request: Request) -> Response:
    """Make a version of the plan of a scenario."""
    context = context_of(request.scope)
    read_query(request, Query)
    number, by = _number(request), key_name(request)
    body = decode(context.body, PublishScenarioRequest)

    def write(conn: Connection) -> ScenarioPublished:
        return publish_scenario(conn, number, by=by, note=body.note)

    return await write_once(request, "scenario published", write, idempotency_key(request), of_chain=False)


def _number(request: Request) -> int:
    refusal = "There is no such scenario. GET /v1/plan/scenarios lists them by their numbers."
    return path_number(request, "scenario", refusal)


ROUTES = (
    Route("GET", "/v1/plan/scenarios", "read", scenarios, "The scenarios that are kept", reply=PlanScenarios),
    Route(
        "POST",
        "/v1/plan/scenarios",
        "write",
        save,
        "Work out what another calendar would change, and keep it by name",
        "Takes minutes on a large chain.",
        body=SaveScenarioRequest,
        reply=ScenarioWritten,
        headers=(IDEMPOTENCY_KEY,),
        long=True,
        job=True,
    ),
    Route(
        "GET",
        "/v1/plan/scenario-comparison",
        "read",
        comparison,
        "Scenarios beside each other, by week",
        reply=ScenarioComparison,
        query=ScenariosQuery,
    ),
    Route(
        "GET", "/v1/plan/scenarios/{scenario}", "read", scenario, "A scenario that is kept", reply=plan.SavedScenario
    ),
    Route(
        "DELETE",
        "/v1/plan/scenarios/{scenario}",
        "write",
        delete,
        "Delete a scenario; it can be restored",
        reply=ScenarioWritten,
        headers=(IDEMPOTENCY_KEY,),
    ),
    Route(
        "POST",
        "/v1/plan/scenarios/{scenario}/restore",
        "write",
        restore,
        "Bring a scenario back that was deleted",
        reply=ScenarioWritten,
        headers=(IDEMPOTENCY_KEY,),
    ),
    Route(
        "POST",
        "/v1/plan/scenarios/{scenario}/publish",
        "write",
        publish,
        "Make a version of the plan, a draft, of what a scenario expects",
        body=PublishScenarioRequest,
        reply=ScenarioPublished,
        headers=(IDEMPOTENCY_KEY,),
    ),
)
