"""Choices made on windows up to a date and judged after it: no window counts twice, and what comes later changes no choice."""

import datetime as dt
import itertools
import sys
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from support.chain_files import write_chain
from support.panels import make_panel, with_sales

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import honest
from honest import AS_IT_IS, GAP, TABLES, Part, Split

HORIZON = 14


@pytest.fixture(scope="module")
def splits() -> list[Split]:
    return honest.splits_of(make_panel(stores=3, days=300).end, HORIZON, dates=3, choice=2, judged=2)


def test_windows_that_judge_begin_a_week_after_those_of_the_choice_and_never_overlap(splits: list[Split]) -> None:
    horizon = dt.timedelta(days=HORIZON)
    for split in splits:
        assert max(split.choice) + horizon == split.date
        assert min(split.judged) - split.date >= dt.timedelta(days=GAP)
    judged = [cutoff for split in splits for cutoff in split.judged]
    assert all(later - earlier == horizon for earlier, later in itertools.pairwise(judged))
    assert judged[-1] + horizon == make_panel(stores=3, days=300).end


def test_sales_after_a_date_move_no_choice_made_at_it(splits: list[Split]) -> None:
    panel = make_panel(stores=3, days=300)
    spoilt = with_sales(panel, pl.when(pl.col(s.DATE) > splits[0].date).then(3 * pl.col(s.SALES)).otherwise(s.SALES))
    before, after = (honest.scores_of(of, TABLES["naive"], splits[:1], HORIZON) for of in (panel, spoilt))
    seen = pl.col("Windows") == "chosen on"
    assert before.filter(seen).equals(after.filter(seen))
    assert not before.filter(~seen).equals(after.filter(~seen))
    assert honest.chosen(before, splits[0].date) == honest.chosen(after, splits[0].date)


def test_the_scores_of_a_candidate_are_those_of_a_backtest(splits: list[Split]) -> None:
    from storecast import Task, backtest

    panel = make_panel(stores=3, days=300)
    scores = honest.scores_of(panel, {AS_IT_IS: [Part("naive")]}, splits[:1], HORIZON)
    usual = backtest(panel, ["naive"], splits[0].choice, Task(HORIZON))
    for name in honest.SCORES:
        assert scores[name][0] == pytest.approx(usual.mean("naive", name), abs=1e-6)


def test_weights_between_members_lie_between_the_members(splits: list[Split]) -> None:
    candidates = {
        "a": [Part("naive")],
        "b": [Part("linear")],
        "mostly b": [Part("naive", weight=0.01), Part("linear", weight=0.99)],
    }
    scores = honest.scores_of(make_panel(stores=3, days=300), candidates, splits[:1], HORIZON)
    of = dict(scores.filter(Windows="judged on").select("Candidate", "wape").iter_rows())
    assert abs(of["mostly b"] - of["b"]) < abs(of["mostly b"] - of["a"])


def test_the_benchmark_prints_choice_judgement_and_gap_of_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_chain(tmp_path / "chain", days=200)
    options = ["--table", "naive", "--horizon", "7", "--choice", "2", "--judged", "1"]
    monkeypatch.setattr("sys.argv", ["honest.py", "--data", str(folder), *options])
    honest.main()
    candidates, choices = capsys.readouterr().out.split("\n\n")
    assert candidates.count(AS_IT_IS) == 3
    header, *dates, mean, _ = (line.split(",") for line in choices.strip().splitlines())
    assert [line[0] for line in dates] == ["2014-06-21", "2014-06-28", "2014-07-05"]
    assert (mean[0], len(mean)) == ("mean", len(header))
    of = dict(zip(header, mean, strict=True))
    assert float(of["sql gap"]) == pytest.approx(float(of["sql judged on"]) - float(of["sql chosen on"]), abs=2e-4)
