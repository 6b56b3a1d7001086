"""Work on parts side by side, in processes of their own."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from storecast.cpus import thread_count, thread_variables

Item = TypeVar("Item")
Result = TypeVar("Result")


def results_of(function: Callable[[Item], Result], items: Sequence[Item], processes: int) -> Iterator[Result]:
    """Yield the result of each item, in their order; after the first error no further item is begun.

    Parameters
    ----------
    function : that can be pickled: of a module, or a partial of one
    items : that can be pickled
    processes : side by side; 1: in this process
    """
    processes = min(processes, len(items))
    if processes <= 1:
        yield from map(function, items)
        return
    threads = str(max(1, thread_count() // processes))
    set_before = {name: os.environ.get(name) for name in thread_variables({})}
    os.environ.update(dict.fromkeys((name for name in set_before if name != WAITING), threads))
    os.environ[WAITING] = "PASSIVE"
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_start)
    try:
        yield from pool.map(function, items)
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in set_before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


WAITING = "OMP_WAIT_POLICY"


def _start() -> None:
    """Keep the log of a process to itself: what a part has to say is in its result."""
    logging.getLogger("storecast").addHandler(logging.NullHandler())
