"""A forecast of some stores under another calendar: milliseconds of `Predictor.predict`, by model and by how much is asked.

Trees have their usual number and depth; they learn from few origins, which does not change their speed.
"""

import datetime as dt
import time
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from measure import arguments, peak_gib

if TYPE_CHECKING:
    from storecast.bundle.bundle import Bundle
    from storecast.bundle.predictor import Predictor
    from storecast.data.panel import Panel

HORIZON, ORIGINS = 48, 4
MODELS = ("naive", "linear", "boosting", "blend")
TIMES = ((1, 300), (10, 50), (50, 20))  # how many stores change, and how often that is asked


def main() -> None:
    """Print a line for each model and question."""
    from storecast.bundle.predictor import Predictor
    from storecast.workflows.preparation import prepare

    panel = prepare(arguments(__doc__).data, horizon=HORIZON).panel
    print(f"# {panel.stores.height} stores, {HORIZON} days ahead")
    print("model,question (of how many stores),median ms,95% ms,median CPU ms")
    for name in MODELS:
        bundle = trained(panel, name)
        begin = time.perf_counter()
        ready = Predictor.of(bundle, panel)
        print(f"{name},making it ready,{1000 * (time.perf_counter() - begin):.0f},,")
        timed(
            name,
            "a day of 1 as it is stored",
            ready,
            [rows_under_another_calendar(ready, 1, k, flip=False) for k in range(300)],
        )
        for stores, times in (*TIMES, (panel.stores.height, 5)):
            timed(
                name,
                f"a changed day of {stores}",
                ready,
                [rows_under_another_calendar(ready, stores, k) for k in range(times)],
            )
    print(f"# peak {peak_gib():.2f} GiB")


def trained(panel: "Panel", name: str) -> "Bundle":
    """Return a model of the usual size, fitted on the newest origins."""
    from storecast import schema as s
    from storecast.bundle.bundle import Bundle
    from storecast.config import Task
    from storecast.models import create
    from storecast.uncertainty.calibration import calibrate
    from storecast.uncertainty.point import point_forecasts

    window = panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)
    model = create(name, settings={member: {"origins": ORIGINS} for member in ("boosting", "boosting-plain")})
    model.fit(window.past, HORIZON)
    errors = point_forecasts(model, window).join(window.actual(), on=s.KEYS)
    return Bundle(model, calibrate([errors.with_columns(pl.lit(window.cutoff).alias(s.CUTOFF))]), Task(HORIZON))


def rows_under_another_calendar(ready: "Predictor", stores: int, seed: int, *, flip: bool = True) -> pl.DataFrame:
    """Return the calendar of one day of some stores; with the promotion the other way round."""
    draw = np.random.default_rng(seed)
    rows = draw.choice(ready.panel.stores.height, stores, replace=False) * HORIZON + draw.integers(HORIZON, size=stores)
    stored = ready.future[rows].drop("Assumed")
    return stored.with_columns((1 - pl.col("Promo")).alias("Promo")) if flip else stored


def timed(name: str, question: str, ready: "Predictor", calendars: list[pl.DataFrame]) -> None:
    """Ask each calendar once, after one that is not counted, and print the median."""
    ready.predict(calendars[0])
    taken = []
    for calendar in calendars:
        begin = time.perf_counter(), time.process_time()
        ready.predict(calendar)
        taken.append((1000 * (time.perf_counter() - begin[0]), 1000 * (time.process_time() - begin[1])))
    wall, cpu = np.array(taken).T
    print(f"{name},{question},{np.median(wall):.2f},{np.quantile(wall, 0.95):.2f},{np.median(cpu):.2f}", flush=True)


if __name__ == "__main__":
    main()
