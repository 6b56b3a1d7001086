"""The view Plan: versions, their states, overrides of their figures, and what is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storecast.database.connect import Database, home_url
from storecast.database.plan_versions import all_versions
from storecast.page.routes import page_routes
from support.page_client import PageClient, callback
from support.served_home import Client, copy_of, make_key, running, settings_of


@pytest.fixture(scope="module")
def own(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(home, tmp_path_factory.mktemp("planview") / "home")


@pytest.fixture(scope="module")
def client(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        with running(settings_of(own), make_key(home_url(own)), page=page_routes()) as service:
            yield service


@pytest.fixture(scope="module")
def browser(client: Client) -> PageClient:
    logged_in = PageClient(client)
    assert client.key is not None
    logged_in.log_in(client.key)
    return logged_in


@pytest.fixture(scope="module")
def reader(client: Client, own: Path) -> PageClient:
    somebody = PageClient(client)
    somebody.log_in(make_key(home_url(own), "read"))
    return somebody


@pytest.fixture(scope="module")
def database(own: Path) -> Iterator[Database]:
    opened = Database.open(home_url(own))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def published(browser: PageClient, reader: PageClient) -> int:
    assert "No forecast has been published yet." in browser.draw("/app/plan")
    assert "may look at the plan, and not write" in reader.draw("/app/plan")
    message, kind, again = browser.act("plan-publish", publish_explain=["yes"], state_note="first")
    assert (message, kind, again) == ("Version 1 is published, a draft.", "done", True)
    return 1


def test_a_version_comes_from_a_draft_to_a_plan_that_is_approved_and_back(
    browser: PageClient, database: Database, published: int
) -> None:
    assert browser.act("plan-publish")[0] == "This forecast was published before, as version 1."
    assert browser.act("plan-advance", f"{published}:draft:reviewed", state_note="looked at")[:2] == (
        "Version 1 is reviewed now.",
        "done",
    )
    assert browser.act("plan-advance", f"{published}:reviewed:approved")[1] == "done"
    drawn = browser.draw("/app/plan", "?part=versions")
    assert all(text in drawn for text in ("looked at", "Back to a draft", "Lock", "approved"))
    with database.reading() as conn:
        history = all_versions(conn)[0].history
    assert [(each.state, each.by, each.note) for each in history] == [
        ("draft", "test", "first"),
        ("reviewed", "test", "looked at"),
        ("approved", "test", ""),
    ]
    assert browser.act("plan-advance", f"{published}:approved:draft")[1] == "done"


def test_whoever_saw_another_state_is_told_and_sees_the_plan_as_it_is(browser: PageClient, published: int) -> None:
    message, kind, again = browser.act("plan-advance", f"{published}:reviewed:approved")
    assert message.startswith("Version 1 is draft by now (test, ")
    assert message.endswith("you saw it as reviewed. What you entered is still there.")
    assert (kind, again) == ("refused", True)


def test_a_key_that_may_read_alone_has_no_buttons_and_is_refused(reader: PageClient, published: int) -> None:
    drawn = reader.draw("/app/plan", "?part=versions")
    assert '"type": "action"' not in drawn
    message, kind, again = reader.act("plan-advance", f"{published}:draft:reviewed")
    assert (message, kind, again) == ("Your key does not allow this: it needs the scope write.", "refused", False)
    assert reader.act("plan-publish")[1] == "refused"


def test_an_action_that_there_is_not_is_a_bad_request(browser: PageClient) -> None:
    for click in (None, [], {"name": "nothing"}, {"name": 3}, {"name": "plan-advance", "key": "x:draft:reviewed"}):
        answer = browser.post(callback("said.children", {"action.data": click}))
        expected = 200 if isinstance(click, dict) and click.get("key") else 400
        assert answer.status_code == expected, click


def test_a_version_that_there_is_not_is_said(browser: PageClient, published: int) -> None:
    assert "The plan has no version 99" in browser.draw("/app/plan", "?version=99")
    assert "How version" in browser.draw("/app/plan", "?version=x&part=versions")
    assert published == 1
