"""On few rows boosting grows several trees a round and leans on the ridge, also where some of its settings are chosen."""

import numpy as np
import polars as pl
import pytest
from sklearn.pipeline import Pipeline

from storecast.features.columns import encoder
from storecast.models import create
from storecast.models.boosting import FEW_ROWS_SHARE, FEW_ROWS_TREES


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
