"""Jobs: work of minutes beside requests, with progress, bounds and an end; and scenarios that are kept, at once or by a job."""

import asyncio
import datetime as dt
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storecast.client import Client as ServiceClient
from storecast.client import ConflictError, InvalidError, NotFoundError
from storecast.database import tables as t
from storecast.database.connect import home_url
from storecast.database.jobs import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job
from storecast.service import jobs as jobs_module
from storecast.service.jobs import MOST_OF_KEY, Answer, Jobs, Progress
from storecast.service.pool import Pool
from storecast.service.problems import Problem
from storecast.service.rendering import BytesResponse
from support.served_home import FIRST, Client, client_through, copy_of, make_key, running, settings_of, wait_until

ROW = {"Store": 2, "Date": FIRST.isoformat(), "Promo": 0}
PREFER = {"prefer": "respond-async"}


@pytest.fixture(scope="module")
def served(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Run a service that notes the progress of its one job at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        patch.setattr(jobs_module, "SEEN_EVERY_S", 0.02)
        own = copy_of(home, tmp_path_factory.mktemp("jobs") / "home")
        with running(settings_of(own, jobs=1), make_key(home_url(own))) as client:
            yield client


@pytest.fixture(scope="module")
def user(served: Client) -> Iterator[ServiceClient]:
    with client_through(served) as client:
        yield client


def on_loop(served: Client, coroutine: Any) -> Any:
    """Return what a coroutine of the service returns."""
    future: Future[Any] = asyncio.run_coroutine_threadsafe(coroutine, served.loop)
    return future.result(20)


class Steps:
    """Work that takes a step each time it is let, and says how far it is."""

    def __init__(self) -> None:
        self.begun, self.next, self.ended = threading.Event(), threading.Event(), threading.Event()

    def work(self, progress: Progress) -> BytesResponse:
        """Work until it is cancelled."""
        try:
            progress(0.25)
            self.begun.set()
            while self.next.wait(20):
                progress(0.5)
        finally:
            self.ended.set()
        return BytesResponse(b"{}")

    @property
    def answer(self) -> Answer:
        """The work, as a job takes it."""

        async def answer(progress: Progress, pool: Pool) -> BytesResponse:
            return await pool.run(self.work, progress)

        return answer


def start(served: Client, answer: Answer, key: int = 1, digest: str = "a") -> Job:
    return on_loop(served, served.service.jobs.start("scenario", key, digest, answer))  # type: ignore[no-any-return]


def state(served: Client, job: Job) -> Job:
    return on_loop(served, served.service.jobs.read(job.job, None))  # type: ignore[no-any-return]


def test_a_scenario_as_a_job_replies_what_the_request_would_have(served: Client, user: ServiceClient) -> None:
    answer = served.post("/v1/scenarios", {"rows": [ROW]}, **PREFER)
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "respond-async")
    number = answer.json()["job"]
    assert answer.headers["location"] == f"/v1/jobs/{number}"
    shares: list[float] = []
    reply = user.jobs.wait(number, every=0.05, progress=shares.append)
    assert reply == user.scenario([ROW])
    assert shares == sorted(shares)
    done = user.jobs.state(number)
    assert (done["state"], done["progress"], done["status"]) == ("done", 1.0, 200)
    assert served.post("/v1/scenarios", {"rows": []}, **PREFER).status_code == 422
    strange = user.jobs.start_scenario([{**ROW, "SchoolHoliday": 1}])
    other = make_key(home_url(served.service.settings.home), "forecast")
    assert served.get(f"/v1/jobs/{strange['job']}", key=other).status_code == 404
    assert served.get("/v1/jobs/x").status_code == 404
    user.jobs.wait(strange["job"], every=0.05)


def test_a_running_job_and_a_waiting_one_say_so_and_are_cancelled(served: Client, user: ServiceClient) -> None:
    first, second = Steps(), Steps()
    running_job, waiting = start(served, first.answer), start(served, second.answer, digest="b")
    assert first.begun.wait(20)
    assert (state(served, running_job).state, state(served, running_job).progress) == (RUNNING, 0.25)
    assert state(served, waiting).state == WAITING
    with pytest.raises(ConflictError, match="The job is running, and has no reply"):
        user.jobs.reply(running_job.job)
    assert start(served, first.answer).job == running_job.job, "the same is not worked out twice"
    assert user.jobs.cancel(waiting.job)["state"] == CANCELLED
    assert user.jobs.cancel(running_job.job)["state"] == CANCELLED
    first.next.set()
    assert first.ended.wait(20)
    assert not second.begun.is_set()
    assert user.jobs.cancel(running_job.job)["state"] == CANCELLED, "once more changes nothing"


def test_a_key_has_a_few_jobs_at_once(served: Client) -> None:
    steps = Steps()
    started = [start(served, steps.answer, digest=str(number)) for number in range(MOST_OF_KEY)]
    with pytest.raises(Problem, match="This key has 4 jobs already"):
        start(served, steps.answer, digest="one more")
    other = start(served, steps.answer, key=2)
    steps.next.set()
    for job in (*started, other):
        on_loop(served, served.service.jobs.cancel(job))


def test_another_process_cancels_a_job_and_says_that_one_is_lost(served: Client) -> None:
    service, steps = served.service, Steps()
    job = start(served, steps.answer)
    assert steps.begun.wait(20)
    other = Jobs(service.live.database, service.long, service.writes)
    wait_until(lambda: on_loop(served, other.read(job.job, 1)).progress == 0.25, 20)
    on_loop(served, other.cancel(job))
    wait_until(lambda: state(served, job).state == CANCELLED, 20)
    steps.next.set()
    with service.live.database().begin() as conn:
        long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=3)
        conn.execute(sa.update(t.jobs).where(t.jobs.c.id == job.job).values(state="running", seen=long_ago))
    lost = state(served, job)
    assert (lost.state, "has ended" in lost.detail) == (FAILED, True)


def test_a_job_that_fails_says_why_and_one_whose_service_stops_too(served: Client) -> None:
    async def refuse(_progress: Progress, _pool: Pool) -> BytesResponse:
        raise Problem("not-valid", "That cannot be.")

    async def break_down(_progress: Progress, _pool: Pool) -> BytesResponse:
        raise ZeroDivisionError

    for answer, detail, status in ((refuse, "That cannot be.", 422), (break_down, jobs_module.MISTAKE, 500)):
        job = start(served, answer)
        wait_until(lambda job=job: state(served, job).finished is not None, 20)  # type: ignore[misc]
        failed = state(served, job)
        assert (failed.state, failed.detail, failed.status) == (FAILED, detail, status)
        assert on_loop(served, served.service.jobs.reply(failed)).status_code == status
    own, steps = Jobs(served.service.live.database, served.service.long, served.service.writes), Steps()
    stopped = on_loop(served, own.start("scenario", 1, "c", steps.answer))
    on_loop(served, own.stop())
    assert (state(served, stopped).state, state(served, stopped).detail) == (FAILED, jobs_module.STOPPED)
    steps.next.set()


def test_scenarios_are_kept_compared_deleted_and_published(served: Client, user: ServiceClient) -> None:
    scenarios = user.plan.scenarios
    first = scenarios.save("One day", [ROW], note="why", idempotency_key="once")
    assert scenarios.save("One day", [ROW], note="why", idempotency_key="once") == first
    with pytest.raises(ConflictError, match="There is a scenario 'One day'"):
        scenarios.save("One day", [ROW])
    job = user.jobs.start_save("Closed", [{"Store": 2, "Date": ROW["Date"], "Open": 0}])
    second = user.jobs.wait(job["job"], every=0.05)
    assert second["name"] == "Closed"
    stored = scenarios.all()
    assert [each["name"] for each in stored] == ["Closed", "One day"]
    assert scenarios.show(first["scenario"]) == stored[1]
    whole = next(row for row in user.scenario([ROW])["changes"] if row["Level"] == "chain-horizon")
    assert stored[1]["whole"]["difference"] == whole["Difference"]
    assert [(each["key"], each["column"], each["value"]) for each in stored[0]["changes"]] == [("2", "Open", 0)]
    compared = scenarios.compare([first["scenario"], second["scenario"]])
    assert len(compared["weeks"][0]["differences"]) == 2
    with pytest.raises(InvalidError, match="Expected 2 to 10"):
        scenarios.compare([1, 1])
    published = scenarios.publish(first["scenario"])
    assert (published["state"], published["new"]) == ("draft", True)
    days = list(user.plan.days(published["version"]))
    assert round(sum(day["Forecast"] for day in days), 2) == pytest.approx(stored[1]["whole"]["scenario"])
    scenarios.delete(first["scenario"])
    with pytest.raises(NotFoundError, match="no such scenario"):
        scenarios.show(first["scenario"])
    assert scenarios.restore(first["scenario"]) == first
    for refused in ({"name": " 1 "}, {"name": "x", "rows": [{**ROW, "Promo": 1}]}):
        reply = served.post("/v1/plan/scenarios", {"rows": [ROW], **refused})
        assert reply.status_code == 422, reply.text


def test_publishing_what_a_forecast_is_made_of_is_done_by_a_job(served: Client, user: ServiceClient) -> None:
    job = user.jobs.start_publish(note="by a job")
    published = user.jobs.wait(job["job"], every=0.05)
    assert published["explained"] is True
    assert user.jobs.state(job["job"])["state"] == DONE
    writer = make_key(home_url(served.service.settings.home), "write")
    answer = served.post("/v1/plan/versions", {"explain": True}, key=writer, **PREFER)
    assert (answer.status_code, "scope forecast" in answer.text) == (403, True)
