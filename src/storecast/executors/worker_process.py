"""The main program of a worker process: ``python -m storecast.executors.worker_process FD``.

It takes messages from the connection to its caller, the file descriptor FD, and answers each item with its outcome. It ends when
the connection does, in the middle of an item if need be: when the caller is gone, nobody waits for the result.
"""

import os
import pickle
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any

from storecast.executors.worker import Outcome, call

SHARED = b"shared"  # the message after this one is what the items that follow share


class _Shared:
    """What items share, read when the first of them needs it."""

    def __init__(self, payload: bytes) -> None:
        self._payload: bytes | None = payload
        self._value: Any = None

    def value(self) -> Any:
        if self._payload is not None:
            self._value, self._payload = pickle.loads(self._payload), None  # noqa: S301 - from the process that started this one
        return self._value


def main(descriptor: int) -> None:
    """Answer items until the caller hangs up.

    The first message is the caller's import path, so that its modules are found here. A message that follows is a function with
    its item, or `SHARED`. All are pickled.
    """
    from storecast.plugins import import_plugins

    caller = Connection(descriptor)
    messages: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(caller, messages), daemon=True).start()
    sys.path[:] = pickle.loads(messages.get())  # noqa: S301 - as above
    import_plugins()
    shared = _Shared(pickle.dumps(None))
    while True:
        message = messages.get()
        if message == SHARED:
            shared = _Shared(messages.get())
            continue
        _send(caller, call(_unpack_and_call, shared, message))


def _receive(caller: "Connection[Any, Any]", messages: "SimpleQueue[bytes]") -> None:
    """Take messages, also while an item is worked on; end the process when the caller is gone."""
    try:
        while True:
            messages.put(caller.recv_bytes())
    except (EOFError, OSError):
        os._exit(1)


def _unpack_and_call(shared: _Shared, message: bytes) -> Any:
    function: Callable[[Any, Any], Any]
    function, item = pickle.loads(message)  # noqa: S301 - as above
    return function(shared.value(), item)


def _send(caller: "Connection[Any, Any]", outcome: Outcome) -> None:
    try:
        caller.send(outcome)
    except (pickle.PicklingError, TypeError, AttributeError) as error:  # nothing has been sent
        caller.send(Outcome(error=TypeError(f"The result cannot travel: {error}")))


if __name__ == "__main__":
    main(int(sys.argv[1]))
