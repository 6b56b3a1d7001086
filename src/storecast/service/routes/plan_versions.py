"""The versions of the plan: publish a forecast, bring it from a draft to a locked plan, compare two."""

import polars as pl
from msgspec import UNSET
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from storecast import schema as s
from storecast.database.current_plan import read_groups, read_plan
from storecast.database.forecasts import MadeForecast
from storecast.database.plan_budget import read_budget
from storecast.database.plan_publishing import Advanced, Published, advance_version, publish_version
from storecast.database.plan_versions import all_versions, read_version
from storecast.plan.budget import budget_of, weeks_beside_budget
from storecast.plan.scopes import CHAIN, STORE
from storecast.plan.totals import PlanTotal, plan_totals, total_intervals
from storecast.plan.value_added import LATEST
from storecast.plan.versions import PlanVersion
from storecast.service.as_job import answer_or_start
from storecast.service.jobs import Progress
from storecast.service.live.snapshot import Snapshot
from storecast.service.middleware.context import context_of
from storecast.service.plan_replies import (
    OverrideValue,
    PlanChange,
    PlanComparison,
    PlanDay,
    PlanDays,
    PlanStep,
    PlanValue,
    PlanVersions,
    PlanWeek,
    PlanWeeks,
)
from storecast.service.pool import Pool
from storecast.service.problems import invalid
from storecast.service.rendering import BytesResponse, json_reply
from storecast.service.requests.decode import decode
from storecast.service.requests.path import path_number
from storecast.service.requests.plan_bodies import (
    ComparisonQuery,
    DaysQuery,
    PublishRequest,
    StateRequest,
    ValueQuery,
    WeeksQuery,
)
from storecast.service.requests.query import Page, Query, cursor_at, place_of, read_query
from storecast.service.route import Route
from storecast.service.service import service_of
from storecast.service.write_once import IDEMPOTENCY_KEY, idempotency_key, write_once
from storecast.workflows.planning import compare_versions, plan_value, with_holders


async def versions(request: Request) -> Response:
    """List the versions, newest first."""
    service = service_of(request)
    read_query(request, Query)

    def read() -> list[PlanVersion]:
        with service.live.database().reading() as conn:
            return all_versions(conn)

    return json_reply(PlanVersions(versions=await service.large.run(read)))


async def version(request: Request) -> Response:
    """Tell of a version, and the states that it came into."""
    service = service_of(request)
    read_query(request, Query)
    number = version_number(request)

    def read() -> PlanVersion:
        with service.live.database().reading() as conn:
            return read_version(conn, number)

    return json_reply(await service.large.run(read))


async def publish(request: Request) -> Response:
    """Keep the forecast of a model as a new version of the plan."""
    service, context = service_of(request), context_of(request.scope)
    read_query(request, Query)
    body = decode(context.body, PublishRequest)
    key = idempotency_key(request)
    live = await service.live.fresh()
    snapshot = await service.live.model(body.model) if body.model else live
    by = key_name(request)

    async def answer(progress: Progress, pool: Pool) -> BytesResponse:
        forecast = await pool.run(made_forecast, snapshot)
        drivers = await pool.run(drivers_of, snapshot, progress) if body.explain else None

        def write(conn: Connection) -> Published:
            return publish_version(conn, forecast, drivers, by=by, note=body.note)

        return await write_once(request, "plan published", write, key, of_chain=False)

    return await answer_or_start(request, "publish", snapshot.reply_head.decode(), answer)


def made_forecast(snapshot: Snapshot) -> MadeForecast:
    """Return the forecast of a model as it is published, with the intervals of its totals."""
    predictor = snapshot.predictor
    totals = total_intervals(predictor.group_totals())
    return MadeForecast(snapshot.name, predictor.cutoff, snapshot.version, snapshot.table.frame, totals)


def drivers_of(snapshot: Snapshot, progress: Progress) -> pl.DataFrame:
    """Return what the forecast of a model is made of.

    Parameters
    ----------
    snapshot : the model
    progress : is told what share is done
    """
    return snapshot.predictor.explain(snapshot.table.stores, progress=progress)


async def advance(request: Request) -> Response:
    """Bring a version into another state."""
    context = context_of(request.scope)
    read_query(request, Query)
    number = version_number(request)
    body = decode(context.body, StateRequest)
    by = key_name(request)

    def write(conn: Connection) -> Advanced:
        return advance_version(conn, number, body.state, by=by, seen=body.seen, note=body.note)

    return await write_once(request, "plan advanced", write, idempotency_key(request), of_chain=False)


async def days(request: Request) -> Response:
    """Tell the days of a version, by store and day."""
    service = service_of(request)
    query = read_query(request, DaysQuery)
    number = version_number(request)
    place, limit = page_of(query, service.settings.page_limit)

    def read() -> tuple[PlanVersion, pl.DataFrame]:
        with service.live.database().reading() as conn:
            wanted, figures = read_plan(conn, number)
        rows = with_holders(figures)
        if query.store is not UNSET:
            rows = rows.filter(pl.col(s.STORE).cast(pl.String) == query.store)
        return wanted, rows

    wanted, rows = await service.large.run(read)
    some, following = cut(request, rows, place, limit)
    lines = [PlanDay(**row) for row in some.iter_rows(named=True)]
    return json_reply(PlanDays(version=number, state=wanted.state, days=lines, next=following))


async def weeks(request: Request) -> Response:
    """Tell the weeks of a version beside the budget: of all stores, of one, or of each group of a level."""
    service = service_of(request)
    query = read_query(request, WeeksQuery)
    number = version_number(request)
    place, limit = page_of(query, service.settings.page_limit)
    if query.store is not UNSET and query.level not in (CHAIN, STORE):
        raise invalid("query.level", "a store is asked for; expected a level or a store")
    level = query.level if query.store is UNSET else STORE

    def read() -> tuple[PlanVersion, pl.DataFrame, list[PlanTotal]]:
        with service.live.database().reading() as conn:
            wanted, figures = read_plan(conn, number)
            budget = read_budget(conn)
            groups = read_groups(conn)
        if query.store is not UNSET:
            stores = figures.stores.filter(figures.stores.cast(pl.String) == query.store)
            if stores.is_empty():
                raise invalid("query.store", f"the version has no such store, it has {len(figures.stores)}")
            figures = figures.part(stores, figures.first, figures.last)
        groups = groups.only(figures.stores)
        totals = [each for each in plan_totals(wanted.totals, figures, groups) if each.level == level]
        return wanted, weeks_beside_budget(figures, budget_of(figures, budget), groups, level), totals

    wanted, table, totals = await service.large.run(read)
    some, following = cut(request, table, place, limit)
    lines = [PlanWeek(**row) for row in some.iter_rows(named=True)]
    reply = PlanWeeks(number, wanted.state, level, lines, totals, following)
    return json_reply(reply)


async def comparison(request: Request) -> Response:
    """Compare two versions: what moved, by how much, and because of what."""
    service = service_of(request)
    query = read_query(request, ComparisonQuery)
    place, limit = page_of(query, service.settings.page_limit)
    before, after = (None if each is UNSET else each for each in (query.before, query.after))
    compared = await service.large.run(compare_versions, service.live.database(), before, after)
    of_chain = pl.col("Level").str.starts_with(CHAIN)
    stores = compared.changes.filter(~of_chain)
    if query.store is not UNSET:
        stores = stores.filter(pl.col("Key") == query.store)
    some, following = cut(request, stores, place, limit)
    return json_reply(
        PlanComparison(
            before=compared.before,
            after=compared.after,
            notices=list(compared.notices),
            totals=compared.totals,
            chain=_changes(compared.changes.filter(of_chain)),
            changes=_changes(some),
            next=following,
        )
    )


async def value(request: Request) -> Response:
    """Say what each step did to the error, on the days whose sales are there."""
    service = service_of(request)
    query = read_query(request, ValueQuery)
    since = None if query.since is UNSET else query.since
    added = await service.large.run(plan_value, service.live.database(), since)
    return json_reply(
        PlanValue(
            sentence=added.sentence,
            steps=[PlanStep(**row) for row in added.steps.iter_rows(named=True)],
            overrides=[OverrideValue(**row) for row in added.overrides.head(LATEST).iter_rows(named=True)],
        )
    )


def version_number(request: Request) -> int:
    """Return the number of the version in the path.

    Raises
    ------
    Problem
        where it is no number
    """
    refusal = "The plan has no such version. GET /v1/plan/versions lists them by their numbers."
    return path_number(request, "version", refusal)


def key_name(request: Request) -> str:
    """Return the name of the key with which a request came."""
    key = context_of(request.scope).key
    assert key is not None
    return key.name


def page_of(query: Page, largest: int) -> tuple[int, int]:
    """Return where a page begins, and how many rows it has."""
    return (place_of(query.cursor, int) if query.cursor else 0), query.check_limit(largest)


def cut(request: Request, rows: pl.DataFrame, place: int, limit: int) -> tuple[pl.DataFrame, str | None]:
    """Return a page of rows, and the cursor of the next; None after the last.

    Parameters
    ----------
    request : whose reply it is: the log says how many rows it has
    rows : of the whole list
    place, limit : as `page_of` returns them
    """
    some = rows.slice(place, limit)
    context_of(request.scope).rows = some.height
    return some, cursor_at(place + limit) if place + limit < rows.height else None


def _changes(rows: pl.DataFrame) -> list[PlanChange]:
    return [PlanChange(**row) for row in rows.iter_rows(named=True)]


ROUTES = (
    Route("GET", "/v1/plan/versions", "read", versions, "The versions of the plan", reply=PlanVersions),
    Route(
        "POST",
        "/v1/plan/versions",
        "write",
        publish,
        "Publish a forecast as a version of the plan",
        "A forecast that was published before keeps its number. With `explain` it takes a minute on a large chain.",
        body=PublishRequest,
        reply=Published,
        headers=(IDEMPOTENCY_KEY,),
        long=True,
        job=True,
    ),
    Route("GET", "/v1/plan/versions/{version}", "read", version, "A version of the plan", reply=PlanVersion),
    Route(
        "POST",
        "/v1/plan/versions/{version}/state",
        "write",
        advance,
        "Bring a version into its next state, or back to a draft",
        "A draft is reviewed, then approved, then locked, and a locked one stays so.",
        body=StateRequest,
        reply=Advanced,
        headers=(IDEMPOTENCY_KEY,),
    ),
    Route(
        "GET",
        "/v1/plan/versions/{version}/days",
        "read",
        days,
        "The days of a version",
        reply=PlanDays,
        query=DaysQuery,
    ),
    Route(
        "GET",
        "/v1/plan/versions/{version}/weeks",
        "read",
        weeks,
        "The weeks of a version beside the budget, by groups of stores",
        reply=PlanWeeks,
        query=WeeksQuery,
    ),
    Route(
        "GET",
        "/v1/plan/comparison",
        "read",
        comparison,
        "Two versions beside each other: what moved, by how much, and because of what",
        "Without `before` and `after`: the newest version, and the one before it.",
        reply=PlanComparison,
        query=ComparisonQuery,
    ),
    Route(
        "GET",
        "/v1/plan/value-added",
        "read",
        value,
        "What each step from the naive forecast to the approved plan did to the error",
        reply=PlanValue,
        query=ValueQuery,
    ),
)
