"""The view Scenarios: changes in the address, what they change, warnings, and two beside each other."""

import datetime as dt
import json
import threading
from pathlib import Path
from urllib.parse import urlencode

import polars as pl
import pytest

from storecast.database.connect import home_url
from storecast.errors import DataError
from storecast.page.language import Words
from storecast.page.views import scenario_jobs
from storecast.page.views.scenario_calendar import calendar_rows, read_changes, write_changes
from storecast.plan.scopes import StoreGroups
from storecast.service.jobs import Progress
from storecast.service.live.snapshot import Snapshot
from support.page_client import PageClient, callback
from support.served_home import FIRST, Client, make_key, wait_until

WORDS = Words("en")
MONDAY = FIRST + dt.timedelta(days=(7 - FIRST.weekday()) % 7)
PROMOTION = f"store:1~{MONDAY}~{MONDAY + dt.timedelta(days=2)}~Promo=1"
CLOSED = f"Region:%3Dsouth~{MONDAY}~{MONDAY}~Open=0"


def result(browser: PageClient, **texts: str) -> str:
    """Return what the view says once the job that works scenarios out has ended."""
    replies = [look(browser, **texts)]
    wait_until(lambda: replies[-1][1] or replies.append(look(browser, **texts)), 30)
    return replies[-1][0]


def look(browser: PageClient, **texts: str) -> tuple[str, bool]:
    """Return what the view says now, and whether that stays so."""
    search = "?" + urlencode({**texts, "run": "yes"})
    answer = browser.post(callback("scenario-result.children", {"scenario-run.data": texts, "url.search": search}))
    assert answer.status_code == 200, answer.text
    reply = answer.json()["response"]
    return json.dumps(reply["scenario-result"]["children"]), reply["scenario-tick"]["disabled"]


def test_the_address_holds_changes_whole_and_shows_them(browser: PageClient) -> None:
    text = f"{PROMOTION};{CLOSED}"
    changes = read_changes(text, WORDS)
    assert write_changes(changes) == text
    assert [(each.level, each.key, each.column, each.value) for each in changes] == [
        ("store", "1", "Promo", 1),
        ("Region", "=south", "Open", 0),
    ]
    drawn = browser.draw("/app/scenarios", "?" + urlencode({"a": text}))
    assert "Region =south, Mon, " in drawn
    assert all(part in drawn for part in ("Work out the difference", "The calendar as it is", "With a promotion"))
    assert "scenario-run" not in drawn
    assert "scenario-run" in browser.draw("/app/scenarios", "?" + urlencode({"a": text, "run": "yes"}))


def test_the_later_of_two_changes_of_a_day_holds_and_other_columns_stay(client: Client) -> None:
    predictor = client.service.live.snapshot.predictor
    groups = StoreGroups.of(predictor.panel.stores, predictor.panel.breakdown)
    changes = read_changes(f"{PROMOTION};store:1~{MONDAY}~{MONDAY}~Promo=0;store:2~{MONDAY}~{MONDAY}~Open=0", WORDS)
    rows = calendar_rows(predictor, groups, changes)
    assert rows.select("Store", "Date", "Promo", "Open").rows() == [
        (1, MONDAY, 0, None),
        (1, MONDAY + dt.timedelta(days=1), 1, None),
        (1, MONDAY + dt.timedelta(days=2), 1, None),
        (2, MONDAY, None, 0),
    ]


@pytest.mark.parametrize(
    "text",
    ["x", "store:1~a~b~Promo=1", "store:1~2014-01-01~2014-01-02~Sales=1", "store:1~2014-01-02~2014-01-01~Promo=1"],
)
def test_a_change_that_cannot_be_read_is_refused(browser: PageClient, text: str) -> None:
    with pytest.raises(DataError):
        read_changes(text, WORDS)
    assert "message refused" in browser.draw("/app/scenarios", "?" + urlencode({"a": text}))


def test_a_scenario_says_what_changes_with_an_interval_and_two_stand_beside_each_other(browser: PageClient) -> None:
    one = result(browser, a=PROMOTION, b="")
    assert "80% interval" in one
    assert "1 store changes" in one
    assert "beside each other" not in one
    assert "the calendar is so already" in result(browser, a=f"chain:chain~{MONDAY}~{MONDAY}~Open=1")
    both = result(browser, a=PROMOTION, b=CLOSED)
    assert "Two scenarios beside each other" in both
    assert "B less A" in both


def test_stores_that_there_are_not_days_that_are_not_ahead_and_keys_that_may_not_are_refused(
    browser: PageClient, client: Client, own: Path
) -> None:
    assert "There is no such store" in result(browser, a=PROMOTION.replace("store:1", "store:99"))
    assert "message refused" in result(browser, a="store:1~2001-01-01~2001-01-01~Promo=1")
    reader = PageClient(client)
    reader.log_in(make_key(home_url(own), "read"))
    assert "it needs the scope forecast" in result(reader, a=PROMOTION)


def test_a_scenario_is_kept_opened_compared_deleted_restored_and_published(browser: PageClient) -> None:
    for name, text in (("<b>One</b>", PROMOTION), ("South closed", CLOSED)):
        shown = result(browser, a=text)
        assert "Save scenario A" in shown
        search = "?" + urlencode({"a": text, "run": "yes"})
        saved = browser.act("scenario-save", "A", search, scenario_name=name, scenario_note="why")
        assert saved == (f"Scenario {name} is saved.", "done", True)
    assert browser.act("scenario-save", "A", search, scenario_name="South closed")[1] == "refused"
    assert browser.act("scenario-save", "A", "", scenario_name="x")[1] == "refused"
    drawn = browser.draw("/app/scenarios", "?saved=1,2")
    assert urlencode({"a": PROMOTION, "run": "yes"}) in drawn
    assert all(part in drawn for part in ("Saved scenarios beside each other", "All weeks", "Make it a plan version"))
    assert browser.act("scenario-publish", "2")[0] == "Version 1 of the plan is made of it, a draft."
    assert browser.act("scenario-publish", "2")[0] == "This scenario was published before, as version 1."
    assert "can be restored" in browser.act("scenario-delete", "1")[0]
    assert "Deleted scenarios" in browser.draw("/app/scenarios")
    assert browser.act("scenario-restore", "1") == ("Scenario <b>One</b> is back.", "done", True)
    assert browser.act("scenario-delete", "x")[1] == "refused"


def test_a_scenario_at_work_shows_how_far_it_is_and_is_cancelled_and_started_again(
    browser: PageClient, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, free = threading.Event(), threading.Event()
    whole = scenario_jobs.scenario_reply

    def slow(snapshot: Snapshot, calendar: pl.DataFrame, progress: Progress) -> list[bytes]:
        progress(0.3)
        begun.set()
        assert free.wait(30)
        return whole(snapshot, calendar, progress)

    monkeypatch.setattr(scenario_jobs, "scenario_reply", slow)
    text = PROMOTION.replace("store:1", "store:3")
    assert look(browser, a=text)[1] is False
    assert begun.wait(30)
    shown, ended = look(browser, a=text)
    assert ("30.0% is worked out" in shown, "scenario-cancel" in shown, ended) == (True, True, False)
    jobs = [each for each in range(1, 20) if client.get(f"/v1/jobs/{each}").json().get("state") == "running"]
    assert browser.act("scenario-cancel", str(jobs[0])) == ("It is cancelled.", "done", True)
    shown, ended = look(browser, a=text)
    assert ("It was cancelled." in shown, "scenario-again" in shown, ended) == (True, True, True)
    free.set()
    search = "?" + urlencode({"a": text, "run": "yes"})
    assert browser.act("scenario-again", "A", search)[1] == "done"
    assert "1 store changes" in result(browser, a=text)
