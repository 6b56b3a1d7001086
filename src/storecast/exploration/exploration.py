"""The questions that were asked of one chain, with their answers."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import polars as pl

from storecast.answers import ENGLISH
from storecast.data.panel import Panel
from storecast.data.target import Target
from storecast.errors import ConfigError
from storecast.exploration.registry import ask, find_question, missing_libraries, questions
from storecast.notebook import Shown
from storecast.report.exploration_page import ExplorationPart
from storecast.report.section import Section
from storecast.report.target_words import worded_section
from storecast.report.translation import translated_section
from storecast.stages import Progress


@dataclass(frozen=True, eq=False, repr=False)
class Exploration(Shown):
    """The answers to some questions about a chain.

    Attributes
    ----------
    tables : the tidy table of each question that was answered, by its key, in the order of the report
    unanswered : the reason for each of the others, by its key
    first, last : the first and the last day with sales
    target : the figure that the chain forecasts, which the answers speak of
    """

    tables: Mapping[str, pl.DataFrame]
    unanswered: Mapping[str, str]
    first: dt.date
    last: dt.date
    target: Target = field(default_factory=Target)

    def _facts(self) -> dict[str, object]:
        """Return which questions were answered, for `repr` and notebooks."""
        return {"answered": ", ".join(self.tables), "not answered": ", ".join(self.unanswered) or "none"}

    def _html_tables(self) -> tuple[str, ...]:
        """Return the answers in words."""
        answers = (f"<dt>{escape(one.title)}</dt><dd>{escape(one.body.answer)}</dd>" for one in self.worded_sections())
        return (f"<dl>{''.join(answers)}</dl>",)

    def sections(self) -> list[Section]:
        """Return the sections of the report, one for each table."""
        return [find_question(key).titled_section(table) for key, table in self.tables.items()]

    def worded_sections(self, language: str = ENGLISH) -> list[Section]:
        """Return the sections in a language, in the words of the figure that is forecast.

        Parameters
        ----------
        language : a code, as of `storecast.language.Words`
        """
        return [worded_section(translated_section(each, language), self.target) for each in self.sections()]

    def worded_reasons(self) -> dict[str, str]:
        """Return why questions were not answered, by their key, in the words of the figure that is forecast."""
        return {key: self.target.worded(reason) for key, reason in self.unanswered.items()}

    def report_part(self) -> ExplorationPart:
        """Return what the report shows of it."""
        reasons = [(find_question(key).title, reason) for key, reason in self.unanswered.items()]
        return ExplorationPart(self.sections(), reasons, self.first, self.last)


def explore_panel(panel: Panel, keys: Sequence[str], progress: Progress) -> Exploration:
    """Ask questions of a panel, one after the other.

    Parameters
    ----------
    keys : of the questions; empty: all of them
    progress : takes the name of each step

    Raises
    ------
    ConfigError
        where a library of the extra ``explore`` is missing, or there is no such question.
    """
    chosen = [find_question(key) for key in keys or questions()]
    missing = missing_libraries(chosen)
    if missing:
        raise ConfigError(
            f"Exploration needs {', '.join(missing)}, not installed here. Install the extra: pip install 'storecast[explore]'."
        )
    tables: dict[str, pl.DataFrame] = {}
    unanswered: dict[str, str] = {}
    for number, question in enumerate(chosen, 1):
        progress(f"question {number} of {len(chosen)}: {question.key}")
        answer = ask(panel, question)
        if isinstance(answer, str):
            unanswered[question.key] = answer
        else:
            tables[question.key] = answer
    return Exploration(tables, unanswered, panel.first, panel.end, panel.target)
