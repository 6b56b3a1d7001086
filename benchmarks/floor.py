"""What storecast adds to the bare booster and to the bare bytes of the files.

Under `boosting` lies XGBoost, and under the reading the bytes of the files: neither can be had for less. For the last window of a
chain, this measures XGBoost's fit on the same matrix with the same settings and threads, beside storecast's whole fit (ridge,
features, matrix and booster), and the reading of the files' bytes beside storecast's reading, checking and cleaning. Each round
reads the files again, so that no features are left from the round before.
"""

import argparse
import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from measure import Cost, cost_of_call, machine, print_table, rounds

if TYPE_CHECKING:
    from storecast.data.panel import Panel

SHORTEST = 1e-3  # seconds, below which a ratio to them would say nothing
READING, BYTES = "reading, checking, cleaning", "bytes of the files"
FIT, BOOSTER, AROUND = "whole fit", "bare booster", "work around the booster"
TARGET = 0.4  # of the booster's own fit, for the work around it


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the medians of the rounds, and the ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of a chain's files")
    parser.add_argument("--full", action="store_true", help="the default settings, in place of those of --fast")
    parser.add_argument("--horizon", type=int, default=48)
    parser.add_argument("--runs", type=int, default=3, help="rounds, of which the medians are printed")
    chosen = parser.parse_args(arguments)
    print(f"# {machine()}, load {os.getloadavg()[0]:.1f} before the first round")
    costs: dict[str, list[Cost]] = {}
    for _ in range(chosen.runs):
        panel, of_reading = costs_of_reading(chosen.data)
        shape, of_fit = costs_of_fit(panel, chosen.horizon, fast=not chosen.full)
        for part, cost in (of_reading | of_fit).items():
            costs.setdefault(part, []).append(cost)
    settings = "default settings" if chosen.full else "settings of --fast"
    print(f"# {panel.stores.height:,} stores, {panel.sales.height:,} rows of sales; boosting, {settings}")
    print(f"# the booster's matrix: {shape[0]:,} rows, {shape[1]} columns; {rounds(chosen.runs)}")
    report({part: median_cost(measured) for part, measured in costs.items()})


def costs_of_reading(data: Path) -> tuple["Panel", dict[str, Cost]]:
    """Read a folder; return the chain, and the costs of `BYTES` and `READING`."""
    from storecast.data.clean import clean
    from storecast.data.read import read_chain

    files = [path for path in sorted(data.iterdir()) if path.is_file()]
    of_bytes, _ = cost_of_call(lambda: [path.read_bytes() for path in files])
    of_reading, cleaned = cost_of_call(lambda: clean(read_chain(data)))
    return cleaned.panel, {BYTES: of_bytes, READING: of_reading}


def costs_of_fit(panel: "Panel", horizon: int, *, fast: bool) -> tuple[tuple[int, int], dict[str, Cost]]:
    """Fit the last window of a chain.

    Returns
    -------
    the shape of the booster's matrix, and the costs of `BOOSTER` and `FIT`
    """
    import numpy as np
    import polars as pl
    from sklearn.base import clone

    from storecast.arrays import F32
    from storecast.config import BoostingSettings
    from storecast.models.boosting import FAST, Boosting
    from storecast.models.losses import LOSSES

    class KeepsRows(Boosting):
        """Boosting that keeps what its pipeline learned from."""

        def learn(self, table: pl.DataFrame, logs: F32) -> None:
            self.table, self.logs = table, logs
            super().learn(table, logs)

    model = KeepsRows(FAST if fast else BoostingSettings(), steady=True)
    past = panel.window(panel.end - dt.timedelta(days=horizon), horizon).past
    of_fit, _ = cost_of_call(lambda: model.fit(past, horizon))
    matrix = np.asarray(model.pipeline_["columns"].transform(model.table))
    loss = LOSSES[model.settings.loss]
    target, weights = loss.target(model.logs), loss.weights(model.logs)
    booster = clone(model.pipeline_["trees"])
    of_booster, _ = cost_of_call(lambda: booster.fit(matrix, target, sample_weight=weights))
    return (matrix.shape[0], matrix.shape[1]), {BOOSTER: of_booster, FIT: of_fit}


def median_cost(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(*(median(getattr(cost, name) for cost in costs) for name in ("user", "system", "wall", "memory")))


def report(costs: dict[str, Cost]) -> None:
    """Print each part beside its floor, and whether the work around the booster stays within its target."""
    whole, booster = costs[FIT], costs[BOOSTER]
    around = Cost(whole.user - booster.user, whole.system - booster.system, whole.wall - booster.wall)
    floors = {BYTES: BYTES, READING: BYTES, BOOSTER: BOOSTER, FIT: BOOSTER, AROUND: BOOSTER}
    rows = []
    for part, floor in floors.items():
        cost = {**costs, AROUND: around}[part]
        ratios = (f"{getattr(cost, name) / max(getattr(costs[floor], name), SHORTEST):.3g}" for name in ("cpu", "wall"))
        rows.append([part, f"{cost.cpu:.3f}", f"{cost.wall:.3f}", floor, *ratios])
    print_table(["part", "CPU s", "wall s", "floor", "CPU ratio", "wall ratio"], rows)
    ratio = around.cpu / booster.cpu
    verdict = "within" if ratio <= TARGET else "above"
    print(
        f"The work around the booster costs {ratio:.2f} × the booster's own CPU seconds, {verdict} the target of {TARGET}."
    )


if __name__ == "__main__":
    main()
