"""Metrics for Prometheus. Requests are counted by the thread that writes their log; the rest is looked at when it is asked for.

docs/service.md lists every metric; a test compares.
"""

import datetime as dt
import logging
from collections import Counter as TallyOf
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from storecast.errors import DataError
from storecast.monitor.staleness import STALE_DAYS, sales_age
from storecast.notify.state import STATE, read_state
from storecast.service.live.live_model import LiveModel
from storecast.service.middleware.limits import Load
from storecast.service.pool import Pool
from storecast.workflows.monitoring import Monitored

log = logging.getLogger(__name__)

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FIGURES = ("rmspe", "wape", "bias", "coverage80", "coverage95")  # of the last twelve weeks
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class FinishedRequest(NamedTuple):
    """A request that is over, as the metrics, the log and the database note it."""

    at: float  # seconds since 1970
    request_id: str
    key: int | None
    method: str
    route: str
    status: int
    rows: int
    seconds: float
    model: str
    public: bool = False
    key_name: str = ""
    client: str = ""
    trace: str = ""


class Metrics:
    """The metrics of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        at = self.registry
        self.requests = Counter("storecast_requests", "Requests answered", ["method", "route", "status"], registry=at)
        self.seconds = Histogram("storecast_request_seconds", "Time to answer", ["route"], buckets=SECONDS, registry=at)
        self.rows = Counter("storecast_rows", "Rows answered or written", ["route"], registry=at)
        self.lost = Counter("storecast_request_log_lost", "Requests whose log could not be kept", registry=at)
        self.ready = Gauge("storecast_ready", "1 where the service is ready", registry=at)
        self.working = Gauge("storecast_requests_working", "Requests at work now", registry=at)
        self.waiting = Gauge("storecast_pool_held", "Large requests that run or wait for a thread", registry=at)
        self.version = Gauge("storecast_chain_version", "Version of the chain that is served", registry=at)
        self.cutoff = Gauge(
            "storecast_cutoff_timestamp_seconds", "Last day whose sales the forecast knows", registry=at
        )
        self.sales_age = Gauge("storecast_sales_age_days", "Days since the last sales", registry=at)
        self.stale = Gauge("storecast_sales_stale", "1 where the last sales are old; alert on it", registry=at)
        self.model = Gauge("storecast_model_info", "The model that is served", ["model"], registry=at)
        self.refresh = Gauge(
            "storecast_trouble", "1 where what is new could not be taken up; the log says why", registry=at
        )
        self.accuracy = Gauge(
            "storecast_accuracy", "Of forecasts made, beside what came", ["model", "figure"], registry=at
        )
        self.alerts = Gauge("storecast_alert", "1 for what has left its band", ["model", "what", "advice"], registry=at)

        self.weekly_ended = Gauge(
            "storecast_weekly_ended_timestamp_seconds",
            "When the last weekly job of the home that did not fail ended; 0: none has",
            registry=at,
        )
        self.weekly_alerts = Gauge(
            "storecast_weekly_alert", "1 for what a weekly job found and nobody looks after", ["alert"], registry=at
        )

    def show(self, monitored: Monitored) -> None:
        """Show how good the forecasts made have been, and what has left its band."""
        self.accuracy.clear()
        for line in monitored.accuracy.filter(Slice="all").iter_rows(named=True):
            for figure in FIGURES:
                if line[figure] is not None:
                    self.accuracy.labels(line["Model"], figure).set(line[figure])
        self.alerts.clear()
        for alert in monitored.alerts:
            self.alerts.labels(alert.model, alert.what, alert.advice).set(1)

    def count(self, lines: Iterable[FinishedRequest]) -> None:
        """Count requests that were answered."""
        answered: TallyOf[tuple[str, str, int]] = TallyOf()
        rows: TallyOf[str] = TallyOf()
        for line in lines:
            answered[line.method, line.route, line.status] += 1
            rows[line.route] += line.rows
            self.seconds.labels(line.route).observe(line.seconds)
        for names, times in answered.items():
            self.requests.labels(*names).inc(times)
        for route, total in rows.items():
            self.rows.labels(route).inc(total)

    def text(self, live: LiveModel, load: Load, pool: Pool, stale_days: int = STALE_DAYS) -> bytes:
        """Return all metrics, as they are now.

        Parameters
        ----------
        live : the live model
        load : requests at work
        pool : of threads
        stale_days : that the last sales may be old
        """
        self.ready.set(live.ready)
        self.working.set(load.working)
        self.waiting.set(pool.pending)
        self.refresh.set(bool(live.watcher.trouble))
        snapshot = live.snapshot
        if snapshot is not None:
            self.version.set(snapshot.version)
            self.cutoff.set(dt.datetime.combine(snapshot.predictor.cutoff, dt.time(), dt.UTC).timestamp())
            age = sales_age(snapshot.predictor.cutoff)
            self.sales_age.set(age)
            self.stale.set(age > stale_days)
            self.model.clear()
            self.model.labels(snapshot.name).set(1)
        self._show_weekly(live.models_folder.parent / STATE)
        return generate_latest(self.registry)

    def _show_weekly(self, path: Path) -> None:
        """Show what weekly jobs say of the home."""
        self.weekly_alerts.clear()
        try:
            state = read_state(path)
        except DataError as error:
            log.warning("%s", error)
            return
        self.weekly_ended.set(dt.datetime.fromisoformat(state.ended).timestamp() if state.ended else 0)
        for alert in state.alerts:
            if not alert.acknowledged_by:
                self.weekly_alerts.labels(alert.key).set(1)
