"""The search: it never ends worse than it began, goes on where it stopped, and shuns the windows that are reported."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from storecast.config import NaiveSettings
from storecast.data.panel import Panel, Window
from storecast.errors import ConfigError
from storecast.evaluate.tuning import SCORES, Tuned, tune
from storecast.models import base, create, names
from storecast.models.base import search_space
from storecast.models.naive import Naive
from storecast.models.search_space import Between, SearchSpace
from storecast.models.settings import changed
from support.panels import make_panel

HORIZON = 28


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel(stores=4, days=250, ahead=0)


@pytest.fixture(scope="module")
def windows(panel: Panel) -> list[Window]:
    return [panel.window(panel.end - dt.timedelta(days=HORIZON * k), HORIZON) for k in (3, 2)]


def search(panel: Panel, windows: list[Window], folder: Path, **more: object) -> Tuned:
    return tune(panel, "linear", windows, folder / "study.db", **{"trials": 3, **more})


def test_the_first_trial_is_the_usual_settings_and_the_best_is_no_worse(
    panel: Panel, windows: list[Window], tmp_path: Path
) -> None:
    tuned = search(panel, windows, tmp_path, trials=5)
    linear = create("linear")
    searched, usual = search_space(linear), vars(linear.settings)
    assert {field: tuned.trials[field][0] for field in searched} == {field: usual[field] for field in searched}
    assert tuned.trials["Score"][0] == tuned.usual >= tuned.best
    assert tuned.best == tuned.trials.filter(State="COMPLETE")["Score"].min()
    create("linear", settings={"linear": tuned.settings})


def test_a_search_goes_on_and_the_same_seed_tries_the_same(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first = search(panel, windows, one)
    assert search(panel, windows, two).trials.equals(first.trials)
    more = search(panel, windows, one)
    assert more.trials.height == 6
    assert more.trials.head(3).equals(first.trials)
    assert more.trials["penalty"].n_unique() == 6, "nothing is tried twice"
    assert search(panel, windows, one, score="wape", trials=1).trials.height == 1, "another score is another search"


@pytest.mark.long
def test_a_killed_search_keeps_its_trials(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; import test_tuning as t\n"
        "panel = t.make_panel(stores=4, days=250, ahead=0)\n"
        "windows = [panel.window(panel.end - t.dt.timedelta(days=t.HORIZON * k), t.HORIZON) for k in (3, 2)]\n"
        "last = f'trial 2, window from {windows[1].cutoff}'\n"
        "stop = lambda step: os._exit(9) if step == last else None\n"
        "t.search(panel, windows, Path(sys.argv[1]), progress=stop)"
    )
    here = Path(__file__).parent
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(here)], cwd=here.parent, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(here.parent), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    assert ran.returncode == 9, ran.stderr
    tuned = search(panel, windows, tmp_path, trials=1)
    assert tuned.trials["State"].to_list().count("COMPLETE") == 3
    assert tuned.trials.height == 4


def test_trials_far_behind_are_given_up(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    tuned = search(panel, windows, tmp_path, trials=10)
    states = set(tuned.trials["State"])
    assert states == {"COMPLETE", "PRUNED"}


def test_time_ends_a_search(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    assert search(panel, windows, tmp_path, trials=None, seconds=0.001).trials.height == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"score": "RMSP"}, "Did you mean rmspe"),
        ({"score": "sql"}, "no search by 'sql'"),
        ({"trials": 0}, "at least one trial"),
        ({"trials": None}, "at least one trial"),
        ({"trials": None, "seconds": -1.0}, "above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(
    panel: Panel, windows: list[Window], tmp_path: Path, more: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        search(panel, windows, tmp_path, **more)


def test_a_study_that_is_no_database_is_refused(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("no database", encoding="utf-8")
    with pytest.raises(ConfigError, match="no database of a search"):
        search(panel, windows, tmp_path)


def test_a_model_without_a_space_is_refused(panel: Panel, windows: list[Window], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no search for 'naive': .* There is for: linear, forest, "):
        tune(panel, "naive", windows, tmp_path / "study.db", trials=1)
    with pytest.raises(ConfigError, match=r"There is no model 'boostin'\. Did you mean boosting"):
        tune(panel, "boostin", windows, tmp_path / "study.db", trials=1)


class Recent(Naive):
    """A model of a plug-in: the baseline under a name of its own, with a setting to search."""

    name = "recent"

    def __init__(self, search_space: SearchSpace) -> None:
        super().__init__(NaiveSettings())
        self.search_space = search_space


def test_a_model_of_a_plug_in_that_declares_a_search_space_is_tuned(
    panel: Panel, windows: list[Window], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "_REGISTERED", dict(base._REGISTERED))
    base.register("recent")(lambda fast: Recent({"days": Between(28, 364)}))
    tuned = tune(panel, "recent", windows, tmp_path / "study.db", trials=4)
    assert tuned.trials["days"].to_list()[0] == NaiveSettings().days
    assert tuned.trials["days"].n_unique() == 4
    assert tuned.settings.keys() <= {"days"}
    with pytest.raises(ConfigError, match="The search space of the model 'recent' names no setting: 'weeks'"):
        search_space(Recent({"weeks": Between(4, 52)}))


def test_the_models_that_can_be_tuned_are_those_that_the_docs_name() -> None:
    tunable = {name for name in names() if search_space(create(name))}
    assert tunable == {"linear", "forest", "boosting", "boosting-plain", "lightgbm", "lstm"}
    page = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in tunable)


@pytest.mark.parametrize("name", ["linear", "forest", "boosting", "lightgbm", "lstm"])
def test_every_space_holds_the_usual_settings_and_settings_that_a_model_takes(name: str) -> None:
    model = create(name)
    settings = model.settings
    for field, space in search_space(model).items():
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
    results = [search(panel, windows, tmp_path, score=score, trials=1) for score in SCORES]
    assert all(0 < one.best < 1 for one in results)
    assert isinstance(results[0].trials, pl.DataFrame)
