"""What runs on the workers of a cluster.

A worker needs no key and no password: it is handed a chain, and returns forecasts. Models that are kept are fitted and signed by
the caller.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from storecast.executors.versions import check_versions
from storecast.executors.worker import Outcome, call
from storecast.plugins import import_plugins

_ONE_AT_A_TIME = Lock()  # a worker may have several threads: what they share is made for one


@dataclass(frozen=True)
class Job:
    """What all items of a map are worked on with.

    Attributes
    ----------
    function : called as ``function(shared, item)``
    versions : of the caller
    plugins : modules of the caller's own models and features
    """

    function: Callable[[Any, Any], Any]
    versions: dict[str, str]
    plugins: tuple[str, ...]


def load_shared(payload: bytes) -> Any:
    """Return what items share."""
    return pickle.loads(payload)  # noqa: S301 - whoever can send it can send code, too


def work_on(job: Job, shared: Any, item: Any) -> Outcome:
    """Return what came of an item.

    Parameters
    ----------
    job : the function, and what it needs of the worker
    shared : what all calls need
    item : what differs from call to call
    """
    with _ONE_AT_A_TIME:
        return call(_checked, (job, shared), item)


def _checked(work: tuple[Job, Any], item: Any) -> Any:
    job, shared = work
    check_versions(job.versions)
    import_plugins(job.plugins)
    return job.function(shared, item)
