"""Stores to look at, with their reasons, and what is assumed or dubious."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storecast import schema as s
from storecast.data.unseen_seasons import unseen_seasons
from storecast.dates import as_date
from storecast.report.front_facts import COMPARED, FrontFacts, off_text
from storecast.report.stores_to_check import ABOVE, BELOW, MISSED, SHUT, StoreToCheck

NARROW = 0.03  # by which less than 80% of days inside the intervals is worth a warning
FEW_TESTS = 2


@dataclass(frozen=True)
class Remark:
    """Something assumed or dubious; ``anchor`` is the section that has more, empty where none has."""

    text: str
    anchor: str = ""


def stores(facts: FrontFacts, chosen: Sequence[StoreToCheck]) -> list[tuple[object, str]]:
    """Return stores to look at, each with the reason."""
    return [(store.store, _reason(facts, store)) for store in chosen]


def _reason(facts: FrontFacts, store: StoreToCheck) -> str:
    unit = facts.report.panel.target.unit
    expected = " ".join(filter(None, (facts.words.money(store.expected), unit)))
    if store.reason == MISSED:
        off = off_text(facts, store.share)
        return facts.words.text(
            "{expected} expected, but the last test was {off}. Find out why before you rely on it.",
            expected=expected,
            off=off,
        )
    if store.reason in (BELOW, ABOVE):
        values = {
            "expected": expected,
            "share": facts.words.signed_percent(store.share, 0),
            "chain": facts.words.signed_percent(store.other),
        }
        if store.reason == BELOW:
            return facts.words.text("{expected} expected: {share} on last year, the chain {chain}. Why?", **values)
        return facts.words.text(
            "{expected} expected: {share} on last year, the chain {chain}. Was last year unusual?", **values
        )
    if store.reason == SHUT:
        return facts.words.plural(
            "Shut on one day on which it usually is open; {expected} expected. Is that still planned?",
            "Shut on {count} days on which it usually is open; {expected} expected. Is that still planned?",
            round(store.other),
            expected=expected,
        )
    return facts.words.text(
        "{expected} expected, give or take {share}: the least certain store.",
        expected=expected,
        share=facts.words.percent(store.share, 0),
    )


def remarks(facts: FrontFacts, assumed: Sequence[dict[str, Any]]) -> list[Remark]:
    """Return what is assumed or dubious.

    Parameters
    ----------
    assumed : the days whose calendar is assumed, of `facts.assumed_days`
    """
    report, words = facts.report, facts.words
    days = report.forecast[s.DATE]
    first, last, horizon = as_date(days.min()), as_date(days.max()), days.n_unique()
    remarks = []
    panel = report.panel
    unseen = unseen_seasons(panel.first, panel.end, last, panel.holiday_country)
    if unseen:
        names = ", ".join(words.text(name) for name in unseen)
        remarks.append(
            Remark(
                words.text(
                    "The days ahead hold {names}; the past holds none. No model knows what that does.", names=names
                ),
                "s-ahead",
            )
        )
    if assumed:
        remarks.append(
            Remark(
                words.plural(
                    "The calendar of one of {horizon} days ahead is assumed, not given.",
                    "The calendar of {count} of {horizon} days ahead is assumed, not given.",
                    len(assumed),
                    horizon=words.number(horizon),
                ),
                "s-assumed",
            )
        )
    else:
        remarks.append(
            Remark(
                words.text(
                    "Openings, promotions and holidays ahead are taken from your files. If they change, forecast again."
                )
            )
        )
    remarks += _doubts(facts, first)
    if report.scores.get("notices"):
        remarks.append(
            Remark(
                words.plural(
                    "There is one note on the data.", "There are {count} notes on the data.",
                    len(report.scores["notices"]),
                ),
                "s-data",
            )
        )  # fmt: skip
    return remarks


def _doubts(facts: FrontFacts, first: dt.date) -> list[Remark]:
    words, remarks = facts.words, []
    lead = (first - facts.report.cutoff).days
    if lead > 1:
        remarks.append(
            Remark(words.text("The forecast begins {days} days after the last known day.", days=words.number(lead)))
        )
    share = facts.outlook["chain"]["share"]
    if facts.outlook["chain"]["Change"] is not None and share < COMPARED:
        rest = words.percent(1 - share, 0)
        remarks.append(
            Remark(
                words.text(
                    "{share} of the forecast is for stores that did not sell in all of these weeks of last year: "
                    "it is not compared.",
                    share=rest,
                )
            )
        )
    if 0 < len(facts.tests) < FEW_TESTS:
        remarks.append(Remark(words.text("How large the errors are is known from a single test."), "s-accuracy"))
    if facts.mean and facts.mean.get("coverage80") is not None:
        inside = facts.mean["coverage80"]
        if inside < 0.8 - NARROW:
            text = words.text(
                "In the tests, only {share} of the stores' days fell inside their 80% interval.",
                share=words.percent(inside, 0),
            )
            remarks.append(Remark(text, "s-intervals"))
    if not facts.report.panel.target.unit:
        remarks.append(
            Remark(
                words.text(
                    "No currency is set: amounts are in the unit of your files. To name it, set unit in storecast.toml."
                )
            )
        )
    return remarks
