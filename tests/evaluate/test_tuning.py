"""The search: it never ends worse than it began, goes on where it stopped, and shuns the windows that are reported."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from storecast.data.panel import Panel, Window
from storecast.errors import ConfigError
from storecast.evaluate.tuning import SCORES, Tuned, tune
from storecast.models import create
from storecast.models.settings import changed
from storecast.models.spaces import SPACES, Between
from support.panels import make_panel

HORIZON = 28


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel(stores=5, days=400, ahead=0)


@pytest.fixture(scope="module")
def windows(panel: Panel) -> list[Window]:
    return [panel.window(panel.end - dt.timedelta(days=HORIZON * k), HORIZON) for k in (3, 2)]


def search(panel: Panel, windows: list[Window], folder: Path, **more: object) -> Tuned:
    return tune(panel, "linear", windows, folder / "study.db", **{"trials": 4, **more})


def test_the_first_trial_is_the_usual_settings_and_the_best_is_no_worse(
    panel: Panel, windows: list[Window], tmp_path: Path
) -> None:
    found = search(panel, windows, tmp_path, trials=8)
    usual = vars(create("linear").settings)
    assert {field: found.trials[field][0] for field in SPACES["linear"]} == {f: usual[f] for f in SPACES["linear"]}
    assert found.trials["Score"][0] == found.usual >= found.best
    assert found.best == found.trials.filter(State="COMPLETE")["Score"].min()
    create("linear", settings={"linear": found.settings})


def test_a_search_goes_on_and_the_same_seed_tries_the_same(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first = search(panel, windows, one)
    assert search(panel, windows, two).trials.equals(first.trials)
    more = search(panel, windows, one)
    assert more.trials.height == 8
    assert more.trials.head(4).equals(first.trials)
    assert more.trials["penalty"].n_unique() == 8, "nothing is tried twice"
    assert search(panel, windows, one, score="wape", trials=1).trials.height == 1, "another score is another search"


def test_a_killed_search_keeps_its_trials(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; import test_tuning as t\n"
        "panel = t.make_panel(stores=5, days=400, ahead=0)\n"
        "windows = [panel.window(panel.end - t.dt.timedelta(days=t.HORIZON * k), t.HORIZON) for k in (3, 2)]\n"
        "last = f'trial 2, window from {windows[1].cutoff}'\n"
        "stop = lambda step: os._exit(9) if step == last else None\n"
        "t.search(panel, windows, Path(sys.argv[1]), progress=stop)"
    )
    here = Path(__file__).parent
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(here)], cwd=here.parent, capture_output=True, check=False,
        env={"PYTHONPATH": str(here.parent), "PATH": ""},
    )  # fmt: skip
    assert ran.returncode == 9, ran.stderr
    found = search(panel, windows, tmp_path, trials=1)
    assert found.trials["State"].to_list().count("COMPLETE") == 3
    assert found.trials.height == 4


def test_trials_far_behind_are_given_up(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    found = search(panel, windows, tmp_path, trials=16)
    states = set(found.trials["State"])
    assert states == {"COMPLETE", "PRUNED"}


def test_time_ends_a_search(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    assert search(panel, windows, tmp_path, trials=None, seconds=0.001).trials.height == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"score": "RMSP"}, "Did you mean rmspe"),
        ({"score": "sql"}, "no search by 'sql'"),
        ({"trials": 0}, "at least one trial"),
        ({"trials": None}, "at least one trial"),
        ({"trials": None, "seconds": -1.0}, "above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(
    panel: Panel, windows: list[Window], tmp_path: Path, more: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        search(panel, windows, tmp_path, **more)


def test_a_study_that_is_no_database_is_refused(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("no database", encoding="utf-8")
    with pytest.raises(ConfigError, match="no database of a search"):
        search(panel, windows, tmp_path)


def test_a_model_without_a_space_is_refused(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no search for 'naive'"):
        tune(panel, "naive", windows, tmp_path / "study.db", trials=1)


@pytest.mark.parametrize("name", SPACES)
def test_every_space_holds_the_usual_settings_and_settings_that_a_model_takes(name: str) -> None:
    settings = create(name).settings
    for field, space in SPACES[name].items():
        usual = getattr(settings, field)
        if isinstance(space, Between):
            assert space.low <= usual <= space.high, field
            assert space.whole == isinstance(usual, int), field
            for end in (space.low, space.high):
                changed(settings, name, {field: end})
        else:
            assert usual in space
            for choice in space:
                changed(settings, name, {field: choice})


def test_every_score_can_be_searched_by(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    found = [search(panel, windows, tmp_path, score=score, trials=1) for score in SCORES]
    assert all(0 < one.best < 1 for one in found)
    assert isinstance(found[0].trials, pl.DataFrame)
