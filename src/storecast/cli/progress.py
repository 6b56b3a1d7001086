"""What is being done, on stderr: a line for each stage that ends, and below it the step at work and the time left.

Results go to stdout and are no part of this. With ``--log-format json`` the log takes the place of the lines.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from storecast.logs import log_to_screen


class Stages:
    """The stages of a job in their order: a line for each that has ended; a step with another name belongs to the one at work.

    Parameters
    ----------
    names : of the stages
    bar : shows the step at work
    quiet : print no line; the log says it
    """

    def __init__(self, names: Sequence[str], bar: Progress, *, quiet: bool) -> None:
        self._names = tuple(names)
        self._bar = bar
        self._task = bar.add_task("starting", total=None, left="")
        self._quiet = quiet
        self._at = -1
        self._begin = self._stage_begin = time.monotonic()
        self._seconds: Mapping[str, float] = {}

    def __call__(self, step: str, /) -> None:
        """Report a stage or a step that begins."""
        if step in self._names[self._at + 1 :]:
            self._end_stage()
            self._at = self._names.index(step)
            self._stage_begin = time.monotonic()
        description = f"{self._count} {step}" if self._names else step
        self._bar.update(self._task, description=escape(description), left=self._left())

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Take the stages in their order, the ended ones among them, and what each is likely to take; 0: nobody knows.

        The time left is worked out from it.
        """
        self._names = tuple(seconds)
        self._seconds = seconds

    def rows(self, step: str, done: int, rows: int, /) -> None:
        """Report a stage that begins or goes on, by the rows of sales that are done of all."""
        self(step)
        share = done / max(1, rows)
        left = f"{share:.0%} of the rows" if share else ""
        if 0 < share < 1:
            taken = time.monotonic() - self._stage_begin
            left = f"{left}, about {in_time(taken * (1 - share) / share)} left"
        self._bar.update(self._task, left=left)

    def tell(self, sentence: str) -> None:
        """Print a sentence above the step at work."""
        if not self._quiet:
            self._bar.console.print(escape(sentence), highlight=False, soft_wrap=not self._bar.console.is_terminal)

    def end(self) -> None:
        """Print the line of the last stage."""
        self._end_stage()

    @property
    def _count(self) -> str:
        return f"{max(self._at, 0) + 1} of {len(self._names)}"

    def _end_stage(self) -> None:
        if self._at >= 0:
            seconds = time.monotonic() - self._stage_begin
            self.tell(f"{self._count}  {self._names[self._at]}: {in_time(seconds)}")

    def _left(self) -> str:
        """Return the time left in words, by what the stages so far took in place of what was expected."""
        ahead = sum(self._seconds.get(name, 0.0) for name in self._names[self._at :])
        behind = sum(self._seconds.get(name, 0.0) for name in self._names[: max(self._at, 0)])
        if not ahead:
            return ""
        taken = self._stage_begin - self._begin
        pace = max(1.0, taken / behind) if behind else 1.0
        left = ahead * pace - (time.monotonic() - self._stage_begin)
        return f"about {in_time(left)} left" if left > 0 else "nearly done"


@contextmanager
def working(
    log_format: str, step: str = "starting", *, verbose: bool = False, stages: Sequence[str] = ()
) -> Iterator[Stages]:
    """Send the log to stderr, and show there what is being done.

    Parameters
    ----------
    log_format : text or json
    step : the first one
    verbose : whether the text log holds more than warnings; as JSON it always does
    stages : of the job; a line says when one of them has ended
    """
    json = log_format == "json"
    log_to_screen(log_format, verbose=verbose or json)
    with _bar() as bar:
        report = Stages(stages, bar, quiet=json)
        report(step)
        yield report
        report.end()


def in_time(seconds: float) -> str:
    """Return a time in words, as exact as one can believe it.

    Examples
    --------
    >>> in_time(8.2), in_time(200), in_time(7300)
    ('8 s', '3 min', '2.0 h')
    """
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _bar() -> Progress:
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TextColumn("{task.fields[left]}")
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
