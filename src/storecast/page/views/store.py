"""Store: one store's past and forecast, what a day is made of, how past forecasts did, and the overrides that hold."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import polars as pl
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from storecast import schema as s
from storecast.bundle.past_days import first_explained
from storecast.bundle.predictor import Predictor
from storecast.errors import MissingError
from storecast.page import tables
from storecast.page.drawing import later, register_later
from storecast.page.language import Words
from storecast.page.shell import control, dropdown
from storecast.page.store_figures import YEAR_BEFORE, store_days
from storecast.page.view import View, ViewRequest, view_request
from storecast.page.views import plan_comments, store_calendar, store_contributions, store_overrides, store_record
from storecast.page.views.store_calendar import CHART
from storecast.page.views.store_contributions import day_name
from storecast.uncertainty.totals import HORIZON

WEEKS_SHOWN = ("4", "10", "26", "52", "104")  # of the past, before the forecast
USUAL_WEEKS = "10"
CONTRIBUTIONS, RECORD = "store-contributions", "store-record"


@dataclass(frozen=True)
class Choice:
    """What the address asks for.

    Attributes
    ----------
    store : its id, as the chain has it
    day : of the past or the forecast, that is taken apart
    weeks : of the past that are shown
    """

    store: Any
    day: dt.date
    weeks: int


def draw(request: ViewRequest) -> Component:
    """Return what is known of a store, the first where none is chosen.

    Raises
    ------
    MissingError
        where the chain has no such store
    """
    words, predictor = request.words, request.snapshot.predictor
    choice = _choice(request)
    days = store_days(predictor, choice.store)
    shown = days.filter(pl.col(s.DATE) >= _first_shown(choice, predictor))
    target = predictor.panel.target
    working = words.text("Working it out …")
    return html.Div(
        [
            html.H1(words.text("Store {store}", store=choice.store)),
            _controls(choice, predictor, words),
            _facts(choice, days, predictor, words),
            store_calendar.chart_section(shown, choice.day, target, words),
            store_calendar.tables_section(shown, predictor.cutoff, words),
            html.H2(store_contributions.heading(choice.day, predictor, words)),
            later(CONTRIBUTIONS, working),
            html.H2(words.text("How past forecasts did")),
            later(RECORD, working),
            store_overrides.section(request, choice.store),
            plan_comments.store_section(request, choice.store),
        ]
    )


def register(app: Dash) -> None:
    """Add the callbacks: parts that take longer, and a click on a day of the chart."""
    register_later(app, CONTRIBUTIONS, _contributions)
    register_later(app, RECORD, _record)

    @app.callback(  # type: ignore[untyped-decorator]
        Output("url", "search", allow_duplicate=True),
        Input(CHART, "clickData"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def choose_day(click: Any, search: str | None) -> Any:
        predictor = view_request(search, None).snapshot.predictor
        day = _day_of(click)
        if day is None or not _can_be_explained(predictor, day):
            return no_update
        return "?" + urlencode({**dict(parse_qsl((search or "").removeprefix("?"))), "day": day.isoformat()})


def _contributions(request: ViewRequest) -> Component:
    choice = _choice(request)
    return store_contributions.section(request.snapshot, choice.store, choice.day, request.words)


def _record(request: ViewRequest) -> Component:
    return store_record.section(request.database, _choice(request).store, request.words)


def _choice(request: ViewRequest) -> Choice:
    predictor, query = request.snapshot.predictor, request.query
    ids = {str(store): store for store in predictor.panel.stores[s.STORE].to_list()}
    name = query.get("store", next(iter(ids)))
    if name not in ids:
        raise MissingError(request.words.text("The chain has no store {store}.", store=name))
    weeks = query.get("weeks", USUAL_WEEKS)
    day = _date(query.get("day", ""))
    if day is None or not _can_be_explained(predictor, day):
        day = _first_open(predictor, ids[name])
    return Choice(ids[name], day, int(weeks if weeks in WEEKS_SHOWN else USUAL_WEEKS))


def _can_be_explained(predictor: Predictor, day: dt.date) -> bool:
    return first_explained(predictor) <= day <= predictor.last


def _first_open(predictor: Predictor, store: Any) -> dt.date:
    ahead = predictor.future.filter(pl.col(s.STORE) == store)
    opened = ahead.filter(pl.col(s.OPEN) == 1)
    return cast("dt.date", (opened if opened.height else ahead)[s.DATE][0])


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _day_of(click: Any) -> dt.date | None:
    """Return the day of a point that was clicked on; None where it has none."""
    try:
        return _date(str(click["points"][0]["x"])[:10])
    except (KeyError, IndexError, TypeError):
        return None


def _first_shown(choice: Choice, predictor: Predictor) -> dt.date:
    return predictor.cutoff - dt.timedelta(weeks=choice.weeks) + dt.timedelta(days=1)


def _controls(choice: Choice, predictor: Predictor, words: Words) -> Component:
    stores = [str(store) for store in predictor.panel.stores[s.STORE].to_list()]
    first = max(min(_first_shown(choice, predictor), choice.day), first_explained(predictor))
    in_order = [first + dt.timedelta(days=k) for k in range((predictor.last - first).days + 1)]
    days = [{"label": day_name(day, predictor, words), "value": day.isoformat()} for day in in_order]
    spans = [
        {"label": words.plural("{count} week", "{count} weeks", int(weeks)), "value": weeks} for weeks in WEEKS_SHOWN
    ]
    return html.Div(
        [
            control(words.text("Store"), dropdown(stores, str(choice.store), "store", words)),
            control(words.text("Past shown"), dropdown(spans, str(choice.weeks), "weeks", words)),
            control(
                words.text("Day taken apart"),
                dropdown(days, choice.day.isoformat(), "day", words),
            ),
        ],
        className="controls",
    )


def _facts(choice: Choice, days: pl.DataFrame, predictor: Predictor, words: Words) -> Component:
    rows = predictor.forecast().filter(pl.col(s.STORE) == choice.store)
    totals = predictor.totals(rows)
    whole = totals.filter(pl.col("Level") == f"store-{HORIZON}").row(0, named=True)
    ahead = days.filter(pl.col(s.DATE) > predictor.cutoff)
    note = tables.likely_range(whole, words)
    name = words.plural("Forecast of {count} day", "Forecast of {count} days", ahead.height)
    entries = [(name, words.money(whole[s.FORECAST]), note)]
    before = float(ahead[YEAR_BEFORE].sum())
    if before and ahead[YEAR_BEFORE].null_count() == 0:
        change = whole[s.FORECAST] / before - 1
        entries.append(
            (
                words.text("Against last year"),
                words.signed_percent(change),
                words.text("{amount} on the same weekdays", amount=words.money(before)),
            )
        )
    store = predictor.panel.stores.filter(pl.col(s.STORE) == choice.store).row(0, named=True)
    return tables.facts(*entries, *_attributes(store, words))


def _attributes(store: dict[str, Any], words: Words) -> list[tuple[str, str, str]]:
    """Return what is known of the store itself; what is unknown is left out."""
    entries = []
    if store[s.STORE_TYPE] or store[s.ASSORTMENT]:
        assortment = words.text("assortment {name}", name=store[s.ASSORTMENT]) if store[s.ASSORTMENT] else ""
        entries.append((words.text("Store type"), store[s.STORE_TYPE] or "–", assortment))
    if store[s.STATE]:
        entries.append((words.text("Region"), store[s.STATE], ""))
    if store[s.COMPETITION_DISTANCE] is not None:
        since = store[s.COMPETITION_SINCE]
        entries.append(
            (
                words.text("Nearest competitor"),
                words.text("{metres} m", metres=words.number(store[s.COMPETITION_DISTANCE])),
                "" if since is None else words.text("since {day}", day=words.date(since)),
            )
        )
    if store[s.PROMO2]:
        since = store[s.PROMO2_SINCE]
        entries.append(
            (
                words.text("Lasting promotion"),
                words.text("takes part"),
                "" if since is None else words.text("since {day}", day=words.date(since)),
            )
        )
    return entries


VIEW = View("store", "Store", draw, register)
