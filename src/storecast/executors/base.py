"""The protocol of executors."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Calls a function on every item, somewhere."""

    def map(
        self, function: Callable[[Shared, Item], Result], items: Sequence[Item], *, shared: Shared, label: str
    ) -> Iterator[Result]:
        """Yield what a function returns for each item, in the order of the items.

        Parameters
        ----------
        function : at the top level of a module that workers can import, too; called as ``function(shared, item)``
        items : what differs from call to call; small
        shared : what all calls need, such as a chain: it travels to a worker once, not once an item
        label : what the items are, in the plural, for the log: "windows"

        Raises
        ------
        WorkersLostError
            where workers are lost and nobody is left to do their work
        """
        ...
