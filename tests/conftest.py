"""Every test signs with a key of its own, in a folder of its own; those that ask for databases share one PostgreSQL."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from storecast.traces import ENDPOINTS
from support.commands import as_if_never_called
from support.databases import empty_postgres, postgres, url
from support.trials import trials_in_children, trials_in_this_process

__all__ = ["empty_postgres", "postgres", "trials_in_children", "trials_in_this_process", "url"]

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("untimed")


collect_ignore = ["support/staged_model.py"]  # a plug-in, which is registered in every process that imports it
LONG_FILES = ("tests/test_docs.py", "tests/resilience/", "tests/service/", "tests/models/test_extend.py", "tests/cli/")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Spare the garbage collector what stays: each of its passes would go through all that was collected."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)  # what tests drop is small beside what stays
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take longest begin first: one that begins last keeps one worker busy and the others idle."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG_FILES))


@pytest.fixture(autouse=True)
def _own_config(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    as_if_never_called(monkeypatch)
    folder: Path = tmp_path_factory.getbasetemp() / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.delenv("STORECAST_SIGNING_KEY", raising=False)
    monkeypatch.delenv("STORECAST_TRUSTED_KEYS", raising=False)
    monkeypatch.delenv("STORECAST_DB", raising=False)
    for name in ENDPOINTS:  # of a collector: no test sends traces to that of the machine
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)  # xdist's workers have it: tables would be cut to the terminal
