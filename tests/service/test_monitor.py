"""Sales that come are set beside the forecasts that were kept; an alert is a line of the log and a metric."""

import logging
from pathlib import Path

import pytest

from storecast.database.connect import home_url
from support.served_home import copy_of, make_key, running, settings_of, wait_until


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(logging.getLogger("storecast"), "propagate", True)
    caplog.set_level("INFO", "storecast.service.monitor")
    return caplog


def test_when_sales_are_half_of_the_forecast_then_an_alert_rises_and_is_withdrawn(
    home: Path, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    own = copy_of(home, tmp_path / "home")
    with running(settings_of(own), make_key(home_url(own))) as client:
        monitor, chain = client.service.monitor, client.service.live

        def sell(share: float) -> None:
            """Sell a share of what was forecast for each of twelve days, and look."""
            rows = [
                {"Store": row["Store"], "Date": row["Date"], "Sales": round(row["Forecast"] * share, 2)}
                for row in forecasts
            ]
            reply = client.post("/v1/sales", {"rows": rows, "replace": True})
            assert reply.status_code == 200, reply.text
            wait_until(lambda: chain.snapshot.version >= reply.json()["version"], 60)
            monitor.look()

        def metrics() -> list[str]:
            return [line for line in client.get("/metrics").text.splitlines() if line.startswith("storecast_alert{")]

        forecasts = [
            row for store in range(1, 7) for row in client.forecasts({"store": store, "days": 12}).json()["forecasts"]
        ]
        wait_until(lambda: client.get("/v1/accuracy").json()["accuracy"] == [], 20)
        monitor.look()
        assert monitor.alerts == []
        sell(0.5)
        accuracy = client.get("/v1/accuracy").json()
        assert accuracy["accuracy"][0]["coverage80"] == 0
        assert accuracy["accuracy"][0]["bias"] == pytest.approx(1, abs=0.01)
        assert {alert["what"] for alert in accuracy["alerts"]} == {"coverage80", "coverage95"}
        assert {alert["advice"] for alert in accuracy["alerts"]} == {"wait"}, "twelve days are too few to learn from"
        assert log.text.count("Advice: wait") == 2
        assert len(metrics()) == 2
        assert 'what="coverage80"' in "".join(metrics())
        assert 'storecast_accuracy{figure="coverage80"' in client.get("/metrics").text
        monitor.look()
        assert log.text.count("Advice: wait") == 2, "what stands already is told once"
        sell(0.97)
        assert log.text.count("is back in its band") == 2 - len(metrics())
        assert "coverage95" not in {alert["what"] for alert in client.get("/v1/accuracy").json()["alerts"]}
