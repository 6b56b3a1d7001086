"""Explore: the questions of the report, asked of all stores or of some."""

import re

import pytest

from storecast.data.target import Target
from storecast.exploration.registry import ask, questions
from storecast.page.language import Words
from storecast.page.views.explore import drawn_answer, store_groups
from support.german_texts import english_in, texts_of_view
from support.page_client import PageClient
from support.panels import make_panel
from support.served_home import STORES


def test_a_question_is_answered_for_all_stores_and_for_a_group(browser: PageClient) -> None:
    everything = browser.draw("/app/explore", "?question=stores")
    assert questions()["stores"].title in everything
    assert "How this was worked out" in everything
    group = next(iter(store_groups(make_panel(stores=STORES, days=30)))).replace(" ", "+")
    of_group = browser.draw("/app/explore", f"?question=stores&group={group}", "de")
    assert "Wie das ermittelt wurde" in of_group
    assert "Welche Filialen sind ähnlich, welche stechen hervor?" in of_group
    assert of_group != everything
    assert '"label": "Region BY", "value": "State BY"' in of_group
    assert english_in(texts_of_view(of_group)) == []


@pytest.mark.parametrize("search", ["?question=nothing", "?question=stores&group=StoreType+z"])
def test_what_is_not_there_is_said(browser: PageClient, search: str) -> None:
    drawn = browser.draw("/app/explore", search)
    assert "There is no question 'nothing'" in drawn or "The chain has no group StoreType z." in drawn


def test_a_group_to_choose_has_stores_enough() -> None:
    panel = make_panel(stores=6, days=30)
    for name, stores in store_groups(panel).items():
        assert len(stores) >= 3, name


def test_a_chain_that_forecasts_something_else_is_spoken_of_in_its_words() -> None:
    question = questions()["stores"]
    answer = ask(make_panel(stores=STORES, days=200), question)
    drawn = repr(drawn_answer(answer, question, Words(), Target("Visitors")))
    assert "Visitors" in drawn
    assert not re.findall(r"[^.]*\bsales\b[^.]*", drawn)
    assert "no Visitors" in repr(drawn_answer("There are no sales.", question, Words(), Target("Visitors")))
