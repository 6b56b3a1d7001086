"""The protocol of executors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

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


@dataclass(frozen=True)
class LocalProgress:
    """A progress callback that stays with the caller: what reaches a worker in its place does nothing.

    Attributes
    ----------
    report : called with what is being done
    """

    report: Callable[[str], None]

    def __call__(self, step: str) -> None:
        """Report a step."""
        self.report(step)

    def __reduce__(self) -> tuple[Any, ...]:
        return LocalProgress, (_ignore,)


def _ignore(_: str) -> None:
    pass
