"""What a browser may send of callbacks: whatever is none of the page is a bad request, and nothing of it fails inside."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from storecast.page.callbacks import read_callback
from storecast.page.dash_app import dash_app
from storecast.service.problems import Problem
from support.page_client import PageClient, callback
from support.served_home import Client

ANSWERED = sorted(name for name, known in dash_app().callback_map.items() if "callback" in known)
OF_BROWSER = sorted(name for name, known in dash_app().callback_map.items() if "callback" not in known)
ELSEWHERE = {"id": "elsewhere", "property": "data"}
WRONG_OUTPUTS = [{}, [], 1, None, ELSEWHERE, [[]], [1], [{"id": 1}], [ELSEWHERE] * 9]
WRONG_CHANGES = [None, "x", ["x"], [""], ['{"a".value'], ["{bad}.n_clicks"], ["1.n_clicks"], [1], ["url.x"]]
WRONG_INPUT = [{}, None, 1, "x", [], [[]], ELSEWHERE, [ELSEWHERE], {"id": {"type": ["x"]}, "property": "n_clicks"}]


def of(name: str) -> dict[str, Any]:
    """Return the whole body of a callback that is answered."""
    return callback(name.strip(".").split("...")[0], {"url.pathname": "/app/", "url.search": ""})


def refused(body: Any) -> bool:
    try:
        read_callback(body if isinstance(body, bytes) else json.dumps(body).encode())
    except Problem as problem:
        return problem.status == 400
    return False


@pytest.mark.parametrize("name", ANSWERED)
def test_a_callback_has_the_inputs_outputs_and_changes_that_are_declared(name: str) -> None:
    whole = of(name)
    assert not refused(whole)
    for wrong in WRONG_OUTPUTS:
        assert refused({**whole, "outputs": wrong}), wrong
    for wrong in WRONG_CHANGES:
        assert refused({**whole, "changedPropIds": wrong}), wrong
    for part in ("inputs", "state"):
        for place in range(len(whole[part])):
            for wrong in WRONG_INPUT:
                body = copy.deepcopy(whole)
                body[part][place] = wrong
                assert refused(body), (part, place, wrong)
        assert refused({**whole, part: [*whole[part], ELSEWHERE]})
    assert all(refused({key: value for key, value in whole.items() if key != left_out}) for left_out in whole)


@pytest.mark.parametrize("name", OF_BROWSER)
def test_a_callback_that_the_browser_answers_itself_is_none_of_the_service(name: str) -> None:
    assert refused({"output": name, "outputs": [], "inputs": [], "state": [], "changedPropIds": []})
    assert refused({**callback(name.strip(".").split("...")[0], {}), "output": name})


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ("url.pathname", ["/app/"]),
        ("url.search", {"store": 1}),
        ("url.search", True),
        ("written.data", "1"),
        ("preferences.data", ["de"]),
        ("entries.data", "x"),
    ],
)
def test_a_value_that_every_view_relies_on_has_its_type(place: str, wrong: object) -> None:
    assert refused(callback("view.children", {place: wrong}))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"/app/"', "NaN"),
        lambda text: text.replace('"/app/"', "[" * 5000 + "]" * 5000),
        lambda text: text + "x",
        lambda text: "\ufeff" + text,
        lambda text: text.replace('"/app/"', '"\\ud800"'),
    ],
)
def test_what_is_no_json_is_refused(spoil: Callable[[str], str]) -> None:
    assert refused(spoil(json.dumps(of("view.children"))).encode())


def test_dash_reads_what_was_checked_and_nothing_else() -> None:
    body = json.loads(read_callback(json.dumps({**of("view.children"), "background": {}, "cancelJob": ["x"]}).encode()))
    assert sorted(body) == ["changedPropIds", "inputs", "output", "outputs", "state"]
    twice = json.dumps(of("view.children"))[:-1] + ', "output": "elsewhere.data"}'
    assert refused(twice.encode())


def test_a_malformed_callback_is_answered_with_a_problem_and_logged_as_none_of_ours(
    browser: PageClient, caplog: pytest.LogCaptureFixture
) -> None:
    for body in ({**of("view.children"), "outputs": []}, callback("view.children", {"url.search": [1]})):
        answer = browser.post(body)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [record.message for record in caplog.records if record.levelname in ("ERROR", "WARNING")] == []


@pytest.mark.parametrize(
    "path",
    [
        "/app/assets/nothing.css",
        "/app/assets/%00",
        "/app/assets/%ff",
        "/app/assets/..%5c..",
        "/app/_dash-component-suites/x/y.js",
        "/app/_dash-component-suites/dash/nothing.js",
        "/app/_dash-component-suites/dash//",
        "/app/_dash-component-suites/a",
        "/app/_dash-component-suites/dash/dcc/..%2f..%2f..%2fdash.py",
    ],
)
def test_a_file_that_the_page_does_not_have_is_a_problem_in_words(browser: PageClient, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_the_page_reads_no_more_of_a_request_than_it_needs(client: Client, browser: PageClient) -> None:
    answer = client.ask("GET", "/app/store?x=%ff", key=None, cookie=browser.cookie, host="a b", range="x")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
