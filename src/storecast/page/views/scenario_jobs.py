"""Scenarios that are worked out by jobs, so that they hold no thread of the page: progress, cancel, and what came of them."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import polars as pl
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from storecast.database.jobs import CANCELLED, DONE, UNFINISHED, Job
from storecast.errors import UserError
from storecast.page.actions import action_button
from storecast.page.job_progress import LOOK_EVERY_MS, cancel_job, unfinished_line
from storecast.page.refusals import refused
from storecast.page.shell import message
from storecast.page.view import ViewRequest, view_request
from storecast.page.views.scenario_calendar import calendar_rows, read_changes
from storecast.page.views.scenario_results import ScenarioDifferences, show_results
from storecast.page.views.scenario_saved import save_form
from storecast.plan.scopes import StoreGroups
from storecast.result_cache import ResultCache
from storecast.service.jobs import Answer, Progress
from storecast.service.live.snapshot import Snapshot
from storecast.service.pool import Pool
from storecast.service.problems import Problem, unreadable
from storecast.service.rendering import BytesResponse, ChunkedResponse
from storecast.service.replies import Change
from storecast.service.routes.forecasts import scenario_reply

LETTERS = {"a": "A", "b": "B"}  # in the address, and for people
RUN, RESULT, TICK = "scenario-run", "scenario-result", "scenario-tick"
CANCEL, AGAIN = "scenario-cancel", "scenario-again"  # actions
MOST_KEPT = 20  # scenarios of one snapshot that are kept at hand

_RESULTS: ResultCache[ScenarioDifferences] = ResultCache(MOST_KEPT)


class _Reply(msgspec.Struct):
    """What a job replied, as far as it is shown."""

    changes: list[dict[str, Any]]
    notices: list[str] = []


def place_of_results(request: ViewRequest) -> list[Component]:
    """Return the place where results come, and what looks for them."""
    waiting = message(request.words.text("The difference is being worked out …"), kind="hint")
    return [
        dcc.Store(id=RUN, data={name: request.query.get(name, "") for name in LETTERS}),
        dcc.Interval(id=TICK, interval=LOOK_EVERY_MS),
        html.Div(waiting, id=RESULT, className="result"),
    ]


def register(app: Dash) -> None:
    """Add the callback that looks how far scenarios are."""

    @app.callback(  # type: ignore[untyped-decorator]
        Output(RESULT, "children"),
        Output(TICK, "disabled"),
        Input(RUN, "data"),
        Input(TICK, "n_intervals"),
        State("url", "search"),
        State("preferences", "data"),
    )
    def look(texts: Any, _ticks: Any, search: str | None, preferences: Any) -> tuple[Component, bool]:
        request = view_request(search, preferences)
        wanted = texts if isinstance(texts, dict) else {}
        named = {letter: wanted[name] for name, letter in LETTERS.items() if isinstance(wanted.get(name), str)}
        try:
            states = {letter: scenario_state(request, text) for letter, text in named.items() if text}
        except (Problem, UserError) as error:
            return message(refused(error, request.words).detail, kind="refused"), True
        results = {letter: state for letter, state in states.items() if isinstance(state, ScenarioDifferences)}
        jobs = {letter: state for letter, state in states.items() if isinstance(state, Job)}
        if jobs:
            lines = [_line(letter, job, request) for letter, job in jobs.items()]
            return html.Div(lines), all(job.state not in UNFINISHED for job in jobs.values())
        return html.Div([show_results(results, request.words), save_form(request, results)]), True


def scenario_state(request: ViewRequest, text: str, *, again: bool = False) -> ScenarioDifferences | Job:
    """Return what the changes of an address would change, or the job that works on it.

    Parameters
    ----------
    request : whose session it is
    text : of the changes, not empty
    again : start a new job where the last one ended without a result

    Raises
    ------
    Problem
        where the key may not ask for scenarios, or has too many jobs
    DataError
        where a change cannot be read, or is of other days than those ahead
    """
    request.require("forecast")
    snapshot, jobs = request.snapshot, request.service.jobs
    digest = hashlib.sha256(b"\0".join((b"page", snapshot.reply_head, text.encode()))).hexdigest()
    job = request.wait_for(jobs.find(request.key.id, digest))
    if job is None or (again and job.state not in (*UNFINISHED, DONE)):
        predictor = snapshot.predictor
        groups = StoreGroups.of(predictor.panel.stores, predictor.panel.breakdown)
        rows = calendar_rows(predictor, groups, read_changes(text, request.words))
        predictor.never_seen(rows)  # refuses days that do not lie ahead before anything is started
        job = request.wait_for(jobs.start("scenario", request.key.id, digest, _answer(snapshot, rows)))
    if job.state in UNFINISHED:
        job = request.wait_for(jobs.read(job.job, None))
    if job.state != DONE:
        return job

    def read_reply() -> ScenarioDifferences:
        reply = msgspec.json.decode(request.wait_for(jobs.reply(job)).body, type=_Reply)
        return ScenarioDifferences(_frame(reply.changes), reply.notices)

    return _RESULTS.get(snapshot, (request.key.id, text), read_reply)


def cancel(request: ViewRequest, key: str) -> str:
    """End a job; the key of the button is its number."""
    request.require("forecast")
    return cancel_job(request, key)


def start_again(request: ViewRequest, key: str) -> str:
    """Work a scenario out once more; the key of the button is its letter."""
    name = key.lower()
    text = request.query.get(name, "") if name in LETTERS else ""
    if not text:
        raise unreadable("The page has no such scenario. Load the page again.")
    scenario_state(request, text, again=True)
    return request.words.text("The difference is being worked out …")


def _answer(snapshot: Snapshot, rows: pl.DataFrame) -> Answer:
    async def answer(progress: Progress, pool: Pool) -> BytesResponse:
        return ChunkedResponse(await pool.run(scenario_reply, snapshot, rows, progress))

    return answer


def _line(letter: str, job: Job, request: ViewRequest) -> Component:
    """Return how a job stands, with the button that ends it or starts another."""
    words = request.words
    title = words.text("Scenario {letter}", letter=letter)
    if job.state in UNFINISHED:
        return unfinished_line(job, words.percent(job.progress), CANCEL, words, title)
    why = words.text("It was cancelled.") if job.state == CANCELLED else job.detail
    button = action_button(words.text("Work it out again"), AGAIN, letter, kind="plain")
    return html.Div([html.Strong(title), html.Span(why), button], className="actions", role="status")


def _frame(changes: list[Mapping[str, Any]] | list[dict[str, Any]]) -> pl.DataFrame:
    """Return the rows of a reply as `explain.scenario.compare` returned them."""
    schema = {
        name: pl.String if name in ("Level", "Key", "Start", "End") else pl.Float64 for name in Change.__struct_fields__
    }
    rows = pl.DataFrame(changes, schema=schema)
    return rows.with_columns(pl.col("Start", "End").str.to_date())
