"""Service: what the routes share, made once when the service is built."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.requests import Request

from storecast.database.api_keys import Key, find_key
from storecast.database.sessions import find_session
from storecast.service.jobs import MOST, Jobs
from storecast.service.live.live_model import LiveModel
from storecast.service.metrics import Metrics
from storecast.service.middleware.auth import Keyring, Strangers
from storecast.service.middleware.limits import Load
from storecast.service.monitor import Monitor
from storecast.service.pool import Pool
from storecast.service.request_log import RequestLog
from storecast.service.settings import Settings


@dataclass(eq=False)
class Service:
    """The parts of a service.

    Attributes
    ----------
    live : what is served
    large : threads for requests that take long
    quick : threads for looking up keys, which must not wait behind those
    writes : one thread for each write at work; writers of a database follow one another anyhow
    long : threads for jobs, which take minutes and must not keep requests waiting
    jobs : that run or wait
    openapi : the document that the service shows of itself
    """

    settings: Settings
    live: LiveModel
    large: Pool
    quick: Pool
    writes: Pool
    long: Pool
    jobs: Jobs
    keyring: Keyring
    sessions: Keyring
    strangers: Strangers
    metrics: Metrics
    request_log: RequestLog
    monitor: Monitor
    load: Load
    openapi: dict[str, Any] = field(default_factory=dict)
    stopping: bool = False

    @classmethod
    def of(cls, settings: Settings) -> "Service":
        """Build the parts; nothing is opened or started yet."""
        large = Pool(settings.workers, settings.waiting, "large")
        quick = Pool(2, settings.concurrency, "quick")
        writes = Pool(2, settings.waiting, "writes")
        long = Pool(settings.jobs, MOST, "jobs")
        live = LiveModel(settings, large)
        metrics = Metrics()

        async def find(token: str) -> Key | None:
            return await quick.run(find_key, live.database(), token)

        async def find_open_session(token: str) -> Key | None:
            return await quick.run(find_session, live.database(), token)

        return cls(
            settings,
            live,
            large,
            quick,
            writes,
            long,
            Jobs(live.database, long, writes),
            Keyring(find),
            Keyring(find_open_session),
            Strangers(settings.unknown_keys),
            metrics,
            RequestLog(metrics, lambda: live.source.database),
            Monitor(live, metrics),
            Load(),
        )

    def start(self) -> None:
        """Start what works in the background."""
        self.live.watcher.start()
        self.request_log.start()
        self.monitor.start()

    async def stop(self) -> None:
        """End it; the log of requests is written first."""
        self.stopping = True
        await self.jobs.stop()
        await asyncio.to_thread(self.monitor.stop)
        await asyncio.to_thread(self.request_log.stop)
        await asyncio.to_thread(self.live.watcher.stop)
        for pool in (self.large, self.quick, self.writes, self.long):
            pool.close()
        self.live.source.close()


def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    return cast("Service", request.app.state.service)
