"""The view Accuracy: forecasts beside what came, what planners added, and the models of the home."""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.database.connect import Database, home_url
from storecast.database.forecasts import save_forecast
from storecast.page.accuracy_figures import chain_accuracy, compared_models
from storecast.page.language import Words
from storecast.page.views.accuracy_value import value_sentence
from storecast.plan.value_added import value_added
from support.page_client import PageClient
from support.served_home import Client, copy_of, make_key, wait_until

OLD_MODEL = "model-2026-01-02-03-04-05.pkl"


@pytest.fixture(scope="module")
def own(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = copy_of(home, tmp_path_factory.mktemp("accuracy") / "home")
    score = {"sql": 0.2, "wape": 0.1, "rmspe": 0.12, "bias": 0.01, "coverage80": 0.8, "coverage95": 0.95}
    lines = [
        {"model": name, "cutoff": "mean", "slice": "all", "key": "all", **score, "sql": sql}
        for name, sql in (("naive", 0.3), ("linear", 0.25))
    ]
    (copy / "scores.json").write_text(json.dumps({"scores": lines}))
    return copy


def test_where_nothing_has_come_yet_one_sentence_says_so(browser: PageClient) -> None:
    assert "How good the forecasts were" in browser.draw("/app/accuracy")
    assert "No day of a forecast has come yet" in browser.draw_part("accuracy-record")
    assert "No day of a published version has come yet." in browser.draw_part("accuracy-value")


def test_forecasts_that_were_a_tenth_too_high_are_said_to_be_so(
    browser: PageClient, client: Client, database: Database
) -> None:
    snapshot, models = client.service.live.snapshot, client.service.live.models_folder
    panel = snapshot.predictor.panel
    sales = panel.sales.filter(pl.col(s.DATE) > panel.end - dt.timedelta(days=42))
    factors = {s.FORECAST: 1.1, "Lower80": 1.05, "Upper80": 1.2, "Lower95": 0.8, "Upper95": 1.3}
    rows = sales.select(*s.KEYS, *(pl.col(s.SALES).mul(by).alias(name) for name, by in factors.items()))
    save_forecast(database, model=OLD_MODEL, cutoff=panel.end - dt.timedelta(days=42), version=1, rows=rows)
    for weeks, most in ((3, 21), (None, 42)):
        accuracy = chain_accuracy(snapshot, database, models, weeks)
        whole = accuracy.whole.row(0, named=True)
        assert (round(whole["wape"], 9), round(whole["bias"], 9)) == (0.1, 0.1)
        assert whole["coverage95"] > whole["coverage80"]
        assert (whole["Last"] - whole["First"]).days < most
        assert accuracy.weeks.height in (most // 7, most // 7 + 1)
    assert chain_accuracy(snapshot, database, models, None) is accuracy  # it is worked out once
    shown = browser.draw_part("accuracy-record", "?weeks=26")  # the span that was not looked at before there were any
    assert "10.0%" in shown
    assert "What has left its band" in shown  # no sale lay inside the intervals of 80%
    assert "train again" in shown  # for six weeks, and the model has learned from none of them
    assert "/app/store?store=2" in shown


def test_the_sentence_on_planners_says_the_same_in_both_languages_as_the_api() -> None:
    day = dt.date(2015, 6, 1)
    figures = {"Naive": 90.0, "Model": 100.0, "Approved": None, s.SALES: 110.0}
    plans = {1: 108.0, 2: 90.0, 3: 109.0}
    days = pl.DataFrame(
        [{s.STORE: k, s.DATE: day, **figures, "Planner": plan, "Override": k} for k, plan in plans.items()],
        schema_overrides={"Approved": pl.Float64},
    )
    overrides = pl.DataFrame([{"id": k, "by": "Ada", "reason": "other"} for k in plans])
    value = value_added(days, overrides)
    assert value.sentence == (
        "Of the last 3 overrides whose days have come, 2 made the forecast better and 1 worse; of the 2 upwards, 2 made it better; "
        "together they made the error smaller by 7.00, 2.1% of what was sold."
    )
    assert value_sentence(value.overrides, Words("en")) == (
        "Of the last 3 overrides whose days have come, 2 made the forecast better and 1 worse. Of the 2 upwards, 2 made it better. "
        "Together they made the error smaller by 7.00, 2.1% of what was sold."
    )
    assert "um 7,00 kleiner" in value_sentence(value.overrides, Words("de"))
    assert value_sentence(value.overrides.clear(), Words("en")) == "No day of an override has come yet."


def test_an_admin_puts_another_model_into_use_and_a_reader_does_not(
    browser: PageClient, client: Client, own: Path, database: Database
) -> None:
    live = client.service.live
    before = live.snapshot.name
    other = next(path.name for path in sorted((own / "models").glob("model-*.pkl")) if path.name != before)
    assert "Put into use" in browser.draw_part("accuracy-models")
    reader = PageClient(client)
    reader.log_in(make_key(home_url(own), "read"))
    assert "Put into use" not in reader.draw_part("accuracy-models")
    message, kind, again = reader.act("model-promote", other)
    assert (message, kind, again) == ("Your key does not allow this: it needs the scope admin.", "refused", False)
    assert browser.act("model-promote", "../x")[1] == "refused"
    assert browser.act("model-promote", other) == (f"{other} is in use.", "done", True)
    wait_until(lambda: live.snapshot.name == other, 10)
    with database.reading() as conn:
        actions = conn.exec_driver_sql("SELECT action FROM audit").scalars().all()
    assert actions.count("model promoted") == 1


def test_models_of_the_last_run_stand_with_the_best_first(browser: PageClient, own: Path, tmp_path: Path) -> None:
    assert [row["model"] for row in compared_models(own)] == ["linear", "naive"]
    assert "What the last run compared" in browser.draw_part("accuracy-models")
    assert compared_models(tmp_path) == []
    (tmp_path / "scores.json").write_text('{"scores": [{}]}')
    assert compared_models(tmp_path) == []
