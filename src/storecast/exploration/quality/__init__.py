"""Data quality: what is missing and odd, outliers, and how sales and customers are distributed."""

from storecast.exploration.quality.estimate import estimate_quality
from storecast.exploration.quality.section import quality_section
from storecast.exploration.question import Question

QUESTION = Question(
    key="quality",
    position=10,
    title="Can the data be trusted?",
    short_title="Data quality",
    estimate=estimate_quality,
    section=quality_section,
    needs=("statsmodels",),
)
