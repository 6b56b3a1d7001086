"""Feature rows as sequences: one per store and origin, its days ahead in order, its last weeks beside them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from storecast import schema as s
from storecast.arrays import F32, I64
from storecast.features.cutoff_state import FeatureRows

CODES = (s.STORE, s.STORE_TYPE, s.ASSORTMENT, s.STATE, "weekday", "holiday_kind")  # embedded; the store comes first
BASE = "ridge"  # the network learns what this column leaves over
FAR = 4.0  # spreads from the mean, beyond which a feature says no more


@dataclass(frozen=True, eq=False)
class Sequences:
    """Inputs of the network, and targets where they are known.

    Attributes
    ----------
    numbers : scaled features, 0 where unknown, (sequences, days, features)
    codes : places of categories, 0 for one that was not there in training, (sequences, days, len(CODES))
    past : what the ridge left over in the last weeks, and whether a day was seen, (sequences, RESIDUAL_DAYS, 2)
    target : log sales less offset and base, NaN where closed or unknown, (sequences, days)
    """

    numbers: F32
    codes: I64
    past: F32
    target: F32

    def __len__(self) -> int:
        """Count the sequences."""
        return len(self.numbers)


def columns_of(table: pl.DataFrame) -> list[str]:
    """Return the columns that the network looks at, the embedded ones first; what is never known teaches nothing."""
    numbers = [name for name in table.columns if name not in CODES]
    known = table.select(pl.col(numbers).is_finite().any()).row(0)
    return [*CODES, *(name for name, any_ in zip(numbers, known, strict=True) if any_)]


def encoder(columns: list[str]) -> Pipeline:
    """Return the unfitted step from a table to a matrix (rows, columns): codes from 0 (not met in training), scaled numbers."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32)
    numbers = [name for name in columns if name not in CODES]
    split = ColumnTransformer(
        [("codes", codes, list(CODES)), ("numbers", StandardScaler(), numbers)],
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )
    return Pipeline([("columns", split)])


def with_store(rows: FeatureRows, stores: pl.Series) -> pl.DataFrame:
    """Return the table of some rows with the store among its columns."""
    return rows.table.with_columns(stores[rows.store].alias(s.STORE))


def past_of(residuals: F32) -> F32:
    """Return (…, days, 2): the residual, 0 where there is none, and whether there is one."""
    seen = np.isfinite(residuals)
    return np.stack([np.where(seen, residuals, 0), seen], axis=-1).astype(np.float32)


def sequences(matrix: F32, sequence: I64, step: I64, past: F32, days: int, target: F32 | None = None) -> Sequences:
    """Lay rows out as sequences.

    Parameters
    ----------
    matrix : what `encoder` returned, (rows, columns)
    sequence, step : where each row belongs: a sequence from 0, and a day of it from 0
    past : (sequences, RESIDUAL_DAYS, 2)
    """
    split = len(CODES)
    numbers = np.zeros((len(past), days, matrix.shape[1] - split), np.float32)
    codes = np.zeros((len(past), days, split), np.int64)
    targets = np.full((len(past), days), np.nan, np.float32)
    numbers[sequence, step] = np.clip(np.nan_to_num(matrix[:, split:]), -FAR, FAR)
    codes[sequence, step] = matrix[:, :split].astype(np.int64) + 1
    if target is not None:
        targets[sequence, step] = target
    return Sequences(numbers, codes, past, targets)
