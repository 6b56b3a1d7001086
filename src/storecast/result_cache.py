"""Results that are worked out once for each snapshot, panel or database, and forgotten with it."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

Result = TypeVar("Result")


@dataclass(eq=False)
class _Entry:
    lock: Any = field(default_factory=Lock)  # whoever asks while the result is worked out waits for it
    known: bool = False
    result: Any = None


class ResultCache(Generic[Result]):
    """Results by what they were made of and a name.

    Parameters
    ----------
    most : results of one owner; the one that was asked for longest ago goes first
    """

    def __init__(self, most: int = 1) -> None:
        self._most = most
        self._lock = Lock()
        self._entries: WeakKeyDictionary[object, OrderedDict[Hashable, _Entry]] = WeakKeyDictionary()

    def get(self, owner: object, name: Hashable, work: Callable[[], Result]) -> Result:
        """Return a result, worked out where it is not known; nobody changes it.

        Parameters
        ----------
        owner : what it is made of, which never changes
        name : with all that the result depends on beside its owner
        work : works it out; where it fails, the next one tries again
        """
        with self._lock:
            entries = self._entries.setdefault(owner, OrderedDict())
            entry = entries.setdefault(name, _Entry())
            entries.move_to_end(name)
            while len(entries) > self._most:
                entries.popitem(last=False)
        with entry.lock:
            if not entry.known:
                entry.result = work()
                entry.known = True
            result: Result = entry.result
            return result
