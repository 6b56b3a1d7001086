"""Store types and assortments: level, growth and weekday profile."""

from storecast.exploration.assortment.estimate import estimate_assortment
from storecast.exploration.assortment.section import assortment_section
from storecast.exploration.question import Question

QUESTION = Question(
    key="assortment",
    position=90,
    title="How do store types and assortments differ?",
    short_title="Types and assortments",
    estimate=estimate_assortment,
    section=assortment_section,
    needs=("statsmodels",),
)
