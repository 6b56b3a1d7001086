"""The stores' response to promotions: which gain most, when, and what moving promotions would bring."""

from storecast.exploration.question import Question
from storecast.exploration.response.estimate import estimate_response
from storecast.exploration.response.section import response_section

QUESTION = Question(
    key="response",
    position=70,
    title="Which stores should run promotions, and when?",
    short_title="Promotions by store",
    estimate=estimate_response,
    section=response_section,
    needs=("statsmodels",),
)
