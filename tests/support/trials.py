"""The trial forecast of a model file, within the process of the tests.

A child process imports every library anew, which takes seconds, and compares the same figures. Tests of the child itself, of
`storecast serve` as a process of its own, and those that ask for `trials_in_children` have it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storecast.bundle import smoke_test
from storecast.bundle.read import open_model

PLACE = "storecast.bundle.loading.try_in_child"


def try_in_this_process(path: Path, *, sha256: str | None = None, **_: Any) -> None:
    """Make the trial forecast of a model file, and refuse other figures."""
    smoke_test.compare(open_model(path))
    if sha256:
        smoke_test.agreed.add(sha256)


@pytest.fixture(scope="session", autouse=True)
def trials_in_this_process() -> Iterator[None]:
    """Let models that are loaded be tried without a child process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PLACE, try_in_this_process)
        yield


@pytest.fixture
def trials_in_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let models that are loaded be tried as users have them tried."""
    monkeypatch.setattr(PLACE, smoke_test.try_in_child)
