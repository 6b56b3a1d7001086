"""The sections by the name of their question, in the order of the report.

A section's module is imported when it is made: it names the parts of its question's table, and the questions need the
statistics of the extra ``explore``, which a program that only forecasts does without.
"""

from importlib import import_module

import polars as pl

from storecast.report.section import Section

ASKED = {
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


def make_section(name: str, table: pl.DataFrame) -> Section:
    """Make the section of a question from its tidy table."""
    made: Section = import_module(f"storecast.report.answers.{name}").section(table)
    return made
