"""Settings come from the environment, are checked when the service starts, and are documented in full."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from storecast.errors import ConfigError
from storecast.service.metrics import Metrics
from storecast.service.problems import KINDS
from storecast.service.routes import ROUTES
from storecast.service.settings import Settings, variable

DOCS = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")


def test_the_environment_is_read_and_options_come_first() -> None:
    environment = {"STORECAST_RATE": "5", "STORECAST_NO_KEYS": "1", "STORECAST_HOME": "x", "STORECAST_LISTEN_PORT": "1"}
    settings = Settings.from_env(environment, listen_port=2, db=None)
    assert (settings.rate, settings.no_keys, settings.home, settings.listen_port) == (5.0, True, Path("x"), 2)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rate", "many"),
        ("rate", "-1"),
        ("rate", "nan"),
        ("row_limit", "1.5"),
        ("row_limit", "0"),
        ("listen_port", "70000"),
        ("no_keys", "perhaps"),
        ("log_format", "xml"),
        ("trusted_proxies", "10.0.0.0/8,proxy"),
    ],
)
def test_a_value_without_meaning_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=variable(name)):
        Settings.from_env({variable(name): text})


def test_draining_has_to_end_before_stopping_does() -> None:
    with pytest.raises(ConfigError, match="DRAIN_SECONDS is 10 and STORECAST_STOP_SECONDS 8"):
        Settings.from_env({"STORECAST_DRAIN_SECONDS": "10"})


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "example.org"])
def test_without_keys_only_loopback_is_listened_on(host: str) -> None:
    with pytest.raises(ConfigError, match="loopback"):
        Settings(no_keys=True, host=host)


def test_every_setting_is_documented_with_its_default() -> None:
    table = dict(re.findall(r"^\| `(STORECAST_\w+)` \| ([^|]*) \|", DOCS, re.MULTILINE))
    assert set(table) == {variable(item.name) for item in fields(Settings)}
    for item in fields(Settings):
        shown = table[variable(item.name)].strip().strip("`")
        default = {True: "1", False: "0"}.get(item.default, item.default) if item.default is not None else ""
        assert shown.replace(",", "") == str(default), item.name


def test_every_route_metric_and_problem_is_documented() -> None:
    routes = set(re.findall(r"^\| `(GET|POST|DELETE) (/\S+?)`", DOCS, re.MULTILINE))
    assert routes == {(route.method, route.path) for route in ROUTES}
    for route in ROUTES:
        line = next(line for line in DOCS.splitlines() if line.startswith(f"| `{route.method} {route.path}`"))
        assert f"| {route.scope or 'none'} |" in line
    metrics = set(re.findall(r"^\| `(storecast_\w+)`", DOCS, re.MULTILINE))
    assert metrics == {family.name for family in Metrics().registry.collect() if family.name.startswith("storecast")}
    assert set(re.findall(r"`/problems/([\w-]+)`", DOCS)) == set(KINDS)
