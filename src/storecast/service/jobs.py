"""Jobs: work of minutes that a request starts and does not wait for.

A request with ``Prefer: respond-async`` (RFC 7240) is answered with 202 and the address of a job. Its work runs in a pool of its
own, so that it takes no thread from requests; how many run and wait is bounded, in all and by key. Work says how far it is, and
ends there where it was cancelled. State and reply are in the database (`database.jobs`).
"""

import asyncio
import logging
import threading
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from storecast.database import jobs as stored
from storecast.database.connect import Database
from storecast.database.jobs import Job
from storecast.errors import UserError
from storecast.service.pool import Pool, current_key
from storecast.service.problems import MEDIA_TYPE, Problem, of_error
from storecast.service.rendering import BytesResponse, ChunkedResponse

log = logging.getLogger(__name__)

MOST = 16  # jobs that run or wait
MOST_OF_KEY = 4
SEEN_EVERY_S = 1.0
STOPPED = "The service was stopped. Start the job again."
MISTAKE = "Something went wrong here; the log of the service says what."

Progress = Callable[[float], None]
Answer = Callable[[Progress, Pool], Awaitable[BytesResponse]]
Result = TypeVar("Result")


class JobCancelledError(Exception):
    """Somebody wants the work to end."""


@dataclass(eq=False)
class _Work:
    """A job at work in this process.

    Attributes
    ----------
    key : the number of the key that asked for it
    share : that is done; None: it waits
    unwanted : set where the work is to end
    ending : whether it has come to its end, or is on its way there
    """

    key: int
    share: float | None = None
    unwanted: threading.Event = field(default_factory=threading.Event)
    ending: bool = False
    task: "asyncio.Task[None] | None" = None

    def progress(self, share: float) -> None:
        """Take the share that is done, in the thread of the work."""
        if self.unwanted.is_set():
            raise JobCancelledError
        self.share = share

    def cancel(self) -> None:
        """End it: at once where it waits, else at the next step of its work."""
        self.unwanted.set()
        assert self.task is not None
        if not self.ending:
            self.ending = True
            self.task.cancel()


class Jobs:
    """The jobs of this process; used on the event loop.

    Parameters
    ----------
    database : returns the database
    pool : in whose threads jobs work
    writes : in whose threads they are noted
    """

    def __init__(self, database: Callable[[], Database], pool: Pool, writes: Pool) -> None:
        self._database = database
        self._pool = pool
        self._writes = writes
        self._process = uuid.uuid4().hex
        self._at_work: dict[int, _Work] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self, kind: str, key: int, digest: str, answer: Answer) -> Job:
        """Start a job, unless the same key has one that works on the same.

        Parameters
        ----------
        kind : what it works out
        key : the number of the key that asks for it
        digest : of what is asked for
        answer : does the work: takes what it tells of its progress, and the pool whose threads it uses

        Raises
        ------
        Problem
            where too many run or wait already, of all keys or of this one
        """
        same = await self.find(key, digest)
        if same is not None and same.state in stored.UNFINISHED:
            return same
        if len(self._at_work) >= MOST:
            raise _busy("Too many jobs run or wait already.")
        if sum(work.key == key for work in self._at_work.values()) >= MOST_OF_KEY:
            raise _busy(f"This key has {MOST_OF_KEY} jobs already.")
        work = _Work(key)
        job = await self._write(lambda conn: stored.create_job(conn, kind, key, digest, self._process))
        self._at_work[job.job] = work
        work.task = asyncio.create_task(self._run(job.job, work, answer))
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep())
        return job

    async def find(self, key: int, digest: str) -> Job | None:
        """Return the newest job of a key that is or was to work on something.

        Parameters
        ----------
        key : the number of the key
        digest : of what is worked on
        """
        return await self._read(lambda conn: stored.find_job(conn, key, digest))

    async def read(self, number: int, key: int | None) -> Job:
        """Return a job as it stands.

        Parameters
        ----------
        number : of the job
        key : whose job it must be; None: anybody's

        Raises
        ------
        Problem
            where the key has no such job
        """
        job = await self._read(lambda conn: stored.read_job(conn, number))
        if job is None or key not in (None, job.key):
            raise Problem("not-found", "There is no such job of this key. Jobs are kept for 24 hours.")
        work = self._at_work.get(number)
        if work is None or work.share is None or job.state not in stored.UNFINISHED:
            return job
        return Job(**{**vars(job), "state": stored.RUNNING, "progress": work.share})

    async def reply(self, job: Job) -> BytesResponse:
        """Return what a job replied.

        Raises
        ------
        Problem
            where it has not ended, or was cancelled
        """
        if job.status is None:
            why = job.detail or f"The job is {job.state}, and has no reply."
            raise Problem("conflict", why)
        body = await self._read(lambda conn: stored.read_reply(conn, job.job))
        return BytesResponse(body, job.media_type or "", job.status)

    async def cancel(self, job: Job) -> None:
        """End a job, in whichever process it is at work; one that has ended stays as it is."""
        await self._write(lambda conn: stored.ask_to_cancel(conn, job.job))
        if job.job in self._at_work:
            work = self._at_work[job.job]
            work.cancel()
            assert work.task is not None
            await asyncio.wait([work.task])

    async def stop(self) -> None:
        """End all jobs of this process."""
        self._stopping = True
        works = list(self._at_work.values())
        for work in works:
            work.cancel()
        tasks = [work.task for work in works if work.task is not None]
        if tasks:
            await asyncio.wait(tasks)
        if self._keeper is not None:
            self._keeper.cancel()

    async def _run(self, number: int, work: _Work, answer: Answer) -> None:
        ended: dict[str, object]
        try:
            response = await answer(work.progress, self._pool)
            chunks = response.chunks if isinstance(response, ChunkedResponse) else [response.body]
            media_type = dict(response.raw_headers)[b"content-type"].decode()
            reply = {"status": response.status_code, "media_type": media_type, "reply": b"".join(map(bytes, chunks))}
            ended = {"state": stored.DONE, **reply}
        except (JobCancelledError, asyncio.CancelledError):
            ended = {"state": stored.FAILED, "detail": STOPPED} if self._stopping else {"state": stored.CANCELLED}
        except Problem as problem:
            ended = _refused(problem)
        except UserError as error:
            ended = _refused(of_error(error))
        except Exception:
            log.exception("job %d ended by a mistake of ours", number)
            ended = _refused(Problem("our-mistake", MISTAKE))
        work.ending = True
        try:
            await self._write(lambda conn: stored.finish_job(conn, number, **ended))  # type: ignore[arg-type]
        except (UserError, Problem) as error:
            log.warning("job %d has ended as %s, which could not be noted: %s", number, ended["state"], error)
        finally:
            del self._at_work[number]

    async def _keep(self) -> None:
        """Say every second which jobs are at work here, and end those that somebody wants to end, through another process."""
        current_key.set(None)
        while self._at_work:
            await asyncio.sleep(SEEN_EVERY_S)
            shares = {number: work.share for number, work in self._at_work.items()}
            try:
                unwanted = await self._write(partial(stored.note_progress, shares=shares))
            except (UserError, Problem) as error:
                log.warning("the progress of jobs could not be noted: %s", error)
                continue
            for number in unwanted & set(self._at_work):
                self._at_work[number].cancel()

    async def _read(self, work: Callable[[Connection], Result]) -> Result:
        def read() -> Result:
            with self._database().reading() as conn:
                return work(conn)

        return await self._writes.run(read)

    async def _write(self, work: Callable[[Connection], Result]) -> Result:
        def write() -> Result:
            with self._database().begin() as conn:
                return work(conn)

        return await self._writes.run(write)


def _refused(problem: Problem) -> dict[str, object]:
    reply = {"status": problem.status, "media_type": MEDIA_TYPE.decode(), "reply": problem.body()}
    return {"state": stored.FAILED, "detail": problem.detail, **reply}


def _busy(why: str) -> Problem:
    return Problem("busy", f"{why} Wait until one has ended, or cancel one.", headers={"retry-after": "10"})
