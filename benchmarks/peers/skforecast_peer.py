"""skforecast with LightGBM: python skforecast_peer.py FOLDER FORECASTS.parquet."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from chain_days import LEVELS, read_days
from lightgbm import LGBMRegressor
from skforecast.preprocessing import RollingFeatures
from skforecast.recursive import ForecasterRecursiveMultiSeries

SETTINGS = {"n_estimators": 500, "learning_rate": 0.05, "num_leaves": 63, "subsample": 0.6, "subsample_freq": 1}
SETTINGS |= {"colsample_bytree": 0.5, "verbose": -1}  # chosen on an earlier window, as the lags were
folder, out = map(Path, sys.argv[1:])
past, ahead, _ = (part.to_pandas() if hasattr(part, "to_pandas") else part for part in read_days(folder))
horizon = ahead["ds"].nunique()


def by_store(rows, columns):
    """Return each store's days by its name, with the day as index, as skforecast takes them."""
    return {str(store): days.set_index("ds")[columns].asfreq("D") for store, days in rows.groupby("unique_id")}


known = [name for name in ahead.columns if name not in ("unique_id", "ds")]
sales, weights = by_store(past, "y"), by_store(past, "weight")
exog, exog_ahead = by_store(past, known), by_store(ahead, known)
forecaster = ForecasterRecursiveMultiSeries(
    LGBMRegressor(**SETTINGS),
    lags=[1, 7, 14, 21, 28],
    window_features=RollingFeatures(stats=["mean", "mean", "mean"], window_sizes=[7, 28, 90]),
    weight_func={store: lambda index, of_day=of_day: of_day.loc[index].to_numpy() for store, of_day in weights.items()},
)
# Its intervals come from errors on days that a first fit has not seen, as its documentation recommends.
before, held_out = ({store: y[part] for store, y in sales.items()} for part in (slice(-horizon), slice(-horizon, None)))
forecaster.fit(before, exog={store: days[:-horizon] for store, days in exog.items()}, suppress_warnings=True)
tried = forecaster.predict(
    horizon, exog={store: days[-horizon:] for store, days in exog.items()}, suppress_warnings=True
)
errors = {store: days["pred"].to_numpy() for store, days in tried.groupby("level")}
forecaster.fit(sales, exog=exog, suppress_warnings=True)
forecaster.set_out_sample_residuals({store: held_out[store].to_numpy() for store in errors}, errors)
columns = {}
for level in LEVELS:
    bounds = {
        "interval": [0.5 - level / 200, 0.5 + level / 200],
        "method": "conformal",
        "use_in_sample_residuals": False,
    }
    forecasts = forecaster.predict_interval(horizon, exog=exog_ahead, suppress_warnings=True, **bounds)
    columns |= {f"Q{50 - level // 2}": forecasts["lower_bound"], f"Q{50 + level // 2}": forecasts["upper_bound"]}
columns |= {"Forecast": forecasts["pred"], "Q50": forecasts["pred"]}
table = np.exp(pd.DataFrame(columns)).assign(Store=forecasts["level"].astype(int), Date=forecasts.index.date)
table.to_parquet(out)
