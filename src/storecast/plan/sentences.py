"""The plan in a few sentences, made of figures alone.

Each sentence is one message with named placeholders, so that a translation may order its words as its language does; `Words` says
how numbers and dates are written. No sentence names a cause that the figures do not hold.
"""

import datetime as dt
from typing import Protocol

from storecast.plan.comparison import DRIVER_NAMES, OF_TWO_MODELS
from storecast.plan.exceptions import STALE
from storecast.plan.summary import BudgetFigures, ForecastChange, PlanSummary
from storecast.plan.versions import DRAFT

MOST_DRIVERS = 2  # named in the sentence on what changed
SAME_SHARE = 0.0005  # a change that is smaller is written as 0.0%
BACK = "draft again"  # beside the states of a version


class Words(Protocol):
    """How a language writes messages, numbers and dates."""

    def text(self, message: str, **values: object) -> str:
        """Return a message of `messages` in the language, with values in its places."""

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """Return a message of `messages` in the form that a count takes in the language; ``{count}`` stands for it.

        Parameters
        ----------
        one, many : in English
        count : of things
        values : for other places
        """

    def number(self, value: float) -> str:
        """Write a count."""

    def money(self, value: float) -> str:
        """Write an amount of money."""

    def signed(self, value: float) -> str:
        """Write an amount of money with its sign."""

    def percent(self, share: float) -> str:
        """Write a share of 1."""

    def date(self, day: dt.date) -> str:
        """Write a day."""


class English:
    """English words; amounts from 1,000 on without cents."""

    def text(self, message: str, **values: object) -> str:
        """Return the message itself."""
        return message.format(**values) if values else message

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """Return one of the two.

        Parameters
        ----------
        one, many : in English
        count : of things
        values : for other places
        """
        return self.text(one if count == 1 else many, count=self.number(count), **values)

    def number(self, value: float) -> str:
        """Return ``1,115``."""
        return f"{value:,.0f}"

    def money(self, value: float) -> str:
        """Return ``615,880`` or ``615.50``."""
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"

    def signed(self, value: float) -> str:
        """Return ``+9,120`` or ``-9.50``."""
        return f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+,.2f}"

    def percent(self, share: float) -> str:
        """Return ``1.8%``."""
        return f"{share:.1%}"

    def date(self, day: dt.date) -> str:
        """Return ``6 January 2014``."""
        return f"{day.day} {day:%B %Y}"


ENGLISH = English()

_EXPECTED = {
    "alone": "{total} are expected from {first} to {last}.",
    "more": "{total} are expected from {first} to {last}, {share} more than on the same weekdays a year before.",
    "less": "{total} are expected from {first} to {last}, {share} less than on the same weekdays a year before.",
    "same": "{total} are expected from {first} to {last}, as much as on the same weekdays a year before.",
    "more of some": "{total} are expected from {first} to {last}. Of that, {part} can be compared with the same "
    "weekdays a year before, and is {share} above them.",
    "less of some": "{total} are expected from {first} to {last}. Of that, {part} can be compared with the same "
    "weekdays a year before, and is {share} below them.",
    "same of some": "{total} are expected from {first} to {last}. Of that, {part} can be compared with the same "
    "weekdays a year before, and is level with them.",
}
_BOUNDS = "The 80% bounds of its days add up to {lower} and {upper}."
_INTERVAL = "In four of five cases the total is between {lower} and {upper}."
_OVERRIDDEN_INTERVAL = {
    "inside": "The forecast's interval is {lower} to {upper} in four of five cases; the plan, with its overrides, lies in it.",
    "above": "The forecast's interval is {lower} to {upper} in four of five cases; the plan, with its overrides, lies above it.",
    "below": "The forecast's interval is {lower} to {upper} in four of five cases; the plan, with its overrides, lies below it.",
}
_BUDGET = {
    "more": "That is {difference} ({share}) above the budget of {budget}.",
    "less": "That is {difference} ({share}) below the budget of {budget}.",
    "same": "That is the budget.",
    "more of some": "Where there is a budget, the plan is {difference} ({share}) above it.",
    "less of some": "Where there is a budget, the plan is {difference} ({share}) below it.",
    "same of some": "Where there is a budget, the plan meets it.",
}
_CHANGE = {
    "more": (
        "The forecast from {first} to {last} has gone up by {change} ({share}) since version {version}; what moved is {driver} "
        "({effect}).",
        "The forecast from {first} to {last} has gone up by {change} ({share}) since version {version}; what moved "
        "most is {driver} ({effect}) and {second_driver} ({second_effect}).",
    ),
    "less": (
        "The forecast from {first} to {last} has gone down by {change} ({share}) since version {version}; what moved "
        "is {driver} ({effect}).",
        "The forecast from {first} to {last} has gone down by {change} ({share}) since version {version}; what moved "
        "most is {driver} ({effect}) and {second_driver} ({second_effect}).",
    ),
}
_CHANGE_UNEXPLAINED = {
    "more": "The forecast from {first} to {last} has gone up by {change} ({share}) since version {version}; the "
    "cause is not known.",
    "less": "The forecast from {first} to {last} has gone down by {change} ({share}) since version {version}; the "
    "cause is not known.",
}
_UNCHANGED = "The forecast from {first} to {last} adds up to the same as in version {version}."
_NO_EXCEPTIONS = "Nothing needs a look."
_EXCEPTIONS = (
    "One exception needs a look: store {key} from {first} to {last}, with {stake} at stake.",
    "{count} exceptions need a look; the largest is store {key} from {first} to {last}, with {stake} at stake.",
)
_STALE_EXCEPTIONS = (
    "One exception needs a look: override {key}, which no longer fits the forecast, with {stake} at stake.",
    "{count} exceptions need a look; the largest is override {key}, which no longer fits the forecast, with {stake} at stake.",
)
_NO_OVERRIDES = "No override stands; the plan is the forecast."
_OVERRIDES = (
    "One override moves the plan by {effect} from the forecast.",
    "{count} overrides move the plan by {effect} from the forecast.",
)
_STATE = {
    "draft": "Version {version} is a draft, published by {by} on {date}.",
    "draft again": "Version {version} was brought back to a draft by {by} on {date}.",
    "reviewed": "Version {version} was reviewed by {by} on {date}.",
    "approved": "Version {version} was approved by {by} on {date}.",
    "locked": "Version {version} was locked by {by} on {date}.",
}
_DRIVERS = ("Level", "Weekday", "Season", "Promotion", "Holidays", "Competition", "Trend", "Own columns")


def messages() -> list[str | tuple[str, str]]:
    """Return all messages that `sentences` asks `Words` for; those with a count as their singular and plural."""
    return [
        *_EXPECTED.values(),
        _BOUNDS,
        _INTERVAL,
        *_OVERRIDDEN_INTERVAL.values(),
        *_BUDGET.values(),
        *(text for texts in _CHANGE.values() for text in texts),
        *_CHANGE_UNEXPLAINED.values(),
        _UNCHANGED,
        OF_TWO_MODELS,
        _NO_EXCEPTIONS,
        _EXCEPTIONS,
        _STALE_EXCEPTIONS,
        _NO_OVERRIDES,
        _OVERRIDES,
        *_STATE.values(),
        *_DRIVERS,
        *DRIVER_NAMES.values(),
    ]


def sentences(summary: PlanSummary, words: Words = ENGLISH, *, bounds: bool = True) -> list[str]:
    """Return three to seven short sentences on a version of the plan.

    They say what is expected, how it stands to the budget, what changed, what needs a look, what people put in, and how far the
    version has come; what the figures do not hold is left out.

    Parameters
    ----------
    summary : the figures
    words : of the language
    bounds : where no interval of the sum is known, tell the bounds of the days, which are wider
    """
    return [
        _expected(summary, words),
        *([] if summary.budget is None else [_beside_budget(summary.budget, words)]),
        *([_bounded(summary, words)] if bounds or summary.interval is not None else []),
        *([] if summary.change is None else [_changed(summary.change, words)]),
        *([] if summary.exceptions is None else [_to_look_at(summary, summary.exceptions, words)]),
        _overridden(summary, words),
        _state(summary, words),
    ]


def _expected(summary: PlanSummary, words: Words) -> str:
    year = summary.last_year
    values = {
        "total": words.money(summary.plan),
        "first": words.date(summary.first),
        "last": words.date(summary.last),
    }
    if year is None:
        return words.text(_EXPECTED["alone"], **values)
    share = year.plan / year.sales - 1
    part = year.plan / summary.plan
    values |= {"share": words.percent(abs(share)), "part": words.percent(part)}
    direction = "same" if abs(share) < SAME_SHARE else _direction(share)
    whole = part > 1 - SAME_SHARE
    return words.text(_EXPECTED[direction if whole else f"{direction} of some"], **values)


def _bounded(summary: PlanSummary, words: Words) -> str:
    if summary.interval is None:
        return words.text(_BOUNDS, lower=words.money(summary.lower), upper=words.money(summary.upper))
    lower, upper = summary.interval
    message = _INTERVAL
    if summary.overrides:
        place = "above" if summary.plan > upper else "below" if summary.plan < lower else "inside"
        message = _OVERRIDDEN_INTERVAL[place]
    return words.text(message, lower=words.money(lower), upper=words.money(upper))


def _beside_budget(figures: BudgetFigures, words: Words) -> str:
    difference = round(figures.plan - figures.budget, 2)
    values = {
        "difference": words.money(abs(difference)),
        "share": words.percent(abs(difference) / figures.budget if figures.budget else 1.0),
        "budget": words.money(figures.budget),
    }
    direction = _direction(difference)
    return words.text(_BUDGET[direction if figures.whole else f"{direction} of some"], **values)


def _changed(figures: ForecastChange, words: Words) -> str:
    change = round(figures.after - figures.before, 2)
    values = {
        "first": words.date(figures.first),
        "last": words.date(figures.last),
        "change": words.money(abs(change)),
        "share": words.percent(abs(change) / figures.before if figures.before else 1.0),
        "version": words.number(figures.version),
    }
    if not change:
        return words.text(_UNCHANGED, **values)
    if figures.drivers is None:
        return words.text(_CHANGE_UNEXPLAINED[_direction(change)], **values)
    largest = list(figures.drivers.items())[:MOST_DRIVERS]
    for prefix, (name, effect) in zip(("", "second_"), largest, strict=False):
        values |= {f"{prefix}driver": words.text(DRIVER_NAMES.get(name, name)), f"{prefix}effect": words.signed(effect)}
    sentence = words.text(_CHANGE[_direction(change)][len(largest) - 1], **values)
    return f"{sentence} {words.text(OF_TWO_MODELS)}" if OF_TWO_MODELS in figures.notices else sentence


def _to_look_at(summary: PlanSummary, count: int, words: Words) -> str:
    largest = summary.largest_exception
    if largest is None:
        return words.text(_NO_EXCEPTIONS)
    stale = largest.kind == STALE
    values = {
        "key": largest.name.partition(":")[2] if stale else largest.key,
        "first": words.date(largest.first),
        "last": words.date(largest.last),
        "stake": words.money(largest.stake),
    }
    return words.plural(*(_STALE_EXCEPTIONS if stale else _EXCEPTIONS), count, **values)


def _overridden(summary: PlanSummary, words: Words) -> str:
    if not summary.overrides:
        return words.text(_NO_OVERRIDES)
    effect = words.signed(round(summary.plan - summary.forecast, 2))
    return words.plural(*_OVERRIDES, summary.overrides, effect=effect)


def _state(summary: PlanSummary, words: Words) -> str:
    state = summary.state
    message = _STATE[BACK if state.state == DRAFT and summary.returned else state.state]
    values = {"version": words.number(summary.version), "by": state.by, "date": words.date(state.at.date())}
    return words.text(message, **values)


def _direction(value: float) -> str:
    return "same" if not value else "more" if value > 0 else "less"
