"""mlforecast with LightGBM: python mlforecast_peer.py FOLDER FORECASTS.parquet."""

import sys
from pathlib import Path

from chain_days import LEVELS, read_days, write_forecasts
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.lag_transforms import ExpandingMean, RollingMean, SeasonalRollingMean
from mlforecast.utils import PredictionIntervals

SETTINGS = {"n_estimators": 500, "learning_rate": 0.05, "num_leaves": 63, "subsample": 0.6, "subsample_freq": 1}
SETTINGS |= {"colsample_bytree": 0.5, "verbose": -1}  # chosen on an earlier window, as the lags were
folder, out = map(Path, sys.argv[1:])
past, ahead, facts = read_days(folder)
horizon = ahead["ds"].n_unique()
forecaster = MLForecast(
    {"LightGBM": LGBMRegressor(**SETTINGS)},
    freq="1d",
    lag_transforms={
        1: [RollingMean(28), RollingMean(90), ExpandingMean()],
        7: [SeasonalRollingMean(7, 4), SeasonalRollingMean(7, 12)],
    },
)
intervals = PredictionIntervals(n_windows=2, h=horizon)
forecaster.fit(past, static_features=facts, weight_col="weight", prediction_intervals=intervals)
# Future rows are taken by their position: the plan must have a row for every store and day, in the library's own order.
plan = forecaster.make_future_dataframe(horizon).join(ahead, on=["unique_id", "ds"], how="left", maintain_order="left")
forecasts = forecaster.predict(horizon, X_df=plan.drop(facts), level=list(LEVELS))
write_forecasts(forecasts, "LightGBM", out)
