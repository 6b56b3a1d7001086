"""The libraries that a model was made with, against those that are here.

Parts are in formats that a library promises to read within its major version. Whether a smaller difference matters is
decided by the trial forecast, which compares figures. That forecast begins at feature rows which are stored with the model, and
cannot see that they would be made otherwise today: so our own features have a version as well.
"""

import platform
import re
from collections.abc import Mapping
from functools import cache
from importlib import metadata

from storecast.errors import ModelFileError, quote
from storecast.features import VERSION

FEATURES = "features"
ALWAYS = ("python", "storecast", FEATURES, "numpy", "polars")

# A library that comes under several names on a package index; the name in a manifest is the first.
_DISTRIBUTIONS = {"xgboost": ("xgboost-cpu", "xgboost")}
_VERSION = re.compile(r"([0-9]{1,9})(\.[A-Za-z0-9.+!-]{1,40})?", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}", re.ASCII)


def running(*libraries: str) -> dict[str, str]:
    """Return the versions that run here: of Python, storecast, its features, NumPy, Polars, and the libraries named.

    Examples
    --------
    >>> sorted(running("skops"))
    ['features', 'numpy', 'polars', 'python', 'skops', 'storecast']
    """
    here = {name: installed(name) for name in (*ALWAYS, *libraries)}
    missing = [name for name, version in here.items() if version is None]
    assert not missing, f"a model is made with libraries that are not installed: {missing}"
    return {name: version for name, version in here.items() if version is not None}


@cache
def installed(library: str) -> str | None:
    """Return the version of a library that is installed, or None."""
    if library == "python":
        return platform.python_version()
    if library == FEATURES:
        return VERSION
    for distribution in _DISTRIBUTIONS.get(library, (library,)):
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return None


def is_version(text: object) -> bool:
    """Say whether a value can stand for a version, such as 3.2.0."""
    return isinstance(text, str) and _VERSION.fullmatch(text) is not None


def is_library(text: object) -> bool:
    """Say whether a value can stand for the name of a library."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def check_versions(made_with: Mapping[str, str]) -> None:
    """Refuse a model whose libraries are not here, or are here in another major version, or that learned from other features.

    Raises
    ------
    ModelFileError
        with what to install, or that the model must be trained again
    """
    for library, version in made_with.items():
        if library == FEATURES:
            continue
        here = installed(library)
        if here is None:
            raise ModelFileError(
                f"it was made with {quote(library)} {version}, which is not installed here; "
                f"install {library}, or train the model again"
            )
        if _major(here) != _major(version):
            raise ModelFileError(
                f"it was made with {library} {version}, and here is {here}: another major version; "
                f"install {library} {_major(version)}, or train the model again"
            )
    learned = made_with.get(FEATURES, "1")
    if learned != VERSION:
        raise ModelFileError(
            f"it learned from features of version {learned}, and here they are of version {VERSION}: it would be asked about other "
            "figures than those it learned from; train the model again"
        )


def _major(version: str) -> str:
    return version.split(".", 1)[0]
