"""A backtest goes in time order, beside the baseline, and looks at nothing that had not happened."""

import datetime as dt
import pickle
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import Task, backtest
from storecast import schema as s
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.data.panel import Panel
from storecast.errors import ConfigError, HistoryError
from storecast.evaluate.backtest import Backtest, calibration_of
from storecast.evaluate.cutoffs import block_cutoffs
from storecast.evaluate.selection import select
from storecast.evaluate.summary import score_lines
from storecast.evaluate.window_forecasts import Failure, place_of
from support.panels import make_panel, with_sales

TASK = Task(14)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel(stores=5, days=300, ahead=14)


@pytest.fixture(scope="module")
def result(panel: Panel) -> Backtest:
    return backtest(panel, ["linear"], block_cutoffs(panel, 2, 14, 14), TASK)


def test_the_baseline_stands_beside_every_model(result: Backtest) -> None:
    assert set(result.scores["Model"]) == set(result.leaderboard()["Model"]) == {"naive", "linear"}


def test_windows_are_the_last_blocks(panel: Panel, result: Backtest) -> None:
    assert [window.last for window in result.windows] == [panel.end - dt.timedelta(days=14), panel.end]


def test_errors_of_the_first_year_count_only_while_there_are_no_others() -> None:
    panel = make_panel(stores=3, days=430, ahead=14)
    cutoffs = [panel.first + dt.timedelta(days=days) for days in (310, 350, 380)]
    result = backtest(panel, ["naive"], cutoffs, TASK)
    first = calibration_of(result, "naive", cutoffs[2] - dt.timedelta(days=1)).windows
    assert first == tuple(str(cutoff) for cutoff in (cutoffs[0] - dt.timedelta(days=14), *cutoffs[:2]))
    assert calibration_of(result, "naive", panel.end).windows == (str(cutoffs[2]),)


def test_every_row_is_written_with_its_bounds(result: Backtest) -> None:
    assert result.forecasts.height == 2 * 2 * 14 * 5
    assert {"Model", "Cutoff", "Store", "Date", "Forecast", "Lower80", "Upper95", "Q50"} <= set(
        result.forecasts.columns
    )


def test_when_later_sales_change_then_earlier_windows_stay(panel: Panel, result: Backtest) -> None:
    first = result.windows[0]
    late = pl.when(pl.col(s.DATE) > first.last).then(pl.col(s.SALES) * 5 + 1).otherwise(pl.col(s.SALES))
    changed = backtest(with_sales(panel, late), ["linear"], block_cutoffs(panel, 2, 14, 14), TASK)
    one, two = (each.forecasts.filter(pl.col(s.CUTOFF) == first.cutoff) for each in (result, changed))
    assert_frame_equal(one, two)


def test_intervals_do_not_know_their_own_window(panel: Panel, result: Backtest) -> None:
    last = result.windows[-1]
    noisy = pl.when(pl.col(s.DATE) > last.cutoff).then(pl.col(s.SALES) * 2).otherwise(pl.col(s.SALES))
    changed = backtest(with_sales(panel, noisy), ["linear"], block_cutoffs(panel, 2, 14, 14), TASK)
    assert_frame_equal(result.forecasts, changed.forecasts)
    assert changed.mean("linear") > result.mean("linear")


def test_when_there_is_no_past_for_intervals_then_the_error_says_so(panel: Panel) -> None:
    with pytest.raises(HistoryError, match="too little past"):
        backtest(panel, ["naive"], [panel.first + dt.timedelta(days=20)], TASK)


def test_the_linear_model_takes_over_from_the_baseline_and_says_by_how_much(result: Backtest) -> None:
    chosen = select(result)
    assert chosen.model == "linear"
    assert chosen.over == "naive"
    assert chosen.by == pytest.approx(result.mean("naive", "sql") - result.mean("linear", "sql"), abs=1e-5)
    assert chosen.score == "sql"
    assert f"{chosen.by:.4f}" in chosen.reason


def test_a_model_that_is_hardly_better_does_not_take_over(result: Backtest) -> None:
    naive = result.daily_losses.filter(pl.col("Model") == "naive")
    noise = pl.Series(np.random.default_rng(1).normal(0.0, 0.1, naive.height))
    near = naive.with_columns(pl.lit("linear").alias("Model"), pl.col("sql") + noise - noise.mean() - 0.001)
    assert select(replace(result, daily_losses=pl.concat([naive, near]))).model == "naive"
    steady = naive.with_columns(pl.lit("linear").alias("Model"), pl.col("sql") - 0.001)
    assert select(replace(result, daily_losses=pl.concat([naive, steady]))).model == "linear"


def test_a_day_on_which_next_to_nothing_was_sold_does_not_select_the_model(result: Backtest) -> None:
    days = result.daily_losses
    worse = pl.when(pl.col("Model") == "linear").then(9e6).otherwise(8e6)
    two_pieces_sold = (
        pl.when(pl.col("Date") == days["Date"].max()).then(worse).otherwise(pl.col("rmspe")).alias("rmspe")
    )
    odd = replace(result, daily_losses=days.with_columns(two_pieces_sold))
    assert [select(odd, score).model for score in ("sql", "wape", "rmspe")] == ["linear", "linear", "naive"]


def test_the_losses_of_the_days_add_up_to_the_scores(result: Backtest) -> None:
    for model in ("naive", "linear"):
        days = result.daily_losses.filter(pl.col("Model") == model)
        for cutoff in days["Cutoff"].unique():
            of_window = days.filter(pl.col("Cutoff") == cutoff)
            scores = result.scores.row(
                by_predicate=(pl.col("Model") == model) & (pl.col("Cutoff") == cutoff) & (pl.col("Slice") == "all"),
                named=True,
            )
            assert of_window["wape"].sum() / of_window["sales"].sum() == pytest.approx(scores["wape"], abs=1e-6)
            assert of_window["sql"].mean() == pytest.approx(scores["sql"], abs=1e-6)


def test_a_score_that_no_model_is_selected_by_is_refused(result: Backtest) -> None:
    with pytest.raises(ConfigError, match="expected one of sql, wape, rmspe"):
        select(result, "mape")


def test_scores_stand_for_each_kind_of_store_and_day_too(result: Backtest) -> None:
    lines = [line for line in score_lines(result) if (line["model"], line["cutoff"]) == ("linear", "mean")]
    keys: dict[str, list[str]] = {}
    for line in lines:
        keys.setdefault(line["slice"], []).append(line["key"])
    assert keys["weekday"] == list("1234567")
    assert keys["promotion"] == ["0", "1"]
    assert keys["week"] == ["1", "2"]
    assert set(keys) == {"all", "store_type", "week", "weekday", "promotion", "month"}
    for part in ("weekday", "promotion", "month"):
        assert sum(line["rows"] for line in lines if line["slice"] == part) == lines[0]["rows"]


def test_own_groups_have_scores_of_their_own_and_the_others_stay_as_they_are() -> None:
    panel = make_panel(stores=3, days=300)
    own = Breakdown((StoreGroup("week", {1: "a", 2: "a"}),))
    cutoffs = [panel.end - dt.timedelta(days=14)]
    plain, grouped = (
        score_lines(backtest(each, ["naive"], cutoffs, Task(14))) for each in (panel, replace(panel, breakdown=own))
    )
    added = [line for line in grouped if line["slice"] == "group week" and line["cutoff"] == "mean"]
    assert [(line["key"], line["rows"]) for line in added] == [("a", 28), ("unknown", 14)]
    assert [line for line in grouped if line["slice"] != "group week"] == plain


def test_the_worst_rows_are_named(result: Backtest) -> None:
    assert result.worst.columns == ["Model", "Cutoff", "Store", "Date", "Sales", "Forecast"]
    assert result.worst.height == 2 * 2 * 5


def test_the_leaderboard_is_the_mean_of_the_windows_best_first(result: Backtest) -> None:
    board = result.leaderboard("wape")
    assert board["wape"].is_sorted()
    for model in ("naive", "linear"):
        windows = result.scores.filter((pl.col("Model") == model) & (pl.col("Slice") == "all"))
        assert windows["wape"].mean() == pytest.approx(result.mean(model, "WAPE"), abs=1e-6)
        assert board.row(by_predicate=pl.col("Model") == model, named=True)["wape"] == result.mean(model, "wape")


def test_each_window_has_its_bias_and_the_smallest_leads_the_leaderboard_by_it(result: Backtest) -> None:
    whole = result.scores.filter(pl.col("Slice") == "all")
    sales = result.windows[0].panel.sales.select(*s.KEYS, s.SALES)
    for model, cutoff, bias in whole.select("Model", "Cutoff", "bias").iter_rows():
        rows = result.forecasts.filter((pl.col("Model") == model) & (pl.col("Cutoff") == cutoff))
        rows = rows.join(sales, on=s.KEYS)
        assert bias == pytest.approx(rows["Forecast"].sum() / rows[s.SALES].sum() - 1, abs=1e-6)
    assert result.leaderboard("bias")["bias"].abs().is_sorted()


def test_settings_of_linear_say_that_they_reach_no_ridge_inside_another_model(
    panel: Panel, caplog: pytest.LogCaptureFixture
) -> None:
    cutoffs, settings = [panel.end - dt.timedelta(days=14)], {"linear": {"robust_rounds": 1}, "forest": {"trees": 2}}
    backtest(panel, ["linear"], cutoffs, TASK, settings=settings)
    assert "[linear]" not in caplog.text
    backtest(panel, ["linear", "forest"], cutoffs, TASK, settings=settings)
    assert (
        "a member of blend; the ridge that is a feature of trees, as in forest, keeps its own settings." in caplog.text
    )


def test_without_cutoffs_the_last_windows_are_scored(panel: Panel, result: Backtest) -> None:
    assert_frame_equal(backtest(panel, ["linear"], task=TASK, windows=2).scores, result.scores)


def test_a_history_that_is_too_short_names_the_horizon_that_fits() -> None:
    panel = make_panel(2, 89)
    with pytest.raises(HistoryError, match=r"^A window of 42 days .* need 112 days of .* Give --horizon 30 or less\.$"):
        block_cutoffs(panel, 1, 42, 42)
    with pytest.raises(HistoryError, match=r"^2 windows .* Give --horizon 20 or less, or ask for fewer --windows\.$"):
        block_cutoffs(panel, 2, 42, 42)
    assert len(block_cutoffs(panel, 1, 30, 30)) == 1
    with pytest.raises(HistoryError, match="Give more history: 42 days"):
        block_cutoffs(make_panel(2, 28), 1, 42, 42)


def test_a_failure_on_a_worker_says_where_it_was() -> None:
    def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken") as caught:
        fail()
    there_and_back = pickle.loads(pickle.dumps(Failure(caught.value)))
    assert place_of(there_and_back.error) == place_of(caught.value)
    assert place_of(there_and_back.error).startswith("fail, line ")
