"""The search that the shipped settings come from: Optuna on windows shifted by 24 days from every reported one.

Half of the shifted windows are searched; the other half, which no trial has seen, then says whether what was found is better
at all. --minutes ends the search (one process, every core it may use); the same --out goes on where it stopped.
"""

import argparse
import datetime as dt
import logging
from pathlib import Path

import polars as pl

from measure import machine

HORIZON = 48
SEARCHED = (dt.date(2014, 8, 5), dt.date(2014, 9, 22), dt.date(2015, 2, 13), dt.date(2015, 4, 2))
UNSEEN = (dt.date(2014, 5, 1), dt.date(2014, 6, 18), dt.date(2014, 11, 9), dt.date(2014, 12, 27))
SCORE = "mase"  # RMSPE hangs on a handful of rows, and a search would run after them


def main() -> None:
    """Search, print the best trials, and score the usual and the found settings on the windows no trial has seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.csv and store.csv")
    parser.add_argument("--out", type=Path, default=Path("tuned"), help="folder of the study")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--model", default="boosting")
    options = parser.parse_args()
    print(f"# {machine()}")
    logging.basicConfig(level=logging.WARNING)
    from storecast.evaluate.tuning import mean_score, tune
    from storecast.files import make_folder
    from storecast.workflows.preparation import prepare

    panel = prepare(options.data, horizon=HORIZON).panel
    tuned = tune(
        panel,
        options.model,
        [panel.window(cutoff, HORIZON) for cutoff in SEARCHED],
        make_folder(options.out) / f"{options.model}.db",
        score=SCORE,
        seconds=options.minutes * 60,
    )
    with pl.Config(tbl_cols=-1, tbl_rows=12, tbl_width_chars=220):
        print(tuned.trials.filter(State="COMPLETE").sort("Score").head(10))
        print(tuned.trials["State"].value_counts(sort=True))
    print(f"{SCORE} on the searched windows: usual {tuned.usual:.5f}, best {tuned.best:.5f}: {tuned.settings}")
    unseen = [panel.window(cutoff, HORIZON) for cutoff in UNSEEN]
    for name, settings in (("usual", {}), ("best", {options.model: tuned.settings})):
        score = mean_score(options.model, unseen, SCORE, settings=settings)
        print(f"{SCORE} on windows that no trial has seen: {name} {score:.5f}", flush=True)


if __name__ == "__main__":
    main()
