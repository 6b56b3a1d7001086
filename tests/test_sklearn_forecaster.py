"""A StoreForecaster behaves as a scikit-learn estimator."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.utils.estimator_checks import (
    check_get_params_invariance,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
)

from storecast import StoreForecaster
from storecast import schema as s
from storecast.errors import DataError
from support.panels import make_panel

HORIZON = 14


@pytest.fixture(scope="module")
def days() -> pl.DataFrame:
    panel = make_panel(stores=3, days=300, ahead=HORIZON)
    return (
        panel.calendar.drop(s.ASSUMED)
        .join(panel.sales.select(*s.KEYS, s.SALES), on=s.KEYS, how="left")
        .sort(s.DATE, s.STORE)
    )


def split(days: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return days.filter(pl.col(s.SALES).is_not_null()), days.filter(pl.col(s.SALES).is_null())


def test_rows_are_predicted_in_their_order(days: pl.DataFrame) -> None:
    past, ahead = split(days)
    model = StoreForecaster("linear", horizon=HORIZON).fit(past.drop(s.SALES), past[s.SALES])
    shuffled = ahead.drop(s.SALES).sample(fraction=1.0, shuffle=True, seed=3)
    expected = model.bundle_.predict(model.panel_, calendar=ahead.drop(s.SALES))
    again = shuffled.join(expected, on=s.KEYS, how="left", maintain_order="left")[s.FORECAST]
    np.testing.assert_array_equal(model.predict(shuffled), again.to_numpy())
    frame = pd.DataFrame(shuffled.to_dict(as_series=False))
    np.testing.assert_array_equal(model.predict(frame), again.to_numpy())


def test_it_is_cloned_and_cross_validated_in_time_order(days: pl.DataFrame) -> None:
    past, _ = split(days)
    X, y = past.drop(s.SALES), past[s.SALES].to_numpy()
    folds = TimeSeriesSplit(n_splits=2, test_size=3 * HORIZON)
    scores = cross_val_score(clone(StoreForecaster("naive", horizon=HORIZON)), X, y, cv=folds, scoring="r2")
    assert (scores > 0.8).all()


@pytest.mark.parametrize(
    "check",
    [
        check_get_params_invariance,
        check_set_params,
        check_no_attributes_set_in_init,
        check_parameters_default_constructible,
    ],
)  # checks that fit on arrays without names cannot apply: rows need a store and a date
def test_it_keeps_the_rules_of_estimators(check: object) -> None:
    check("StoreForecaster", StoreForecaster())  # type: ignore[operator]


def test_rows_that_cannot_be_predicted_are_refused(days: pl.DataFrame) -> None:
    past, ahead = split(days)
    with pytest.raises(NotFittedError):
        StoreForecaster().predict(ahead)
    with pytest.raises(DataError, match=r"y has the shape \(5,\)"):
        StoreForecaster("naive").fit(past.drop(s.SALES), [1.0] * 5)
    model = StoreForecaster("naive", horizon=HORIZON).fit(past.drop(s.SALES), past[s.SALES])
    with pytest.raises(DataError, match="expected days after the last one of the fit"):
        model.predict(past.drop(s.SALES).tail(3))
    far = ahead.drop(s.SALES).with_columns(pl.col(s.DATE) + dt.timedelta(days=30))
    with pytest.raises(DataError, match="expected days ahead"):
        model.predict(far)
