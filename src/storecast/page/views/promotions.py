"""Promotions: where an extra promotion day pays most, and a plan under a budget of days."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from storecast import schema as s
from storecast.csv_files import escape_formulas
from storecast.page.drawing import later, register_later
from storecast.page.language import Words
from storecast.page.promotion_figures import extra_promotions_of
from storecast.page.shell import control, dropdown
from storecast.page.view import View, ViewRequest, view_request
from storecast.page.views import promotion_plan
from storecast.page.views.promotion_plan import CSV_BUTTON
from storecast.result_cache import ResultCache
from storecast.service.requests.query import whole_number
from storecast.workflows.extra_promotions import PromotionPlan, plan_promotions

PLAN = "promotions-plan"
CSV_FILE = "promotions-csv"
BUDGETS = (5, 10, 20, 50, 100, 200, 500, 1000)  # store-days
USUAL_BUDGET = 20
MOST_PER_STORE = (1, 2, 3, 5, 10)
USUAL_MOST = 2
NEEDED = (0, 5, 10, 15, 20, 25, 30, 40, 50)  # percent
USUAL_NEEDED = 0

_SECTIONS: ResultCache[Component] = ResultCache(8)  # most people look at the same plan


@dataclass(frozen=True)
class Choice:
    """What the address asks for.

    Attributes
    ----------
    budget : store-days
    weeks : Mondays; none: all
    most : days of a store
    needed : uplift that a day must have, in percent
    """

    budget: int
    weeks: tuple[dt.date, ...]
    most: int
    needed: int


def draw(request: ViewRequest) -> Component:
    """Return the controls; the plan is drawn by itself."""
    words = request.words
    working = words.text("What every extra day would bring is worked out once for each forecast: up to a minute.")
    return html.Div(
        [
            html.H1(words.text("Where an extra promotion day pays most")),
            _controls(request, _choice(request)),
            later(PLAN, working),
            dcc.Download(id=CSV_FILE),
        ]
    )


def register(app: Dash) -> None:
    """Add the callbacks: the plan, and its file."""
    register_later(app, PLAN, _plan_section)

    @app.callback(  # type: ignore[untyped-decorator]
        Output(CSV_FILE, "data"),
        Input(CSV_BUTTON, "n_clicks"),
        State("url", "search"),
        State("preferences", "data"),
        prevent_initial_call=True,
    )
    def download(clicks: int | None, search: str | None, preferences: Any) -> Any:
        if not clicks:
            return no_update
        request = view_request(search, preferences)
        text = escape_formulas(_plan(request).days).write_csv(float_precision=2)
        return dcc.send_string(text, f"promotions-{request.snapshot.predictor.cutoff}.csv")


def _plan(request: ViewRequest) -> PromotionPlan:
    choice = _choice(request)
    return plan_promotions(
        request.snapshot.predictor,
        extra_promotions_of(request).days,
        choice.budget,
        weeks=choice.weeks,
        most_per_store=choice.most,
        needed=choice.needed / 100,
    )


def _plan_section(request: ViewRequest) -> Component:
    choice, words = _choice(request), request.words

    def work() -> Component:
        return promotion_plan.section(_plan(request), extra_promotions_of(request), choice.weeks, words)

    return _SECTIONS.get(request.snapshot, (choice, words.language), work)


def _choice(request: ViewRequest) -> Choice:
    query, mondays = request.query, {monday.isoformat(): monday for monday in _mondays(request)}
    chosen = tuple(mondays[name] for name in query.get("weeks", "").split(",") if name in mondays)
    return Choice(
        _number(query.get("budget", ""), range(1, 10_001), USUAL_BUDGET),
        chosen,
        _number(query.get("most", ""), MOST_PER_STORE, USUAL_MOST),
        _number(query.get("needed", ""), NEEDED, USUAL_NEEDED),
    )


def _number(text: str, allowed: range | tuple[int, ...], usual: int) -> int:
    number = whole_number(text)
    return number if number is not None and number in allowed else usual


def _mondays(request: ViewRequest) -> list[dt.date]:
    days = request.snapshot.predictor.future[s.DATE]
    return days.dt.truncate("1w").unique().sort().to_list()


def _controls(request: ViewRequest, choice: Choice) -> Component:
    words = request.words
    weeks = [
        {"label": words.text("Week from {day}", day=words.day(monday)), "value": monday.isoformat()}
        for monday in _mondays(request)
    ]
    budgets = sorted({*BUDGETS, choice.budget})
    chosen_weeks = [monday.isoformat() for monday in choice.weeks]
    return html.Div(
        [
            control(
                words.text("Weeks"),
                dropdown(
                    weeks, chosen_weeks, "weeks", words, clearable=True, multi=True, placeholder=words.text("all")
                ),
            ),
            control(
                words.text("Extra days to give (store-days)"),
                _numbers(words, "budget", {each: words.number(each) for each in budgets}, choice.budget),
            ),
            control(
                words.text("Most for one store"),
                _numbers(
                    words,
                    "most",
                    {each: words.plural("{count} day", "{count} days", each) for each in MOST_PER_STORE},
                    choice.most,
                ),
            ),
            control(
                words.text("Uplift needed to pay"),
                _numbers(words, "needed", {each: words.percent(each / 100, 0) for each in NEEDED}, choice.needed),
            ),
        ],
        className="controls",
    )


def _numbers(words: Words, name: str, labels: dict[int, str], chosen: int) -> Component:
    options = [{"label": label, "value": str(number)} for number, label in labels.items()]
    return dropdown(options, str(chosen), name, words)


VIEW = View("promotions", "Promotions", draw, register)
