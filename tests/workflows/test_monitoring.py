"""From the database to what is said of it: forecasts beside what came, promises from model files, drift, alerts."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from storecast import schema as s
from storecast.bundle.registry import promote, publish
from storecast.data.excluded_spans import ExcludedSpan
from storecast.data.panel import Panel
from storecast.database.connect import Database
from storecast.database.forecasts import save_forecast
from storecast.database.panel_io import write_panel
from storecast.database.writes import add_sales
from storecast.errors import ConfigError, DatabaseError
from storecast.monitor.accuracy import scored
from storecast.monitor.alerts import WAPE
from storecast.workflows.monitoring import expected_scores_of, monitor, monitor_panel
from support.databases import postgres, url
from support.new_databases import new_database
from support.panels import make_panel
from support.sample_forecasts import sample_forecasts

__all__ = ["postgres", "url"]

PANEL = make_panel(stores=8, days=728, ahead=14)
CUTOFF = PANEL.end - dt.timedelta(days=42)
PAST = Panel(PANEL.sales.filter(pl.col(s.DATE) <= CUTOFF), PANEL.stores, PANEL.calendar)
SCORES = {"coverage80": 0.8, "coverage95": 0.95, WAPE: 0.06}


def forecast(factor: float = 1.0) -> pl.DataFrame:
    """Return what came, times a factor, with wide intervals, for all days after the cutoff."""
    ahead = PANEL.calendar.filter(pl.col(s.DATE) > CUTOFF).select(s.KEYS)
    value = ahead.join(PANEL.sales, on=s.KEYS, how="left")[s.SALES].fill_null(0.0) * factor
    bounds = {"Forecast": 1.0, "Lower80": 0.94, "Upper80": 1.06, "Lower95": 0.9, "Upper95": 1.1}
    return ahead.with_columns((value * share).alias(name) for name, share in bounds.items())


def publish_model(models: Path, second: int = 1, **scores: float) -> str:
    manifest = {
        "kind": "naive",
        "task": {"horizon": 56, "quantiles": []},
        "scores": {**SCORES, **scores},
        "data_fingerprint": PAST.fingerprint,
        "cutoff": CUTOFF.isoformat(),
        "generated": True,
    }
    at = dt.datetime(2014, 11, 20, 0, 0, second, tzinfo=dt.UTC)
    return publish(models, manifest, {"part.json": b"{}"}, now=at).name


@pytest.fixture
def home(tmp_path: Path, url: str) -> Path:
    """Return a home whose promoted model has made a forecast, of which nothing has come."""
    name = publish_model(tmp_path / "home" / "models")
    promote(tmp_path / "home" / "models", name)
    database = new_database(url)
    save_forecast(database, model=name, cutoff=CUTOFF, version=write_panel(database, PAST), rows=forecast())
    database.close()
    return tmp_path / "home"


def come(url: str, days: int, factor: float = 1.0) -> None:
    """Let the sales of some days come."""
    until = CUTOFF + dt.timedelta(days=days)
    new = PANEL.sales.filter((pl.col(s.DATE) > CUTOFF) & (pl.col(s.DATE) <= until))
    database = Database.open(url)
    with database.begin() as conn:
        add_sales(conn, new.with_columns(pl.col(s.SALES) * factor))
    database.close()


def test_when_nothing_has_come_then_there_is_nothing_to_compare(home: Path, url: str) -> None:
    monitored = monitor(home=home, db=url)
    assert monitored.accuracy.is_empty()
    assert monitored.drift.is_empty()
    assert monitored.alerts == []


def test_when_one_more_day_comes_then_it_shows_up(home: Path, url: str) -> None:
    rows = []
    for days in (1, 2):
        come(url, days)
        whole = monitor(home=home, db=url).accuracy.row(0, named=True)
        rows.append((whole["Rows"], whole["Last"]))
    assert rows == [(8, CUTOFF + dt.timedelta(days=1)), (16, CUTOFF + dt.timedelta(days=2))]


def test_when_sales_have_halved_then_scores_and_inputs_raise_alerts_in_the_files(
    home: Path, url: str, tmp_path: Path
) -> None:
    come(url, 42, factor=0.5)
    monitored = monitor(home=home, db=url, out=tmp_path / "out")
    assert {alert.what for alert in monitored.alerts} == {"coverage80", "coverage95", WAPE, "drift of sales"}
    assert {alert.advice for alert in monitored.alerts} == {"retrain"}
    assert monitored.unbound == ()
    written = {path.name: pl.read_csv(path) for path in (tmp_path / "out").iterdir()}
    assert set(written) == {"accuracy.csv", "drift.csv", "alerts.csv"}
    assert written["alerts.csv"]["what"].to_list() == [alert.what for alert in monitored.alerts]
    assert written["accuracy.csv"]["rmspe"][0] == pytest.approx(monitored.accuracy["rmspe"][0], abs=1e-6)
    plain = monitored.to_plain()
    assert plain["accuracy"][0]["Last"] == PANEL.end.isoformat()
    assert plain["alerts"][0]["since"] == monitored.alerts[0].since.isoformat()


def test_when_all_is_well_then_the_tables_are_written_with_their_headers(home: Path, url: str, tmp_path: Path) -> None:
    come(url, 20)
    monitored = monitor(home=home, db=url, out=tmp_path / "out")
    assert [alert.what for alert in monitored.alerts] == ["coverage80"], (
        "the forecast is what came: its intervals are too wide"
    )
    come(url, 2)
    assert monitor(home=home, db=url, since=PANEL.end, out=tmp_path / "out").alerts == []
    assert (tmp_path / "out" / "alerts.csv").read_text(encoding="utf-8").startswith("model,what,value")


def test_excluded_days_raise_no_alert_and_count_in_no_score() -> None:
    first, last = CUTOFF + dt.timedelta(days=8), PANEL.end - dt.timedelta(days=1)
    with_actuals = forecast().join(PANEL.sales.select(*s.KEYS, s.SALES), on=s.KEYS)
    ahead = (pl.col(s.DATE) - CUTOFF).dt.total_days()
    with_actuals = with_actuals.with_columns(
        ahead.alias("Ahead"), Model=pl.lit("m"), Cutoff=pl.lit(CUTOFF), Open=pl.lit(1, pl.Int8)
    )
    strike = pl.col(s.DATE).is_between(first, last) & (pl.col(s.STORE) <= 4)
    halved = pl.when(strike).then(pl.col(s.SALES) / 2).otherwise(s.SALES).alias(s.SALES)
    rows = scored(with_actuals.with_columns(halved))
    panel = replace(PANEL, sales=PANEL.sales.with_columns(halved))
    assert "coverage95" in {alert.what for alert in monitor_panel(rows, panel, None).alerts}
    spans = tuple(ExcludedSpan(first, last, store, "strike") for store in range(1, 5))
    monitored = monitor_panel(rows, replace(panel, excluded=spans), None)
    whole = monitored.accuracy.row(0, named=True)
    assert (whole["wape"], whole["Rows"]) == (0, rows["Rows"].sum() - with_actuals.filter(strike).height)
    assert not {"coverage95", "drift of sales"} & {alert.what for alert in monitored.alerts}


def test_later_days_alone_can_be_looked_at(home: Path, url: str) -> None:
    come(url, 10)
    monitored = monitor(home=home, db=url, since=CUTOFF + dt.timedelta(days=8))
    assert monitored.accuracy.row(0, named=True)["Rows"] == 8 * 3


def test_without_a_home_nobody_says_what_was_promised(home: Path, url: str) -> None:
    come(url, 42, factor=0.5)
    monitored = monitor(db=url)
    assert len(monitored.unbound) == 1
    assert WAPE not in {alert.what for alert in monitored.alerts}
    assert "drift of sales" in {alert.what for alert in monitored.alerts}


def test_without_a_home_and_a_database_there_is_nothing_to_monitor(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="give --home HOME, --db URL, or both"):
        monitor()
    with pytest.raises(DatabaseError, match="does not exist"):
        monitor(home=tmp_path)


def test_a_model_whose_file_is_gone_or_refused_promises_nothing(tmp_path: Path) -> None:
    good, bad = publish_model(tmp_path, 1), publish_model(tmp_path, 2)
    (tmp_path / bad).write_bytes(b"spoilt")
    expected = expected_scores_of(tmp_path, [good, bad, "model-2014-11-20-00-00-09.pkl", "naive"])
    assert list(expected) == [good]
    assert expected[good].scores[WAPE] == 0.06


def test_a_model_of_long_ago_needs_no_file_any_more() -> None:
    old, new = sample_forecasts(3, 14, model="old"), sample_forecasts(3, 14, model="new", cutoff=dt.date(2014, 9, 1))
    monitored = monitor_panel(scored(pl.concat([old, new])), PANEL, None)
    assert monitored.unbound == ("new",)
    assert set(monitored.accuracy[s.MODEL]) == {"old", "new"}


@pytest.mark.parametrize("text", [False, True])
def test_stores_may_be_numbers_or_names(text: bool) -> None:
    rows: Any = sample_forecasts(3, 14)
    if text:
        rows = rows.with_columns(pl.format("=cmd {}", s.STORE).alias(s.STORE))
    monitored = monitor_panel(scored(rows), PANEL, None)
    assert monitored.accuracy.filter(Slice="store")["Key"][0] == ("=cmd 1" if text else "1")
