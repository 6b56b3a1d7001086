"""How feature rows become the matrix of a scikit-learn model: categories encoded, numbers as they are.

Trees take gaps (NaN) and numbers of any size as they come; the ridge has terms of its own and scales them itself.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OrdinalEncoder

from storecast import schema as s
from storecast.arrays import F32

CATEGORIES = tuple(column.name for column in s.COLUMNS if column.table == "stores" and column.kind == "text")


def encoder(columns: Sequence[str]) -> ColumnTransformer:
    """Return the unfitted step that turns a table of feature rows into float32, (rows, columns).

    A category that was not there when the step was fitted becomes -1.
    """
    categories = [name for name in columns if name in CATEGORIES]
    numbers = [name for name in columns if name not in CATEGORIES]
    unknown = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32)
    return ColumnTransformer(
        [("categories", unknown, categories), ("numbers", "passthrough", numbers)],
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )


def encoded(step: ColumnTransformer, table: pl.DataFrame) -> F32:
    """Return what the fitted step makes of a table, (rows, columns), by its own categories.

    For a few rows its checks and copies would take longer than the trees do. The figures are the same.
    """
    fitted = {name: (part, list(columns)) for name, part, columns in step.transformers_}
    encode, names = fitted["categories"]
    _, numbers = fitted["numbers"]
    codes = np.empty((table.height, len(names)), np.float32)
    for k, (name, kinds) in enumerate(zip(names, encode.categories_, strict=True)):
        code = {kind: place for place, kind in enumerate(kinds)}
        codes[:, k] = [code.get(value, -1) for value in table[name]]
    return np.concatenate([codes, table[numbers].to_numpy()], axis=1, dtype=np.float32)
