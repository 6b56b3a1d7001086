"""Client: ask the service from Python, in the words of its API.

client     Client: a method for each thing that can be asked, out of the next three
forecasts  forecasts and scenarios
chain      the stores and their days, out and in
models     which models there are, and how good their forecasts were
plan       PlanClient: the same for the plan, as `client.plan`; plan_replies: what comes back
scenarios  ScenariosClient: scenarios kept by name, as `client.plan.scenarios`
jobs       JobsClient: work of minutes that nobody waits for, as `client.jobs`
paging     lists that come page by page
sending    one request, and the same again where it is safe
retries    how often, and how long between
errors     the tree of what can go wrong
replies    what comes back, as typed dicts

It needs httpx (the extra ``client``) and nothing else of storecast's; Polars only for who hands frames in.
"""

from storecast.client.client import Client
from storecast.client.errors import (
    BadReplyError,
    ClientError,
    ConflictError,
    InvalidError,
    KeyRefusedError,
    NotAllowedError,
    NotFoundError,
    ProblemError,
    RequestError,
    ServiceError,
    TooLargeError,
    TooManyError,
    UnavailableError,
    UnreachableError,
)
from storecast.client.forecasts import StoredForecasts
from storecast.client.replies import (
    Accuracy,
    Explanation,
    Forecasts,
    Health,
    Model,
    Promoted,
    Removed,
    Scenario,
    Undone,
    Written,
)
from storecast.client.retries import Retries

__all__ = [
    "Accuracy",
    "BadReplyError",
    "Client",
    "ClientError",
    "ConflictError",
    "Explanation",
    "Forecasts",
    "Health",
    "InvalidError",
    "KeyRefusedError",
    "Model",
    "NotAllowedError",
    "NotFoundError",
    "ProblemError",
    "Promoted",
    "Removed",
    "RequestError",
    "Retries",
    "Scenario",
    "ServiceError",
    "StoredForecasts",
    "TooLargeError",
    "TooManyError",
    "UnavailableError",
    "Undone",
    "UnreachableError",
    "Written",
]
