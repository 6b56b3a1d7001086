"""The Open Inference Protocol beside /v1: the same figures to the bit, the same door, and errors in its words."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from storecast import __version__
from storecast.service.problems import Problem
from storecast.service.requests.decode import decode
from storecast.service.requests.tensors import InferenceRequest, read_tensors
from support.served_home import FIRST, Client

DOCS = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
INFER = "/v2/models/storecast/infer"
DAYS = [(FIRST + dt.timedelta(days=day)).isoformat() for day in range(3)]


def tensor(name: str, datatype: str, data: list[Any], shape: list[int] | None = None) -> dict[str, Any]:
    return {"name": name, "shape": [len(data)] if shape is None else shape, "datatype": datatype, "data": data}


STORES = tensor("Store", "INT64", [2, 1, 2])
DATES = tensor("Date", "BYTES", DAYS)
OUTPUTS = ["Forecast", "Lower80", "Upper80", "Lower95", "Upper95"]


def columns(reply: Any) -> dict[str, list[float]]:
    """Return the outputs of a reply by their names."""
    assert reply.status_code == 200, reply.text
    outputs = reply.json()["outputs"]
    assert all(
        each["datatype"] == "FP64" and each["shape"] == [len(each["data"])] and set(each) == set(STORES)
        for each in outputs
    )
    return {each["name"]: each["data"] for each in outputs}


def of_rows(client: Client, rows: list[dict[str, Any]], **more: Any) -> dict[str, list[float]]:
    """Return what /v1 forecasts of the same rows."""
    reply = client.forecasts({"rows": rows, **more})
    assert reply.status_code == 200, reply.text
    return {name: [row[name] for row in reply.json()["forecasts"]] for name in OUTPUTS}


ROWS = [{"Store": store, "Date": date} for store, date in zip(STORES["data"], DAYS, strict=True)]


@pytest.mark.parametrize(
    ("inputs", "rows"),
    [
        ([], ROWS),
        (
            [tensor("Promo", "BOOL", [True, False, True]), tensor("StateHoliday", "BYTES", ["0", "a", "0"])],
            [
                {**row, "Promo": promo, "StateHoliday": day}
                for row, promo, day in zip(ROWS, (1, 0, 1), "0a0", strict=True)
            ],
        ),
        (
            [tensor("Open", "UINT8", [1, 0, 1])],
            [{**row, "Open": opened} for row, opened in zip(ROWS, (1, 0, 1), strict=True)],
        ),
    ],
    ids=["stored", "promotion", "closed"],
)
def test_the_figures_are_those_of_v1_to_the_bit(
    client: Client, inputs: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> None:
    assert columns(client.post(INFER, {"inputs": [STORES, DATES, *inputs]})) == of_rows(client, rows)


def test_a_request_in_the_shape_of_the_specification(client: Client) -> None:
    body = {"id": "42", "inputs": [STORES, DATES], "outputs": [{"name": "Upper80"}, {"name": "Forecast"}]}
    reply = client.post(INFER, body)
    shown = columns(reply)
    assert list(shown) == ["Upper80", "Forecast"]
    plain = reply.json()
    assert (plain["id"], plain["model_name"]) == ("42", "storecast")
    assert plain["model_version"] == client.forecasts({"store": 1, "days": 1}).json()["model"]
    assert plain["parameters"]["cutoff"] == (FIRST - dt.timedelta(days=1)).isoformat()
    assert "id" not in client.post(INFER, {"inputs": [STORES, DATES]}).json()


def test_the_example_of_the_docs_is_answered(client: Client) -> None:
    section = DOCS.partition("## The Open Inference Protocol")[2]
    body = json.loads(section.partition("```json\n")[2].partition("```")[0])
    body["inputs"][1]["data"] = DAYS[:2]
    reply = client.post(INFER, body)
    assert list(columns(reply)) == ["Forecast"]
    rows = [{"Store": 1, "Date": day, "Promo": promo} for day, promo in zip(DAYS[:2], (1, 0), strict=True)]
    assert columns(reply)["Forecast"] == of_rows(client, rows)["Forecast"]


@pytest.mark.parametrize(
    "stores",
    [
        tensor("Store", "BYTES", ["2", "1", "2"]),
        tensor("Store", "INT32", [2, 1, 2], [3, 1]),
        tensor("Store", "UINT64", [[2], [1], [2]], [3, 1]),
    ],
    ids=["text", "flat", "nested"],
)
def test_the_same_tensor_in_other_ways(client: Client, stores: dict[str, Any]) -> None:
    assert columns(client.post(INFER, {"inputs": [DATES, stores]})) == of_rows(client, ROWS)


def test_a_version_is_a_model_file(client: Client) -> None:
    metadata = client.get("/v2/models/storecast").json()
    assert len(metadata["versions"]) == 2
    assert {each["name"] for each in metadata["outputs"]} == set(OUTPUTS)
    inputs = {each["name"]: each["datatype"] for each in metadata["inputs"]}
    expected = {"Store": "INT64", "Date": "BYTES", "Open": "BOOL", "Promo": "BOOL"}
    assert inputs == {**expected, "StateHoliday": "BYTES", "SchoolHoliday": "BOOL"}
    for version in metadata["versions"]:
        path = f"/v2/models/storecast/versions/{version}"
        assert client.get(path).json() == metadata
        assert client.get(f"{path}/ready").json() == {"name": "storecast", "ready": True}
        reply = client.post(f"{path}/infer", {"inputs": [STORES, DATES]})
        assert reply.json()["model_version"] == version
        assert columns(reply) == of_rows(client, ROWS, model=version)


def test_a_service_that_ends_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.service, "stopping", True)
    reply = client.get("/v2/health/ready", key=None)
    assert (reply.status_code, reply.json()["error"]) == (503, "The service is about to end.")


def test_what_the_server_says_of_itself(client: Client) -> None:
    assert client.get("/v2/health/live", key=None).json() == {"live": True}
    assert client.get("/v2/health/ready", key=None).json() == {"live": True, "ready": True}
    assert client.get("/v2").json() == {"name": "storecast", "version": __version__, "extensions": []}
    assert client.get("/v2/models/storecast/ready").json() == {"name": "storecast", "ready": True}


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([DATES], "inputs: expected a tensor Store"),
        ([STORES, DATES, DATES], "inputs[2].name: names a tensor that stands before"),
        ([STORES, DATES, tensor("Price", "FP64", [1, 1, 1])], "inputs[2].name: expected one of Store, Date, Open"),
        ([STORES, tensor("Date", "INT64", [1, 2, 3])], "inputs[1].datatype: expected BYTES"),
        ([STORES, tensor("Date", "TEXT", DAYS)], "inputs[1].datatype: expected BYTES"),
        ([STORES, {**DATES, "shape": [4]}], "inputs[1].shape: expected [n] or [n, 1]"),
        ([STORES, {**DATES, "shape": [1, 3]}], "inputs[1].shape: expected [n] or [n, 1]"),
        ([STORES, tensor("Date", "BYTES", DAYS[:2])], "columns: expected lists of one length"),
        ([tensor("Store", "INT64", []), tensor("Date", "BYTES", [])], "expected a list with at least one row"),
        ([tensor("Store", "BYTES", ["1", "x", "2"]), DATES], "rows[1].Store: expected"),
        ([STORES, DATES, tensor("Open", "BOOL", [True, False, "true"])], "inputs[2].data: expected true or false"),
        ([STORES, DATES, tensor("Open", "INT64", [1, 1, 2])], "rows[2].Open: expected 0 or 1"),
        ([tensor("Store", "INT64", [1, 99, 2]), DATES], "rows[1].Store: the chain holds no such store"),
        ([STORES, tensor("Date", "BYTES", [*DAYS[:2], "2030-01-01"])], "rows[2].Date: lies beyond the horizon"),
    ],
)
def test_an_error_says_what_is_wrong_in_the_words_of_the_protocol(
    client: Client, inputs: list[dict[str, Any]], message: str
) -> None:
    reply = client.post(INFER, {"inputs": inputs})
    assert reply.status_code == 422
    problem = reply.json()
    assert message in problem["error"]
    assert problem["error"] == problem["detail"]


def test_errors_of_the_door_have_the_form_too(client: Client) -> None:
    body = {"inputs": [STORES, DATES]}
    no_key = client.post(INFER, body, key=None)
    assert (no_key.status_code, no_key.json()["error"][:23]) == (401, "The request has no key.")
    other = client.post("/v2/models/resnet/infer", body)
    assert (other.status_code, other.json()["error"][:33]) == (404, "There is one model here, storecas")
    version = "model-2000-01-01-00-00-00.pkl"
    assert client.post(f"/v2/models/storecast/versions/{version}/infer", body).status_code == 404
    unknown = client.post(INFER, {**body, "outputs": [{"name": "Q50"}]})
    assert unknown.json()["error"] == f"outputs[0].name: expected one of {', '.join(OUTPUTS)}."
    assert "error" in client.post(INFER, b"[").json()
    assert "error" in client.post(INFER, json.dumps(body), content_type="application/octet-stream").json()
    assert "error" not in client.forecasts(b"[").json()


def test_a_request_of_too_many_rows_is_refused(client: Client) -> None:
    table = client.service.live.snapshot.table
    request = decode(json.dumps({"inputs": [STORES, DATES]}).encode(), InferenceRequest)
    assert read_tensors(request, table.rows, table.kind, 3).size == 3
    with pytest.raises(Problem, match="too-large"):
        read_tensors(request, table.rows, table.kind, 2)
