"""Every reply is what its declaration says: decoded by the type of its route, field by field."""

from typing import Any

import msgspec
import pytest

from storecast.database.writes import Written
from storecast.service.problems import ProblemDetails
from storecast.service.replies import (
    Accuracy,
    Changes,
    Explanation,
    Forecasts,
    Health,
    History,
    Model,
    Models,
    Readiness,
    Stores,
)
from storecast.service.requests.rows import store_rows
from support.served_home import FIRST, Client


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/health/live", Health),
        ("/health/ready", Readiness),
        ("/v1/models", Models),
        ("/v1/stores?limit=2", Stores),
        ("/v1/stores/1", store_rows().struct),
        ("/v1/stores/1/history?limit=3", History),
        ("/v1/accuracy?by=store", Accuracy),
        (f"/v1/explanations?store=1&date={FIRST}", Explanation),
        ("/v1/stores/99", ProblemDetails),
        ("/v1/stores?limit=0", ProblemDetails),
    ],
)
def test_a_reply_decodes_as_it_is_declared(client: Client, path: str, kind: Any) -> None:
    msgspec.json.decode(client.get(path).content, type=kind)


def test_a_model_says_its_name_kind_and_cutoff(client: Client) -> None:
    name = client.service.live.snapshot.name
    model = msgspec.json.decode(client.get(f"/v1/models/{name}").content, type=Model)
    assert (model.name, model.kind) == (name, "linear")


def test_forecasts_with_totals_and_explanations_decode_as_declared(client: Client) -> None:
    body = {"store": 1, "days": 14, "totals": True, "explain": True, "quantiles": [0.1, 0.5]}
    reply = msgspec.json.decode(client.forecasts(body).content, type=Forecasts)
    assert isinstance(reply.forecasts, list)
    assert len(reply.forecasts) == 14
    assert any(total.Lower80 is not None for total in reply.totals)
    assert reply.explanations


def test_changes_decode_as_declared(client: Client) -> None:
    row = {"Store": 1, "Date": FIRST.isoformat(), "Open": 1, "Promo": 1}
    reply = msgspec.json.decode(client.post("/v1/scenarios", {"rows": [row]}).content, type=Changes)
    assert reply.model == client.service.live.snapshot.name
    assert reply.changes


def test_a_write_says_what_it_did(client: Client) -> None:
    row = {"Store": 1, "StoreType": "a"}
    reply = client.post("/v1/stores", {"rows": [row], "replace": True})
    written = msgspec.json.decode(reply.content, type=Written)
    assert written.inserted == 0


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("/v1/stores?limit=1e3", "query.limit: expected a whole number"),
        ("/v1/stores?limit=99999", "query.limit: expected a whole number from 1 to"),
        ("/v1/stores?limit=1&limit=2", "query.limit: stands twice"),
        ("/v1/stores?size=3", "query: has an unknown field; expected limit, cursor"),
        ("/v1/stores/1/history?first=01.02.2015", "query.first: expected a date such as 2015-06-14"),
        ("/v1/accuracy?by=country", "query.by: expected one of model, week, store"),
        ("/v1/accuracy?since=null", "query.since: expected a date such as 2015-06-14"),
    ],
)
def test_a_parameter_that_means_nothing_is_named(client: Client, query: str, words: str) -> None:
    reply = client.get(query)
    assert reply.status_code == 422
    assert words in reply.json()["detail"]
