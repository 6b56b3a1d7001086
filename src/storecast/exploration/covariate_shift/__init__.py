"""Covariate shift: whether the days to be forecast are like the days to learn from, in all that is known ahead."""

from storecast.exploration.covariate_shift.estimate import estimate_covariate_shift
from storecast.exploration.covariate_shift.section import covariate_shift_section
from storecast.exploration.question import Question

QUESTION = Question(
    key="alike",
    position=20,
    title="Are the days to be forecast like the days to learn from?",
    short_title="Past and ahead",
    estimate=estimate_covariate_shift,
    section=covariate_shift_section,
    needs=(),
)
