"""Where the work on parts is done: in this process, or side by side in several."""

from collections.abc import Iterator
from contextlib import contextmanager

from storecast.executors.base import Executor
from storecast.executors.processes import ProcessExecutor
from storecast.executors.serial import SERIAL


@contextmanager
def executor_of(processes: int, *, own_process: bool = False) -> Iterator[Executor]:
    """Yield what works on parts: one after another in this process, or in so many processes of their own.

    Parameters
    ----------
    processes : side by side
    own_process : whether one alone is no part of this process either: what it held is free again when it ends
    """
    if processes == 1 and not own_process:
        yield SERIAL
    else:
        with ProcessExecutor(processes) as executor:
            yield executor
