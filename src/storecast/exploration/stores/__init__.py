"""Stores: what is measured of each, groups of similar ones, and those that stand out."""

from storecast.exploration.question import Question
from storecast.exploration.stores.estimate import estimate_stores
from storecast.exploration.stores.section import stores_section

QUESTION = Question(
    key="stores",
    position=110,
    title="Which stores are alike, and which stand out?",
    short_title="Stores",
    estimate=estimate_stores,
    section=stores_section,
    needs=("statsmodels",),
)
