"""Work in the process of the caller."""

from collections.abc import Callable, Iterator, Sequence

from storecast.executors.base import Item, Result, Shared


class SerialExecutor:
    """Calls the function here, one item after another, each when its result is asked for."""

    def map(
        self,
        function: Callable[[Shared, Item], Result],
        items: Sequence[Item],
        *,
        shared: Shared,
        label: str,  # noqa: ARG002 - the protocol's signature
    ) -> Iterator[Result]:
        """Yield what a function returns for each item.

        Parameters
        ----------
        function : called as ``function(shared, item)``
        items : what differs from call to call
        shared : what all calls need
        label : what the items are; not used here
        """
        for item in items:
            yield function(shared, item)


SERIAL = SerialExecutor()
