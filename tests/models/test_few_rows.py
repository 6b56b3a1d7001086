"""On few rows boosting grows several trees a round and leans on the ridge, also where some of its settings are chosen."""

import numpy as np
import polars as pl
import pytest
from sklearn.pipeline import Pipeline

from storecast.config import BlendSettings
from storecast.errors import HistoryError
from storecast.features.columns import encoder
from storecast.models import create
from storecast.models.blend import Blend
from storecast.models.boosting import FEW_ROWS_SHARE, FEW_ROWS_TREES
from support.panels import make_panel


@pytest.mark.parametrize(
    ("chosen", "rounds", "rate"), [({}, 200, 0.06), ({"rounds": 3}, 3, 0.06), ({"learning_rate": 0.5}, 200, 0.5)]
)
def test_a_setting_that_is_chosen_is_kept_and_the_others_are_those_of_few_rows(
    chosen: dict[str, float], rounds: int, rate: float
) -> None:
    rng = np.random.default_rng(3)
    table = pl.DataFrame({"ridge": rng.normal(8, 0.3, 400).astype(np.float32)})
    model = create("boosting", settings={"boosting": chosen})
    model.pipeline_ = Pipeline([("columns", encoder(["ridge"])), ("trees", model.trees())])
    model.learn(table, table["ridge"].to_numpy() + rng.normal(0, 0.1, 400).astype(np.float32))
    trees = model.pipeline_["trees"]
    assert trees.get_booster().num_boosted_rounds() == rounds
    assert trees.get_params()["learning_rate"] == rate
    assert trees.get_params()["num_parallel_tree"] == FEW_ROWS_TREES
    assert model.share_ == FEW_ROWS_SHARE


def test_blend_leaves_out_the_members_that_need_a_longer_past(caplog: pytest.LogCaptureFixture) -> None:
    panel = make_panel(stores=3, days=90)
    window = panel.window(panel.end, 28)
    linear, blend = create("linear"), create("blend")
    for model in (linear, blend):
        model.fit(window.past, 28)
    assert np.array_equal(blend.predict(blend.features(window)), linear.predict(linear.features(window)))
    assert (
        "blend is linear alone, without boosting, boosting-plain: The model boosting needs 200 open days" in caplog.text
    )
    restored = create("blend")
    restored.restore(blend.state())
    assert np.array_equal(restored.predict(blend.features(window)), linear.predict(linear.features(window)))


def test_blend_of_members_that_all_need_a_longer_past_is_refused() -> None:
    blend = Blend(BlendSettings(members=("boosting", "boosting-plain")), fast=True)
    with pytest.raises(HistoryError, match="The model boosting needs 200 open days"):
        blend.fit(make_panel(stores=3, days=60), 28)
