"""Forecast the windows of `chains.py` with SeasonalNaive, AutoETS and LightGBM, in an environment of their own.

    python -m venv peers && peers/bin/pip install polars statsforecast mlforecast lightgbm

LightGBM gets lags, rolling means, the calendar and every known-ahead column; its plan is completed per store and day, since
mlforecast takes future rows by their position. Its intervals are conformal; the others' are their own.
"""

import argparse
import datetime as dt
from pathlib import Path

import polars as pl

SEASON = 7
LEVELS = (20, 40, 60, 80)
CALIBRATION_WINDOWS = 2


def main() -> None:
    """Write the forecasts of each peer and window: Model, Cutoff, Store, Date, Q10 … Q90."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "days", type=Path, help="Parquet: unique_id, ds, y and the known-ahead columns, on a full daily grid"
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--horizon", type=int, required=True)
    parser.add_argument("--cutoffs", required=True, help="comma-separated dates")
    options = parser.parse_args()
    days = pl.read_parquet(options.days)
    parts = []
    for text in options.cutoffs.split(","):
        cutoff = dt.date.fromisoformat(text)
        past = days.filter(pl.col("ds") <= cutoff)
        last = cutoff + dt.timedelta(days=options.horizon)
        ahead = days.filter((pl.col("ds") > cutoff) & (pl.col("ds") <= last)).drop("y")
        started = past.group_by("unique_id").agg(pl.len()).filter(pl.col("len") > 2 * SEASON)["unique_id"]
        past, ahead = (frame.filter(pl.col("unique_id").is_in(started.implode())) for frame in (past, ahead))
        forecasts = (local(past, options.horizon), lightgbm(past, ahead, options.horizon))
        parts += [quantiles(forecast).with_columns(pl.lit(cutoff).alias("Cutoff")) for forecast in forecasts]
    pl.concat(parts).write_parquet(options.out)


def local(past: pl.DataFrame, horizon: int) -> pl.DataFrame:
    """Return the forecasts of SeasonalNaive and AutoETS, each store by itself."""
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS, SeasonalNaive

    peers = StatsForecast([SeasonalNaive(SEASON), AutoETS(SEASON)], freq="1d", fallback_model=SeasonalNaive(SEASON))
    return peers.forecast(h=horizon, df=past.select("unique_id", "ds", "y"), level=list(LEVELS))


def lightgbm(past: pl.DataFrame, ahead: pl.DataFrame, horizon: int) -> pl.DataFrame:
    """Return the forecasts of LightGBM on lags, rolling means, the calendar and what is known ahead."""
    from lightgbm import LGBMRegressor
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean
    from mlforecast.utils import PredictionIntervals

    model = LGBMRegressor(
        n_estimators=300, learning_rate=0.05, num_leaves=31, min_child_samples=20, n_jobs=2, verbose=-1
    )
    peer = MLForecast(
        {"LightGBM": model},
        freq="1d",
        lags=[1, 7, 14, 21, 28],
        lag_transforms={1: [RollingMean(7), RollingMean(28)]},
        date_features=["weekday", "day", "month"],
    )
    intervals = PredictionIntervals(n_windows=CALIBRATION_WINDOWS, h=horizon)
    peer.fit(past, static_features=[], prediction_intervals=intervals)
    plan = peer.make_future_dataframe(horizon).join(ahead, on=["unique_id", "ds"], how="left", maintain_order="left")
    return peer.predict(horizon, X_df=plan.fill_null(0), level=list(LEVELS))


def quantiles(forecast: pl.DataFrame) -> pl.DataFrame:
    """Return deciles of each model, in rows: an interval of 80% lies between the first and the ninth."""
    models = [
        name
        for name in forecast.columns
        if name not in ("unique_id", "ds") and "-lo-" not in name and "-hi-" not in name
    ]
    parts = []
    for model in models:
        bounds = {f"Q{50 + level // 2}": f"{model}-hi-{level}" for level in LEVELS}
        bounds |= {f"Q{50 - level // 2}": f"{model}-lo-{level}" for level in LEVELS}
        columns = [
            pl.col(source).clip(lower_bound=0).cast(pl.Float64).alias(name) for name, source in sorted(bounds.items())
        ]
        middle = pl.col(model).clip(lower_bound=0).cast(pl.Float64).alias("Q50")
        parts.append(
            forecast.select(pl.lit(model).alias("Model"), "unique_id", pl.col("ds").cast(pl.Date), middle, *columns)
        )
    return pl.concat(parts)


if __name__ == "__main__":
    main()
