"""What somebody may write into the address of a view: whatever it is, the view is drawn, or says what is wrong with it."""

import json
from urllib.parse import quote

import pytest

from storecast.page.addresses import VIEW_NAMES
from support.page_client import PageClient, callback

REFUSING = {  # parameters by which a view refuses to be drawn, each with what it says
    "store": ("store", "The chain has no store"),
    "explore": ("question", "There is no question"),
}
DEFAULTING = {  # parameters of each view that fall back on what is usual
    "store": ("day", "weeks"),
    "plan": ("version", "part", "level", "what", "weeks", "before", "all"),
    "scenarios": ("run",),
    "promotions": ("budget", "weeks", "most", "needed"),
    "accuracy": ("weeks",),
    "data": ("rows",),
}
HOSTILE = [
    "",
    "-1",
    "1e999",
    "NaN",
    "9" * 5000,
    "²",
    "<script>alert(1)</script>",
    "=1+1",
    "0001-01-01",
    "9999-12-31",
    "2013-13-45",
    "\x00",
    "%ff\u202e🦊",
    "x" * 20_000,
]
CHANGES = [
    *("~", "chain:chain~2014-02-25~2014-02-25~Sales=1", "chain:chain~2014-02-26~2014-02-25~Promo=1"),
    "chain:chain~2014-02-25~2014-02-25~Promo=2",
    "chain:chain~2014-02-25~2014-02-25~Promo=1;" * 101,
]
BEYOND = ["chain:chain~0001-01-01~9999-12-31~Promo=1", "store:1~9999-12-31~9999-12-31~Open=0"]
STRANGE = ["?=&&&%ff=%00", "no question mark&" + "weeks=4&" * 3000 + "store=<b>&store=2"]


@pytest.fixture
def published(browser: PageClient) -> PageClient:
    assert browser.act("plan-publish")[1] == "done"
    return browser


@pytest.mark.parametrize("view", list(DEFAULTING))
def test_a_view_is_drawn_whatever_its_address_holds(published: PageClient, view: str) -> None:
    usual = published.draw(f"/app/{view}")
    assert "message refused" not in usual
    for value in HOSTILE:
        search = "?" + "&".join(f"{name}={quote(value, safe='')}" for name in DEFAULTING[view])
        drawn = published.draw(f"/app/{view}", search)
        assert "message refused" not in drawn, value
        if "script" in value:
            assert value not in drawn


@pytest.mark.parametrize(
    "view", sorted({*VIEW_NAMES} - {"explore"})
)  # its two parameters are tried above, and it is slow
def test_a_view_is_drawn_by_an_address_that_is_none_of_the_page(published: PageClient, view: str) -> None:
    for search in STRANGE:
        assert "refused" not in published.draw(f"/app/{view}", search)


@pytest.mark.parametrize("view", list(REFUSING))
def test_a_view_says_what_it_does_not_know(published: PageClient, view: str) -> None:
    name, refusal = REFUSING[view]
    for value in HOSTILE:
        drawn = published.draw(f"/app/{view}", f"?{name}={quote(value, safe='')}")
        assert refusal in drawn or not value, value
    assert "The chain has no group" in published.draw("/app/explore", "?group=%3Cscript%3E")


def test_a_scenario_that_cannot_be_read_is_said_and_one_of_all_times_takes_no_memory(published: PageClient) -> None:
    for changes in (*CHANGES, *filter(None, HOSTILE)):
        assert "message refused" in published.draw("/app/scenarios", f"?a={quote(changes, safe='')}&run=yes"), changes
    for changes in BEYOND:
        body = callback("scenario-result.children", {"scenario-run.data": {"a": changes}})
        answer = published.post(body)
        assert answer.status_code == 200
        assert "A change lies outside the days ahead" in json.dumps(answer.json()), changes
    for strange in ([], "x", {"a": 1, "b": None}):
        assert published.post(callback("scenario-result.children", {"scenario-run.data": strange})).status_code == 200
