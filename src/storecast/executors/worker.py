"""What a worker does with an item: call the function, and bring home what came of it, log lines and errors among it.

Nothing heavy is imported here: a worker process sets its number of threads before the libraries that read it are imported.
"""

import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from logging.handlers import QueueHandler
from queue import SimpleQueue
from typing import Any

PACKAGE = "storecast"


@dataclass(frozen=True)
class Outcome:
    """What came of a call on a worker.

    Attributes
    ----------
    value : what the function returned; None where it raised
    error : what it raised; None where it returned
    records : the log lines of the package, in their order
    """

    value: Any = None
    error: Exception | None = None
    records: list[logging.LogRecord] = field(default_factory=list)

    def unwrap(self) -> Any:
        """Log here what was logged on the worker; return the value, or raise the error.

        Raises
        ------
        Exception
            what the function raised, with the worker's traceback as a note
        """
        for record in self.records:
            logger = logging.getLogger(record.name)
            if logger.isEnabledFor(record.levelno):
                logger.handle(record)
        if self.error is not None:
            raise self.error
        return self.value


def call(function: Callable[[Any, Any], Any], shared: Any, item: Any) -> Outcome:
    """Call a function on a worker.

    Parameters
    ----------
    function : called as ``function(shared, item)``
    shared : what all calls need
    item : what differs from call to call

    Returns
    -------
    Outcome
        that can be pickled as long as the value can
    """
    lines: SimpleQueue[logging.LogRecord] = SimpleQueue()
    handler = QueueHandler(lines)
    logger = logging.getLogger(PACKAGE)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    value, failure = None, None
    try:
        value = function(shared, item)
    except Exception as error:  # every error is the caller's, who raises it again
        failure = portable(error)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return Outcome(value, failure, [lines.get() for _ in range(lines.qsize())])


def portable(error: Exception) -> Exception:
    """Return an error that survives the way home, its traceback in a note.

    Some errors of libraries can be pickled, but not read again, as their constructor takes other arguments than they keep.
    """
    error.add_note(f"On the worker: {traceback.format_exc()}")
    try:
        same = type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301 - our own bytes
    except Exception:  # whatever its constructor or state does
        same = False
    if same:
        return error
    substitute = RuntimeError(f"{type(error).__name__}: {error}")
    substitute.add_note(f"On the worker: {traceback.format_exc()}")
    return substitute
