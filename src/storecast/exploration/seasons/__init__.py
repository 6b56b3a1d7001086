"""Seasons: weekday, month, day of the month, trend, Christmas, Easter and summer, and how strong each is."""

from storecast.exploration.question import Question
from storecast.exploration.seasons.estimate import estimate_seasons
from storecast.exploration.seasons.section import seasons_section

QUESTION = Question(
    key="seasons",
    position=40,
    title="How do seasons move sales?",
    short_title="Seasons",
    estimate=estimate_seasons,
    section=seasons_section,
)
