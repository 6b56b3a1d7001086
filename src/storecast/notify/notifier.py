"""Notifier: tells people of the alerts of a home, and keeps what is known of them."""

import datetime as dt
import json
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from storecast.errors import ConfigError, MissingError, NotSentError, hint, quote
from storecast.files import atomic_write
from storecast.notify.alerts import Alert, Change, Condition, acknowledged, update
from storecast.notify.channels import Channel, channels_of, send
from storecast.notify.settings import FILE, NotifySettings, read_settings
from storecast.notify.state import STATE, read_state

log = logging.getLogger(__name__)

MOST_UNSENT = 20  # notices that wait for a channel, the newest
HEADINGS = {"begun": "Begun", "worse": "Worse", "ended": "Over", "test": "A test"}


class Notifier:
    """Tells people of the alerts of a home.

    Parameters
    ----------
    home : folder of all outputs
    settings : file with [notify]; None: storecast.toml in the home

    Raises
    ------
    ConfigError
        where the settings cannot be read
    DataError
        where alerts.json cannot be
    """

    def __init__(self, home: Path, settings: Path | None = None) -> None:
        if settings is not None and not settings.exists():
            raise ConfigError(f"There is no file {quote(settings)}; expected one with [notify].")
        self.settings: NotifySettings = read_settings(settings or home / FILE)
        self.path = home / STATE
        self.state = read_state(self.path)
        self._home = self.settings.name or home.resolve().name

    def report(self, conditions: Iterable[Condition], today: dt.date, *, complete: bool = True) -> list[str]:
        """Take what is seen today, tell what is new of it, and keep it; return why something could not be told.

        Parameters
        ----------
        conditions : that need a look
        today : the day
        complete : whether these are all, since the job did not fail
        """
        settings = self.settings
        self.state.alerts, changes = update(
            self.state.alerts, conditions, today, settings.thresholds, settings.end_after_days, complete=complete
        )
        for change in changes:
            log.info("alert %s: %s %s", change.event, change.alert.key, change.alert.sentence)
        if complete:
            self.state.ended = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
        self._save()  # before anything is sent: who is killed here tells it once more, and never forgets it
        return self._send(self.notice(changes) if changes else None)

    def acknowledge(self, key: str, by: str, note: str = "") -> Alert:
        """Note who looks after an alert.

        Parameters
        ----------
        key : of the alert
        by : who
        note : what they say of it

        Raises
        ------
        MissingError
            where no such alert stands
        """
        by_key = {alert.key: alert for alert in self.state.alerts}
        if key not in by_key:
            standing = f"There are: {', '.join(by_key)}." if by_key else "None stands."
            raise MissingError(f"There is no alert {quote(key)}.{hint(key, by_key)} {standing}")
        by_key[key] = acknowledged(by_key[key], by, note)
        self.state.alerts = list(by_key.values())
        self._save()
        return by_key[key]

    def test(self, today: dt.date) -> list[str]:
        """Send a notice that is a test to every channel; return the targets.

        Raises
        ------
        ConfigError
            where no channel is set
        NotSentError
            where one does not take it
        """
        channels = channels_of(self.settings)
        if not channels:
            raise ConfigError(f"Nobody is told: set [notify.webhook] or [notify.email] in {FILE} of the home.")
        alert = Alert("test", "This is a test; there is nothing to do.", 1.0, today, 1.0)
        for channel in channels:
            send(channel, self.notice([Change("test", alert)]))
        return [f"{channel.name}: {channel.target}" for channel in channels]

    def is_acknowledged(self, condition: Condition) -> bool:
        """Return whether somebody looks after what a condition is about."""
        return any(alert.key == condition.key and alert.acknowledged_by for alert in self.state.alerts)

    def notice(self, changes: Sequence[Change]) -> dict[str, Any]:
        """Return what is sent of changes: plain data, the text for people among it."""
        counts = [
            f"{number} {heading.lower()}"
            for event, heading in HEADINGS.items()
            if (number := sum(change.event == event for change in changes))
        ]
        lines = []
        for change in changes:
            since = "" if change.event in ("begun", "test") else f" (since {change.alert.since})"
            lines.append(f"{HEADINGS[change.event]}: {change.alert.sentence}{since}")
        return {
            "source": "storecast",
            "home": self._home,
            "at": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
            "subject": f"storecast {self._home}: {', '.join(counts)}",
            "text": "\n".join([f"storecast, {self._home}", *lines]),
            "alerts": [
                {
                    "key": change.alert.key,
                    "event": change.event,
                    "sentence": change.alert.sentence,
                    "amount": change.alert.amount,
                    "since": change.alert.since.isoformat(),
                }
                for change in changes
            ],
        }

    def _send(self, notice: dict[str, Any] | None) -> list[str]:
        """Send what waits and what is new, channel by channel; what is not taken waits."""
        failures = []
        channels = channels_of(self.settings)
        unsent = {channel.name: self.state.unsent.get(channel.name, []) for channel in channels}
        waiting = {name: [*notices, *([notice] if notice else [])][-MOST_UNSENT:] for name, notices in unsent.items()}
        if not any(waiting.values()) and waiting == self.state.unsent:
            return []
        self.state.unsent = waiting
        self._save()
        for channel in channels:
            try:
                self._send_all(channel, self.state.unsent[channel.name])
            except NotSentError as error:
                log.warning("%s", error)
                failures.append(str(error))
        self._save()
        return failures

    def _send_all(self, channel: Channel, notices: list[dict[str, Any]]) -> None:
        while notices:
            send(channel, notices[0])
            del notices[0]

    def _save(self) -> None:
        state = {
            "ended": self.state.ended,
            "alerts": [alert.to_plain() for alert in self.state.alerts],
            "unsent": self.state.unsent,
        }
        with atomic_write(self.path) as draft:
            draft.write_text(json.dumps(state, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
