"""What a run's summary says of the data is a sentence: one row in the singular, examples said to be some of more."""

from string import Formatter

import pytest

from storecast.data.cleaning_rules import RULES, Repair
from storecast.data.notice_sentences import SENTENCES


@pytest.mark.parametrize("rule", sorted(SENTENCES))
def test_every_sentence_of_a_summary_belongs_to_a_rule_and_names_it(rule: str) -> None:
    assert rule in RULES
    for rows in (1, 12):
        sentence = Repair(rule, RULES[rule], "kept", rows, ("a day",)).sentence
        assert sentence.endswith(f"(rule {rule}).")
        assert "a day" in sentence
        assert "kept" in sentence
    names = {name for form in SENTENCES[rule] for _, name, _, _ in Formatter().parse(form) if name}
    assert names <= {"rows", "action", "examples"}


def test_one_store_day_is_told_in_the_singular_and_some_of_many_are_said_to_be_examples() -> None:
    one = Repair("broken_days", RULES["broken_days"], "kept", 1, ("2017-07-12: store 47",)).sentence
    many = Repair("broken_days", RULES["broken_days"], "kept", 142, ("a", "b", "c")).sentence
    assert one.startswith("1 store-day sold a quarter of what is usual on its weekday or less")
    assert "(2017-07-12: store 47): kept" in one
    assert many.startswith("142 store-days sold")
    assert "(such as a; b; c): kept" in many
