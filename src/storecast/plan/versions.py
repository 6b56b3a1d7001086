"""The versions of a plan: forecasts that were published, on their way from a draft to a plan that nobody changes any more."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from storecast.errors import ConflictError, DataError, Message, hint, quote
from storecast.plan.totals import TotalInterval

MAX_NOTE = 1000  # characters
State = Literal["draft", "reviewed", "approved", "locked"]
STATES: tuple[State, State, State, State] = ("draft", "reviewed", "approved", "locked")
DRAFT, REVIEWED, APPROVED, LOCKED = STATES


@dataclass(frozen=True)
class StateChange:
    """A version came into a state."""

    state: State
    at: dt.datetime
    by: str
    note: str


@dataclass(frozen=True)
class PlanVersion:
    """A forecast that was published.

    Attributes
    ----------
    version : its number
    model : the name of the model file
    cutoff : the last day that the forecast knows
    chain_version : of the chain that it was made of
    first, last : its days
    stores : how many it has
    state : that it is in
    explained : whether it is known what the forecast is made of
    history : its states so far, the first of them draft, when it was published
    totals : of its forecast, with their intervals; empty: these are not known
    scenario : that it was made of; None: of the stored calendar
    """

    version: int
    model: str
    cutoff: dt.date
    chain_version: int
    first: dt.date
    last: dt.date
    stores: int
    state: State
    explained: bool
    history: tuple[StateChange, ...]
    totals: tuple[TotalInterval, ...]
    scenario: int | None


def check_step(version: int, state: str, wanted: str) -> None:
    """Refuse a step that no version takes: each state follows the one before, and all but a locked plan may go back to a draft.

    Parameters
    ----------
    version : its number
    state : that it is in
    wanted : that it should come into

    Raises
    ------
    DataError
        where there is no such state
    ConflictError
        where it does not follow
    """
    if wanted not in STATES:
        raise DataError(
            "There is no state {state}.{hint} There are: {names}.",
            state=quote(wanted),
            hint=hint(wanted, STATES),
            names=", ".join(STATES),
        )
    if state == LOCKED:
        message = Message("Version {version} is locked, and stays so. Publish another one.", version=version)
        raise ConflictError(message, public=message)
    following = STATES[STATES.index(state) + 1]
    if wanted not in (following, DRAFT) or wanted == state:
        values = {"version": version, "state": Message(state), "following": Message(following)}
        if state == DRAFT:
            message = Message("Version {version} is {state}; what can follow is {following}.", **values)
        else:
            message = Message("Version {version} is {state}; what can follow is {following}, or draft again.", **values)
        raise ConflictError(message, public=message)
