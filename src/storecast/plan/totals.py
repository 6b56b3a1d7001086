"""The totals of a version of the plan with the intervals of its forecast.

An interval is one of the forecast: it says within which bounds the sales come in four of five cases. No model says how a figure
errs that somebody put in the forecast's place, so an overridden total has no interval of its own; what can be said is whether it
lies in that of the forecast.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import polars as pl

from storecast import schema as s
from storecast.errors import Amount, Message
from storecast.plan.overrides import PLAN
from storecast.plan.scopes import CHAIN, StoreGroups
from storecast.plan.store_days import CENT, StoreDays


@dataclass(frozen=True)
class TotalInterval:
    """The total of a forecast over all its days.

    Attributes
    ----------
    level : type, state, chain, or a group of the chain's own
    key : the name of the type, the state or the group
    forecast : expected
    lower, upper : the measured 80% interval
    """

    level: str
    key: str
    forecast: float
    lower: float
    upper: float


@dataclass(frozen=True)
class PlanTotal(TotalInterval):
    """The same beside the plan.

    Attributes
    ----------
    plan : what is planned of the same stores and days
    overridden : whether that is another total than the forecast's
    inside : whether the plan lies in the forecast's interval
    """

    plan: float
    overridden: bool
    inside: bool


_DECODER = msgspec.json.Decoder(tuple[TotalInterval, ...])


def total_intervals(totals: pl.DataFrame | None) -> tuple[TotalInterval, ...]:
    """Return what is kept of totals.

    Parameters
    ----------
    totals : as `uncertainty.totals.group_totals` returns them; None: they are not known
    """
    if totals is None:
        return ()
    lower, upper = s.bound_columns(80)
    return tuple(map(TotalInterval, *(totals[name] for name in ("Level", "Key", s.FORECAST, lower, upper))))


def to_text(totals: Sequence[TotalInterval]) -> str | None:
    """Return totals as a database keeps them; None where there is none."""
    return msgspec.json.encode(totals).decode() if totals else None


def from_text(text: str | None) -> tuple[TotalInterval, ...]:
    """Return totals that a database keeps."""
    return () if text is None else _DECODER.decode(text)


def chain_total(totals: Sequence[TotalInterval]) -> TotalInterval | None:
    """Return the total of all stores; None where it is not known."""
    return next((each for each in totals if each.level == CHAIN), None)


def in_words(total: TotalInterval) -> Message:
    """Say what is expected, within which bounds, and where the plan lies if it is another."""
    values = {
        name: Amount(value) for name, value in vars(total).items() if name in ("forecast", "lower", "upper", "plan")
    }
    if not isinstance(total, PlanTotal) or not total.overridden:
        return Message("{forecast} are expected, in four of five cases {lower} to {upper}.", **values)
    if total.inside:
        return Message(
            "{forecast} are expected, in four of five cases {lower} to {upper}. That is an interval of the forecast; the plan of "
            "{plan} lies in it.",
            **values,
        )
    return Message(
        "{forecast} are expected, in four of five cases {lower} to {upper}. That is an interval of the forecast; the plan of "
        "{plan} lies outside it.",
        **values,
    )


def plan_totals(totals: Sequence[TotalInterval], figures: StoreDays, groups: StoreGroups) -> list[PlanTotal]:
    """Set the plan beside the totals of its forecast; those of stores that changed their group since are left out.

    Parameters
    ----------
    totals : of the forecast
    figures : with Forecast and Plan
    groups : of its stores
    """
    beside = []
    for total in totals:
        rows = groups.members(total.level, total.key)
        forecast, plan = (int(figures.cents[name][rows].sum()) / CENT for name in (s.FORECAST, PLAN))
        if abs(forecast - total.forecast) < 1 / CENT:
            inside = total.lower <= plan <= total.upper
            beside.append(PlanTotal(**vars(total), plan=plan, overridden=plan != forecast, inside=inside))
    return beside
