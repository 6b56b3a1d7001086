"""Settings of `boosting` beside their neighbours: RMSPE on windows that no report shows.

The shipped settings stand first. A neighbour that is better by less than .001 is not better: another seed moves a window by more.
"""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl

from measure import arguments, cpu_of

CUTOFFS = (dt.date(2014, 9, 10), dt.date(2015, 4, 2))
HORIZON = 48
SEEDS = (0,)


def main() -> None:
    """Print a line for each choice of settings, with a column for each window."""
    from storecast.config import BoostingSettings
    from storecast.data.clean import clean
    from storecast.data.read import read_chain
    from storecast.models.boosting import Boosting
    from storecast.uncertainty.point import point_forecasts

    panel = clean(read_chain(arguments(__doc__).data)).panel
    shipped = BoostingSettings()
    choices = {
        "shipped": shipped,
        "depth 6": replace(shipped, depth=6),
        "300 rounds at .06": replace(shipped, rounds=300, learning_rate=0.06),
        "min_child_weight 100": replace(shipped, min_child_weight=100),
        "12 origins, 150 rounds (fast)": replace(shipped, origins=12, rounds=150),
        "8 origins, 150 rounds": replace(shipped, origins=8, rounds=150),
    }
    print("settings," + ",".join(map(str, CUTOFFS)) + ",mean,CPU seconds of a fit")
    for name, settings in choices.items():
        scores, seconds = [], 0.0
        for cutoff in CUTOFFS:
            window = panel.window(cutoff, HORIZON)
            actual = window.actual().filter(pl.col("Sales") > 0)
            errors = []
            for seed in SEEDS:
                model = Boosting(replace(settings, seed=seed))
                seconds, _ = cpu_of(lambda model=model, window=window: model.fit(window.past, HORIZON))
                both = point_forecasts(model, window).join(actual, on=["Store", "Date"])
                errors.append(float((((both["Sales"] - both["Median"]) / both["Sales"]) ** 2).mean() ** 0.5))
            scores.append(np.mean(errors))
        print(
            name, *(f"{value:.4f}" for value in scores), f"{np.mean(scores):.4f}", f"{seconds:.0f}", sep=",", flush=True
        )


if __name__ == "__main__":
    main()
