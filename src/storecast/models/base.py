"""The Forecaster protocol, and models by name.

A model is fitted on the past of a window and asked for the days after it. It answers with the median of log sales; what
turns medians into expected values and bounds is `uncertainty.calibration`, the same for every model.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, runtime_checkable

import polars as pl

from storecast import plugins
from storecast.arrays import F64
from storecast.data.panel import Panel, Window
from storecast.errors import ConfigError, hint, quote
from storecast.models.built_in import BUILT_IN, built_in_factory
from storecast.models.search_space import SearchSpace
from storecast.models.settings import NONE, Settings, changed

SETTINGS = "settings.json"  # the part of a model file that holds them, where they are not the usual ones


class Forecaster(Protocol):
    """What every model can do.

    ``features`` and ``predict`` are the two halves of a forecast: the first works out what the model looks at, the second
    asks the fitted model. A model file stores a few rows of features with their predictions, and a loader asks again.
    """

    @property
    def name(self) -> str:
        """The name by which it is registered."""
        ...

    def fit(self, past: Panel, horizon: int) -> None:
        """Learn from the past alone."""
        ...

    def features(self, window: Window, calendar: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return a row for each store and day after the window's cutoff, with all that `predict` needs.

        Parameters
        ----------
        window : its past is what was learned from, its future the days asked for
        calendar : rows of some stores, sorted by Store and Date, that stand for the window's future; None: the future itself
        """
        ...

    def predict(self, features: pl.DataFrame) -> F64:
        """Return the median of log sales for each row of features, should the store be open, (rows,)."""
        ...

    def state(self) -> dict[str, bytes]:
        """Return the fitted model as named parts, none of which can hold code."""
        ...

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take the state of a fitted model."""
        ...


@runtime_checkable
class Configurable(Protocol):
    """A model with settings that can be changed before it is fitted."""

    settings: Any  # a frozen dataclass


@runtime_checkable
class Tunable(Configurable, Protocol):
    """A model that declares where a search for its settings looks."""

    @property
    def search_space(self) -> SearchSpace:
        """The settings that are tried, and between which values; empty: none."""
        ...


@runtime_checkable
class NeedsLibraries(Protocol):
    """A model that is fitted with libraries which may be missing."""

    def check_libraries(self) -> None:
        """Refuse a fit on this machine.

        Raises
        ------
        ConfigError
            where a library is not installed
        """
        ...


@runtime_checkable
class Combined(Protocol):
    """A model that is made of others, which have the settings."""

    members: Mapping[str, Forecaster]


Factory = TypeVar("Factory", bound=Callable[[bool], Forecaster])
_REGISTERED: dict[str, tuple[Callable[[bool], Forecaster], int]] = {}  # by plug-ins: the factory and its complexity


def register(name: str, *, complexity: int = 10) -> Callable[[Factory], Factory]:
    """Register what makes a model: a function of ``fast`` (True: a quicker, slightly less accurate version).

    Parameters
    ----------
    complexity : the place from simple to complex; a simpler model stays in use unless a more complex one is clearly better

    Raises
    ------
    ConfigError
        where another model has the name
    """

    def decorate(factory: Factory) -> Factory:
        if _is_known(name):
            raise ConfigError(f"A model is already called {quote(name)}. Choose another name.")
        _REGISTERED[name] = factory, complexity
        return factory

    return decorate


def module_of(name: str) -> str:
    """Return the module that makes a model."""
    return _factory(name).__module__


def names() -> tuple[str, ...]:
    """Return the names of all models, simplest first."""
    complexities = {name: complexity for name, (_, complexity) in (BUILT_IN | _REGISTERED).items()}
    return tuple(sorted(complexities, key=lambda name: (complexities[name], name)))


def _is_known(name: str) -> bool:
    return name in BUILT_IN or name in _REGISTERED


def _factory(name: str) -> Callable[[bool], Forecaster]:
    factory: Callable[[bool], Forecaster] = built_in_factory(name) if name in BUILT_IN else _REGISTERED[name][0]
    return factory


def create(name: str, *, fast: bool = False, settings: Settings = NONE) -> Forecaster:
    """Return a new, unfitted model.

    Parameters
    ----------
    settings : fields that depart from the model's own settings, by model; those of other models are left alone

    Raises
    ------
    ConfigError
        where no such model is registered, or a model is registered under a name that is not its own
    """
    if not _is_known(name):
        raise ConfigError(
            f"There is no model {quote(name)}.{hint(name, names())} There are: {', '.join(names())}. "
            f"If a plug-in of yours registers it, name its module in {plugins.VARIABLE}."
        )
    model = _factory(name)(fast)
    if model.name != name:
        raise ConfigError(
            f"The model registered as {quote(name)} calls itself {quote(model.name)}. Register it under its own name."
        )
    configure(model, settings)
    return model


def configure(model: Forecaster, settings: Settings) -> None:
    """Change a model's settings, and those of the members that it is made of.

    Raises
    ------
    ConfigError
        where a model, or one of its settings, has no such name
    """
    for other in settings:
        if not _is_known(other):
            raise ConfigError(f"The settings name no model: {quote(other)}.{hint(other, names())}")
    for member in model.members.values() if isinstance(model, Combined) else ():
        configure(member, settings)
    if model.name in settings:
        if not isinstance(model, Configurable):
            raise ConfigError(f"The model {quote(model.name)} has no settings of its own; set those of its members.")
        model.settings = changed(model.settings, model.name, settings[model.name])


def search_space(model: Forecaster) -> SearchSpace:
    """Return where a search for a model's settings looks; empty where the model declares nothing.

    Raises
    ------
    ConfigError
        where what it declares is no setting of the model
    """
    if not isinstance(model, Tunable):
        return {}
    for field in model.search_space:
        if not hasattr(model.settings, field):
            raise ConfigError(f"The search space of the model {quote(model.name)} names no setting: {quote(field)}.")
    return model.search_space


def restore(name: str, parts: Mapping[str, bytes]) -> Forecaster:
    """Return a fitted model from its parts."""
    model = create(name, settings=json.loads(parts.get(SETTINGS, b"{}")))
    model.restore(parts)
    return model
