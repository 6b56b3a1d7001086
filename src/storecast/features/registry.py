"""Features of one's own: a registered function is called at every origin, in training as in service."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from storecast.arrays import F32
from storecast.data.grid import Grid
from storecast.errors import ConfigError, quote
from storecast.features.drivers import DRIVERS, OWN_COLUMNS

FeatureFunction = Callable[[Grid, int, slice], F32]
Registered = TypeVar("Registered", bound=FeatureFunction)

OWN = "own_"  # begins the name of the column


@dataclass(frozen=True)
class OwnFeature:
    """A registered feature: how it is worked out, and the driver that it speaks for."""

    function: FeatureFunction
    driver: str


_FEATURES: dict[str, OwnFeature] = {}


def feature(name: str, driver: str = OWN_COLUMNS) -> Callable[[Registered], Registered]:
    """Register a feature: a function of a grid, an origin and the days ahead, that returns (stores, days).

    The grid is cut at the origin: its sales end there, its calendar ends with the last day ahead. So the function
    cannot look ahead.

    Parameters
    ----------
    name : of the feature; its column is called `own_` and the name
    driver : that the feature speaks for in explanations, one of `DRIVERS`

    Raises
    ------
    ConfigError
        where the name is taken, or there is no such driver
    """
    if driver not in DRIVERS:
        raise ConfigError(f"There is no driver {quote(driver)}. There are: {', '.join(DRIVERS)}.")

    def decorate(function: Registered) -> Registered:
        if name in _FEATURES:
            raise ConfigError(f"A feature is already called {quote(name)}. Choose another name.")
        _FEATURES[name] = OwnFeature(function, driver)
        return function

    return decorate


def feature_modules() -> dict[str, str]:
    """Return the module of each registered feature, by its name."""
    return {name: own.function.__module__ for name, own in _FEATURES.items()}


def any_own() -> bool:
    """Say whether a feature is registered."""
    return bool(_FEATURES)


def own_drivers() -> dict[str, str]:
    """Return the driver of each registered feature, by the name of its column."""
    return {f"{OWN}{name}": own.driver for name, own in _FEATURES.items()}


def own_features(grid: Grid, origin: int, days: slice) -> dict[str, F32]:
    """Work out every registered feature.

    Parameters
    ----------
    grid : cut at the origin
    origin : column of the last day known
    days : columns of the days ahead

    Returns
    -------
    by the name of the column, (stores, days) each

    Raises
    ------
    ConfigError
        where a feature returns another shape
    """
    columns = {f"{OWN}{name}": np.asarray(own.function(grid, origin, days)) for name, own in _FEATURES.items()}
    shape = grid.stores.height, days.stop - days.start
    for column, values in columns.items():
        if values.shape != shape:
            name = column.removeprefix(OWN)
            raise ConfigError(
                f"The feature {quote(name)} of {_FEATURES[name].function.__module__} returns the shape {values.shape!r}; expected "
                f"{shape!r}, a value for each store and day ahead."
            )
    return columns
