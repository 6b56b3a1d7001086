"""XGBoost beside LightGBM: RMSPE, CPU seconds of a fit, bytes of the saved trees.

On windows that no report shows (cutoffs 2015-04-02 and 2014-07-07), both on the same feature rows with settings of the same
size. XGBoost was chosen by these figures.
"""

import datetime as dt

import numpy as np
import polars as pl

from measure import arguments, cpu_of

CUTOFFS = (dt.date(2014, 7, 7), dt.date(2015, 4, 2))
HORIZON = 48


def main() -> None:
    """Print a line for each library and window."""
    from lightgbm import LGBMRegressor
    from sklearn.pipeline import Pipeline

    from storecast.config import BoostingSettings
    from storecast.data.clean import clean
    from storecast.data.read import read_chain
    from storecast.features.columns import encoder
    from storecast.features.store import FeatureStore
    from storecast.models.boosting import Boosting

    panel = clean(read_chain(arguments(__doc__).data)).panel
    lightgbm = LGBMRegressor(
        n_estimators=500, learning_rate=0.06, num_leaves=63, min_child_samples=100, colsample_bytree=0.2, subsample=0.6,
        subsample_freq=1, reg_lambda=5, n_jobs=2, random_state=0, verbose=-1, deterministic=True, force_row_wise=True,
    )  # fmt: skip
    print("cutoff,library,RMSPE,CPU seconds,bytes")
    for cutoff in CUTOFFS:
        window = panel.window(cutoff, HORIZON)
        blocks = FeatureStore.of(window.past).training(window.past, HORIZON)
        seen = [np.isfinite(block.target) for block in blocks]
        table = pl.concat([block.table.filter(pl.Series(rows)) for block, rows in zip(blocks, seen, strict=True)])
        target = np.concatenate([block.target[rows] for block, rows in zip(blocks, seen, strict=True)])
        future = FeatureStore.of(window).ahead(window)
        actual = window.actual().filter(pl.col("Sales") > 0)
        rows = pl.DataFrame(
            {"Store": panel.stores["Store"].gather(future.store), "Date": np.datetime64(panel.first) + future.day}
        )
        for name, trees in (("XGBoost", Boosting(BoostingSettings()).trees()), ("LightGBM", lightgbm)):
            pipeline = Pipeline([("columns", encoder(table.columns)), ("trees", trees)])
            seconds, fitted = cpu_of(lambda pipeline=pipeline, table=table, target=target: pipeline.fit(table, target))
            logs = fitted.predict(future.table)
            both = rows.with_columns(pl.Series("forecast", np.exp(logs))).join(actual, on=["Store", "Date"])
            rmspe = (((both["Sales"] - both["forecast"]) / both["Sales"]) ** 2).mean() ** 0.5
            saved = (
                trees.get_booster().save_raw("ubj") if name == "XGBoost" else trees.booster_.model_to_string().encode()
            )
            print(cutoff, name, f"{rmspe:.4f}", f"{seconds:.1f}", len(saved), sep=",", flush=True)


if __name__ == "__main__":
    main()
