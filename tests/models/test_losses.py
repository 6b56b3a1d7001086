"""Losses: each is learned, answered in logs, and aims where it says."""

import numpy as np
import polars as pl
import pytest
from sklearn.pipeline import Pipeline

from storecast import config
from storecast.config import BoostingSettings
from storecast.errors import ConfigError
from storecast.features.columns import encoder
from storecast.models import create
from storecast.models.boosting import Boosting
from storecast.models.losses import LOSSES

ROWS, SHARE, TIMES = 6000, 0.3, 0.25  # a share of the days sells only a part: mean, median and RMSPE's best differ


def learned(**settings: object) -> tuple[np.ndarray, np.ndarray]:
    """Return sales, and the one figure that boosting says of them under a loss."""
    rng = np.random.default_rng(1)
    sales = 1000 * np.exp(0.05 * rng.standard_normal(ROWS)) * np.where(rng.random(ROWS) < SHARE, TIMES, 1.0)
    table = pl.DataFrame({"x": rng.integers(0, 2, ROWS).astype(np.float32)})
    model = Boosting(BoostingSettings(rounds=150, learning_rate=0.1, subsample=1.0, columns_by_tree=1.0, **settings))
    model.pipeline_ = Pipeline([("columns", encoder(["x"])), ("trees", model.trees())])
    model.learn(table, np.log(sales).astype(np.float32))
    return sales, np.exp(model.ask(table))


def test_accident_7_a_loss_that_may_be_set_is_a_loss_that_there_is() -> None:
    assert LOSSES.keys() == set(config.LOSSES)


def test_each_loss_aims_where_it_says() -> None:
    aims = {
        "log-squared": lambda y: np.exp(np.log(y).mean()),
        "log-absolute": np.median,
        "log-quantile": np.median,
        "squared": np.mean,
        "absolute": np.median,
        "rmspe": lambda y: (1 / y).sum() / (1 / y**2).sum(),
    }
    assert aims.keys() == LOSSES.keys()
    for name, aim in aims.items():
        sales, learned_value = learned(loss=name)
        assert np.median(learned_value) == pytest.approx(aim(sales), rel=0.03), name


def test_a_quantile_is_exceeded_as_often_as_it_says() -> None:
    for quantile in (0.2, 0.9):
        sales, learned_value = learned(loss="log-quantile", quantile=quantile)
        assert (sales <= learned_value).mean() == pytest.approx(quantile, abs=0.03)


def test_weights_have_mean_one_and_fear_small_sales() -> None:
    logs = np.log(np.array([100.0, 1000.0, 2000.0]))
    weights = LOSSES["rmspe"].weights(logs)
    assert weights is not None
    assert weights.mean() == pytest.approx(1.0)
    assert weights[0] / weights[1] == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("loss", "absolut", "Did you mean absolute"), ("rounds", 0, "more than 0"), ("subsample", 1.5, "at most 1")],
)
def test_a_setting_without_meaning_is_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        create("boosting", settings={"boosting": {field: value}})
