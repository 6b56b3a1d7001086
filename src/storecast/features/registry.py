"""Features of one's own: a decorated function is asked at every origin, in training as in service."""

from collections.abc import Callable
from typing import TypeVar

from storecast.arrays import F32
from storecast.data.grid import Grid
from storecast.errors import ConfigError, quote

Feature = Callable[[Grid, int, slice], F32]
Found = TypeVar("Found", bound=Feature)

OWN = "own_"  # begins the name of the column
_FEATURES: dict[str, Feature] = {}


def feature(name: str) -> Callable[[Found], Found]:
    """Register a feature: a function of a grid, an origin and the days asked for, that returns (stores, days).

    The grid is cut at the origin: its sales end there, its calendar ends with the last day asked for. So the function
    cannot look ahead.
    """

    def decorate(function: Found) -> Found:
        if name in _FEATURES:
            raise ConfigError(f"A feature is already called {quote(name)}. Choose another name.")
        _FEATURES[name] = function
        return function

    return decorate


def feature_modules() -> dict[str, str]:
    """Return the module of each registered feature, by its name."""
    return {name: function.__module__ for name, function in _FEATURES.items()}


def any_own() -> bool:
    """Say whether a feature is registered."""
    return bool(_FEATURES)


def own_features(grid: Grid, origin: int, days: slice) -> dict[str, F32]:
    """Ask every registered feature."""
    return {f"{OWN}{name}": function(grid, origin, days) for name, function in _FEATURES.items()}
