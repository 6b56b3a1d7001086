"""Logging: one line an event to the screen, as text or JSON, and to a file where a run keeps one."""

import datetime as dt
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storecast.files import atomic_write

FIELDS = (
    "request",
    "key",
    "key_name",
    "client",
    "method",
    "route",
    "status",
    "ms",
    "rows",
    "model",
    "trace_id",
)  # that a line may have beside its message
TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonFormatter(logging.Formatter):
    """A JSON object a line: time, level, logger, message, what else a line has, and the traceback where there is one.

    The time is ISO 8601 in UTC; of a request it is the moment at which it was over.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        moment = dt.datetime.fromtimestamp(record.__dict__.get("at", record.created), dt.UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: record.__dict__[name] for name in FIELDS if record.__dict__.get(name) is not None}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class PlainFormatter(logging.Formatter):
    """What a person should know, without time and logger: for a command that shows no more than warnings."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one sentence."""
        message = record.getMessage()
        text = message if message.endswith((".", "!", "?")) else f"{message}."
        traceback = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{'Note' if record.levelno <= logging.WARNING else 'Error'}: {text}{traceback}"


class _Screen(logging.Handler):
    """Writes to stderr as it is when a line comes: whoever put another in its place may have closed it since."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            self.handleError(record)


class _File(logging.FileHandler):
    """Writes to a file; where the disk takes no more, that ends the command as any other file would."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the name and signature of logging
        """Raise what is being handled."""
        raise


def log_to_screen(form: str, *, verbose: bool = True) -> None:
    """Send the package's log to stderr, as ``text`` or ``json``; a file of the log has all of it in any case.

    Parameters
    ----------
    form : text or json
    verbose : with time and logger, and events of every kind; else warnings alone, as sentences
    """
    handler = _Screen(logging.INFO if verbose else logging.WARNING)
    handler.setFormatter(_formatter(form) if verbose or form == "json" else PlainFormatter())
    logger = logging.getLogger("storecast")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


@contextmanager
def log_file(path: Path) -> Iterator[None]:
    """Keep the log of what follows in a file, in the form that the screen has; it is replaced when all went well."""
    logger = logging.getLogger("storecast")
    with atomic_write(path) as draft:
        handler = _File(draft, encoding="utf-8")
        json_on_screen = any(isinstance(each.formatter, JsonFormatter) for each in logger.handlers)
        handler.setFormatter(_formatter("json" if json_on_screen else "text"))
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            handler.close()


def _formatter(form: str) -> logging.Formatter:
    return JsonFormatter() if form == "json" else logging.Formatter(TEXT)
