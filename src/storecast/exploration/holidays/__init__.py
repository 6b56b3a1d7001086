"""Holidays: what stores sell on the days before, between and after them."""

from storecast.exploration.holidays.estimate import estimate_holidays
from storecast.exploration.holidays.section import holidays_section
from storecast.exploration.question import Question

QUESTION = Question(
    key="holidays",
    position=30,
    title="What happens before, during and after holidays?",
    short_title="Holidays",
    estimate=estimate_holidays,
    section=holidays_section,
)
