"""Monitor: when sales arrive, past forecasts are scored against them; what leaves its band is reported in the log and the metrics.

One thread looks at most once a minute, at the last twelve weeks, a week of days at a time: so a year of forecasts neither fills the
memory nor keeps requests waiting.
"""

import datetime as dt
import logging
import threading

from storecast.errors import UserError
from storecast.monitor.alerts import Alert
from storecast.monitor.noise import BLOCK
from storecast.service.live.live_model import LiveModel
from storecast.service.metrics import Metrics
from storecast.workflows.monitoring import Monitored, monitor_panel, scored_forecasts

log = logging.getLogger(__name__)

EVERY_S = 60.0
LOOKED_AT = 2 * BLOCK  # days: the six weeks of a figure, and as many to say since when


class Monitor:
    """What is known of the forecasts made.

    Attributes
    ----------
    latest : what the last look found; None before the first

    Parameters
    ----------
    live : what is served
    metrics : take what was found
    """

    def __init__(self, live: LiveModel, metrics: Metrics) -> None:
        self.latest: Monitored | None = None
        self._live = live
        self._metrics = metrics
        self._version = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._ended.set()
        self._thread.join(timeout=5)

    @property
    def alerts(self) -> list[Alert]:
        """What stands now."""
        return [] if self.latest is None else self.latest.alerts

    def look(self) -> None:
        """Set forecasts beside sales, where there are other sales than at the last look."""
        snapshot = self._live.snapshot
        if snapshot is None or snapshot.version == self._version:
            return
        panel = snapshot.predictor.panel
        rows = scored_forecasts(self._live.database(), panel.end - dt.timedelta(days=LOOKED_AT))
        before = {(alert.model, alert.what) for alert in self.alerts}
        self.latest = monitor_panel(rows, panel, self._live.models_folder)
        self._version = snapshot.version
        self._metrics.show(self.latest)
        for alert in self.latest.alerts:
            if (alert.model, alert.what) not in before:
                log.warning("%s", alert.sentence())
        for model, what in sorted(before - {(alert.model, alert.what) for alert in self.latest.alerts}):
            log.info("%s: %s is back in its band", model, what)

    def _run(self) -> None:
        while not self._ended.wait(EVERY_S):
            try:
                self.look()
            except UserError as error:
                log.warning("forecasts made could not be set beside sales: %s", error)
            except Exception:  # the edge of this thread: it must go on looking
                log.exception("setting forecasts made beside sales failed")
