"""The questions by name, in the order of the report; asking one needs the statistics of the extra ``explore``."""

import logging
import time
from collections.abc import Callable

import polars as pl
from threadpoolctl import threadpool_limits

from storecast.data.panel import Panel
from storecast.errors import ConfigError, HistoryError, quote
from storecast.questions.alike import alike
from storecast.questions.assortment import assortment
from storecast.questions.competition import competition
from storecast.questions.customers import customers
from storecast.questions.holidays import holidays
from storecast.questions.openings import openings
from storecast.questions.promotions import promotions
from storecast.questions.quality import quality
from storecast.questions.response import response
from storecast.questions.seasons import seasons
from storecast.questions.stores import stores

log = logging.getLogger(__name__)

QUESTIONS: dict[str, Callable[[Panel], pl.DataFrame]] = {
    "quality": quality,
    "alike": alike,
    "holidays": holidays,
    "seasons": seasons,
    "customers": customers,
    "promotions": promotions,
    "response": response,
    "openings": openings,
    "assortment": assortment,
    "competition": competition,
    "stores": stores,
}


def ask(panel: Panel, name: str) -> pl.DataFrame | str:
    """Ask one question.

    Returns
    -------
    its tidy table; or, where these data cannot answer it, the reason in words
    """
    if name not in QUESTIONS:
        raise ConfigError(f"There is no question {quote(name)}. There are: {', '.join(QUESTIONS)}.")
    begin = time.process_time()
    try:
        with threadpool_limits(1):  # small matrices: more threads would cost more than they bring
            table = QUESTIONS[name](panel)
    except HistoryError as error:
        log.warning("%s: not answered: %s", name, error)
        return str(error)
    log.info("%s: %d estimates in %.1f CPU seconds", name, table.height, time.process_time() - begin)
    return table
