"""The bodies and parameters of requests to the plan."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from storecast.database.plan_versions import MAX_NOTE
from storecast.service.requests.query import Page

Note = Annotated[str, Meta(max_length=MAX_NOTE, description="A remark.")]
State = Literal["draft", "reviewed", "approved", "locked"]
Number = Annotated[int, Meta(ge=1, le=10**15, description="The number of a version.")]


class PublishRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which forecast to publish."""

    model: Annotated[str, Meta(description="The name of a model; without it, the promoted one.")] = ""
    explain: Annotated[bool, Meta(description="Keep what the forecast is made of, by which versions are compared.")] = (
        False
    )
    note: Note = ""


class StateRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """The state that a version should come into."""

    state: State
    seen: Annotated[State, Meta(description="The state in which you saw it.")]
    note: Note = ""


class ComparisonQuery(Page, kw_only=True):
    """Which two versions to compare, and for whom."""

    before: Number | UnsetType = UNSET
    after: Number | UnsetType = UNSET
    store: Annotated[str, Meta(description="The id of the store; without it, every store.")] | UnsetType = UNSET


class DaysQuery(Page, kw_only=True):
    """Which days of a version."""

    store: Annotated[str, Meta(description="The id of the store; without it, every store.")] | UnsetType = UNSET
