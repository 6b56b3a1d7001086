"""Plug-ins are named by the user's configuration alone, and a wrong one is refused by its name."""

import sys
from pathlib import Path

import pytest

from storecast.errors import ConfigError
from storecast.plugins import VARIABLE, import_plugins


def test_a_plug_in_named_in_the_environment_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chain_plugin_of_a_test.py").write_text("LOADED = True\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(VARIABLE, "chain_plugin_of_a_test, ")
    assert "chain_plugin_of_a_test" in import_plugins()
    assert sys.modules.pop("chain_plugin_of_a_test").LOADED


@pytest.mark.parametrize("name", ["no_such_plugin", "mychain.py/..", "../mychain"])
def test_a_plug_in_that_cannot_be_imported_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, name)
    with pytest.raises(ConfigError, match=r"no_such_plugin|mychain"):
        import_plugins()


def test_a_plug_in_with_a_syntax_error_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_plugin_of_a_test.py").write_text("def (\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(VARIABLE, "broken_plugin_of_a_test")
    with pytest.raises(ConfigError, match="broken_plugin_of_a_test"):
        import_plugins()
