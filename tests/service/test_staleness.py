"""Old sales are said to be old, while forecasts are answered all the same."""

import datetime as dt
from pathlib import Path

import pytest

from storecast.database.connect import home_url
from storecast.monitor.staleness import sales_age, stale_sentence
from storecast.workflows import monitor
from support.commands import Cli, cli
from support.served_home import Client, copy_of, make_key, running, settings_of

__all__ = ["cli"]
LAST = dt.date(2014, 2, 24)


@pytest.mark.parametrize(("days", "stale"), [(-3, False), (0, False), (14, False), (15, True), (4000, True)])
def test_sales_are_old_after_two_weeks(days: int, stale: bool) -> None:
    today = LAST + dt.timedelta(days=days)
    assert sales_age(LAST, today) == max(0, days)
    assert bool(stale_sentence(LAST, today=today)) is stale


def test_a_chain_whose_last_sales_are_years_old_is_ready_and_says_so(client: Client) -> None:
    reply = client.get("/health/ready", key=None)
    age = sales_age(LAST)
    assert (reply.status_code, reply.json()["sales_age_days"]) == (200, age)
    assert any(f"of {LAST}, {age} days ago" in notice for notice in reply.json()["notices"])
    text = client.get("/metrics").text
    assert f"storecast_sales_age_days {float(age)}" in text
    assert "storecast_sales_stale 1.0" in text


def test_another_limit_can_be_set(home: Path, tmp_path: Path) -> None:
    own = copy_of(home, tmp_path / "home")
    with running(settings_of(own, stale_days=100_000), make_key(home_url(own))) as client:
        assert "notices" not in client.get("/health/ready", key=None).json()
        assert "storecast_sales_stale 0.0" in client.get("/metrics").text


def test_monitor_says_how_old_the_sales_are(cli: Cli, home: Path) -> None:
    sales = monitor(home=home).to_plain()["sales"]
    assert (sales["last"], sales["age_days"]) == (str(LAST), sales_age(LAST))
    code, out, _ = cli("monitor", "--home", home)
    assert (code, f"ALERT The last sales are of {LAST}" in out) == (0, True)
