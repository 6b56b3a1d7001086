"""Competition: the distance of the nearest competitor, and what happens when one opens."""

from storecast.exploration.competition.estimate import estimate_competition
from storecast.exploration.competition.section import competition_section
from storecast.exploration.question import Question

QUESTION = Question(
    key="competition",
    position=100,
    title="What does competition do?",
    short_title="Competition",
    estimate=estimate_competition,
    section=competition_section,
    needs=("statsmodels",),
)
