"""Does an outlier rule help? RMSPE of `linear` and `boosting` under several, on windows that no report shows.

The rules learn on the past alone: Huber weights in the ridge; for the trees, rows left out, or pulled in, whose log sales
lie further from the ridge of their origin than so many of the store's mean absolute residuals.
"""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
from sklearn.pipeline import Pipeline

from measure import arguments

CUTOFFS = (dt.date(2014, 7, 7), dt.date(2015, 2, 13), dt.date(2015, 4, 2))
HORIZON = 48


def main() -> None:
    """Print a line for each rule, with a column for each window."""
    from storecast.config import BoostingSettings, LinearSettings
    from storecast.data.clean import clean
    from storecast.data.panel import Panel, Window
    from storecast.data.read import read_chain
    from storecast.features.columns import encoder
    from storecast.features.store import FeatureStore
    from storecast.models.boosting import Boosting
    from storecast.models.linear import Linear
    from storecast.uncertainty.point import point_forecasts

    panel = clean(read_chain(arguments(__doc__).data)).panel

    def rmspe(forecast: pl.DataFrame, window: Window) -> float:
        both = forecast.join(window.actual().filter(pl.col("Sales") > 0), on=["Store", "Date"])
        return float((((both["Sales"] - both["Median"]) / both["Sales"]) ** 2).mean() ** 0.5)

    def linear(window: Window, rounds: int) -> float:
        model = Linear(replace(LinearSettings(), robust_rounds=rounds))
        model.fit(window.past, HORIZON)
        return rmspe(point_forecasts(model, window), window)

    def trees(window: Window, panel: Panel, limit: float, *, leave_out: bool) -> float:
        blocks = FeatureStore.of(window.past).training(window.past, HORIZON)
        table = pl.concat([block.table for block in blocks])
        target = np.concatenate([block.target for block in blocks])
        ridge, noise = table["ridge"].to_numpy(), table["ridge_noise"].to_numpy()
        far = np.abs(target - ridge) > limit * noise
        use = np.isfinite(target) & ~(far & leave_out)
        if not leave_out:
            target = np.clip(target, ridge - limit * noise, ridge + limit * noise)
        pipeline = Pipeline([("columns", encoder(table.columns)), ("trees", Boosting(BoostingSettings()).trees())])
        pipeline.fit(table.filter(pl.Series(use)), target[use])
        future = FeatureStore.of(window).ahead(window)
        rows = pl.DataFrame(
            {"Store": panel.stores["Store"].gather(future.store), "Date": np.datetime64(panel.first) + future.day}
        )
        return rmspe(
            rows.with_columns(pl.Series("Median", np.exp(pipeline.predict(future.table)).astype(np.float64))), window
        )

    windows = [panel.window(cutoff, HORIZON) for cutoff in CUTOFFS]
    print("rule," + ",".join(map(str, CUTOFFS)) + ",mean")
    for rule, call in (
        ("linear: none", lambda window: linear(window, 0)),
        ("linear: Huber weights", lambda window: linear(window, 2)),
        ("boosting: none", lambda window: trees(window, panel, 1e9, leave_out=True)),
        ("boosting: beyond 6 left out", lambda window: trees(window, panel, 6, leave_out=True)),
        ("boosting: beyond 4 left out", lambda window: trees(window, panel, 4, leave_out=True)),
        ("boosting: pulled in to 4", lambda window: trees(window, panel, 4, leave_out=False)),
    ):
        scores = [call(window) for window in windows]
        print(rule, *(f"{value:.4f}" for value in scores), f"{np.mean(scores):.4f}", sep=",", flush=True)


if __name__ == "__main__":
    main()
