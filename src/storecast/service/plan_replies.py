"""What the service replies with on the plan."""

import datetime as dt
from typing import Annotated

from msgspec import Meta

from storecast.plan.scenarios import ComparedWeek, SavedScenario
from storecast.plan.summary import PlanSummary
from storecast.plan.totals import PlanTotal, TotalInterval
from storecast.plan.versions import PlanVersion, State
from storecast.service.replies import Count, Cursor, Money, Reply, Span
from storecast.service.requests.plan_bodies import OverrideKind
from storecast.service.requests.rows import StoreId

Wape = Annotated[float | None, Meta(description="Sum of the absolute errors, over sales; null: nothing to score.")]
PlanNumber = Annotated[int, Meta(ge=1, description="The number of a version of the plan.")]


class PlanVersions(Reply):
    """The versions of the plan, newest first."""

    versions: list[PlanVersion]


class PlanDay(Reply):
    """A day of a version: the forecast with the model's 80% interval, which is of the forecast alone, and the plan."""

    Store: StoreId
    Date: dt.date
    Forecast: Money
    Lower80: Money
    Upper80: Money
    Plan: Annotated[float, Meta(description="What is planned: the override, or the forecast.")]
    Override: Annotated[int | None, Meta(description="The number of the override that holds the day; null: none.")]


class PlanDays(Reply):
    """A page of the days of a version."""

    version: PlanNumber
    state: State
    days: list[PlanDay]
    next: Cursor


class PlanWeek(Reply):
    """A week of a version, Monday to Sunday, cut at the ends."""

    Key: Annotated[str, Meta(description="The store or the group; of the chain: chain.")]
    Start: dt.date
    End: dt.date
    Forecast: Money
    Plan: Money
    Difference: Annotated[float, Meta(description="Plan less Forecast.")]
    Budget: Annotated[float | None, Meta(description="Null: none.")]
    Variance: Annotated[
        float | None, Meta(description="The plan of the store-days that have a budget, less the budget.")
    ]


class PlanWeeks(Reply):
    """A page of the weeks of a version."""

    version: PlanNumber
    state: State
    level: Annotated[str, Meta(description="Of what Key names one.")]
    weeks: list[PlanWeek]
    totals: Annotated[
        list[PlanTotal],
        Meta(description="Of the level over all days. The interval is the forecast's; `inside`: the plan lies in it."),
    ]
    next: Cursor


class PlanOverride(Reply):
    """An override that stands, and what it does."""

    Override: Annotated[int, Meta(description="Its number.")]
    Level: str
    Key: str
    Start: dt.date
    End: dt.date
    Kind: OverrideKind
    Value: float
    Reason: str
    Note: str
    By: str
    At: dt.datetime
    Version: Annotated[int, Meta(description="The version of the plan on which it was written.")]
    Revision: Annotated[int, Meta(description="The write that wrote it; it takes it back.")]
    Forecast: Annotated[float, Meta(description="Of its stores and days that are in the newest version.")]
    Plan: Annotated[float, Meta(description="Of the same.")]
    Stale: Annotated[str, Meta(description="Why it no longer fits the forecast; empty: it does.")]


class PlanOverrides(Reply):
    """A page of the overrides that stand; the version and the revision are what a write names."""

    version: PlanNumber
    revision: Annotated[int, Meta(ge=0)]
    overrides: list[PlanOverride]
    next: Cursor


class PlanStep(Reply):
    """The error of each step over some store-days whose sales are there."""

    Slice: Annotated[str, Meta(description="all, overridden (those that an override held), person, reason, direction.")]
    Key: str
    Days: Annotated[int, Meta(ge=0, description="Store-days.")]
    Sales: float
    Naive: Wape
    Model: Wape
    Planner: Wape
    Approved: Wape
    Added: Annotated[
        float, Meta(description="By how much money the planner made the absolute errors of the model smaller.")
    ]


class OverrideValue(Reply):
    """What an override did."""

    Override: int
    By: str
    Reason: str
    Direction: str
    Days: Count
    Sales: float
    Model: Wape
    Planner: Wape
    Added: float


class PlanValue(Reply):
    """What each step from the naive forecast to the approved plan did to the error."""

    sentence: Annotated[str, Meta(description="What the last twenty overrides did.")]
    steps: list[PlanStep]
    overrides: Annotated[list[OverrideValue], Meta(description="The last twenty, newest first.")]


class PlanException(Reply):
    """Something that needs a look."""

    Exception: Annotated[str, Meta(description="Its name.")]
    Kind: Annotated[str, Meta(description="change, interval, band, stale, missing or broken.")]
    Key: Annotated[str, Meta(description="The store; of a stale override, what it is of.")]
    Start: dt.date
    End: dt.date
    Stake: Annotated[float, Meta(description="The money at stake.")]
    Text: str
    State: Annotated[str, Meta(description="open, done or snoozed.")]
    Owner: str
    Until: dt.date | None
    Note: str
    By: Annotated[str, Meta(description="Who said so.")]


class PlanExceptions(Reply):
    """A page of what needs a look, the most money at stake first."""

    exceptions: list[PlanException]
    next: Cursor


class PlanInSentences(Reply):
    """A version in a few sentences, and the figures that they are made of."""

    sentences: list[str]
    figures: PlanSummary


class PlanComment(Reply):
    """What somebody said."""

    Comment: Annotated[int, Meta(description="Its number.")]
    Version: PlanNumber
    Store: Annotated[str | None, Meta(description="Null: the version as a whole.")]
    Start: Annotated[dt.date | None, Meta(description="Null: all days.")]
    End: dt.date | None
    Text: str
    By: str
    At: dt.datetime


class PlanComments(Reply):
    """A page of comments, newest first."""

    comments: list[PlanComment]
    next: Cursor


class PlanReasons(Reply):
    """The reasons that an override may have."""

    reasons: list[str]


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
    totals: Annotated[
        tuple[TotalInterval | None, TotalInterval | None],
        Meta(description="Of all stores and days of each version, with its forecast's 80% interval; null: not known."),
    ]
    chain: list[PlanChange]
    changes: list[PlanChange]
    next: Cursor


class PlanScenarios(Reply):
    """The scenarios, newest first."""

    scenarios: list[SavedScenario]


class ScenarioComparison(Reply):
    """Scenarios beside each other."""

    scenarios: list[SavedScenario]
    weeks: list[ComparedWeek]
    notices: list[str]
