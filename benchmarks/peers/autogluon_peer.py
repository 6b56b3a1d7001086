"""AutoGluon-TimeSeries without its pretrained models: python autogluon_peer.py FOLDER FORECASTS.parquet."""

import sys
import tempfile
from pathlib import Path

import numpy as np
from autogluon.timeseries import TimeSeriesDataFrame, TimeSeriesPredictor
from chain_days import read_days

folder, out = map(Path, sys.argv[1:])
past, ahead, facts = read_days(folder)
known = [name for name in ahead.columns if name not in ("unique_id", "ds", *facts)]
of_stores = past.select("unique_id", *facts).unique().to_pandas()
past, ahead = (
    TimeSeriesDataFrame.from_data_frame(
        rows.select("unique_id", "ds", *known, *also).to_pandas(),
        id_column="unique_id",
        timestamp_column="ds",
        static_features_df=of_stores.copy(),  # it renames the column of the frame that it is given
    )
    for rows, also in ((past, ["y"]), (ahead, []))
)
with tempfile.TemporaryDirectory() as home:
    predictor = TimeSeriesPredictor(
        prediction_length=ahead.num_timesteps_per_item().max(),
        freq="D",
        target="y",
        known_covariates_names=known,
        eval_metric="SQL",
        eval_metric_seasonal_period=7,
        path=home,
    )
    # The weights of Chronos2 and Toto2 would come from a hub.
    predictor.fit(past, presets="medium_quality", excluded_model_types=["Chronos2", "Toto2"])
    forecasts = predictor.predict(past, known_covariates=ahead)
names = {"item_id": "Store", "timestamp": "Date", "mean": "Forecast"} | {f"0.{k}": f"Q{k}0" for k in range(1, 10)}
table = np.exp(forecasts.to_data_frame()).reset_index().rename(columns=names)
table["Date"] = table["Date"].dt.date
table.to_parquet(out)
