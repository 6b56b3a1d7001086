"""The view Plan: versions, their states, overrides of their figures, and what is refused."""

import datetime as dt
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from storecast import schema as s
from storecast.database import tables as t
from storecast.database.connect import Database, home_url
from storecast.database.plan_budget import replace_budget
from storecast.database.plan_versions import all_versions
from storecast.page.shell import message
from storecast.page.views import plan_publishing, plan_standing
from storecast.service.jobs import Progress
from storecast.service.live.snapshot import Snapshot
from storecast.workflows.planning import show_overrides, show_version
from support.page_client import PageClient, callback
from support.served_home import FIRST, Client, make_key, wait_until

STARTED = "What the forecast is made of is being worked out. Then it is published."


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
def published(browser: PageClient, reader: PageClient) -> int:
    assert "No forecast has been published yet." in browser.draw("/app/plan")
    assert "may look at the plan, and not write" in reader.draw("/app/plan")
    assert browser.act("plan-publish", publish_explain=["yes"], publish_note="first")[1:] == ("done", True)
    replies = [how_far(browser)]
    wait_until(lambda: "said" in replies[-1] or replies.append(how_far(browser)), 30)
    assert "Version 1 is published, a draft." in json.dumps(replies[-1])
    assert replies[-1]["written"]["data"] == 1, "the view is drawn anew"
    # A job may end before the view is drawn that would have followed it: its outcome is said where it was not.
    assert "publish-tick" in browser.draw("/app/plan")
    for waits, announced in ((STARTED, True), ("1 override is written.", False)):
        shown = {"publish-tick.max_intervals": 1, "said.children": message(waits).to_plotly_json()}
        assert ("Version 1 is published" in json.dumps(how_far(browser, shown))) is announced
    return 1


def how_far(browser: PageClient, shown: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what the view says of the newest job; nothing where it says nothing new."""
    numbers = [each for each in range(1, 20) if browser.client.get(f"/v1/jobs/{each}").status_code == 200]
    values = {"publish-tick.n_intervals": 1, "publish-job.data": numbers[-1], **(shown or {})}
    reply = browser.post(callback("publish-line.children", values))
    assert reply.status_code in (200, 204), reply.text
    return dict(reply.json()["response"]) if reply.status_code == 200 else {}


def test_publishing_with_what_it_is_made_of_shows_how_far_it_is_and_is_cancelled(
    browser: PageClient, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, free = threading.Event(), threading.Event()

    def slow(_snapshot: Snapshot, progress: Progress) -> pl.DataFrame:
        progress(0.3)
        begun.set()
        assert free.wait(30)
        progress(0.4)
        raise AssertionError

    monkeypatch.setattr(plan_publishing, "drivers_of", slow)
    answer, kind, again = browser.act("plan-publish", publish_explain=["yes"])
    assert (answer, kind, again) == (STARTED, "done", True)
    assert begun.wait(30)
    assert "publish-tick" in browser.draw("/app/plan")
    line = json.dumps(how_far(browser))
    assert "30% is worked out" in line
    with (
        monkeypatch.context() as newer
    ):  # new data come: the job is still followed, after a reload, too, and in another tab
        snapshot = client.service.live.snapshot
        newer.setattr(client.service.live, "snapshot", replace(snapshot, reply_head=b"newer"))
        assert "publish-tick" in browser.draw("/app/plan")
        assert browser.act("plan-publish", publish_explain=["yes"])[0] == STARTED
        assert browser.client.get("/v1/jobs/2").status_code == 404, "a second job was started"
    number = json.loads(line.partition('"publish-cancel", "key": ')[2].partition(",")[0].rstrip("}"))
    assert browser.act("publish-cancel", "9" + number)[1] == "refused"
    assert browser.act("publish-cancel", number) == ("It is cancelled.", "done", True)
    free.set()
    assert "It was cancelled." in json.dumps(how_far(browser))
    assert "No forecast has been published yet." in browser.draw("/app/plan")


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


def test_the_view_of_versions_looks_for_the_job_that_publishes_once(
    browser: PageClient, client: Client, published: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    find = client.service.jobs.find

    def counted(key: int, digest: str) -> Any:
        looks.append(key)
        return find(key, digest)

    monkeypatch.setattr(client.service.jobs, "find", counted)
    assert "Publish as a new version" in browser.draw("/app/plan", "?part=versions")
    assert len(looks) == 1


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


def edit(value: float, key: str = "1", level: str = "store", week: str = "Mon") -> dict[str, object]:
    """Return a cell of the grid that was changed: of the first week of the plan, Monday to Sunday."""
    first = FIRST + dt.timedelta(days=(7 - FIRST.weekday()) % 7)
    span = {"first": str(first), "last": str(first + dt.timedelta(days=6))}
    return {"level": level, "key": key, "name": key, "week": week, "old": 1.0, "value": value, **span}


def seen(browser: PageClient) -> str:
    """Return the version and the revision of the plan as the view shows it."""
    drawn = json.loads(browser.draw("/app/plan"))
    return str(next(each["key"] for each in ids_of(drawn) if each.get("name") == "plan-save"))


def ids_of(drawn: Any) -> Iterator[dict[str, str]]:
    """Yield the ids of all components that are patterns."""
    if isinstance(drawn, dict):
        if isinstance(drawn.get("id"), dict):
            yield drawn["id"]
        for value in drawn.values():
            yield from ids_of(value)
    elif isinstance(drawn, list):
        for value in drawn:
            yield from ids_of(value)


def test_cells_of_the_grid_become_overrides_with_one_reason_and_are_undone(
    browser: PageClient, published: int, database: Database
) -> None:
    assert browser.act("plan-save", seen(browser), plan_edits=[edit(70.0)])[0] == "Choose a reason."
    assert browser.act("plan-save", seen(browser), plan_reason="local event")[0] == "No cell of the grid was changed."
    too_large = [edit(700.0), edit(1e15, "2")]
    message, kind, _ = browser.act("plan-save", seen(browser), plan_edits=too_large, plan_reason="local event")
    assert (message, kind) == ("A changed cell holds no figure that a plan can have. Discard it.", "refused")
    assert show_overrides(database).overrides.is_empty(), "all cells are written or none"
    edits = [edit(700.0), edit(1400.0, "=south", "Region")]
    message, kind, again = browser.act(
        "plan-save", seen(browser), plan_edits=edits, plan_reason="local event", plan_note="fair"
    )
    assert (message, kind, again) == ("2 overrides are written.", "done", True)
    rows = show_overrides(database).overrides
    assert rows.select("Level", "Key", "Value", "Reason", "Note", "By").rows() == [
        ("Region", "=south", 1400.0, "local event", "fair", "test"),
        ("store", "1", 700.0, "local event", "fair", "test"),
    ]
    assert "700.00" in browser.draw("/app/plan", "?part=overrides")
    with database.reading() as conn:
        actions = conn.execute(sa.select(t.audit.c.action).where(t.audit.c.actor.startswith("key:"))).scalars().all()
    assert actions.count("plan overridden") == 1
    revision = seen(browser).partition(":")[2]
    message = browser.act("plan-undo", revision)[0]
    assert message == f"Write {revision} is taken back. 0 overrides stand from now on, 2 stand no more."
    assert show_overrides(database).overrides.is_empty()
    assert published == 1


def test_the_second_of_two_people_is_told_what_the_first_wrote_and_loses_nothing(
    browser: PageClient, published: int, database: Database
) -> None:
    both_saw = seen(browser)
    assert browser.act("plan-save", both_saw, plan_edits=[edit(500.0)], plan_reason="local event")[1] == "done"
    values = {"plan_edits": [edit(900.0)], "plan_reason": "local event"}
    message, kind, again = browser.act("plan-save", both_saw, **values)
    assert "test wrote store 1" in message
    assert "figure 500.00" in message
    assert (kind, again) == ("refused", True)
    entries = {"plan-edits": [edit(900.0)], "plan-reason": "local event"}
    values_of_draw = {"url.pathname": "/app/plan", "url.search": "?level=store", "entries.data": entries}
    drawn = browser.post(callback("view.children", values_of_draw)).text
    assert '"w1":900.0' in drawn.replace(" ", "") or '"w0":900.0' in drawn.replace(" ", "")
    assert "900.00 (now 500.00)" in drawn
    assert browser.act("plan-save", seen(browser), **values)[0] == ("1 override is written. 1 older one is replaced.")
    assert show_overrides(database).overrides["Value"].to_list() == [900.0]
    assert published == 1


def test_the_form_writes_an_override_of_any_stores_and_days_and_it_is_withdrawn(
    browser: PageClient, published: int, database: Database
) -> None:
    days = {"plan_first": str(FIRST), "plan_last": str(FIRST + dt.timedelta(days=2))}
    form = {"plan_scope": "chain:chain", "plan_kind": "factor", "plan_reason": "local event", **days}
    assert browser.act("plan-enter", seen(browser), **form)[0] == "Enter a number."
    assert "expected a number from 0 to 100" in browser.act("plan-enter", seen(browser), plan_value=-1, **form)[0]
    assert browser.act("plan-enter", seen(browser), plan_value=1.1, **form)[0] == "1 override is written."
    row = show_overrides(database).overrides.row(0, named=True)
    assert (row["Level"], row["Kind"], row["Value"]) == ("chain", "factor", 1.1)
    assert "forecast × 1.10" in browser.draw("/app/plan", "?part=overrides")
    assert browser.act("plan-withdraw", str(row["Override"]))[0] == f"Override {row['Override']} is withdrawn."
    assert "withdrawn or replaced by test" in browser.act("plan-withdraw", str(row["Override"]))[0]
    assert published == 1


def test_overrides_of_days_before_the_version_have_no_figures(
    browser: PageClient, published: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = {"plan_first": str(FIRST), "plan_last": str(FIRST)}
    form = {"plan_scope": "chain:chain", "plan_kind": "factor", "plan_reason": "local event", **days}
    assert browser.act("plan-enter", seen(browser), plan_value=1.1, **form)[0] == "1 override is written."
    shown = browser.draw("/app/plan", "?part=overrides")
    assert "of days before this version" not in shown
    before = pl.col("Start", "End") - dt.timedelta(days=100)
    original = plan_standing.standing_overrides
    monkeypatch.setattr(plan_standing, "standing_overrides", lambda request: original(request).with_columns(before))
    shown = browser.draw("/app/plan", "?part=overrides")
    assert "of days before this version" in shown
    _, _, table = shown.partition("of days before this version")
    assert "forecast × 1.10" in table
    assert '"Reason"' in table
    assert '"Forecast"' not in table
    assert published == 1
    number = show_overrides(database).overrides["Override"].max()
    browser.act("plan-withdraw", str(number))


def test_a_choice_that_is_no_longer_there_gives_way_to_the_usual_one(browser: PageClient, published: int) -> None:
    gone = {"plan-scope": "store:99", "plan-first": "2001-01-01", "plan-last": "2001-01-02", "plan-kind": "x"}
    stays = {"plan-scope": "store:2", "plan-first": str(FIRST), "plan-last": str(FIRST), "plan-kind": "factor"}
    for entries, of_form in ((gone, False), (stays, True)):
        values = {"url.pathname": "/app/plan", "url.search": "?part=overrides", "entries.data": entries}
        drawn = browser.post(callback("view.children", values)).json()["response"]
        fields = {name: value for name, value in values_of(drawn) if name in entries}
        assert fields.keys() == entries.keys()
        assert all((fields[name] == entries[name]) is of_form for name in entries)
    assert published == 1


def values_of(drawn: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of each field."""
    if isinstance(drawn, dict):
        identity = drawn.get("id")
        if isinstance(identity, dict) and identity.get("type") == "field":
            yield identity["name"], drawn.get("value")
        for value in drawn.values():
            yield from values_of(value)
    elif isinstance(drawn, list):
        for value in drawn:
            yield from values_of(value)


def test_a_reader_sees_the_grid_and_changes_nothing(reader: PageClient, published: int) -> None:
    drawn = reader.draw("/app/plan", "?level=Region&what=forecast")
    assert '"editable": false' in drawn
    assert "plan-save" not in drawn
    assert reader.act("plan-save", "1:0", plan_edits=[edit(1.0)], plan_reason="local event")[1] == "refused"
    assert published == 1


def test_comments_are_read_and_written_on_the_plan_and_on_a_store(
    browser: PageClient, reader: PageClient, published: int
) -> None:
    assert "Nobody has said anything yet." in browser.draw("/app/store", "?store=2")

    def comment(key: str, text: str) -> tuple[str, str, bool]:
        return browser.act("plan-comment", key, **{f"comment_text {key}": text})

    assert comment(f"{published}:", "<i>Agreed</i>") == ("The comment is written.", "done", True)
    assert comment(f"{published}:2", "Roadworks")[1] == "done"
    for key, text in ((f"{published}:99", "Of no store"), ("x:", "Of no version"), (f"{published}:", "")):
        assert comment(key, text)[1] == "refused"
    refused = {f"comment-text {published}:2": "Not taken yet"}
    shown = {
        store: "Not taken yet" in browser.draw("/app/store", f"?store={store}", entries=refused) for store in (2, 3)
    }
    assert shown == {2: True, 3: False}, "each store has a field of its own"
    drawn = reader.draw("/app/plan", "?part=comments")
    assert all(text in drawn for text in ("<i>Agreed</i>", "Roadworks", "version 1, Store 2"))
    assert "plan-comment" not in drawn
    of_store = browser.draw("/app/store", "?store=2")
    assert ("Roadworks" in of_store, "Agreed" in of_store, "plan-comment" in of_store) == (True, False, True)


def test_the_last_budget_is_taken_back(
    browser: PageClient, reader: PageClient, database: Database, published: int
) -> None:
    assert published == 1
    budget = {"store": ["2"], "first": [FIRST], "last": [FIRST], "amount": [700.0]}
    with database.begin() as conn:
        load = replace_budget(conn, pl.DataFrame(budget), by="Ada").load
    assert "The budget of 1 amounts is from Ada" in browser.draw("/app/plan")
    assert "is from Ada" not in reader.draw("/app/plan")
    assert '"name": "Budget"' not in browser.draw("/app/"), "one store's budget is none of the chain"
    assert reader.act("plan-undo-budget", str(load))[1] == "refused"
    assert browser.act("plan-undo-budget", str(load))[0] == "The budget is taken back; there was none before it."
    every = show_version(database).days.select(
        pl.col(s.STORE).cast(pl.String).alias("store"), pl.col(s.DATE).alias("first")
    )
    with database.begin() as conn:
        whole = replace_budget(conn, every.with_columns(last="first", amount=pl.lit(700.0)), by="Ada").load
    assert '"name": "Budget"' in browser.draw("/app/")
    assert browser.act("plan-undo-budget", str(whole))[1] == "done"
    assert "is from Ada" not in browser.draw("/app/plan")
    assert browser.act("plan-undo-budget", str(load))[1] == "refused"
