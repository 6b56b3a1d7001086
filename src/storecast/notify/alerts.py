"""Alerts: one begins when a condition reaches its threshold, and ends when that has been away for long enough.

What an alert is about is reported when it begins, when it is twice as much as when it was last reported, and when it ends; never
merely since another week has passed.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

WORSE = 2.0  # times the amount that was reported last
Event = Literal["begun", "worse", "ended", "test"]


@dataclass(frozen=True)
class Condition:
    """Something that needs a look.

    Attributes
    ----------
    key : the same from job to job; its kind, and behind a colon what it is about: late, model:linear
    sentence : for people
    amount : how much it is, in days or stores; 1 where it is there or not
    """

    key: str
    sentence: str
    amount: float = 1.0

    @property
    def kind(self) -> str:
        """What kind of condition it is, for thresholds."""
        return self.key.partition(":")[0]

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Threshold:
    """When an alert begins and ends: a gap between the two keeps one from coming and going."""

    begin: float = 1.0  # the least amount with which it begins
    end: float = 1.0  # it ends below this amount


@dataclass(frozen=True)
class Alert:
    """A condition that has begun, and has not ended.

    Attributes
    ----------
    key, sentence, amount : of the condition, as it was last seen
    since : the day on which it began
    reported : the amount when it was last reported, or acknowledged
    away_since : the first day on which it was seen no more; None: it is there
    acknowledged_by, note : who looks after it, and what they say of it; empty: nobody has said so
    """

    key: str
    sentence: str
    amount: float
    since: dt.date
    reported: float
    away_since: dt.date | None = None
    acknowledged_by: str = ""
    note: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain data, days as ISO text."""
        away = None if self.away_since is None else self.away_since.isoformat()
        return {**dataclasses.asdict(self), "since": self.since.isoformat(), "away_since": away}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Alert":
        """Return the alert of plain data."""
        away = plain["away_since"]
        days = {
            "since": dt.date.fromisoformat(plain["since"]),
            "away_since": away and dt.date.fromisoformat(away),
        }
        return cls(**{**plain, **days})


@dataclass(frozen=True)
class Change:
    """Something to report of an alert."""

    event: Event
    alert: Alert


def update(
    alerts: Iterable[Alert],
    conditions: Iterable[Condition],
    today: dt.date,
    thresholds: Mapping[str, Threshold],
    end_after_days: int,
    *,
    complete: bool = True,
) -> tuple[list[Alert], list[Change]]:
    """Return the alerts that stand now, and what is to be reported.

    Parameters
    ----------
    alerts : that stood before
    conditions : that are seen today
    today : the day
    thresholds : by kind of condition; a kind without one begins with 1
    end_after_days : for which a condition must be away before its alert ends; 0: it ends at once
    complete : whether these are all conditions; else nothing is known of the others, and no alert ends
    """
    before = {alert.key: alert for alert in alerts}
    seen = {condition.key: condition for condition in conditions}
    changes: list[Change] = []
    for key, condition in seen.items():
        threshold = thresholds.get(condition.kind, Threshold())
        alert = before.get(key)
        if alert is None and condition.amount >= threshold.begin:
            before[key] = Alert(key, condition.sentence, condition.amount, today, condition.amount)
            changes.append(Change("begun", before[key]))
        elif alert is not None and condition.amount >= threshold.end:
            before[key] = dataclasses.replace(
                alert, sentence=condition.sentence, amount=condition.amount, away_since=None
            )
            if condition.amount >= WORSE * alert.reported:
                before[key] = dataclasses.replace(before[key], reported=condition.amount, acknowledged_by="", note="")
                changes.append(Change("worse", before[key]))
        elif alert is not None:
            before[key] = dataclasses.replace(alert, away_since=alert.away_since or today)
    if complete:
        for key in before.keys() - seen.keys():
            before[key] = dataclasses.replace(before[key], away_since=before[key].away_since or today)
    standing = []
    for alert in before.values():
        if alert.away_since is not None and (today - alert.away_since).days >= end_after_days:
            changes.append(Change("ended", alert))
        else:
            standing.append(alert)
    return standing, changes


def acknowledged(alert: Alert, by: str, note: str) -> Alert:
    """Return an alert that somebody looks after: it is reported again where it gets worse from here.

    Parameters
    ----------
    alert : that stands
    by : who
    note : what they say of it
    """
    return dataclasses.replace(alert, acknowledged_by=by, note=note, reported=alert.amount)
