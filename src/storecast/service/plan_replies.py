"""What the service replies with on the plan."""

import datetime as dt
from typing import Annotated

from msgspec import Meta

from storecast.service.replies import Count, Cursor, Money, Reply, Span, Version
from storecast.service.requests.plan_bodies import State
from storecast.service.requests.rows import StoreId

PlanNumber = Annotated[int, Meta(ge=1, description="The number of a version of the plan.")]


class PlanState(Reply):
    """A state that a version came into."""

    state: State
    at: dt.datetime
    by: str
    note: str


class PlanVersion(Reply):
    """A forecast that was published."""

    version: PlanNumber
    model: str
    cutoff: dt.date
    chain_version: Version
    first: dt.date
    last: dt.date
    stores: Count
    state: State
    explained: Annotated[bool, Meta(description="Whether it is known what the forecast is made of.")]
    history: list[PlanState]


class PlanVersions(Reply):
    """The versions of the plan, newest first."""

    versions: list[PlanVersion]


class PlanDay(Reply):
    """A day of a version: the forecast, and the 80 % interval of the model."""

    Store: StoreId
    Date: dt.date
    Forecast: Money
    Lower80: Money
    Upper80: Money


class PlanDays(Reply):
    """A page of the days of a version."""

    version: PlanNumber
    state: State
    days: list[PlanDay]
    next: Cursor


class PlanChange(Span):
    """What moved between two versions."""

    Before: Money
    After: Money
    Change: Money
    Drivers: Annotated[
        dict[str, float] | None,
        Meta(description="By how much each driver moved; they add up to Change. Null: not known of one of the two."),
    ] = None


class PlanComparison(Reply):
    """Two versions beside each other: the chain and its weeks, and a page of stores and weeks, the largest change first."""

    before: PlanNumber
    after: PlanNumber
    notices: list[str]
    chain: list[PlanChange]
    changes: list[PlanChange]
    next: Cursor
