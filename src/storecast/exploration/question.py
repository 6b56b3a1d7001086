"""What a question is."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from storecast.data.panel import Panel
from storecast.report.section import Section, SectionBody

STATISTICS = ("linearmodels", "pandas", "statsmodels")  # the libraries of the extra ``explore``


@dataclass(frozen=True)
class Question:
    """A question about a chain; each folder of `storecast.exploration` has one.

    Attributes
    ----------
    key : its name on the command line, and of the files of its table
    position : its place in the report; the lowest comes first
    title : the question, as the report asks it
    short_title : its name in the contents of the report
    estimate : from a panel to a tidy table (see `storecast.exploration.shared.estimates`); raises NotAnswerableError, with the
        reason, where the data cannot answer
    section : from the tidy table, and nothing else, to the section of the report, so that every figure of a sentence stands
        in the table
    needs : libraries of the extra ``explore`` that ``estimate`` imports
    """

    key: str
    position: int
    title: str
    short_title: str
    estimate: Callable[[Panel], pl.DataFrame]
    section: Callable[[pl.DataFrame], SectionBody]
    needs: tuple[str, ...] = STATISTICS

    def titled_section(self, table: pl.DataFrame) -> Section:
        """Return the section of the report with its titles."""
        return Section(self.key, self.title, self.short_title, self.section(table))
