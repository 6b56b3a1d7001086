"""Plug-ins: modules of the user's own that register models and features.

Only the user's configuration names them: `plugins` in storecast.toml, the environment variable `STORECAST_PLUGINS`, or the
entry points of an installed package. A model file never causes an import.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import distributions

from storecast.errors import ConfigError, quote

ENTRY_POINTS = "storecast.plugins"
VARIABLE = "STORECAST_PLUGINS"  # module names, separated by commas


def import_plugins(more: Sequence[str] = ()) -> tuple[str, ...]:
    """Import every configured plug-in, and return the names of the modules.

    A name is looked up on the import path of the process. Importing a plug-in again does nothing. Child processes inherit the
    names through the environment.

    Parameters
    ----------
    more : names beside those of the environment and of installed packages: those of storecast.toml

    Raises
    ------
    ConfigError
        where a plug-in cannot be imported; the message names it
    """
    installed = _installed(tuple(sys.path))
    from_environment = [name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip()]
    configured = tuple(dict.fromkeys([*from_environment, *more]))
    names = tuple(dict.fromkeys([*installed, *configured]))
    for name in names:
        _import(name)
    if configured:
        os.environ[VARIABLE] = ",".join(configured)
    return names


@cache
def _installed(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the plug-ins of the packages that are installed on a path; reading what each package says of itself takes a while."""
    points = (point for package in distributions(path=list(path)) for point in package.entry_points)
    return tuple(sorted({point.module for point in points if point.group == ENTRY_POINTS}))


def _import(name: str) -> None:
    if not all(part.isidentifier() for part in name.split(".")):
        raise ConfigError(f"The plug-in {quote(name)} is no name of a module; expected one such as mychain.models.")
    try:
        importlib.import_module(name)
    except (ImportError, SyntaxError) as error:
        raise ConfigError(
            f"The plug-in {quote(name)} cannot be imported: {error}. Install it, add its folder to PYTHONPATH, or "
            f"remove it from {VARIABLE}, or from `plugins` in storecast.toml."
        ) from error
