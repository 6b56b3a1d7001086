"""Sample paths as a table, for planners who need more than the interval of a day or a total."""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F32, F64
from storecast.errors import ConfigError
from storecast.uncertainty.common_errors import MAX_PATHS

PATH = "Path"


def path_table(
    rows: pl.DataFrame, paths: F32 | F64 | None, count: int = MAX_PATHS, *, whole_numbers: bool = False
) -> pl.DataFrame:
    """Return sample paths as a row per store, day and path.

    Parameters
    ----------
    rows : Store and Date of each row of the paths
    paths : possible sales, (rows, paths); None where past errors do not say how days err together
    count : how many of them, 1 to 300
    whole_numbers : whether what is forecast comes in whole numbers

    Returns
    -------
    Store, Date, Path (from 1), Sales (in the unit of what is forecast, to the cent; 0 on closed days), in this order

    Raises
    ------
    ConfigError
        where the count has no meaning, or there are no paths
    """
    if not 1 <= count <= MAX_PATHS:
        raise ConfigError(f"{count} sample paths are asked for; expected 1 to {MAX_PATHS}.")
    if paths is None:
        raise ConfigError(
            "There are no sample paths: when the model was trained, the past was too short to tell how days err together."
        )
    sales = pl.Series(s.SALES, paths[:, :count].ravel()).cast(pl.Float64).round(0 if whole_numbers else 2)
    table = rows.select(*s.KEYS)[np.repeat(np.arange(rows.height), count)]
    return table.with_columns(pl.Series(PATH, np.tile(np.arange(1, count + 1, dtype=np.int32), rows.height)), sales)
