"""What the texts of the first page are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storecast import schema as s
from storecast.language import Words
from storecast.report.amounts import Amounts
from storecast.report.front_page import PastTest, Week
from storecast.report.report_input import ReportInput

COMPARED = 0.98  # of the forecast, from which all of it counts as compared with last year


@dataclass(frozen=True, eq=False)
class FrontFacts:
    """The figures of the first page, and how its amounts are written.

    Attributes
    ----------
    report : the report's input
    outlook : of `facts.outlook`
    weeks : of the forecast
    tests : of the model in use, the newest first
    mean : its mean scores; None without any
    """

    report: ReportInput
    outlook: dict[str, Any]
    weeks: Sequence[Week]
    tests: Sequence[PastTest]
    mean: dict[str, Any] | None

    @property
    def words(self) -> Words:
        """The language."""
        return self.report.words

    @property
    def totals(self) -> Amounts:
        """How sums of the chain are written."""
        return Amounts.up_to(self.outlook["chain"][s.FORECAST], self.words, self.report.panel.target.unit)

    @property
    def weekly(self) -> Amounts:
        """How sums of a week are written."""
        return self.totals.finer(max(week.expected for week in self.weeks))


def off_text(facts: FrontFacts, error: float) -> str:
    """Return by how much a forecast was too high or too low, in words."""
    share = facts.words.percent(abs(error))
    if error > 0:
        return facts.words.text("{share} too high", share=share)
    return facts.words.text("{share} too low", share=share)
