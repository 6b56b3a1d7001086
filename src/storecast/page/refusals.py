"""What is said of a request that is refused, in the language of the page."""

import logging

from storecast.errors import CellsError, DatabaseError, UserError
from storecast.page.language import Words
from storecast.service.problems import Problem, of_error

log = logging.getLogger(__name__)


def refused(error: Problem | UserError, words: Words) -> Problem:
    """Return what is to be said of a refusal; of a database that does not answer, the log has the reason.

    Parameters
    ----------
    error : as it was raised
    words : the language
    """
    if isinstance(error, DatabaseError):
        log.warning("%s", error)
    problem = error if isinstance(error, Problem) else of_error(error)
    detail = problem.detail
    if isinstance(error, CellsError) or (isinstance(error, UserError) and detail == str(error)):
        detail = error.message  # a reply has cells in a list of their own, the page has them in its text
    return Problem(problem.kind, words.message(detail), problem.places)
