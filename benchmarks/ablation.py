"""What each group of features and each model brings: RMSPE and WAPE without it, on windows that nothing was chosen on.

Features: `boosting`, its fast version, fitted again without the columns of a group. Models: the blend without each member.
"""

import datetime as dt

import numpy as np
import polars as pl

from measure import arguments

CUTOFFS = (dt.date(2014, 7, 31), dt.date(2015, 3, 9), dt.date(2015, 4, 26))
HORIZON = 48
MEMBERS = ("linear", "boosting", "boosting-plain")
GROUPS: dict[str, tuple[str, ...]] = {
    "the ridge's fit and parts": ("ridge",),
    "means of log sales by weekday and promotion": ("mean_", "spread_"),
    "holidays and closures around the day": (
        "holiday", "public_", "closures_", "closed_", "shut_", "open_run", "sundays_", "from_christmas", "from_easter",
    ),
    "promotions around the day": ("promo_",),
    "school holidays": ("school",),
    "day of the month, pay day": ("day_of_month", "days_to_month_end", "from_payday"),
    "what the ridge left over lately": ("residual_",),
    "competition, Promo2": ("competition_", "promo2_"),
    "type, assortment, state": ("StoreType", "Assortment", "State"),
    "baskets, days of history, days since a gap": ("basket", "history_days", "days_since_gap"),
}  # fmt: skip


def main() -> None:
    """Print a line for each group left out, then one for each member of the blend left out."""
    from storecast import schema as s
    from storecast.data.panel import Window
    from storecast.evaluate.scores import rmspe, wape
    from storecast.models import create
    from storecast.models.boosting import FAST, Boosting
    from storecast.uncertainty.point import point_forecasts
    from storecast.workflows.preparation import prepare

    class Without(Boosting):
        """Boosting without the columns that begin so."""

        def __init__(self, begins: tuple[str, ...]) -> None:
            super().__init__(FAST)
            self.begins = begins

        def columns(self, columns: list[str]) -> list[str]:
            return [name for name in columns if not (self.begins and name.startswith(self.begins))]

    panel = prepare(arguments(__doc__).data, horizon=HORIZON).panel
    windows = [panel.window(cutoff, HORIZON) for cutoff in CUTOFFS]

    def scored(window: Window, medians: pl.DataFrame) -> tuple[float, float]:
        rows = medians.join(window.actual(), on=s.KEYS).filter(pl.col(s.OPEN) == 1, pl.col(s.SALES) > 0)
        actual, median = rows[s.SALES].cast(pl.Float64).to_numpy(), rows["Median"].to_numpy()
        return rmspe(actual, median), wape(actual, median)

    def line(name: str, scores: list[tuple[float, float]]) -> None:
        by_window = ",".join(f"{rmspe_:.4f}" for rmspe_, _ in scores)
        print(
            f"{name},{by_window},{np.mean([r for r, _ in scores]):.4f},{np.mean([w for _, w in scores]):.4f}",
            flush=True,
        )

    print("left out," + ",".join(f"RMSPE after {cutoff}" for cutoff in CUTOFFS) + ",mean RMSPE,mean WAPE")
    every: dict[str, tuple[str, ...]] = {"nothing": (), **GROUPS}
    for name, begins in every.items():
        scores = []
        for window in windows:
            model = Without(begins)
            model.fit(window.past, HORIZON)
            scores.append(scored(window, point_forecasts(model, window)))
        line(name, scores)
    medians: dict[str, list[pl.DataFrame]] = {}
    for name in MEMBERS:
        medians[name] = []
        for window in windows:
            member = create(name, fast=True)
            member.fit(window.past, HORIZON)
            medians[name].append(point_forecasts(member, window))
    for left in (None, *MEMBERS):
        members = [name for name in MEMBERS if name != left]
        scores = []
        for k, window in enumerate(windows):
            logs = np.mean([np.log(medians[name][k]["Median"].to_numpy()) for name in members], axis=0)
            scores.append(scored(window, medians[members[0]][k].with_columns(pl.Series("Median", np.exp(logs)))))
        line(f"blend without {left}" if left else "blend", scores)


if __name__ == "__main__":
    main()
