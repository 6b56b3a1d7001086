"""Openings and closings: days around closures, weeks around long absences, and Sunday trading."""

from storecast.exploration.openings.estimate import estimate_openings
from storecast.exploration.openings.section import openings_section
from storecast.exploration.question import Question

QUESTION = Question(
    key="openings",
    position=80,
    title="What happens around closings and openings, and what does Sunday trading do?",
    short_title="Openings and closings",
    estimate=estimate_openings,
    section=openings_section,
    needs=("statsmodels",),
)
