"""Where a search for a model's settings looks: the settings that are tried, and between which values.

A model declares its own, beside its settings. A setting that is searched has moved the score in trials; the others are left as
they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Between:
    """Numbers from one to another; evenly on a log scale where ``log`` is set."""

    low: float
    high: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return isinstance(self.low, int)


SearchSpace = Mapping[str, Between | tuple[str, ...]]  # by the names of settings
