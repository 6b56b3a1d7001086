"""What tools return. Their schemas are made of these classes; dates are ISO texts, and figures are in the unit that they name."""

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

StoreId = int | str  # text where the chain's ids are text
Rows = list[dict[str, Any]]  # of a table whose columns differ by chain


class Result(BaseModel):
    """What every result is: nothing beside its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Served(Result):
    """What the service answers from."""

    model: str = Field(description="The model that forecasts.")
    kind: str | None = Field(description="Of which kind it is.")
    cutoff: dt.date = Field(description="The last day whose sales it knows.")
    version: int = Field(description="Of the data; each write has a newer one.")
    first_day: dt.date = Field(description="The first day ahead.")
    last_day: dt.date = Field(description="The last day ahead.")
    figure: str = Field(description="What is forecast.")
    unit: str = Field(description="What it is counted in; empty where nobody says it.")
    stores: int = Field(description="How many the chain has.")
    attributes: list[str] = Field(description="What is known of stores: list_stores takes these names.")
    scores: dict[str, Any] = Field(
        description="Of the model's own backtest; wape is the mean error as a share of sales."
    )


class StoreList(Result):
    """Stores and what is known of them."""

    stores: Rows
    count: int = Field(description="How many stores fit.")
    next: StoreId | None = Field(description="Send it as after for the stores behind these; null: there are none.")


class Sold(Result):
    """What a store sold over some days."""

    first: dt.date
    last: dt.date
    sales: float
    open_days: int
    promotion_days: int


class History(Result):
    """What a store sold."""

    store: StoreId
    rows: list[Sold]


class Figure(Result):
    """A forecast over some days, with its intervals; they are null where none is known."""

    first: dt.date
    last: dt.date
    forecast: float = Field(description="The expected value.")
    lower80: float | None = None
    upper80: float | None = None
    lower95: float | None = None
    upper95: float | None = None


class Forecast(Result):
    """Where figures come from, and what to say with them."""

    model: str
    cutoff: dt.date = Field(description="The last day whose sales are known.")
    version: int = Field(description="Of the data.")
    figure: str = Field(description="What is forecast.")
    unit: str = Field(description="What it is counted in; empty where nobody says it.")
    notes: list[str] = Field(description="What readers of the figures should know.")


class StoreForecast(Forecast):
    """The forecast of a store."""

    store: StoreId
    whole: Figure = Field(description="All days together, with an interval of their sum.")
    rows: list[Figure] = Field(description="Day by day, or week by week.")


class Group(Result):
    """The forecast of some stores together."""

    name: str
    whole: Figure = Field(description="All days together, with an interval of their sum.")
    weeks: list[Figure]


class Totals(Forecast):
    """Sums of forecasts over stores."""

    level: str = Field(description="By what stores are added up.")
    groups: list[Group] = Field(description="The largest first.")


class Explanation(Forecast):
    """What the forecast of a day is made of."""

    store: StoreId
    date: dt.date
    known_until: dt.date = Field(description="The last day whose sales the forecast knows.")
    forecast: float
    usual_day: float = Field(description="What the usual day of the chain sells, where the parts begin.")
    parts: dict[str, float] = Field(
        description="What each cause adds to it or takes from it; they add up to the forecast."
    )
    otherwise: dict[str, float] = Field(description="The forecast of the same day if one thing were different.")
    sold: float | None = Field(
        default=None, description="What was sold on a day of the past; null where it is not known."
    )
    unexplained: float | None = Field(default=None, description="What the sales exceed the forecast by.")


class CalendarChange(BaseModel):
    """What is to be different on some days of some stores."""

    model_config = ConfigDict(extra="forbid")

    first: dt.date = Field(description="The first day.")
    last: dt.date = Field(description="The last day.")
    stores: list[StoreId] | None = Field(default=None, description="Whose days they are; null: those of every store.")
    values: dict[str, float | str] = Field(
        min_length=1,
        description='Columns of the calendar and their new values, as {"Promo": 1}: Open, Promo and SchoolHoliday (0 or 1), '
        "StateHoliday (0, a, b or c), and columns of the chain's own.",
    )


class Difference(Result):
    """What another calendar changes over some days.

    The interval of the expected difference says how surely the model knows the effect. The possible one has the chance of the
    days themselves, too, where a store is open under one of the calendars alone.
    """

    first: dt.date
    last: dt.date
    stored: float = Field(description="The forecast under the stored calendar.")
    changed: float = Field(description="The forecast under the other calendar.")
    difference: float
    lower80: float | None = None
    upper80: float | None = None
    lower95: float | None = None
    upper95: float | None = None
    possible_lower80: float | None = None
    possible_upper80: float | None = None


class StoreDifference(Difference):
    """What it changes in a store."""

    store: str


class Comparison(Forecast):
    """What another calendar would change."""

    whole: Difference = Field(description="All stores and days.")
    weeks: list[Difference] = Field(description="All stores, week by week.")
    stores: list[StoreDifference] = Field(description="Where it changes most, the largest first.")
    changed_stores: int = Field(description="In how many stores it changes anything.")


class Accuracy(Result):
    """How good past forecasts were, now that the sales are known."""

    scores: Rows = Field(
        description="Rows: days that came; wape: mean error as a share of sales; bias: above 0, forecasts were too high; "
        "coverage80: the share of days inside their 80% interval."
    )
    more: bool = Field(description="Whether there are more rows than these.")
    alerts: Rows = Field(description="Figures outside their band, since when, and what to do.")


class PlanSummary(Result):
    """A version of the plan in words."""

    sentences: list[str]


class Exceptions(Result):
    """What needs a look in the plan, the most money at stake first."""

    exceptions: Rows
    more: bool = Field(description="Whether there are more than these.")
