"""What the service replies with on the plan, as dicts with these keys."""

from typing import Literal, NotRequired, TypedDict

from storecast.client.replies import Row

State = Literal["draft", "reviewed", "approved", "locked"]


class Published(TypedDict):
    """What publishing a forecast did."""

    version: int  # its number in the plan
    state: State
    new: bool  # False: this forecast was published before
    explained: bool


class Advanced(TypedDict):
    """A version that came into another state."""

    version: int
    state: State
    before: State


class PlanVersion(TypedDict):
    """A forecast that was published."""

    version: int
    model: str
    cutoff: str
    chain_version: int
    first: str
    last: str
    stores: int
    state: State
    explained: bool  # whether it is known what the forecast is made of
    history: list[Row]  # state, at, by, note
    scenario: int | None  # that it was made of
    totals: list[Row]  # level, key, forecast, lower, upper: with the 80% interval; empty: not known


class PlanComparison(TypedDict):
    """Two versions beside each other."""

    before: int
    after: int
    notices: list[str]
    totals: list[Row | None]  # of both: level, key, forecast, lower, upper; None: not known
    chain: list[Row]  # the whole span, and its weeks
    changes: list[Row]  # Level, Key, Start, End, Before, After, Change, Drivers
    next: NotRequired[str | None]


class PlanWritten(TypedDict):
    """What a write to the plan did."""

    version: int
    revision: int  # of the plan after it; `PlanClient.undo` with it takes the write back
    added: int  # overrides that stand now
    withdrawn: int  # overrides that stand no more


class BudgetWritten(TypedDict):
    """What a budget did."""

    rows: int  # amounts that stand now
    replaced: int  # amounts that stood before
    version: int  # the revision of the plan, which stays as it is
    load: int  # its number; `PlanClient.undo_budget` with it takes it back


class PlanValue(TypedDict):
    """What each step from the naive forecast to the approved plan did to the error."""

    sentence: str  # what the last twenty overrides did
    steps: list[Row]  # Slice, Key, Days, Sales, WAPE of Naive, Model, Planner, Approved, and Added
    overrides: list[Row]


class PlanInSentences(TypedDict):
    """A version in a few sentences."""

    sentences: list[str]
    figures: Row  # that they are made of


class FilledWorkbook(TypedDict):
    """What a workbook changes, or has changed."""

    version: int
    revision: int  # of the plan now
    file_version: int
    file_revision: int  # of the plan when the workbook was exported
    applied: bool  # whether anything was written
    added: int
    withdrawn: int
    budget: int  # weeks of stores whose budget is another
    budget_load: int | None  # by which `undo_budget` takes the budget back
    refused: str  # why the changes would not be taken; empty: they would
    notices: list[str]
    changes: list[Row]  # cell, action, store, first, last, before, after, reason, note, forecast, exported, stale


class Handled(TypedDict):
    """How an exception is handled."""

    exception: str
    state: Literal["open", "done", "snoozed"]
    owner: str
    version: int  # the revision of the plan, which stays as it is


class Commented(TypedDict):
    """A comment that was written."""

    comment: int  # its number
    version: int


class PlanOverrides(TypedDict):
    """The overrides that stand, and what a write names as seen."""

    version: int
    revision: int
    overrides: list[Row]  # Override, Level, Key, Start, End, Kind, Value, Reason, Note, By, At, Forecast, Plan, Stale …
    next: NotRequired[str | None]


class ScenarioWritten(TypedDict):
    """A scenario that was saved, deleted or restored."""

    scenario: int  # its number
    name: str
    version: int  # of the chain on whose forecast it was worked out


class ScenarioPublished(TypedDict):
    """A scenario that became a version of the plan."""

    scenario: int
    version: int  # of the plan
    state: State
    new: bool  # False: it was published before


class PlanScenario(TypedDict):
    """A scenario that is kept."""

    scenario: int
    name: str
    model: str
    cutoff: str
    chain_version: int
    stores: int
    whole: Row  # first, last, stored, scenario, difference, lower80, upper80
    weeks: list[Row]
    changes: list[Row]  # level, key, first, last, column, value
    notices: list[str]
    note: str
    by: str
    at: str


class ScenarioComparison(TypedDict):
    """Scenarios beside each other."""

    scenarios: list[PlanScenario]
    weeks: list[Row]  # first, last, differences: one for each scenario
    notices: list[str]
