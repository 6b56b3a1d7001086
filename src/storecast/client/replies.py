"""What the service answers, as typed dicts: the JSON as it comes, so that nothing is lost on the way.

A figure of sales is a float with two decimals, a date an ISO text. A key that is not in every reply is marked.
"""

from typing import Any, Literal, NotRequired, TypedDict

Row = dict[str, Any]  # of a table: its columns differ by question and chain
StoreId = int | str  # text where the chain's ids are text


class StoreDay(TypedDict):
    """A store and a day."""

    Store: StoreId
    Date: str


class Forecasts(TypedDict):
    """Forecasts, and where they come from."""

    model: str  # the name of the model file
    cutoff: str  # the last day whose sales were known
    version: int  # of the chain that it was made of
    assumed: list[StoreDay]  # days whose calendar, or a neighbour's, was worked out and not given
    forecasts: list[Row]  # Store, Date, Forecast, Lower80, Upper80, Lower95, Upper95, quantiles; Id where it was sent
    totals: NotRequired[list[Row]]
    explanations: NotRequired[list[Row]]
    counterfactuals: NotRequired[list[Row]]  # beside explanations: the forecast without a promotion and the like
    target: NotRequired[str]  # what is forecast, where the chain says it: these three come together
    unit: NotRequired[str]
    whole_numbers: NotRequired[bool]


class Explanation(TypedDict):
    """What the forecast of a day is made of."""

    model: str
    cutoff: str
    version: int
    trained_until: str | None  # the last day whose sales the model learned from
    known_until: str  # the last day whose sales the forecast knows: of a day of the past, one before it
    assumed: bool  # whether a day ahead rests on a calendar that was worked out
    explanation: Row  # Store, Date, Forecast, Usual and the drivers, which add up to Forecast
    counterfactuals: Row  # the forecast without a promotion and the like
    sales: float | None  # what was sold on a day of the past
    unexplained: float | None  # what the sales exceed the forecast by
    target: NotRequired[str]  # as in `Forecasts`
    unit: NotRequired[str]
    whole_numbers: NotRequired[bool]


class Scenario(TypedDict):
    """What another calendar would change."""

    model: str
    cutoff: str
    version: int
    changes: list[Row]  # Level, Key, Start, End, Stored, Scenario, Difference, its bounds and the possible ones
    notices: NotRequired[list[str]]  # where the calendar leaves what was ever seen
    target: NotRequired[str]  # as in `Forecasts`
    unit: NotRequired[str]
    whole_numbers: NotRequired[bool]


class Written(TypedDict):
    """What a write did."""

    inserted: int  # rows that were new
    same: int  # rows that stood already with these values
    replaced: int  # rows that stood with other values
    version: int  # of the chain after it
    unknown: NotRequired[int]  # of all these, rows of sales that are unknown: their calendar alone was taken
    dropped: NotRequired[int]  # rows of totals at the end of a CSV, beside all these
    summed: NotRequired[int]  # rows of a CSV that were added to another of their store and day, beside all these


class Removed(TypedDict):
    """What a removal of sales did."""

    removed: int  # rows that have gone
    version: int  # of the chain after it; `Client.undo` with it brings them back


class Undone(TypedDict):
    """What taking a write back did."""

    removed: int  # rows that the write had added
    restored: int  # rows that stand again as they were before it
    version: int  # of the chain after it


class Accuracy(TypedDict):
    """How good the forecasts made have been."""

    by: str
    accuracy: list[Row]  # a row for each score; docs/monitoring.md has the columns
    alerts: list[Row]  # what has left its band, since when, and what to do


class Model(TypedDict):
    """A model of the home."""

    name: str
    promoted: bool  # named by models/current
    serving: bool  # what answers now
    valid: bool  # every check passed, but for the trial forecast
    bytes: int
    kind: str | None  # None where the file is refused
    cutoff: str | None


class Promoted(TypedDict):
    """Which model is in use now."""

    model: str
    before: str
    serving: bool  # whether it answers already; else it will in a moment


class Health(TypedDict):
    """Whether the service is there, and whether it can answer."""

    live: bool
    ready: bool
    detail: str  # why it is not ready; "" where it is


class JobState(TypedDict):
    """A job as it stands."""

    job: int  # its number
    kind: str  # scenario, save or publish
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    progress: float  # 0 to 1
    created: str
    finished: str | None
    detail: str  # why it failed
    status: int | None  # of its reply
