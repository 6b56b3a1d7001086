"""Columns of the chain's own: what those that are known ahead move, and how those of the past alone are used."""

from storecast.exploration.own_columns.estimate import estimate_own_columns
from storecast.exploration.own_columns.section import own_columns_section
from storecast.exploration.question import Question

QUESTION = Question(
    key="own_columns",
    position=65,
    title="What do your own columns move?",
    short_title="Your own columns",
    estimate=estimate_own_columns,
    section=own_columns_section,
)
