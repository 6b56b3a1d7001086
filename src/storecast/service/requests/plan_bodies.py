"""The bodies and parameters of requests to the plan."""

import datetime as dt
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from storecast import schema as s
from storecast.plan.overrides import MAX_VALUE
from storecast.plan.scopes import CHAIN
from storecast.plan.versions import MAX_NOTE, State
from storecast.service.requests.query import Page, Query
from storecast.service.requests.rows import StoreId

NoteText = Annotated[str, Meta(max_length=MAX_NOTE, description="A remark.")]
Number = Annotated[int, Meta(ge=1, le=10**15, description="The number of a version.")]


OverrideKind = Literal["figure", "amount", "factor"]
ReasonText = Annotated[str, Meta(min_length=1, max_length=s.MAX_TEXT_LENGTH)]


class PublishRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which forecast to publish."""

    model: Annotated[str, Meta(description="The name of a model; without it, the promoted one.")] = ""
    explain: Annotated[bool, Meta(description="Keep what the forecast is made of, by which versions are compared.")] = (
        False
    )
    note: NoteText = ""


class StateRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """The state that a version should come into."""

    state: State
    seen: Annotated[State, Meta(description="The state in which you saw it.")]
    note: NoteText = ""


class Override(Struct, forbid_unknown_fields=True, kw_only=True):
    """What stands in the place of the forecast of some stores and days."""

    Level: Annotated[
        str, Meta(max_length=s.MAX_TEXT_LENGTH, description="As of totals: store, type, state, chain, or a group.")
    ]
    Key: Annotated[StoreId, Meta(description="The store or the group; of the chain: chain.")]
    Start: dt.date
    End: dt.date
    Kind: Annotated[
        OverrideKind,
        Meta(description="The total of the scope, what is added to its forecast, or what that is multiplied by."),
    ]
    Value: Annotated[float, Meta(ge=-MAX_VALUE, le=MAX_VALUE)]
    Reason: Annotated[str, Meta(min_length=1, max_length=s.MAX_TEXT_LENGTH)]
    Note: NoteText = ""


class OverridesRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Overrides to write, all of them or none."""

    version: Annotated[int, Meta(ge=1, description="The version of the plan that you saw.")]
    seen: Annotated[int, Meta(ge=0, description="The revision of the plan that you saw.")]
    overrides: Annotated[list[Override], Meta(min_length=1, extra_json_schema={"maxItems": "row_limit"})]


class BudgetRow(Struct, forbid_unknown_fields=True, kw_only=True):
    """The budget of a store for a day, a week or a month."""

    Store: StoreId
    Period: Annotated[
        str, Meta(pattern=r"^\d{4}-(\d{2}(-\d{2})?|W\d{2})$", description="Such as 2015-06-14, 2015-W25 or 2015-06.")
    ]
    Amount: Annotated[float, Meta(ge=0, le=MAX_VALUE)]


class BudgetRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole budget; an empty list: there is none any more."""

    budget: Annotated[list[BudgetRow], Meta(extra_json_schema={"maxItems": "row_limit"})]


class WeeksQuery(Page, kw_only=True):
    """Whose weeks."""

    store: Annotated[str, Meta(description="The id of the store; without it, all stores.")] | UnsetType = UNSET
    level: Annotated[
        str,
        Meta(
            max_length=s.MAX_TEXT_LENGTH,
            description="Whose weeks are summed: of the chain, of each store, type or state, or of each group of your own.",
        ),
    ] = CHAIN


class SummaryQuery(Query, kw_only=True):
    """Which version."""

    version: Number | UnsetType = UNSET


class WorkbookQuery(Query, kw_only=True):
    """What to do with a workbook."""

    apply: Annotated[
        Literal["true", "false"], Meta(description="Take the changes, all or none; else they are shown.")
    ] = "false"


class ValueQuery(Query, kw_only=True):
    """Which days count."""

    since: Annotated[dt.date, Meta(description="The first day that counts.")] | UnsetType = UNSET


class ExceptionsQuery(Page, kw_only=True):
    """Which exceptions."""

    all: Annotated[Literal["true", "false"], Meta(description="Those that are done or snoozed, too.")] = "false"


class HandlingRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """How an exception is handled."""

    exception: Annotated[str, Meta(min_length=1, max_length=300, description="Its name.")]
    state: Literal["open", "done", "snoozed"]
    owner: Annotated[str, Meta(max_length=s.MAX_TEXT_LENGTH, description="Who looks after it.")] = ""
    until: Annotated[dt.date | None, Meta(description="The day on which one that is snoozed is open again.")] = None
    note: NoteText = ""


class CommentsQuery(Page, kw_only=True):
    """Which comments."""

    version: Number | UnsetType = UNSET
    store: Annotated[str, Meta(description="The id of the store; without it, all of them.")] | UnsetType = UNSET


class CommentRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to be said, and about what."""

    version: Annotated[Number | None, Meta(description="Null: the newest.")] = None
    Store: Annotated[StoreId | None, Meta(description="Null: the version as a whole.")] = None
    Start: Annotated[dt.date | None, Meta(description="The first day of the store; null: all days.")] = None
    End: Annotated[dt.date | None, Meta(description="The last day; null: the first.")] = None
    Text: Annotated[str, Meta(min_length=1, max_length=MAX_NOTE)]


class ScenariosQuery(Query, kw_only=True):
    """Which scenarios to compare."""

    scenarios: Annotated[str, Meta(pattern=r"^\d{1,15}(,\d{1,15})+$", description="Their numbers, such as 1,2,5.")]


class PublishScenarioRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """How to publish a scenario."""

    note: Annotated[str, Meta(max_length=MAX_NOTE, description="A remark. Empty: the name of the scenario.")] = ""


class ReasonsRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Reasons to add to the list, and to remove from it."""

    add: list[ReasonText] = []
    remove: list[ReasonText] = []


class ComparisonQuery(Page, kw_only=True):
    """Which two versions to compare, and for whom."""

    before: Number | UnsetType = UNSET
    after: Number | UnsetType = UNSET
    store: Annotated[str, Meta(description="The id of the store; without it, every store.")] | UnsetType = UNSET


class DaysQuery(Page, kw_only=True):
    """Which days of a version."""

    store: Annotated[str, Meta(description="The id of the store; without it, every store.")] | UnsetType = UNSET
