"""Publish the forecast as a new version of the plan: at once, or by a job where it is to be known what the forecast is made of."""

import datetime as dt
import hashlib
from typing import Any

import msgspec
import polars as pl
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from storecast.database.jobs import CANCELLED, DONE, UNFINISHED, Job
from storecast.database.plan_publishing import Published, publish_version
from storecast.page.actions import action_button, field_id, text_entry, write
from storecast.page.job_progress import LOOK_EVERY_MS, unfinished_line
from storecast.page.language import Words
from storecast.page.refusals import refused
from storecast.page.shell import message
from storecast.page.view import ViewRequest, view_request
from storecast.page.views.plan_entry import labelled
from storecast.plan.versions import MAX_NOTE
from storecast.service.jobs import Answer, Progress
from storecast.service.live.snapshot import Snapshot
from storecast.service.pool import Pool
from storecast.service.problems import Problem, unreadable
from storecast.service.rendering import BytesResponse, json_reply
from storecast.service.routes.plan_versions import drivers_of, made_forecast

NOTE, EXPLAIN = "publish-note", "publish-explain"  # fields
PUBLISH, CANCEL = "plan-publish", "publish-cancel"  # actions
JOB, LINE, TICK = "publish-job", "publish-line", "publish-tick"
DIGEST = hashlib.sha256(
    b"page publish"
).hexdigest()  # of every forecast: a job is followed although newer data have come
JUST_ENDED = dt.timedelta(seconds=10)  # a short job may end before the view is drawn that would have followed it


def publish(request: ViewRequest, _key: str) -> str:
    """Keep the forecast that is served as a new version."""
    words, snapshot, note = request.words, request.snapshot, text_entry(request.entries, NOTE)
    if not request.entries.get(EXPLAIN):
        return _news(_write(request, snapshot, None, note), words)
    jobs = request.service.jobs
    request.wait_for(jobs.start("publish", request.key.id, DIGEST, _answer(request, snapshot, note)))
    return _started(words)


def publishing(request: ViewRequest, *, form: bool) -> list[Component]:
    """Return how far the job is that publishes the forecast, or the outcome of one that has just ended, and the form for another.

    Parameters
    ----------
    request : whose session it is
    form : whether the form is wanted where no job is at work
    """
    job = _latest(request) if request.may("write") else None
    if job is not None and job.state in UNFINISHED:
        return [_progress(job, request.words)]
    return [*_outcome(job), *([_form(request)] if form else [])]


def _form(request: ViewRequest) -> Component:
    """Return the button that publishes the forecast; a word on who can where this key may not."""
    words = request.words
    heading = html.H2(words.text("Publish the forecast"))
    if not request.may("write"):
        return html.Section([heading, html.P(words.text("Your key may look at the plan, and not write to it."))])
    explain = dcc.Checklist(
        [{"label": words.text("Keep what it is made of, so that changes name their causes"), "value": "yes"}],
        request.entries.get(EXPLAIN, ["yes"]),
        id=field_id(EXPLAIN),
    )
    what = words.text(
        "The forecast that is served now becomes a new version, a draft. Overrides that stand go on to it, and are marked where "
        "they no longer fit. With what it is made of, a large chain takes a minute."
    )
    note = dcc.Input(
        id=field_id(NOTE), value=text_entry(request.entries, NOTE), maxLength=MAX_NOTE, autoComplete="off", type="text"
    )
    button = action_button(words.text("Publish as a new version"), PUBLISH)
    fields = [labelled(words.text("Note on the version"), note), button]
    return html.Section([heading, html.P(what), explain, html.Div(fields, className="actions")])


def _progress(job: Job, words: Words) -> Component:
    """Return how far a job is, and what looks at it."""
    title = html.H2(words.text("Publish the forecast"))
    look = dcc.Interval(id=TICK, interval=LOOK_EVERY_MS)
    return html.Section([title, dcc.Store(id=JOB, data=job.job), look, html.Div(_line(job, words), id=LINE)])


def _outcome(job: Job | None) -> list[Component]:
    """Return what says the outcome of a job that has just ended."""
    if job is None or job.finished is None or dt.datetime.now(dt.UTC) - job.finished > JUST_ENDED:
        return []
    return [dcc.Store(id=JOB, data=job.job), dcc.Interval(id=TICK, interval=1, max_intervals=1), html.Div(id=LINE)]


def _latest(request: ViewRequest) -> Job | None:
    return request.wait_for(request.service.jobs.find(request.key.id, DIGEST))


def register(app: Dash) -> None:
    """Add the callback that looks how far the job is."""

    @app.callback(  # type: ignore[untyped-decorator]
        Output(LINE, "children"),
        Output("said", "children", allow_duplicate=True),
        Output("written", "data", allow_duplicate=True),
        Input(TICK, "n_intervals"),
        State(TICK, "max_intervals"),
        State(JOB, "data"),
        State("url", "search"),
        State("preferences", "data"),
        State("written", "data"),
        State("said", "children"),
        prevent_initial_call=True,
    )
    def look(
        _ticks: Any, looks: int, number: Any, search: str | None, preferences: Any, written: int | None, shown: Any
    ) -> tuple[Any, ...]:
        request = view_request(search, preferences)
        words = request.words
        if looks == 1 and not _says(shown, _started(words)):
            return no_update, no_update, no_update  # the outcome was said already
        try:
            job = _job(request, number)
            if job.state in UNFINISHED:
                return _line(job, words), no_update, no_update
            # The view is drawn anew, with the form in the place of the line, unless it is there already.
            again = no_update if looks == 1 else (written or 0) + 1
            if job.state == DONE:
                reply = msgspec.json.decode(request.wait_for(request.service.jobs.reply(job)).body, type=Published)
                return no_update, message(_news(reply, words)), again
        except Problem as problem:
            return message(refused(problem, words).detail, kind="refused"), no_update, no_update
        why = words.text("It was cancelled.") if job.state == CANCELLED else job.detail
        return no_update, message(why, kind="refused"), again


def _started(words: Words) -> str:
    return words.text("What the forecast is made of is being worked out. Then it is published.")


def _says(shown: Any, text: str) -> bool:
    """Return whether the message that the page shows, as Dash writes it, is some text."""
    return isinstance(shown, dict) and isinstance(shown.get("props"), dict) and shown["props"].get("children") == text


def _answer(request: ViewRequest, snapshot: Snapshot, note: str) -> Answer:
    async def answer(progress: Progress, pool: Pool) -> BytesResponse:
        drivers = await pool.run(drivers_of, snapshot, progress)
        return json_reply(await pool.run(_write, request, snapshot, drivers, note))

    return answer


def _write(request: ViewRequest, snapshot: Snapshot, drivers: pl.DataFrame | None, note: str) -> Published:
    """Publish a forecast.

    Parameters
    ----------
    request : whose session it is
    snapshot : with the forecast
    drivers : what it is made of; None: that is not to be kept
    note : a remark
    """
    forecast, by = made_forecast(snapshot), request.key.name
    return write(request, "plan published", lambda conn: publish_version(conn, forecast, drivers, by=by, note=note))


def _news(published: Published, words: Words) -> str:
    if not published.new:
        return words.text("This forecast was published before, as version {version}.", version=published.version)
    return words.text("Version {version} is published, a draft.", version=published.version)


def _job(request: ViewRequest, number: object) -> Job:
    if not isinstance(number, int) or not 0 < number < 2**53:
        raise unreadable("The page has no such job. Load the page again.")
    return request.wait_for(request.service.jobs.read(number, request.key.id))


def _line(job: Job, words: Words) -> Component:
    return unfinished_line(job, words.percent(job.progress, 0), CANCEL, words)
