"""The plan in sentences: each is one message, and names nothing that the figures do not hold."""

import datetime as dt
import string
from dataclasses import replace

import pytest

from storecast.plan.comparison import OF_TWO_MODELS
from storecast.plan.sentences import ENGLISH, English, messages, sentences
from storecast.plan.summary import BudgetFigures, ForecastChange, LastYear, OpenException, PlanSummary
from storecast.plan.versions import StateChange

AT = dt.datetime(2014, 1, 5, 9, 30, tzinfo=dt.UTC)
FIRST, LAST = dt.date(2014, 1, 6), dt.date(2014, 2, 16)
LARGEST = OpenException("change:2014-01-06:3", "change", "3", FIRST, dt.date(2014, 1, 12), 7132.4)
CHANGE = ForecastChange(
    1, FIRST, LAST, 480000.0, 486000.0, {"Promotion": 9120.0, "Usual": -2000.0, "Level": -1120.0}, ()
)
FULL = PlanSummary(
    version=2, state=StateChange("draft", AT, "Ada", ""), returned=False, first=FIRST, last=LAST, stores=4,
    plan=500000.0, forecast=490000.0, lower=450000.0, upper=540000.0,
    last_year=LastYear(480000.0, 500000.0), budget=BudgetFigures(495000.0, 500000.0, whole=True), change=CHANGE,
    exceptions=7, largest_exception=LARGEST, overrides=2, interval=None,
)  # fmt: skip
BARE = replace(
    FULL, plan=490000.0, last_year=None, budget=None, change=None, exceptions=None, largest_exception=None, overrides=0
)


def test_all_that_is_known_makes_seven_sentences() -> None:
    assert sentences(FULL) == [
        "500,000 are expected from 6 January 2014 to 16 February 2014, 4.2% more than on the same weekdays a year before.",
        "That is 5,000 (1.0%) above the budget of 495,000.",
        "The 80% bounds of its days add up to 450,000 and 540,000.",
        "The forecast from 6 January 2014 to 16 February 2014 has gone up by 6,000 (1.2%) since version 1; what moved "
        "most is Promotion (+9,120) and the chain's usual day (-2,000).",
        "7 exceptions need a look; the largest is store 3 from 6 January 2014 to 12 January 2014, with 7,132 at stake.",
        "2 overrides move the plan by +10,000 from the forecast.",
        "Version 2 is a draft, published by Ada on 5 January 2014.",
    ]


@pytest.mark.parametrize(
    ("plan", "overrides", "sentence"),
    [
        (490000.0, 0, "In four of five cases the total is between 470,000 and 505,000."),
        (
            500000.0,
            2,
            "The forecast's interval is 470,000 to 505,000 in four of five cases; the plan, with its overrides, lies in it.",
        ),
        (505001.0, 2, "lies above it."),
        (469999.0, 2, "lies below it."),
    ],
)
def test_a_measured_interval_takes_the_place_of_the_bounds_of_days(plan: float, overrides: int, sentence: str) -> None:
    summary = replace(FULL, plan=plan, overrides=overrides, interval=(470000.0, 505000.0))
    assert sentences(summary, bounds=False)[2].endswith(sentence)


def test_what_is_not_known_is_left_out() -> None:
    assert sentences(BARE) == [
        "490,000 are expected from 6 January 2014 to 16 February 2014.",
        "The 80% bounds of its days add up to 450,000 and 540,000.",
        "No override stands; the plan is the forecast.",
        "Version 2 is a draft, published by Ada on 5 January 2014.",
    ]


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (replace(FULL, last_year=LastYear(500001.0, 500000.0)), "as much as on the same weekdays"),
        (
            replace(FULL, last_year=LastYear(200000.0, 190000.0)),
            "Of that, 38.0% can be compared with the same weekdays a",
        ),
        (replace(FULL, last_year=LastYear(200000.0, 190000.0)), "year before, and is 5.0% below them."),
        (replace(FULL, budget=BudgetFigures(0.0, 10.0, whole=False)), "the plan is 10.00 (100.0%) above it."),
        (replace(FULL, budget=BudgetFigures(10.0, 10.0, whole=True)), "That is the budget."),
        (replace(FULL, change=replace(CHANGE, after=479000.0, drivers=None)), "the cause is not known."),
        (replace(FULL, change=replace(CHANGE, drivers={"Trend": 6000.0})), "what moved is Trend (+6,000)."),
        (
            replace(FULL, change=replace(CHANGE, notices=(OF_TWO_MODELS,))),
            "(-2,000). The two forecasts are of two models",
        ),
        (replace(FULL, change=replace(CHANGE, after=480000.0)), "adds up to the same as in version 1."),
        (replace(FULL, exceptions=0, largest_exception=None), "Nothing needs a look."),
        (replace(FULL, exceptions=1), "One exception needs a look: store 3 from"),
        (
            replace(FULL, largest_exception=replace(LARGEST, name="stale:12", kind="stale", key="chain chain")),
            "the largest is override 12, which no longer fits",
        ),
        (replace(FULL, overrides=1, plan=489000.5), "One override moves the plan by -999.50"),
        (replace(FULL, returned=True), "was brought back to a draft by Ada"),
        (replace(FULL, state=StateChange("approved", AT, "Bo", "")), "was approved by Bo on 5 January"),
    ],
)
def test_each_sentence_says_what_its_figures_hold(summary: PlanSummary, expected: str) -> None:
    assert expected in " ".join(sentences(summary)), sentences(summary)


class Shouting(English):
    """A language that keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked_for: set[str | tuple[str, str]] = set()

    def text(self, message: str, **values: object) -> str:
        self.asked_for.add(message)
        return super().text(message.upper() if "{" not in message else message, **values)

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        self.asked_for.add((one, many))
        return many.format(count=count, **values)


def test_every_message_can_be_translated_and_is_on_the_list() -> None:
    words = Shouting()
    lines = sentences(FULL, words) + sentences(BARE, words)
    assert any("PROMOTION" in line for line in lines)
    assert words.asked_for <= set(messages())
    for message in messages():
        forms = message if isinstance(message, tuple) else (message,)
        for form in forms:
            names = [name for _, name, spec, _ in string.Formatter().parse(form) if name is not None or spec]
            assert all(name and name.isidentifier() for name in names), form
    assert len(set(messages())) == len(messages())


def test_small_amounts_keep_their_cents() -> None:
    assert (ENGLISH.money(999.5), ENGLISH.money(1000.5), ENGLISH.signed(-0.25)) == ("999.50", "1,000", "-0.25")
