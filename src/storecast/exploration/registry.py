"""All questions, in the order of the report: the ``QUESTION`` of every folder in this package."""

import logging
import pkgutil
import time
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec

import polars as pl
from threadpoolctl import threadpool_limits

from storecast import exploration
from storecast.data.panel import Panel
from storecast.errors import ConfigError, HistoryError, hint, quote
from storecast.exploration.question import Question

log = logging.getLogger(__name__)

SHARED = "shared"  # the one folder that is no question


@cache
def questions() -> dict[str, Question]:
    """Return the questions by key, in the order of the report.

    Importing them needs no library of the extra ``explore``.
    """
    folders = [folder.name for folder in pkgutil.iter_modules(exploration.__path__) if folder.ispkg]
    modules = (import_module(f"{exploration.__name__}.{name}") for name in folders if name != SHARED)
    ordered: list[Question] = sorted((module.QUESTION for module in modules), key=lambda one: one.position)
    by_key = {question.key: question for question in ordered}
    assert len(by_key) == len(ordered), "two questions have the same key"
    return by_key


def find_question(key: str) -> Question:
    """Return a question by its key.

    Raises
    ------
    ConfigError
        where there is no such question.
    """
    if key not in questions():
        raise ConfigError(
            f"There is no question {quote(key)}.{hint(key, questions())} There are: {', '.join(questions())}."
        )
    return questions()[key]


def missing_libraries(chosen: Iterable[Question]) -> list[str]:
    """Return the libraries that some questions need and this machine lacks, in alphabetical order."""
    needed = {name for question in chosen for name in question.needs}
    return sorted(name for name in needed if find_spec(name) is None)


def ask(panel: Panel, question: Question) -> pl.DataFrame | str:
    """Ask one question.

    Returns
    -------
    its tidy table; or, where these data cannot answer it, the reason in words
    """
    start = time.process_time()
    try:
        with threadpool_limits(1):  # small matrices: more threads would cost more than they bring
            table = question.estimate(panel)
    except HistoryError as error:
        log.info("%s: not answered: %s", question.key, error)
        return str(error)
    log.info("%s: %d estimates in %.1f CPU seconds", question.key, table.height, time.process_time() - start)
    return table
