"""Actions that no button of the page would send: each is refused by its scope, or with a message; nothing of it is written."""

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from storecast.database.api_keys import find_key
from storecast.database.connect import FILE, home_url
from storecast.database.sessions import open_session
from storecast.page.plan_memory import written_state
from storecast.page.routes import page_routes
from storecast.page.views import VIEWS
from storecast.service.middleware.auth import UNKNOWN_BURST
from storecast.service.middleware.browser import COOKIE
from support.page_client import PageClient, callback
from support.served_home import FIRST, Client, copy_of, make_key, running, settings_of

ACTIONS = {name: view.scopes.get(name, "write") for view in VIEWS for name in view.actions}
KEYS = ["", "x", "0", "1:0", "²", "999999999999999", "9" * 400, "1:locked:\x00", "open nothing", "../../etc/passwd"]
EDIT = {"level": "store", "key": "1", "name": "", "week": "", "first": str(FIRST), "last": str(FIRST), "old": 1.0}
HOSTILE: list[dict[str, Any]] = [
    {"plan_edits": [{**EDIT, "value": 5.0, "key": "nothing"}], "plan_reason": "other"},
    {"plan_edits": [{**EDIT, "value": 5.0, "level": "<script>"}], "plan_reason": "other"},
    {"plan_edits": [{**EDIT, "value": 5.0, "first": "0001-01-01", "last": "9999-12-31"}], "plan_reason": "other"},
    {"plan_edits": [{**EDIT, "value": -1}], "plan_reason": "other"},
    {"plan_edits": [{**EDIT, "value": 5.0}], "plan_reason": "no such reason"},
    {"plan_edits": [{**EDIT, "value": 5.0}], "plan_reason": "other", "plan_note": "\x00"},
    {"plan_edits": [{**EDIT, "value": 5.0}] * 2, "plan_reason": "other"},
    {"plan_edits": "x", "plan_reason": []},
    {"plan_scope": "chain:chain", "plan_first": "9", "plan_value": 1e12, "plan_kind": "factor", "plan_reason": "other"},
    {"queue_owner": "\x00", "queue_note": "x" * 5000, "queue_weeks": [1]},
    {"workbook_file": "data:;base64,AAAA", "workbook_name": "<script>"},
    {"data_file": "data:;base64," + base64.b64encode(b"Store,Date,Sales\n99,0001-01-01,5\n").decode()},
]


@pytest.fixture(scope="module")
def impatient(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Serve a copy of the home that waits for no other writer, and takes few unknown keys."""
    copied = copy_of(own, tmp_path_factory.mktemp("impatient") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        patch.setattr("storecast.database.connect.WAIT_S", 0.1)
        with running(settings_of(copied, unknown_keys=0.01), make_key(home_url(copied)), page=page_routes()) as client:
            yield client


@pytest.mark.parametrize("scopes", [("read",), ("read", "forecast")])
def test_a_key_that_may_not_write_is_refused_by_every_action_whatever_it_sends(
    client: Client, own: Path, scopes: tuple[str, ...]
) -> None:
    somebody = PageClient(client)
    somebody.log_in(make_key(home_url(own), *scopes))
    for name, scope in ACTIONS.items():
        if scope in scopes:
            continue
        for entries in ({}, *HOSTILE):
            refusal = somebody.act(name, "1:0", **entries)
            assert refusal == (f"Your key does not allow this: it needs the scope {scope}.", "refused", False), name


def test_an_action_on_what_does_not_exist_is_refused_and_writes_nothing(browser: PageClient) -> None:
    assert browser.act("plan-publish")[1] == "done"
    database = browser.client.service.live.database()
    before = written_state(database)
    for name in ACTIONS.keys() - {"plan-publish", "plan-discard"}:
        for entries in HOSTILE:
            assert browser.act(name, "1:0", **entries)[1] == "refused", (name, entries)
        for key in KEYS:
            assert browser.act(name, key, **HOSTILE[0])[1] == "refused", (name, key)
    assert written_state(database) == before


@pytest.mark.parametrize("huge", [10**400, -(2**60)])
def test_a_number_that_no_browser_sends_is_a_bad_request(browser: PageClient, huge: int) -> None:
    click = {"name": "plan-save", "key": "1:0", "entries": {"plan-edits": [{**EDIT, "value": huge}]}}
    assert browser.post(callback("said.children", {"action.data": click})).status_code == 400
    assert browser.post(callback("view.children", {"written.data": huge})).status_code == 400


def test_whoever_writes_while_another_process_holds_the_database_is_told_and_nothing_is_half_written(
    impatient: Client,
) -> None:
    ada = PageClient(impatient)
    assert impatient.key is not None
    ada.log_in(impatient.key)
    database = impatient.service.live.database()
    before = written_state(database)
    with closing(sqlite3.connect(impatient.service.settings.home / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        message, kind, again = ada.act("plan-publish")
        assert "The database does not answer as it should" in message
        assert str(impatient.service.settings.home) not in message
        assert (kind, again) == ("refused", False)
        assert "Plan" in ada.draw("/app/plan")  # whoever only looks waits for nobody
    assert written_state(database) == before
    assert ada.act("plan-publish")[1] == "done"


def test_a_login_that_is_tried_too_often_is_sent_away_in_words_and_a_session_goes_on(impatient: Client) -> None:
    ada, stranger = PageClient(impatient), PageClient(impatient)
    assert impatient.key is not None
    ada.log_in(impatient.key)
    assert ada.get("/app/").status_code == 200
    answers = [stranger.log_in(f"sc_{number:043}") for number in range(int(UNKNOWN_BURST) + 2)]
    assert [answer.status_code for answer in answers] == [401] * int(UNKNOWN_BURST) + [429] * 2
    assert "Too many requests from this address" in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 0
    assert stranger.log_in(impatient.key).status_code == 429
    unused = PageClient(impatient)  # of a session that this service has not seen, as after a restart
    database = impatient.service.live.database()
    key = find_key(database, impatient.key)
    assert key is not None
    unused.cookie = f"{COOKIE}={open_session(database, key)}"
    assert unused.get("/app/").status_code == 200
    assert ada.get("/app/").status_code == 200
