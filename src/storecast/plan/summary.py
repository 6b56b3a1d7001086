"""The figures of a version of the plan that are told in a few sentences: see `plan.sentences`."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from storecast.plan.versions import StateChange


@dataclass(frozen=True)
class LastYear:
    """The sales of the same weekdays 52 weeks before, of the weeks of stores in which they are known.

    Attributes
    ----------
    sales : of these weeks, a year before, above 0
    plan : of the same weeks
    """

    sales: float
    plan: float


@dataclass(frozen=True)
class BudgetFigures:
    """The budget beside the plan.

    Attributes
    ----------
    budget : of the store-days that have one
    plan : of the same store-days
    whole : whether every store-day with a plan above 0 has one
    """

    budget: float
    plan: float
    whole: bool


@dataclass(frozen=True)
class ForecastChange:
    """What moved in the forecast since the version before, on the stores and days of both.

    Attributes
    ----------
    version : the number of the one before
    first, last : the days of both
    before, after : the two forecasts
    drivers : by how much each moved, the largest first, without those that did not; None where it is not known
    notices : what a reader of the comparison must know
    """

    version: int
    first: dt.date
    last: dt.date
    before: float
    after: float
    drivers: Mapping[str, float] | None
    notices: tuple[str, ...]


@dataclass(frozen=True)
class OpenException:
    """An exception that needs a look.

    Attributes
    ----------
    name, kind, key : as in `plan.exceptions`
    first, last : its days
    stake : the money at stake
    """

    name: str
    kind: str
    key: str
    first: dt.date
    last: dt.date
    stake: float


@dataclass(frozen=True)
class PlanSummary:
    """The figures of a version of the plan that its sentences are made of. Money is in the unit of what is forecast.

    Attributes
    ----------
    version : its number
    state : the state that it is in, since when, and by whom
    returned : whether it was brought back to a draft
    first, last : its days
    stores : how many it has
    plan, forecast : of all its stores and days
    lower, upper : the model's 80% bounds of all its stores and days, added up; wider than an interval of the sum
    interval : the measured 80% interval of the forecast's sum; None: not known
    last_year : None where no week of a store can be compared
    budget : None where no store-day has one
    change : None where there is no version before it, or none that has stores and days in common with it
    exceptions : how many are open; None of a version that is not the newest
    largest_exception : of those, the one with the most money at stake
    overrides : how many hold a store-day
    """

    version: int
    state: StateChange
    returned: bool
    first: dt.date
    last: dt.date
    stores: int
    plan: float
    forecast: float
    lower: float
    upper: float
    interval: tuple[float, float] | None
    last_year: LastYear | None
    budget: BudgetFigures | None
    change: ForecastChange | None
    exceptions: int | None
    largest_exception: OpenException | None
    overrides: int
