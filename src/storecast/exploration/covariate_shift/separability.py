"""Whether the days to be forecast are like the days to learn from: how well a model can tell them apart."""

import datetime as dt

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F32
from storecast.exploration.covariate_shift.adversarial_validation import AdversarialValidation, adversarial_validation
from storecast.exploration.covariate_shift.parts import (
    DAY_OF_YEAR,
    PAST_WINDOW,
    WEEKDAY,
    WITH_DAY_OF_YEAR,
    WITHOUT_SEASON,
    Part,
)
from storecast.exploration.shared.estimates import Estimate, Unit
from storecast.exploration.shared.regression import mean_interval

CATEGORIES = (s.STATE_HOLIDAY, s.STORE_TYPE, s.ASSORTMENT, s.STATE)
COLUMNS = (
    s.PROMO, s.OPEN, s.STATE_HOLIDAY, s.SCHOOL_HOLIDAY, WEEKDAY, s.STORE_TYPE, s.ASSORTMENT, s.STATE,
    s.COMPETITION_DISTANCE, s.PROMO2, DAY_OF_YEAR,
)  # fmt: skip
MAX_WINDOWS = 7  # of the past, not overlapping, on which the model is tried for comparison
EPOCH = dt.date(1970, 1, 1)


def model_estimates(rows: pl.DataFrame, past: int) -> list[Estimate]:
    """Ask a model to tell the days ahead from the past; and, for comparison, windows of the past from the rest of it.

    Parameters
    ----------
    rows : a row per store and day, with the columns known ahead, and ``ahead``
    past : the number of days of the past
    """
    X, ahead = _matrix(rows), rows["ahead"].to_numpy()
    day = rows[s.DATE].cast(pl.Int32).to_numpy().astype(np.int64)
    estimates: list[Estimate] = []
    for name, columns, part in (
        (WITHOUT_SEASON, X[:, :-1], Part.IMPORTANCE),
        (WITH_DAY_OF_YEAR, X, Part.IMPORTANCE_WITH_DAY_OF_YEAR),
    ):
        validation = adversarial_validation(columns, ahead, ~ahead, day, importance=True)
        if validation is None:
            return estimates
        estimates.append(_mean_auc(name, validation))
        estimates += [
            Estimate(part, column, "AUC lost", Unit.SCORE, lost, n=len(validation.aucs))
            for column, lost in zip(COLUMNS, validation.auc_lost, strict=False)
        ]
    length = len(np.unique(day[ahead]))
    windows = min(MAX_WINDOWS, past // length)
    for begin in np.linspace(0, past - length, windows if windows > 1 else 0).astype(int):
        start = int(day.min()) + int(begin)
        inside = ~ahead & (day >= start) & (day < start + length)
        validation = adversarial_validation(X[:, :-1], inside, ~ahead & ~inside, day)
        if validation is not None:
            estimates.append(_mean_auc(f"{PAST_WINDOW} {EPOCH + dt.timedelta(days=start)}", validation))
    return estimates


def _matrix(rows: pl.DataFrame) -> F32:
    """Return rows × columns; the day of the year is the last column, so that it is easily left out."""
    levels = {name: rows[name].unique().sort().to_list() for name in CATEGORIES}
    codes = [
        pl.col(name).replace_strict(values, range(len(values)), return_dtype=pl.Float32)
        for name, values in levels.items()
    ]
    matrix: F32 = rows.with_columns(codes).select(pl.col(COLUMNS).cast(pl.Float32)).to_numpy()
    return matrix


def _mean_auc(name: str, validation: AdversarialValidation) -> Estimate:
    """Return the mean AUC of the folds; for a window of the past without interval, since it is one of a set."""
    mean = mean_interval(validation.aucs)
    low, high = (None if end is None else min(max(end, 0.0), 1.0) for end in (mean.low, mean.high))
    if name.startswith(PAST_WINDOW):
        low = high = None
    return Estimate(Part.MODEL, name, "AUC", Unit.SCORE, mean.value, low, high, n=len(validation.aucs))
