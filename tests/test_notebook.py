"""Public values show themselves in a line, and as a small table in a notebook; wrong arguments are refused in words."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import storecast
from storecast.errors import ConfigError
from storecast.notebook import Shown
from support.panels import make_panel


@pytest.fixture(scope="module")
def values() -> SimpleNamespace:
    """Return one of each public value."""
    panel = make_panel(stores=3, days=200, ahead=14)
    result = storecast.backtest(panel, "naive", task=storecast.Task(14), windows=1)
    model = storecast.fit(panel, "naive", horizon=14)
    return SimpleNamespace(
        panel=panel,
        result=result,
        model=model,
        forecast=model.forecast(panel),
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("panel", "<Panel: stores 3, days of stores 600, sales 20"),
        ("result", "<Backtest: models naive, windows 1 of 14 days, up to 20"),
        ("model", "<Bundle: model naive, fitted up to 20"),
        ("forecast", "<Forecast: model naive, cutoff 20"),
    ],
)
def test_a_value_is_one_short_line_and_a_small_table(values: SimpleNamespace, name: str, words: str) -> None:
    value = getattr(values, name)
    assert repr(value).startswith(words)
    assert len(repr(value)) < 160
    assert "\n" not in repr(value)
    html = value._repr_html_()
    assert html.startswith(f"<div><strong>{type(value).__name__}</strong><table>")
    assert len(html) < 10_000


def test_a_notebook_sees_the_leaderboard_and_the_first_rows(values: SimpleNamespace) -> None:
    assert "rmspe" in values.result._repr_html_()
    assert "Lower80" in values.forecast._repr_html_()


def test_names_of_stores_are_escaped() -> None:
    class Named(Shown):
        def _facts(self) -> dict[str, object]:
            return {"store": "<script>"}

    assert "<script>" not in Named()._repr_html_()


def test_dir_lists_the_public_names_alone() -> None:
    assert [name for name in dir(storecast) if not name.startswith("__")] == storecast.__all__


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: storecast.check(5), "data: found an int, 5; expected the path of a folder or a file."),
        (lambda v: storecast.check(v.panel), "data: found a Panel; expected the path"),
        (lambda v: storecast.fit("folder"), "panel: found a str, 'folder'; expected a Panel: Panel.from_frames"),
        (lambda v: storecast.fit(v.panel, ["linear"]), "model: found a list; expected the name of one model"),
        (lambda v: storecast.fit(v.panel, horizon="14"), "horizon: found a str, '14'; expected a number of days."),
        (lambda v: storecast.backtest("folder", "linear"), "panel: found a str, 'folder'; expected a Panel"),
        (lambda v: storecast.backtest(v.panel, 5), "models: found an int, 5; expected names of models"),
        (lambda v: storecast.backtest(v.panel, "lineer"), "Did you mean linear?"),
        (lambda v: storecast.backtest(v.panel, "naive", "2013-09-01"), "cutoffs: found a str"),
        (lambda v: storecast.backtest(v.panel, "naive", ["2013-09-01"]), "cutoffs: found a str"),
        (lambda v: storecast.backtest(v.panel, "naive", (), 14), "task: found an int, 14; expected a Task"),
        (lambda v: storecast.train("folder", name=["naive"], home="home"), "name: found a list; expected the name"),
        (lambda v: storecast.load(5), "path: found an int, 5; expected the path of a model file"),
        (lambda v: v.model.predict(v.panel.sales), "panel: found a DataFrame; expected a Panel"),
        (lambda v: v.model.explain(99), "There is no store '99'. The chain has 3 stores, such as 1, 2, 3."),
        (lambda v: v.panel.window("2013-09-01", 14), "cutoff: found a str, '2013-09-01'; expected a datetime.date."),
        (lambda v: v.result.mean("linear"), "The backtest has no model 'linear'; it has naive."),
    ],
)
def test_a_wrong_argument_is_refused_in_words(
    values: SimpleNamespace, call: Callable[[SimpleNamespace], Any], message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        call(values)
    assert message in str(error.value)
