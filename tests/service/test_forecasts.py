"""Forecasts over HTTP are those of the model, to the cent, whatever part of them is asked and in whatever form."""

import csv
import datetime as dt
import io
import resource
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from storecast import schema as s
from storecast.bundle.past_days import explain_past_day
from storecast.database.connect import home_url
from support.served_home import (
    FIRST,
    HORIZON,
    OPEN_DAY,
    STORES,
    Client,
    copy_of,
    make_key,
    running,
    settings_of,
)

MONEY = ("Forecast", "Lower80", "Upper80", "Lower95", "Upper95")


def stored_row(client: Client, store: int, day: int, **changes: Any) -> dict[str, Any]:
    table = client.service.live.snapshot.table
    place = table.store_at[store] * table.days + day
    return {
        "Store": store,
        "Date": table.dates[day],
        **{name: table.stored[name][place] for name in table.known},
        **changes,
    }


def expected(client: Client, store: int, day: int) -> dict[str, float]:
    table = client.service.live.snapshot.table
    return table.frame.row(table.store_at[store] * table.days + day, named=True)


def test_a_stored_day_is_answered_with_the_models_forecast(client: Client) -> None:
    reply = client.forecasts({"rows": [stored_row(client, 2, 3)]})
    assert reply.status_code == 200
    body = reply.json()
    served = client.service.live.snapshot
    assert (body["model"], body["cutoff"], body["assumed"]) == (served.name, str(served.predictor.cutoff), [])
    (row,) = body["forecasts"]
    rows = expected(client, 2, 3)
    assert [row[name] for name in MONEY] == [rows[name] for name in MONEY]
    assert list(row) == ["Store", "Date", *MONEY]


def test_money_has_two_decimals(client: Client) -> None:
    text = client.forecasts({"store": 1}).text
    assert '"Forecast":0.00' in text


def test_a_day_requested_alone_has_the_forecast_that_it_has_among_all(client: Client) -> None:
    rows = [stored_row(client, store, day) for store in range(1, STORES + 1) for day in range(HORIZON)]
    whole = client.forecasts({"rows": rows}).json()["forecasts"]
    assert len(whole) == STORES * HORIZON
    for place in (0, 5, 100, len(rows) - 1):
        assert client.forecasts({"rows": [rows[place]]}).json()["forecasts"] == [whole[place]]


def test_a_row_without_calendar_takes_the_stored_one(client: Client) -> None:
    bare = {"Store": 2, "Date": stored_row(client, 2, 3)["Date"]}
    assert client.forecasts({"rows": [bare]}).json() == client.forecasts({"rows": [stored_row(client, 2, 3)]}).json()


def test_a_changed_row_goes_the_whole_road(client: Client) -> None:
    row = stored_row(client, 2, 3)
    changed = {**row, "Promo": 1 - row["Promo"]}
    ready = client.service.live.snapshot.predictor
    reply = client.forecasts({"rows": [changed, stored_row(client, 2, 4), stored_row(client, 3, 3)]}).json()
    table = client.service.live.snapshot.table
    under, _ = ready.predict(table.calendar_of([msgspec.convert(changed, table.rows.struct)]))
    forecasts = {(line["Store"], line["Date"]): line["Forecast"] for line in reply["forecasts"]}
    for day in (3, 4):  # the day beside it is the same store's, and is told under the same calendar
        date = table.dates[day]
        mine = under.filter(pl.col(s.DATE).cast(pl.String) == date)[s.FORECAST][0]
        assert forecasts[2, date] == mine
    assert forecasts[3, changed["Date"]] == expected(client, 3, 3)["Forecast"]
    assert forecasts[2, changed["Date"]] != expected(client, 2, 3)["Forecast"]


def test_a_closed_day_sells_nothing(client: Client) -> None:
    (row,) = client.forecasts({"rows": [stored_row(client, 2, 3, Open=0)]}).json()["forecasts"]
    assert [row[name] for name in MONEY] == [0, 0, 0, 0, 0]


def test_a_store_start_and_days(client: Client) -> None:
    table = client.service.live.snapshot.table
    rows = client.forecasts({"store": 3, "start": table.dates[2], "days": 4}).json()["forecasts"]
    assert [(row["Store"], row["Date"]) for row in rows] == [(3, date) for date in table.dates[2:6]]
    assert len(client.forecasts({"store": 3}).json()["forecasts"]) == HORIZON


def test_ids_are_echoed_and_weekdays_must_agree(client: Client) -> None:
    rows = [stored_row(client, 1, 0, Id=17), stored_row(client, 1, 1, Id="x")]
    assert [row["Id"] for row in client.forecasts({"rows": rows}).json()["forecasts"]] == [17, "x"]
    table = client.service.live.snapshot.table
    right = stored_row(client, 1, 0, DayOfWeek=table.weekdays[0])
    assert client.forecasts({"rows": [right]}).status_code == 200
    wrong = stored_row(client, 1, 0, DayOfWeek=table.weekdays[0] % 7 + 1)
    assert client.forecasts({"rows": [wrong]}).status_code == 422


def test_columns_in_give_columns_out(client: Client) -> None:
    dates = client.service.live.snapshot.table.dates[:2]
    reply = client.forecasts({"columns": {"Store": [1, 2], "Date": dates}}).json()["forecasts"]
    assert reply["Store"] == [1, 2]
    assert reply["Forecast"] == [expected(client, 1, 0)["Forecast"], expected(client, 2, 1)["Forecast"]]
    as_rows = client.forecasts({"columns": {"Store": [1], "Date": dates[:1]}, "layout": "rows"}).json()["forecasts"]
    assert isinstance(as_rows, list)


def test_csv_in_and_out(client: Client) -> None:
    dates = client.service.live.snapshot.table.dates[:2]
    text = f"Id,Store,Date,Promo\n=1+1,1,{dates[0]},\n8,2,{dates[1]},0\n"
    reply = client.forecasts(text, content_type="text/csv")
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert [row["Id"] for row in rows] == ["'=1+1", "8"]
    assert rows[0]["Forecast"] == f"{expected(client, 1, 0)['Forecast']:.2f}"
    assert reply.headers["x-model"] == client.service.live.snapshot.name
    assert (
        client.forecasts(text, content_type="text/csv", accept="application/json").json()["forecasts"][0]["Store"] == 1
    )
    assert client.forecasts({"store": 1}, accept="text/csv").text.startswith("Store,Date,Forecast")


@pytest.mark.parametrize("header", ["Store,Date" + 1_000_000 * ",", '"a\n",' + 1_000_000 * ",", 'Store,"Date'])
def test_a_csv_of_too_many_columns_is_refused_before_they_are_read(client: Client, header: str) -> None:
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reply = client.forecasts(f"{header}\n1,2014-03-01\n", content_type="text/csv")
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["where"] in ("header", "body")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began < 200_000  # KiB


def test_csv_is_refused_by_its_first_wrong_cell(client: Client) -> None:
    reply = client.forecasts("Store,Date\n1,2014-03-01\nx,2014-03-01\n", content_type="text/csv")
    assert (reply.status_code, reply.json()["errors"][0]["where"]) == (422, "line 3, column Store")
    for text in ("Store,Date,Store\n1,2014-03-01,1\n", "Store,Nonsense\n1,1\n", "Store,Date\n", "\x00"):
        assert 400 <= client.forecasts(text, content_type="text/csv").status_code < 500


def test_quantiles_stand_beside_the_bounds(client: Client) -> None:
    (row,) = client.forecasts({"store": 1, "days": 1, "quantiles": [0.1, 0.5]}).json()["forecasts"]
    assert list(row) == ["Store", "Date", *MONEY, "Q10", "Q50"]


def test_totals_add_up_to_the_cent(client: Client) -> None:
    body = client.forecasts({"store": 1, "days": 14, "totals": True}).json()
    whole = next(line for line in body["totals"] if line["Level"] == "chain-horizon")
    assert round(whole["Forecast"] * 100) == sum(round(row["Forecast"] * 100) for row in body["forecasts"])
    assert whole["Lower80"] <= whole["Forecast"] <= whole["Upper80"]


def test_totals_are_made_by_the_groups_and_periods_that_the_chain_was_loaded_with(client: Client) -> None:
    rows = [{"Store": store, "Date": str(FIRST + dt.timedelta(days=k))} for store in (1, 2, 5) for k in range(14)]
    body = client.forecasts({"rows": rows, "totals": True}).json()
    by_level: dict[str, list[dict[str, Any]]] = {}
    for line in body["totals"]:
        by_level.setdefault(line["Level"], []).append(line)
    assert [line["Key"] for line in by_level["Region-horizon"]] == ["=south", "north", "unknown"]
    for level in ("Region-horizon", "Region-month", "chain-month"):
        assert sum(round(line["Forecast"] * 100) for line in by_level[level]) == round(
            by_level["chain-horizon"][0]["Forecast"] * 100
        )
        assert all(line["Lower80"] <= line["Forecast"] <= line["Upper80"] for line in by_level[level])


def test_explanations_add_up_to_the_cent(client: Client) -> None:
    body = client.forecasts({"store": 1, "days": 7, "explain": True}).json()
    for row, made_of in zip(body["forecasts"], body["explanations"], strict=True):
        parts = [value for name, value in made_of.items() if name not in ("Store", "Date", "Forecast")]
        assert round(sum(parts), 2) == row["Forecast"]


def test_explanations_come_with_the_forecast_without_the_promotion(client: Client) -> None:
    body = client.forecasts({"store": 1, "days": 14, "explain": True}).json()
    assert [row["Date"] for row in body["counterfactuals"]] == [row["Date"] for row in body["forecasts"]]
    answers = [
        (row["Forecast"], other["If no promotion"])
        for row, other in zip(body["forecasts"], body["counterfactuals"], strict=True)
        if other["If no promotion"] is not None
    ]
    assert answers
    assert all(without < forecast for forecast, without in answers)


def test_any_day_is_explained_and_one_of_the_past_beside_what_was_sold(client: Client) -> None:
    predictor = client.service.live.snapshot.predictor
    ahead = client.forecasts({"store": 1, "days": 7, "explain": True}).json()
    one = client.get(f"/v1/explanations?store=1&date={FIRST}").json()
    assert one["explanation"] == ahead["explanations"][0]
    assert one["counterfactuals"].items() >= {"If no promotion": ahead["counterfactuals"][0]["If no promotion"]}.items()
    assert (one["sales"], one["unexplained"], one["known_until"]) == (None, None, one["cutoff"])
    assert (one["assumed"], client.get(f"/v1/explanations?store=1&date={predictor.last}").json()["assumed"]) == (
        False,
        True,
    )

    day = next(FIRST - dt.timedelta(days=k) for k in range(40, 47) if (FIRST - dt.timedelta(days=k)).weekday() == 2)
    past = client.get(f"/v1/explanations?store=1&date={day}").json()
    expected = explain_past_day(predictor, [1], day).row(0, named=True)
    assert past["explanation"].items() <= (expected | {s.DATE: day.isoformat()}).items()
    assert past["known_until"] == expected[s.CUTOFF].isoformat() < day.isoformat() <= past["trained_until"]
    assert (past["sales"], past["unexplained"]) == (expected[s.SALES], expected[s.UNEXPLAINED])
    assert past["sales"] > 0


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("store=99&date=2014-01-08", "query.store: the chain holds no such store; it holds 6"),
        ("store=x&date=2014-01-08", "query.store: the chain holds no such store"),
        ("store=1&date=2013-01-08", "too little history before 2013-01-08"),
        ("store=1&date=2019-01-08", "2019-01-08 lies beyond the forecast"),
        ("store=1", "query"),
    ],
)
def test_a_day_that_cannot_be_explained_is_refused_with_the_reason(client: Client, query: str, words: str) -> None:
    reply = client.get(f"/v1/explanations?{query}")
    assert reply.status_code == 422
    assert words in reply.json()["detail"]


def test_a_new_store_is_forecast_by_its_attributes(client: Client) -> None:
    row = {**stored_row(client, 1, 3), "Store": 99, "Open": 1}
    refused = client.forecasts({"rows": [row]})
    assert refused.status_code == 422
    assert '"stores": [' in refused.json()["detail"]
    store = {"Store": 99, "StoreType": "a", "Assortment": "c", "CompetitionDistance": 500}
    body = client.forecasts({"rows": [row, stored_row(client, 1, 3)], "stores": [store]}).json()
    cold, known = body["forecasts"]
    assert cold["Forecast"] > 0
    assert cold["Upper80"] - cold["Lower80"] > known["Upper80"] - known["Lower80"]
    assert body["assumed"] == [{"Store": 99, "Date": row["Date"]}]


def test_days_that_rest_on_a_calendar_that_was_worked_out_are_named(client: Client) -> None:
    table, ready = client.service.live.snapshot.table, client.service.live.snapshot.predictor
    body = client.forecasts({"store": 1}).json()
    rows = table.frame.filter(pl.col(s.STORE) == 1).select(s.KEYS)
    assert [day["Date"] for day in body["assumed"]] == [str(day) for day in ready.assumed(rows)[s.DATE]]
    assert len(body["assumed"]) == 14  # the last week is not given, and looks a week back
    given = [stored_row(client, 1, day) for day in range(HORIZON)]
    assert client.forecasts({"rows": given}).json()["assumed"] == []


@pytest.mark.parametrize("kind", ["linear", "naive"])
def test_another_model_answers_by_name(client: Client, kind: str) -> None:
    listed = client.get("/v1/models").json()["models"]
    name = next(one["name"] for one in listed if one["kind"] == kind)
    body = client.forecasts({"store": 1, "days": 1, "model": name}).json()
    assert body["model"] == name
    assert client.forecasts({"store": 1, "model": "model-2000-01-01-00-00-00.pkl"}).status_code == 422


def test_a_scenario_says_where_it_leaves_what_was_ever_seen(client: Client) -> None:
    rows = [stored_row(client, 2, ahead) for ahead in range(1, 8)]
    sunday = next(row for row in rows if dt.date.fromisoformat(row["Date"]).isoweekday() == 7)
    reply = client.post("/v1/scenarios", {"rows": [{**sunday, "Open": 1, "Promo": 1}]})
    assert any("Promotions on Sundays: 1 day of a store" in notice for notice in reply.json()["notices"])


def test_a_scenario_says_what_would_change(client: Client) -> None:
    row = stored_row(client, 2, 3)
    reply = client.post("/v1/scenarios", {"rows": [{**row, "Promo": 1 - row["Promo"]}]})
    assert reply.status_code == 200, reply.text
    body = reply.json()
    day = next(line for line in body["changes"] if line["Level"] == "store-day")
    assert round(day["Scenario"] - day["Stored"], 2) == pytest.approx(day["Difference"], abs=0.011)
    assert (day["PossibleLower95"], day["PossibleUpper95"]) == (day["Lower95"], day["Upper95"]), "no opening changes"


def test_stored_forecasts_have_a_tag_that_changes_with_a_write(home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    path = "/v1/forecasts?store=2&days=3"
    with running(settings_of(own), make_key(home_url(own))) as client:
        answer = client.get(path)
        assert answer.json() == client.forecasts({"store": 2, "days": 3}).json()
        assert answer.headers["cache-control"] == "private, no-cache"
        tag = answer.headers["etag"]
        for known in (tag, f'"other", W/{tag}', "*"):
            again = client.get(path, if_none_match=known)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get("/v1/forecasts?store=2&days=4", if_none_match=tag).status_code == 200
        first = answer.json()["forecasts"][0]["Date"]
        rows = [{"Store": store, "Date": first, "Sales": 4000, **OPEN_DAY} for store in range(1, STORES + 1)]
        assert client.post("/v1/sales", {"rows": rows}).status_code == 200
        changed = client.get(path, if_none_match=tag)
        assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
        assert changed.json()["forecasts"][0]["Date"] > first
        for wrong, status in (
            ("store=99", 422),
            ("days=3", 422),
            ("store=2&days=0", 422),
            ("store=2&start=1999-01-01", 422),
        ):
            assert client.get(f"/v1/forecasts?{wrong}").status_code == status, wrong
