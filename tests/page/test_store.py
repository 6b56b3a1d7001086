"""The view Store: a store's days, what they are made of, how past forecasts did, and the overrides that hold."""

import datetime as dt

import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.current_plan import read_current_plan
from storecast.database.forecasts import MadeForecast, save_forecast
from storecast.database.plan_overrides import add_overrides
from storecast.database.plan_publishing import publish_version
from storecast.page.language import Shown, Words
from storecast.page.store_figures import YEAR_BEFORE, explained_day, explained_days, store_days
from storecast.page.views.store_calendar import calendar_words
from storecast.page.views.store_contributions import section
from support.page_client import PageClient, callback
from support.served_home import FIRST, HORIZON, Client

MONDAY = FIRST + dt.timedelta(days=-FIRST.weekday() % 7)


def test_the_days_of_a_store_hold_past_forecast_and_the_same_weekday_a_year_before(client: Client) -> None:
    predictor = client.service.live.snapshot.predictor
    days = store_days(predictor, 2)
    ahead = days.filter(pl.col(s.DATE) > predictor.cutoff)
    assert ahead.height == HORIZON
    assert ahead[s.SALES].null_count() == HORIZON
    assert days.filter(pl.col(s.DATE) <= predictor.cutoff)[s.FORECAST].null_count() == days.height - HORIZON
    sales = dict(predictor.panel.sales.filter(pl.col(s.STORE) == 2).select(s.DATE, s.SALES).iter_rows())
    for row in ahead.iter_rows(named=True):
        assert row[YEAR_BEFORE] == sales.get(row[s.DATE] - dt.timedelta(days=364))
    assert store_days(predictor, 2, MONDAY)[s.DATE].min() == MONDAY


def test_what_a_day_is_made_of_adds_up_to_its_forecast_to_the_cent(client: Client) -> None:
    snapshot = client.service.live.snapshot
    explained = explained_days(snapshot, 2)
    assert explained_days(snapshot, 2) is explained  # it is worked out once
    opened = explained.filter(pl.col(s.FORECAST) > 0).row(0, named=True)
    table = section(snapshot, 2, opened[s.DATE], Words("en")).children[1].children[0].children
    assert all(isinstance(row[1][0], Shown) for row in table["props"]["rows"][1:-1])  # values in a file
    amounts = [_text(row[1][0]) for row in table["props"]["rows"]]
    cents = [round(float(text.replace(",", "")) * 100) for text in amounts]
    assert sum(cents[:-1]) == cents[-1] == round(opened[s.FORECAST] * 100)


def _text(cell: object) -> str:
    """Return the text of a cell, through what stands around it."""
    inner = cell["props"]["children"] if isinstance(cell, dict) else getattr(cell, "children", cell)
    return inner if isinstance(inner, str) else _text(inner)


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ({s.OPEN: 1, s.PROMO: 0, s.STATE_HOLIDAY: "0", s.SCHOOL_HOLIDAY: 0}, ""),
        ({s.OPEN: 1, s.PROMO: 1, s.STATE_HOLIDAY: "0", s.SCHOOL_HOLIDAY: 1}, "promotion, school holidays"),
        ({s.OPEN: 0, s.PROMO: 0, s.STATE_HOLIDAY: "b", s.SCHOOL_HOLIDAY: 0}, "closed, Easter holiday"),
        ({s.OPEN: 0, s.PROMO: None, s.STATE_HOLIDAY: None, s.SCHOOL_HOLIDAY: None}, "closed"),
    ],
)
def test_the_calendar_of_a_day_stands_in_words(day: dict[str, object], text: str) -> None:
    assert calendar_words(day, Words("en")) == text


def test_the_view_is_of_the_store_and_the_day_of_the_address_and_of_the_first_without(browser: PageClient) -> None:
    assert '"Store 1"' in browser.draw("/app/store")
    shown = browser.draw("/app/store", f"?store=2&day={MONDAY}&weeks=4")
    assert '"Store 2"' in shown
    assert f"What the forecast of {Words('en').day(MONDAY)} is made of" in shown
    german = browser.draw("/app/store", "?store=2", language="de")
    assert "Filialtyp" in german
    assert "%d.%m." in german  # days of the axis, which Plotly would name in English
    assert "Suchen" in german  # in the dropdowns, which Dash would name in English
    assert "%d.%m." not in shown
    for broken in ("day=2020-01-01&weeks=5", "day=x&weeks=x", "day="):
        assert '"Store 1"' in browser.draw("/app/store", f"?{broken}")


def test_parts_that_take_longer_are_drawn_by_themselves(browser: PageClient) -> None:
    part = browser.draw_part("store-contributions", f"?store=2&day={MONDAY}")
    assert "Usual day of the chain" in part
    assert "No day of a forecast has come yet." in browser.draw_part("store-record", "?store=2")
    assert "The chain has no store x." in browser.draw_part("store-record", "?store=x")


def test_a_day_of_the_past_is_taken_apart_beside_what_was_sold(browser: PageClient, client: Client) -> None:
    snapshot = client.service.live.snapshot
    day = MONDAY - dt.timedelta(weeks=6)
    query = f"?store=2&day={day}&weeks=4"
    shown = browser.draw("/app/store", query)
    assert f"What {Words('en').day(day)} {day.year} was made of" in shown
    assert f'"{day}"' in shown  # among the days to choose from, though it lies before those that are shown
    row = explained_day(snapshot, 2, day)
    part = browser.draw_part("store-contributions", query)
    table = section(snapshot, 2, day, Words("en")).children[1].children[1].children[0].children
    cents = [round(float(_text(line[1][0]).replace(",", "")) * 100) for line in table["props"]["rows"]]
    forecast, unexplained, sold = cents[-3:]
    assert (sum(cents[:-3]), forecast + unexplained) == (forecast, sold)
    assert (forecast, sold) == (round(row[s.FORECAST] * 100), round(row[s.SALES] * 100))
    assert "what the model linear expects of the day from the sales up to" in part
    assert "this day among them: it speaks in hindsight" in part
    sunday = day - dt.timedelta(days=1)
    assert "The store was closed on this day." in browser.draw_part("store-contributions", f"?store=2&day={sunday}")


def test_a_click_on_a_day_chooses_it_and_one_without_history_or_on_nothing_does_not(browser: PageClient) -> None:
    def click(data: object) -> str:
        values = {"store-chart.clickData": data, "url.search": "?store=2"}
        answer = browser.post(_click(values))
        assert answer.status_code in (200, 204), answer.text
        return answer.text

    for day in (MONDAY, MONDAY - dt.timedelta(weeks=9)):
        assert f"?store=2&day={day}" in click({"points": [{"x": f"{day}"}]})
    for nothing in ({"points": [{"x": "2013-01-01"}]}, {"points": []}, {"points": [{"x": "no day"}]}, None, 5):
        assert "day=" not in click(nothing)


def _click(values: dict[str, object]) -> dict[str, object]:
    from storecast.page.dash_app import dash_app

    of_chart = [
        name
        for name, known in dash_app().callback_map.items()
        if [each["id"] for each in known["inputs"]] == ["store-chart"]
    ]
    return callback(of_chart[0], values)


def test_past_forecasts_of_the_store_stand_beside_what_came(
    browser: PageClient, client: Client, database: Database
) -> None:
    _save_known_forecast(client, database)
    part = browser.draw_part("store-record", "?store=2")
    assert "Forecast of the time" in part
    assert "10.0%" in part  # a tenth too high on every day
    assert "+10.0%" in part


def _save_known_forecast(client: Client, database: Database) -> None:
    """Store a forecast of the last two weeks that was a tenth too high."""
    panel = client.service.live.snapshot.predictor.panel
    cutoff = panel.end - dt.timedelta(days=14)
    sales = panel.sales.filter(pl.col(s.DATE) > cutoff)
    factors = {s.FORECAST: 1.1, "Lower80": 0.9, "Upper80": 1.2, "Lower95": 0.8, "Upper95": 1.3}
    rows = sales.select(*s.KEYS, *(pl.col(s.SALES).mul(by).alias(name) for name, by in factors.items()))
    save_forecast(database, model="model-2026-01-02-03-04-05.pkl", cutoff=cutoff, version=1, rows=rows)


def test_overrides_that_hold_on_the_store_are_shown_with_what_they_do_there(
    browser: PageClient, client: Client, database: Database
) -> None:
    assert "No forecast has been published yet." in browser.draw("/app/store", "?store=2")
    snapshot = client.service.live.snapshot
    forecast = MadeForecast(snapshot.name, snapshot.predictor.cutoff, snapshot.version, snapshot.predictor.forecast())
    with database.begin() as conn:
        publish_version(conn, forecast, None, by="Ada")
        days = {"level": "store", "key": "2", "first": MONDAY, "last": MONDAY + dt.timedelta(days=5)}
        override = {**days, "kind": "factor", "value": 1.1, "reason": "other", "note": "Fair in town"}
        add_overrides(conn, pl.DataFrame([override]), by="Ada")
        assert read_current_plan(conn).overrides.height == 1
    assert "Fair in town" in browser.draw("/app/store", "?store=2")
    in_german = browser.draw("/app/store", "?store=2", language="de")
    assert "Sonstiges" in in_german
    assert "Filiale 2" in in_german
    assert "store 2" not in in_german
    other = browser.draw("/app/store", "?store=3")
    assert "Fair in town" not in other
    assert "No override holds on this store" in other
