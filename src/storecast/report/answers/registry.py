"""The sections by the name of their question."""

from collections.abc import Callable

import polars as pl

from storecast.report.answers import (
    alike,
    assortment,
    competition,
    customers,
    holidays,
    openings,
    promotions,
    quality,
    response,
    seasons,
    stores,
)
from storecast.report.section import Section

SECTIONS: dict[str, Callable[[pl.DataFrame], Section]] = {
    "quality": quality.section,
    "alike": alike.section,
    "holidays": holidays.section,
    "seasons": seasons.section,
    "customers": customers.section,
    "promotions": promotions.section,
    "response": response.section,
    "openings": openings.section,
    "assortment": assortment.section,
    "competition": competition.section,
    "stores": stores.section,
}
ASKED = {  # how the report asks, where a question cannot be answered
    "quality": "Can the data be trusted?",
    "alike": "Are the days to be forecast like the days to learn from?",
    "holidays": "What happens before, during and after holidays?",
    "seasons": "How do seasons move sales?",
    "customers": "How do sales and customers hang together?",
    "promotions": "What do promotions bring, and where does it come from?",
    "response": "Which stores should run promotions, and when?",
    "openings": "What happens around closings and openings, and what does Sunday trading do?",
    "assortment": "How do store types and assortments differ?",
    "competition": "What does competition do?",
    "stores": "Which stores are alike, and which stand out?",
}
