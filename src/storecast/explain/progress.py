"""How work that somebody waits for says how far it is."""

from collections.abc import Callable

Progress = Callable[[float], None]  # is told the share that is done, and may end the work by an exception


def unwatched(share: float) -> None:
    """Take no notice of what share of the work is done."""
