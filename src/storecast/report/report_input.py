"""What a report is made of."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from storecast.data.clean import Repair
from storecast.data.panel import Panel
from storecast.language import Words
from storecast.plan.summary import BudgetFigures
from storecast.report.exploration_page import ExplorationPart
from storecast.report.since_last import SinceLast

LOCALE = Path(__file__).parent / "locale"


def report_words(language: str = "en") -> Words:
    """Return the words of the report in a language.

    Raises
    ------
    ConfigError
        where there is no such language
    """
    return Words(LOCALE, language)


@dataclass(frozen=True, eq=False)
class ReportInput:
    """What the report is made of.

    Attributes
    ----------
    forecast, sums : the rows of forecast.csv and of totals.csv
    panel : the chain
    scores : what scores.json holds
    repairs : of the data
    backtest : every row of the scored windows
    model, champion : the model file, and the kind of model in it
    cutoff : the last day whose sales were known
    created : when the run ended, UTC
    exploration : what moves sales and customers; None without an exploration
    contributions : of some stores' forecasts, as `explain.explanations.explain` returns them; None where the model has none
    drivers : how far each driver moves the forecasts, as `explain.explanations.importance` returns it
    chain_days : the chain's days as rows of totals.csv, with bounds where they are known; None: they are not
    since : what moved since the forecast before; None where there is none
    budget : the budget beside the forecast; None where there is none
    words : of the language
    """

    forecast: pl.DataFrame
    sums: pl.DataFrame
    panel: Panel
    scores: dict[str, Any]
    repairs: Sequence[Repair]
    backtest: pl.DataFrame
    model: str
    champion: str
    cutoff: dt.date
    created: dt.datetime
    exploration: ExplorationPart | None = None
    contributions: pl.DataFrame | None = None
    drivers: pl.DataFrame | None = None
    chain_days: pl.DataFrame | None = None
    since: SinceLast | None = None
    budget: BudgetFigures | None = None
    words: Words = report_words()  # noqa: RUF009 - it is frozen
