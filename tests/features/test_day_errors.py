"""The error of the chain's day: found where many stores share it, small where few do, and nothing that lasts for weeks."""

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.arrays import F32
from storecast.config import BoostingSettings, FeatureConfig
from storecast.errors import ConfigError
from storecast.features.day_errors import PRIOR_STORES, day_errors
from storecast.features.store import FeatureStore
from storecast.models.boosting import Boosting
from support.panels import make_panel, with_sales

DAYS, DAY = 200, 150


def residuals(stores: int, *, shock: float = 0.0, step: float = 0.0) -> F32:
    """Return noise of .1, with one day or all days from it on moved for every store."""
    values = 0.1 * np.random.default_rng(3).standard_normal((stores, DAYS))
    values[:, DAY] += shock
    values[:, DAY:] += step
    return values.astype(np.float32)


def test_a_day_that_many_stores_missed_alike_is_the_chains() -> None:
    errors = day_errors(residuals(400, shock=0.2))
    assert errors[DAY] == pytest.approx(0.2 * 20 / 21, abs=0.02)
    assert np.abs(np.delete(errors, DAY)).max() < 0.04


@pytest.mark.parametrize("stores", [1, 5, 20])
def test_the_fewer_stores_the_less_a_day_is_the_chains(stores: int) -> None:
    moved = day_errors(residuals(stores, shock=0.2))[DAY] - day_errors(residuals(stores))[DAY]
    assert 0 < moved <= 0.2 * stores / (stores + PRIOR_STORES)


def test_a_level_that_stays_is_no_error_of_a_day() -> None:
    errors = day_errors(residuals(400, step=0.2))
    assert np.abs(errors[DAY + 11 :]).max() < 0.04


def test_days_without_sales_have_no_error() -> None:
    values = residuals(40)
    values[:, ::7] = np.nan
    errors = day_errors(values)
    assert np.isfinite(errors).all()
    assert (errors[::7] == 0).all()


def test_trees_do_not_learn_what_all_stores_missed_on_one_day() -> None:
    panel = make_panel(stores=12, days=300, ahead=14)
    day = panel.first.replace(month=8, day=13)
    spoilt = with_sales(panel, pl.when(pl.col(s.DATE) == day).then(pl.col(s.SALES) * 1.4).otherwise(pl.col(s.SALES)))
    targets = []
    for share in (0.0, 1.0):
        model = Boosting(BoostingSettings(day_error_share=share, view=FeatureConfig()))
        learned = []
        for of in (panel, spoilt):
            blocks = FeatureStore.of(of).training(of, 14, model.view())
            _, target = model._training(blocks)
            rows = np.concatenate([block.day[np.isfinite(block.target)] for block in blocks])
            learned.append(target[rows == (day - of.first).days].mean())
        targets.append(learned[1] - learned[0])
    assert targets[0] == pytest.approx(np.log(1.4), abs=0.05)
    assert targets[1] < 0.6 * targets[0]


def test_a_share_beyond_the_whole_error_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"day_error_share: found 1\.5"):
        BoostingSettings(day_error_share=1.5)
