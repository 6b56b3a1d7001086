"""What is known of the alerts of a home, and what could not be sent yet: alerts.json. To read it, no channel is needed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storecast.errors import DataError
from storecast.notify.alerts import Alert

STATE = "alerts.json"  # in the home


@dataclass
class State:
    """What is known of the alerts of a home.

    Attributes
    ----------
    alerts : that stand
    unsent : notices that wait, by the name of their channel
    ended : when the last job that did not fail ended, ISO 8601; empty: none has
    """

    alerts: list[Alert] = field(default_factory=list)
    unsent: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    ended: str = ""


def read_state(path: Path) -> State:
    """Return what a file says of the alerts of a home; nothing where there is none.

    Raises
    ------
    DataError
        where it is not what a job wrote
    """
    if not path.exists():
        return State()
    try:
        plain: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return State([Alert.from_plain(each) for each in plain["alerts"]], dict(plain["unsent"]), plain["ended"])
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} is not what a weekly job wrote. Delete it, and start again; what stands then begins anew."
        ) from error
