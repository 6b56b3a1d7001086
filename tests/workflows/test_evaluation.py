"""The score of a backtest is the one that anyone can work out again from its rows."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

import storecast
from storecast import workflows
from support.chain_files import write_chain
from support.commands import leave_out_exploration


def test_the_rows_of_a_backtest_give_its_scores_again(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=4, days=200)
    scores = workflows.backtest(folder, models=["linear"], out=tmp_path / "out", horizon=14, windows=2)
    with (folder / "train.csv").open(newline="") as file:
        actual = {(row["Store"], row["Date"]): float(row["Sales"]) for row in csv.DictReader(file)}
    squares, inside = defaultdict(list), defaultdict(list)
    with (tmp_path / "out" / "forecasts.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            y = actual[row["Store"], row["Date"]]
            if y > 0:
                squares[row["Model"], row["Cutoff"]].append(((y - float(row["Forecast"])) / y) ** 2)
                inside[row["Model"], row["Cutoff"]].append(float(row["Lower80"]) <= y <= float(row["Upper80"]))
    lines = [line for line in scores["scores"] if line["slice"] == "all" and line["cutoff"] != "mean"]
    assert len(lines) == 4
    for line in lines:
        rows = squares[line["model"], line["cutoff"]]
        assert line["rmspe"] == pytest.approx((sum(rows) / len(rows)) ** 0.5, abs=1e-5)
        covered = inside[line["model"], line["cutoff"]]
        assert line["coverage80"] == pytest.approx(sum(covered) / len(covered), abs=1e-5)


def test_a_run_that_fails_leaves_the_home_before_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_out_exploration(monkeypatch)
    folder = write_chain(tmp_path / "data", stores=3, days=200)
    home = tmp_path / "home"
    workflows.run(folder, home=home, models=["naive"], windows=1)
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    with pytest.raises(Exception, match="no model"):
        workflows.run(folder, home=home, models=["nonsense"], windows=1)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_folders_and_files_may_be_given_as_text_and_one_model_by_its_name(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=200, ahead=7)
    cleaned = storecast.check(str(folder), out=f"{tmp_path}/check")
    assert (tmp_path / "check" / "check.json").exists()
    assert set(storecast.backtest(cleaned.panel, "naive", windows=1, task=storecast.Task(7)).forecasts["Model"]) == {
        "naive"
    }
    model = storecast.train(str(folder), name="naive", home=str(tmp_path / "home"))
    storecast.forecast(str(folder), model=f"{tmp_path}/home/models/{model.name}", out=f"{tmp_path}/ahead.csv")
    assert (tmp_path / "ahead.csv").exists()
