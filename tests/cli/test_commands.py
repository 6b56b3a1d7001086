"""The commands as a user runs them: what they write, what they print, how they end."""

import datetime as dt
import json
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import workflows
from storecast.bundle.loading import load
from storecast.service.introduction import introduction
from storecast.service.server import Server
from storecast.stages import (
    BACKTEST_STAGES,
    CHECK_STAGES,
    EXPLORE_STAGES,
    FORECAST_STAGES,
    FUTURE_STAGES,
    PUBLISH_STAGES,
    TRAIN_STAGES,
)
from storecast.uncertainty.joint_errors import JointErrors
from support.chain_files import add_column, edit, set_cell, write_chain
from support.commands import Cli, ended_stages, leave_out_exploration


@pytest.fixture(autouse=True)
def _no_exploration(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave it to the one test of all that a run writes."""
    if request.function is not test_run_writes_the_home:
        leave_out_exploration(monkeypatch)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chain(tmp_path_factory.mktemp("files") / "data", stores=5, days=260, ahead=14)


@pytest.fixture(scope="module")
def home(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a run, for the tests that only read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        leave_out_exploration(patch)
        workflows.run(folder, home=folder.parent / "home", models=["naive", "linear"], windows=1)
    return folder.parent / "home"


def run(cli: Cli, folder: Path, home: Path, *more: object) -> tuple[int, str, str]:
    return cli("run", "--data", folder, "--out", home, "--models", "naive,linear", "--windows", 1, *more)


def test_run_writes_the_home(cli: Cli, folder: Path, tmp_path: Path) -> None:
    code, out, err = run(cli, folder, tmp_path, "--quantiles", "0.1,0.5,0.9")
    assert code == 0, err
    assert "report.html" in out
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "forecast.csv", "totals.csv", "submission.csv", "plan.xlsx", "report.html", "scores.json", "run.log", "models", "panel",
        "tables", "storecast.db", "drivers.parquet",
    }  # fmt: skip
    forecast = pl.read_csv(tmp_path / "forecast.csv")
    assert forecast.columns == [
        "Store",
        "Date",
        "Forecast",
        "Lower80",
        "Upper80",
        "Lower95",
        "Upper95",
        "Q10",
        "Q50",
        "Q90",
    ]
    requested = pl.read_csv(folder / "test.csv")
    assert forecast.select("Store", "Date").rows() == requested.select("Store", "Date").rows()
    closed = forecast.filter(pl.Series(requested["Open"] == 0)).select(pl.exclude("Store", "Date"))
    assert closed.height
    assert closed.to_numpy().max() == 0
    opened = forecast.filter(pl.Series(requested["Open"] == 1))
    assert opened["Forecast"].min() > 1000
    submission = pl.read_csv(tmp_path / "submission.csv")
    assert submission["Id"].to_list() == requested["Id"].to_list()
    assert submission["Sales"].sum() < forecast["Forecast"].sum()
    totals = pl.read_csv(tmp_path / "totals.csv")
    chain = totals.filter(pl.col("Level") == "chain-horizon")["Forecast"][0]
    assert round(chain * 100) == sum(round(value * 100) for value in forecast["Forecast"])
    assert "selected" in (tmp_path / "run.log").read_text(encoding="utf-8")
    scores = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert {line["model"] for line in scores["scores"]} == {"naive", "linear"}


def test_two_runs_give_the_same_forecast_add_a_model_and_say_what_moved(cli: Cli, folder: Path, tmp_path: Path) -> None:
    assert run(cli, folder, tmp_path)[0] == 0
    first = (tmp_path / "forecast.csv").read_bytes()
    assert run(cli, folder, tmp_path)[0] == 0
    assert (tmp_path / "forecast.csv").read_bytes() == first
    assert len(list((tmp_path / "models").glob("*.pkl"))) == 2
    assert pl.read_csv(tmp_path / "changes.csv").height == 0


def test_a_saved_model_forecasts_what_the_run_forecast(cli: Cli, folder: Path, home: Path, tmp_path: Path) -> None:
    model = next((home / "models").glob("*.pkl"))
    code, out, err = cli("forecast", "--data", folder, "--model", model, "--out", tmp_path / "again.csv", "--json")
    assert code == 0, err
    assert json.loads(out)["rows"] == 70
    assert ended_stages(err) == FORECAST_STAGES
    assert (tmp_path / "again.csv").read_bytes() == (home / "forecast.csv").read_bytes()


def test_a_home_gives_the_model_in_use_and_its_own_sales(cli: Cli, folder: Path, home: Path, tmp_path: Path) -> None:
    own, files = tmp_path / "own.csv", tmp_path / "files.csv"
    for options, out in ((["--home", home], own), (["--home", home, "--data", folder], files)):
        code, _, err = cli("forecast", *options, "--out", out)
        assert code == 0, err
    assert files.read_bytes() == (home / "forecast.csv").read_bytes()
    rows = pl.read_csv(files)  # those of test.csv, in its order
    assert_frame_equal(pl.read_csv(own).join(rows, on=["Store", "Date"], how="semi"), rows, check_row_order=False)
    for options, message in (
        (["--home", tmp_path], "is no home of a run"),
        (["--data", folder], "Give --model with a model file, or --home"),
    ):
        code, _, err = cli("forecast", *options, "--out", tmp_path / "none.csv")
        assert code == 2
        assert message in err
    assert not (tmp_path / "none.csv").exists()


def test_sample_paths_are_written_where_the_past_says_how_days_err_together(
    cli: Cli, folder: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = next((home / "models").glob("*.pkl"))
    words = ("forecast", "--data", folder, "--model", model, "--out", tmp_path / "again.csv")
    paths = ("--paths", tmp_path / "paths.parquet", "--path-count", 7)
    code, _, err = cli(*words, *paths)
    assert code == 2
    assert "the past was too short" in err
    assert not (tmp_path / "again.csv").exists()
    joint = JointErrors((0.1, 0.1, 0.1, 0.2, 0.2, 0.3), (0.5, 0.4, 0.3), 8.0, 12, "StoreType")
    bundle = replace(load(model), joint_errors=joint)
    monkeypatch.setattr("storecast.workflows.forecasting.load", lambda _: bundle)
    code, _, err = cli(*words, *paths)
    assert code == 0, err
    table = pl.read_parquet(tmp_path / "paths.parquet")
    assert (table.columns, table.height) == (["Store", "Date", "Path", "Sales"], 7 * 70)


def test_models_are_listed_shown_verified_promoted_and_pruned(cli: Cli, folder: Path, tmp_path: Path) -> None:
    assert run(cli, folder, tmp_path)[0] == 0
    code, out, err = cli("train", "--data", folder, "--out", tmp_path, "--models", "linear", "--json")
    assert code == 0, err
    assert ended_stages(err) == TRAIN_STAGES
    name = json.loads(out)["model"]
    listed = json.loads(cli("models", "list", "--home", tmp_path, "--json")[1])
    assert {(line["kind"], line["promoted"]) for line in listed} == {("naive", True), ("linear", False)}
    assert json.loads(cli("models", "show", "--home", tmp_path)[1])["kind"] == "naive"
    assert "trial forecast agrees" in cli("models", "verify", name, "--home", tmp_path)[1]
    assert cli("models", "promote", name, "--home", tmp_path)[0] == 0
    assert json.loads(cli("models", "show", "--home", tmp_path)[1])["kind"] == "linear"
    assert "Deleted 0 files" in cli("models", "prune", "--keep", 1, "--home", tmp_path)[1], (
        "the one before may be needed"
    )
    assert cli("models", "rollback", "--home", tmp_path)[0] == 0
    assert json.loads(cli("models", "show", "--home", tmp_path)[1])["kind"] == "naive"


def test_a_broken_model_file_is_refused_and_nothing_is_written(
    cli: Cli, folder: Path, home: Path, tmp_path: Path
) -> None:
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    model = next((tmp_path / "models").glob("*.pkl"))
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    code, _out, err = cli("forecast", "--data", folder, "--model", model, "--out", tmp_path / "again.csv")
    assert code == 2
    assert "refused" in err
    assert "Traceback" not in err
    assert not (tmp_path / "again.csv").exists()
    assert cli("models", "verify", model.name, "--home", tmp_path)[0] == 2


def test_check_lists_repairs_and_ends_with_0_or_2(cli: Cli, folder: Path, tmp_path: Path) -> None:
    code, out, _ = cli("check", "--data", folder, "--out", tmp_path / "out", "--json")
    assert code == 0
    assert json.loads(out) == json.loads((tmp_path / "out" / "check.json").read_text(encoding="utf-8"))
    code, out, err = cli("check", "--data", folder)
    assert "A run can go on." in out
    assert ended_stages(err) == CHECK_STAGES
    spoilt = write_chain(tmp_path / "spoilt")
    set_cell(spoilt, "train.csv", 12, "Sales", "much")
    code, out, err = cli("check", "--data", spoilt)
    assert code == 2
    assert "line 12" in err
    assert err.count("\n") == 1


def test_backtest_writes_every_row_and_the_scores(cli: Cli, folder: Path, tmp_path: Path) -> None:
    words = ("--models", "linear", "--horizon", 14, "--windows", 2, "--step", 7)
    code, out, err = cli("backtest", "--data", folder, "--out", tmp_path, *words, "--json")
    assert code == 0, err
    assert len(json.loads(out)["windows"]) == 2
    rows = pl.read_csv(tmp_path / "forecasts.csv")
    assert rows.height == 2 * 2 * 14 * 5
    assert rows.columns[:7] == ["Model", "Cutoff", "Store", "Date", "Forecast", "Lower80", "Upper80"]
    code, out, err = cli(
        "backtest", "--data", folder, "--out", tmp_path, "--models", "naive", "--cutoffs", "2014-08-01,2014-08-20"
    )
    assert code == 0, err
    assert "2014-08-20" in out
    assert ended_stages(err) == BACKTEST_STAGES


def test_explore_prints_its_answers_and_writes_report_and_tables(cli: Cli, folder: Path, tmp_path: Path) -> None:
    code, out, err = cli(
        "explore", "--data", folder, "--out", tmp_path, "--questions", "promotions,competition,quality"
    )
    assert code == 0, err
    assert "What do promotions bring" in out
    assert ended_stages(err) == EXPLORE_STAGES
    assert {path.name for path in (tmp_path / "tables").iterdir()} >= {"promotions.csv", "quality.parquet"}
    code, out, err = cli("explore", "--data", folder, "--out", tmp_path, "--questions", "promotions,response", "--json")
    assert code == 0, err
    printed = json.loads(out)
    assert set(printed["answers"]) == {"promotions"}
    assert "at least 10" in printed["unanswered"]["response"]
    assert not (tmp_path / "tables" / "quality.csv").exists()


def test_explore_refuses_a_question_that_there_is_not(cli: Cli, folder: Path, tmp_path: Path) -> None:
    code, out, err = cli("explore", "--data", folder, "--out", tmp_path / "new", "--questions", "weather")
    assert (code, out) == (2, "")
    assert "no question 'weather'" in err
    assert not (tmp_path / "new").exists()


def test_future_writes_the_calendar_to_edit(cli: Cli, folder: Path, tmp_path: Path) -> None:
    code, _, err = cli("future", "--data", folder, "--out", tmp_path / "future.csv", "--horizon", 20)
    assert (code, ended_stages(err)) == (0, FUTURE_STAGES)
    table = pl.read_csv(tmp_path / "future.csv")
    assert table.height == 5 * 20
    assert table["Assumed"].sum() == 5 * 6


def test_without_test_csv_the_calendar_is_assumed_and_a_warning_says_so(cli: Cli, tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=200)
    (folder / "test.csv").unlink()
    code, _, err = run(cli, folder, tmp_path / "home", "--horizon", 10, "--log-format", "json")
    assert code == 0, err
    assert any(
        "what is missing is assumed" in json.loads(line)["message"] for line in err.splitlines() if line.startswith("{")
    )
    assert pl.read_csv(tmp_path / "home" / "forecast.csv").height == 30
    assert not (tmp_path / "home" / "submission.csv").exists()
    assert "promotions continued in the chain" in (tmp_path / "home" / "report.html").read_text(encoding="utf-8")


def test_a_forecast_is_explained_to_the_cent(cli: Cli, folder: Path, home: Path, tmp_path: Path) -> None:
    model = home / "models" / (home / "models" / "current").read_text(encoding="utf-8").strip()
    day = pl.read_csv(home / "forecast.csv", try_parse_dates=True).filter(pl.col("Forecast") > 0).row(5, named=True)
    words = ("explain", "--data", folder, "--model", model, "--horizon", 14)
    code, out, err = cli(*words, "--store", day["Store"], "--date", day["Date"], "--json")
    assert code == 0, err
    printed = json.loads(out)[0]
    assert printed.pop("Forecast") == day["Forecast"]
    parts = [value for name, value in printed.items() if name not in ("Store", "Date") and not name.startswith("If ")]
    assert round(sum(parts) * 100) == round(day["Forecast"] * 100)
    assert cli(*words, "--store", day["Store"], "--out", tmp_path / "made-of.csv")[0] == 0
    explained = pl.read_csv(tmp_path / "made-of.csv")
    assert explained.height == 14
    promoted = explained.drop_nulls("If no promotion").row(0, named=True)
    assert promoted["If no promotion"] < promoted["Forecast"]
    code, out, err = cli(*words, "--store", day["Store"], "--date", promoted["Date"])
    assert code == 0, err
    assert f"If no promotion: {promoted['If no promotion']:,.2f} (-" in out
    assert "level" in cli(*words)[1]


def test_a_day_of_the_past_is_explained_beside_what_was_sold(cli: Cli, folder: Path, home: Path) -> None:
    model = home / "models" / (home / "models" / "current").read_text(encoding="utf-8").strip()
    words = ("explain", "--data", folder, "--model", model, "--store", 1, "--date")
    sold = pl.read_csv(folder / "train.csv", try_parse_dates=True).filter(
        (pl.col("Store") == 1) & (pl.col("Sales") > 0)
    )
    day = sold.sort("Date").row(-30, named=True)
    code, out, err = cli(*words, day["Date"], "--json")
    assert code == 0, err
    printed = json.loads(out)[0]
    assert printed["Sales"] == day["Sales"]
    assert round(printed["Forecast"] + printed["Unexplained"], 2) == day["Sales"]
    assert printed["Cutoff"] < str(day["Date"])
    bundle = load(model)
    explained = bundle.explain(1, workflows.check(folder).panel, day=day["Date"], counterfactuals=True)
    assert printed == explained.with_columns(pl.col(pl.Date).dt.to_string()).to_dicts()[0]
    code, out, err = cli(*words, day["Date"])
    assert code == 0, err
    assert "not explained" in out
    assert f"{day['Sales']:,.2f}" in out
    assert (
        f"knows the sales up to {printed['Cutoff']}; the model learned from those up to {bundle.trained_until}"
        in " ".join(out.split())
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--store", 99], "There is no store '99'"),
        (["--store", 1, "--date", "2014-13-01"], "expected a date"),
        (["--store", 1, "--date", "2013-01-01"], "too little history before 2013-01-01"),
        (["--store", 1, "--date", "2033-01-01"], "lies beyond the forecast"),
        (["--date", "2014-05-05"], "needs a store"),
    ],
)
def test_a_question_that_cannot_be_explained_is_one_message(
    cli: Cli, folder: Path, home: Path, words: list[object], message: str
) -> None:
    model = home / "models" / (home / "models" / "current").read_text(encoding="utf-8").strip()
    code, out, err = cli("explain", "--data", folder, "--model", model, *words)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_settings_from_a_file_are_used_and_stored_in_the_model_file(cli: Cli, folder: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('[boosting]\nrounds = 9\nloss = "absolute"\n', encoding="utf-8")
    words = ("--data", folder, "--settings", settings, "--fast", "--horizon", 14)
    code, _, err = cli("backtest", *words, "--out", tmp_path / "test", "--models", "boosting", "--windows", 1)
    assert code == 0, err
    stored_settings = json.loads((tmp_path / "test" / "scores.json").read_text(encoding="utf-8"))["settings"]
    assert stored_settings == {"boosting": {"rounds": 9, "loss": "absolute"}}
    assert cli("train", *words, "--out", tmp_path / "home", "--models", "boosting")[0] == 0
    model = next((tmp_path / "home" / "models").glob("*.pkl"))
    bundle = load(model)
    assert (bundle.model.settings.rounds, bundle.model.settings.loss) == (9, "absolute")
    code, _, err = cli("forecast", "--data", folder, "--model", model, "--out", tmp_path / "f.csv", "--horizon", 14)
    assert code == 0, err
    assert pl.read_csv(tmp_path / "f.csv")["Forecast"].max() > 1000, "money, and no log of it"


def test_a_scenario_is_compared_with_the_stored_calendar(cli: Cli, folder: Path, home: Path, tmp_path: Path) -> None:
    model = home / "models" / (home / "models" / "current").read_text(encoding="utf-8").strip()
    assert cli("future", "--data", folder, "--out", tmp_path / "days.csv")[0] == 0
    days = pl.read_csv(tmp_path / "days.csv")
    days.with_columns(pl.when(pl.col("DayOfWeek") < 6).then(1).otherwise(0).alias("Promo")).write_csv(
        tmp_path / "x.csv"
    )
    words = ("scenario", "--data", folder, "--model", model, "--out", tmp_path / "s.csv")
    code, out, err = cli(*words, "--calendar", tmp_path / "x.csv")
    assert code == 0, err
    written = pl.read_csv(tmp_path / "s.csv")
    changed = written.filter(pl.col("Level") == "store-day").sum()  # of the days that change, not of the whole horizon
    share = changed["Difference"][0] / changed["Stored"][0]
    assert f"The model expects {share:+.1%} on " in out
    assert written.filter(pl.col("Level") == "chain-horizon")["Difference"][0] > 0
    assert "possible" not in out
    days.head(3).with_columns(pl.lit(0).alias("Open")).write_csv(tmp_path / "shut.csv")
    code, out, err = cli(*words, "--calendar", tmp_path / "shut.csv")
    assert code == 0, err
    assert "possible, 95%" in out
    code, out, err = cli(*words, "--calendar", tmp_path / "days.csv")
    assert code == 0, err
    assert "The other calendar changes no forecast" in out
    assert "+0 to +0" not in out
    assert "it says of every day what the stored calendar says" in err
    days.filter(pl.col("Open") == 0).with_columns(pl.lit(1).alias("Promo")).write_csv(tmp_path / "closed.csv")
    code, out, err = cli(*words, "--calendar", tmp_path / "closed.csv")
    assert code == 0, err
    assert "it differs in Promo on" in err
    assert "closed under both" in err
    code, out, err = cli(*words, "--calendar", tmp_path / "none.csv")
    assert (code, out) == (2, "")
    assert "no file" in err


def test_a_scenario_of_a_database_is_the_same_as_of_the_files(
    cli: Cli, folder: Path, home: Path, tmp_path: Path
) -> None:
    model = home / "models" / (home / "models" / "current").read_text(encoding="utf-8").strip()
    for name, words in {"files": ("--data", folder), "base": ("--db", f"sqlite:///{home / 'storecast.db'}")}.items():
        assert cli("future", *words, "--out", tmp_path / "days.csv", "--horizon", 14)[0] == 0
        days = pl.read_csv(tmp_path / "days.csv").with_columns(pl.lit(1).alias("Promo"))
        days.write_csv(tmp_path / "x.csv")
        out = tmp_path / f"{name}.csv"
        printed = cli(
            "scenario", *words, "--model", model, "--calendar", tmp_path / "x.csv", "--out", out, "--horizon", 14
        )
        assert printed[0] == 0, printed
    assert (tmp_path / "files.csv").read_bytes() == (tmp_path / "base.csv").read_bytes()


def test_a_scenario_is_kept_by_name_compared_deleted_restored_and_published(
    cli: Cli, folder: Path, home: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(home, tmp_path / "home")
    assert cli("future", "--data", folder, "--out", tmp_path / "days.csv")[0] == 0
    days = pl.read_csv(tmp_path / "days.csv").select("Store", "Date", pl.lit(1).alias("Promo"))
    for name, rows in (("All", days), ("One store", days.filter(pl.col("Store") == 1))):
        rows.write_csv(tmp_path / "x.csv")
        file = tmp_path / "s.csv"
        code, out, err = cli("scenarios", "save", name, "--calendar", tmp_path / "x.csv", "--home", own, "--out", file)
        assert code == 0, err
        assert f", {name}: " in out
    whole = pl.read_csv(tmp_path / "s.csv").filter(pl.col("Level") == "chain-horizon").row(0, named=True)
    shown = json.loads(cli("scenarios", "show", "One store", "--home", own, "--json")[1])
    assert [shown["whole"][name] for name in ("stored", "scenario", "difference")] == [
        whole[name] for name in ("Stored", "Scenario", "Difference")
    ]
    assert {(change["key"], change["column"], change["value"]) for change in shown["changes"]} == {("1", "Promo", 1)}
    assert "One store" in cli("scenarios", "list", "--home", own)[1]
    code, out, err = cli("scenarios", "compare", "All", 2, "--home", own)
    assert code == 0, err
    assert "no interval of its own" in out
    assert cli("scenarios", "publish", "All", "--home", own)[1] == "Published version 1, draft.\n"
    code, out, err = cli("plan", "publish", "--home", own, "--explain")
    assert (code, out) == (0, "Published version 2, draft.\n"), err
    assert ended_stages(err) == PUBLISH_STAGES
    deleted = cli("scenarios", "delete", "All", "--home", own)[1]
    assert deleted == "Deleted scenario 1, All. `storecast scenarios restore 1` brings it back.\n"
    assert [each["name"] for each in json.loads(cli("scenarios", "list", "--home", own, "--json")[1])] == ["One store"]
    assert cli("scenarios", "restore", 1, "--home", own)[1] == "Restored scenario 1, All.\n"
    code, out, err = cli("scenarios", "show", "Nothing", "--home", own)
    assert (code, out) == (2, "")
    assert "no such scenario" in err
    days.head(0).write_csv(tmp_path / "x.csv")
    code, out, err = cli("scenarios", "save", "Empty", "--calendar", tmp_path / "x.csv", "--home", own)
    assert (code, out) == (2, ""), err


def test_demo_data_is_a_generated_chain(cli: Cli, tmp_path: Path) -> None:
    assert cli("demo-data", "--out", tmp_path, "--stores", 3, "--days", 240)[0] == 0
    assert json.loads(cli("check", "--data", tmp_path, "--json")[1])["generated"] is True


def test_rows_of_two_tills_are_added_up_by_sum(cli: Cli, tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data")
    add_column(folder, "Till", "1")
    edit(folder, "train.csv", lambda lines: [*lines, *(line[:-1] + "2" for line in lines[1:])])
    code, _, err = cli("check", "--data", folder)
    assert code == 2
    assert "--sum" in err
    code, out, _ = cli("check", "--data", folder, "--sum", "--json")
    assert code == 0
    assert json.loads(out)["repairs"][0]["rule"] == "summed_rows"


def test_check_counts_the_examples_that_it_does_not_show_and_says_where_they_are(cli: Cli, tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data")
    days = [f"2014-01-{day:02},1" for day in range(6, 14)]
    (folder / "events.csv").write_text("\n".join(["Date,Exclude", *days]) + "\n", encoding="utf-8")
    code, out, _ = cli("check", "--data", folder, "--out", tmp_path / "out")
    assert code == 0
    assert f"All examples are in {tmp_path / 'out' / 'check.json'}." in out
    assert "--json" in cli("check", "--data", folder)[1]
    repairs = json.loads((tmp_path / "out" / "check.json").read_text(encoding="utf-8"))["repairs"]
    excluded = next(repair for repair in repairs if repair["rule"] == "excluded_days")
    assert (len(excluded["examples"]), len(excluded["others"])) == (3, 5)


def test_check_fails_where_a_run_would_fail_on_its_calendar(cli: Cli, tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data")

    def later(line: str) -> str:
        cells = line.split(",")
        day = dt.date.fromisoformat(cells[3]) + dt.timedelta(days=7 * 60)
        return ",".join([*cells[:3], str(day), *cells[4:]])

    edit(folder, "test.csv", lambda lines: [lines[0], *map(later, lines[1:])])
    code, _, err = cli("check", "--data", folder)
    assert code == 2
    assert "expected 1 to 400" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--horizon", 0], "expected 1 to 400"),
        (["--horizon", 5], "asks for 14 days"),
        (["--quantiles", "0.1,x"], "--quantiles"),
        (["--quantiles", "1.5"], "whole percents"),
        (["--models", "bosting"], "Did you mean boosting"),
        (["--skip", "nothing"], "double_rows"),
        (["--windows", 0], "at least 1"),
        (["--windows", 40], "days of history; the sales run"),
    ],
)
def test_a_mistake_is_one_message_and_exit_2_and_nothing_is_written(
    cli: Cli, folder: Path, tmp_path: Path, words: list[object], message: str
) -> None:
    code, out, err = cli(
        "run", "--data", folder, "--out", tmp_path / "home", "--models", "naive", *words, "--log-format", "json"
    )
    assert code == 2
    assert message in err
    assert "Traceback" not in err
    assert out == ""
    assert not [path for path in (tmp_path / "home").rglob("*") if path.is_file()]


def test_an_unknown_option_ends_with_2(cli: Cli) -> None:
    assert cli("run", "--nonsense")[0] == 2


def test_a_home_that_is_a_file_is_refused(cli: Cli, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("x", encoding="utf-8")
    code, _, err = run(cli, folder, tmp_path / "home")
    assert code == 2
    assert "is a file" in err


def test_a_store_that_closed_long_ago_is_left_out_and_the_run_says_so(cli: Cli, folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("train.csv", "store.csv"):
        (data / name).write_text((folder / name).read_text(encoding="utf-8"), encoding="utf-8")
    lines = (data / "train.csv").read_text(encoding="utf-8").splitlines()
    rows = [
        lines[0],
        *(line for line in lines[1:] if not (line.startswith("2,") and line.split(",")[2] > "2014-05-01")),
    ]
    (data / "train.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    code, out, err = run(cli, data, tmp_path / "home", "--horizon", 14)
    assert code == 0, err
    assert "store 2: last sale on 2014-05-01" in " ".join(out.split())
    forecast = pl.read_csv(tmp_path / "home" / "forecast.csv")
    assert sorted(forecast["Store"].unique()) == [1, 3, 4, 5]
    totals = pl.read_csv(tmp_path / "home" / "totals.csv", schema_overrides={"Key": pl.String})
    assert "2" not in totals.filter(pl.col("Level") == "store-horizon")["Key"].to_list()
    notices = json.loads((tmp_path / "home" / "scores.json").read_text(encoding="utf-8"))["notices"]
    assert len(notices) == 1
    assert "store 2: last sale on 2014-05-01" in (tmp_path / "home" / "report.html").read_text(encoding="utf-8")


def test_serve_says_where_the_page_is(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    servers: list[Server] = []

    def run(server: Server) -> None:
        servers.append(server)
        server.started = True

    monkeypatch.setattr(Server, "run", run)
    code, _, err = cli("serve", "--home", home, "--port", 8123, "--no-keys")
    assert code == 0, err
    served = servers[0]
    assert introduction(served.service.settings, served.view)[-1] == "the page: http://127.0.0.1:8123/app/"
