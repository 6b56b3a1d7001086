"""What the service replies with: each body is declared once, here; endpoints return it, and OpenAPI describes it.

Large replies are frames that `rendering` writes as they are; a test compares their columns with the fields here.
"""

import datetime as dt
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from storecast import schema as s
from storecast.monitor.alerts import Alert
from storecast.service.requests.rows import RowId, StoreId

Count = Annotated[int, Meta(ge=0)]
Money = Annotated[float, Meta(description="In the unit of what is forecast, with two decimals.")]
Possible = Annotated[
    float | None,
    Meta(description="Of the possible difference, with the noise of days that are sold under one calendar alone."),
]
Version = Annotated[int, Meta(ge=0, description="Of the chain that it was made of; each write has a newer one.")]
Target = Annotated[str, Meta(description="What is forecast, where it is not Sales.")]
Unit = Annotated[str, Meta(description="What it is counted in.")]
Row = dict[str, Any]
Cursor = Annotated[str | None, Meta(description="Cursor of the next page; null: this is the last.")]


class Reply(Struct, forbid_unknown_fields=True, kw_only=True):
    """A body with exactly these fields."""

    schema_extra: ClassVar[dict[str, Any]] = {}


class Health(Reply):
    """Whether the service answers."""

    status: str


class Readiness(Reply, omit_defaults=True):
    """Whether requests can be answered, and what is not as it should be all the same."""

    status: str
    sales_age_days: int | None = None  # since the last sales
    notices: list[str] = []


class ListedModel(Reply):
    """A file in the folder of models."""

    name: str
    promoted: bool
    serving: bool
    valid: bool
    bytes: Count
    kind: str | None
    cutoff: dt.date | None


class Models(Reply):
    """The models, newest first."""

    models: list[ListedModel]


class Promoted(Reply):
    """A model that was put into use."""

    model: str
    before: str
    serving: Annotated[bool, Meta(description="Whether it answers already.")]


class Model(Struct):
    """What a model file says of itself: these fields, and more."""

    name: str
    kind: str
    cutoff: dt.date


class Scores(Struct):
    """The scores of some forecasts; Model, Store or WeekAhead says which."""

    rows: Count = field(name="Rows")
    first: dt.date = field(name="First")
    last: dt.date = field(name="Last")
    rmspe: float | None
    wape: float | None
    bias: float | None
    coverage80: float | None
    coverage95: float | None


class Accuracy(Reply):
    """Forecasts against the sales that came."""

    by: str
    accuracy: list[Scores]
    alerts: list[Alert]


class StoreDay(Reply):
    """A day of a store."""

    store: StoreId = field(name=s.STORE)
    date: dt.date = field(name=s.DATE)


class Forecast(Struct):
    """A day's forecast and its bounds; quantiles that were asked for stand beside them as Q10, Q50 and so on."""

    schema_extra: ClassVar[dict[str, Any]] = {"patternProperties": {"^Q[0-9]{2}$": {"type": "number"}}}
    Store: StoreId
    Date: dt.date
    Forecast: Money
    Lower80: Money
    Upper80: Money
    Lower95: Money
    Upper95: Money
    Id: RowId | None = None


class Span(Reply):
    """Some stores over some days."""

    Level: str
    Key: str
    Start: dt.date
    End: dt.date


class Total(Span):
    """The sum of forecasts, with its own interval where past errors say how sums err."""

    Forecast: Money
    Lower80: Money | None = None
    Upper80: Money | None = None
    Lower95: Money | None = None
    Upper95: Money | None = None


class Change(Span):
    """What another calendar changes, with intervals of the expected and of the possible difference."""

    Stored: Money
    Scenario: Money
    Difference: Money
    Lower80: Money | None = None
    Upper80: Money | None = None
    Lower95: Money | None = None
    Upper95: Money | None = None
    PossibleLower80: Possible = None
    PossibleUpper80: Possible = None
    PossibleLower95: Possible = None
    PossibleUpper95: Possible = None


class Forecasts(Reply):
    """The forecasts that were asked for."""

    model: str
    cutoff: dt.date
    version: Version
    assumed: Annotated[
        list[StoreDay],
        Meta(description="Days that rest on a calendar that was worked out: their own, or one within a week."),
    ]
    forecasts: list[Forecast] | Row  # rows, or columns
    totals: list[Total] = []
    explanations: list[Row] = []
    counterfactuals: Annotated[
        list[Row],
        Meta(
            description="With explanations: what each forecast would be without the day's promotion or school holiday, or with the "
            "usual value of an own column; null where the day is so already."
        ),
    ] = []
    target: Target = s.SALES
    unit: Unit = ""
    whole_numbers: bool = False


class Explanation(Reply):
    """What the forecast of a day is made of."""

    model: str
    cutoff: dt.date
    version: Version
    trained_until: Annotated[
        dt.date | None,
        Meta(description="The last day whose sales the model learned from: days up to it are explained in hindsight."),
    ]
    known_until: Annotated[
        dt.date, Meta(description="The last day whose sales the forecast knows: of a day of the past, one before it.")
    ]
    assumed: Annotated[bool, Meta(description="Whether a day ahead rests on a calendar that was worked out.")]
    explanation: Annotated[
        Row, Meta(description="Store, Date, Forecast, Usual and the drivers; Usual and the drivers add up to Forecast.")
    ]
    counterfactuals: Annotated[
        Row,
        Meta(
            description="What the forecast would be without the day's promotion and the like; null: the day is so already."
        ),
    ]
    sales: Annotated[float | None, Meta(description="What was sold on a day of the past; null: not known.")]
    unexplained: Annotated[float | None, Meta(description="What the sales exceed the forecast by.")]
    target: Target = s.SALES
    unit: Unit = ""
    whole_numbers: bool = False


class Changes(Reply):
    """What another calendar would change."""

    model: str
    cutoff: dt.date
    version: Version
    changes: list[Change]
    notices: Annotated[
        list[str],
        Meta(description="Where the calendar leaves what was ever seen: promotions, openings, values of own columns."),
    ] = []
    target: Target = s.SALES
    unit: Unit = ""
    whole_numbers: bool = False


class JobState(Reply):
    """A job as it stands."""

    job: Annotated[int, Meta(description="Its number.")]
    kind: Annotated[str, Meta(description="What it works out: scenario, save or publish.")]
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    progress: Annotated[float, Meta(ge=0, le=1, description="The share that is done.")]
    created: dt.datetime
    finished: dt.datetime | None
    detail: Annotated[str, Meta(description="Why it failed.")]
    status: Annotated[int | None, Meta(description="Of its reply; null: it has none.")]


class Stores(Reply):
    """A page of stores."""

    stores: Annotated[list[Row], Meta(extra_json_schema={"items": {"$ref": "#/components/schemas/NewStore"}})]
    next: Cursor


class History(Reply):
    """A page of a store's days."""

    history: list[Row]
    next: Cursor


class ServerLive(Reply):
    """Whether the process answers, as the Open Inference Protocol says it."""

    live: bool


class ServerReady(ServerLive):
    """Whether requests can be answered."""

    ready: bool


class ServerMetadata(Reply):
    """What the server is."""

    name: str
    version: str
    extensions: list[str]


class TensorMetadata(Reply):
    """A tensor that goes in or out; -1 is any number of rows."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(Reply):
    """What the model takes and returns; of the inputs, Store and Date are needed."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class ModelReady(Reply):
    """Whether the model answers."""

    name: str
    ready: bool


class Tensor(TensorMetadata):
    """A tensor with its values."""

    data: list[Money]


class InferenceResponse(Reply, kw_only=True):
    """Forecasts as tensors."""

    model_name: str
    model_version: Annotated[str, Meta(description="The model file that answered.")]
    id: Annotated[str, Meta(description="Of the request.")] | UnsetType = UNSET
    parameters: Annotated[Row, Meta(description="cutoff, and version of the chain.")]
    outputs: list[Tensor]
