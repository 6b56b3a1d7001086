"""Versions of what figures depend on: callers and workers must agree, or the same window would have other figures elsewhere."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from storecast.errors import ConfigError

DISTRIBUTIONS = ("storecast", "numpy", "polars", "scikit-learn", "scipy", "xgboost-cpu")


@cache
def versions() -> dict[str, str]:
    """Return the version of Python and of each distribution; an empty text where it is not installed under that name."""
    return {"Python": ".".join(platform.python_version_tuple()[:2]), **{name: _version(name) for name in DISTRIBUTIONS}}


def check_versions(wanted: dict[str, str]) -> None:
    """Refuse to work for a caller that has other versions.

    Raises
    ------
    ConfigError
        with what differs
    """
    own = versions()
    others = [
        f"{name} {own[name] or 'missing'} in place of {value}" for name, value in wanted.items() if own[name] != value
    ]
    if others:
        raise ConfigError(
            f"A worker on {platform.node()} has {', '.join(others)}. Install the same requirements.txt on every machine."
        )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
