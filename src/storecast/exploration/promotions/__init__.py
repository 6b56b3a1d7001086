"""Promotions: what they add to sales, customers and spend, and what they take from the weeks after."""

from storecast.exploration.promotions.estimate import estimate_promotions
from storecast.exploration.promotions.section import promotions_section
from storecast.exploration.question import Question

QUESTION = Question(
    key="promotions",
    position=60,
    title="What do promotions bring, and where does it come from?",
    short_title="Promotions",
    estimate=estimate_promotions,
    section=promotions_section,
)
