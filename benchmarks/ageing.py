"""How fast a model ages: fitted once, asked again and again as new days of sales come in, beside one that is fitted anew each time.

New sales move the history features at once, without a fit; what ages is what the model has learned to make of them.
"""

import datetime as dt

import polars as pl

from measure import arguments

FITTED = dt.date(2014, 11, 8)
AGES = (0, 28, 56, 84, 112, 140, 168)  # days between the fit and the question
HORIZON = 48
MODELS = ("linear", "boosting")


def main() -> None:
    """Print RMSPE and WAPE of the old and of the new model at each age."""
    from storecast import schema as s
    from storecast.data.panel import Window
    from storecast.evaluate.scores import rmspe, wape
    from storecast.models import Forecaster, create
    from storecast.uncertainty.point import point_forecasts
    from storecast.workflows.preparation import prepare

    panel = prepare(arguments(__doc__).data, horizon=HORIZON).panel

    def fitted(name: str, window: Window) -> Forecaster:
        model = create(name, fast=True)
        model.fit(window.past, HORIZON)
        return model

    def scored(model: Forecaster, window: Window) -> tuple[float, float]:
        rows = point_forecasts(model, window).join(window.actual(), on=s.KEYS)
        rows = rows.filter(pl.col(s.OPEN) == 1, pl.col(s.SALES) > 0)
        actual, median = rows[s.SALES].cast(pl.Float64).to_numpy(), rows["Median"].to_numpy()
        return rmspe(actual, median, leave_out=5), wape(actual, median)

    print("model,days since the fit,window from,RMSPE old,RMSPE new,WAPE old,WAPE new,WAPE old over new")
    for name in MODELS:
        old = fitted(name, panel.window(FITTED, HORIZON))
        for age in AGES:
            window = panel.window(FITTED + dt.timedelta(days=age), HORIZON)
            aged, fresh = scored(old, window), scored(fitted(name, window), window)
            figures = [f"{value:.4f}" for value in (aged[0], fresh[0], aged[1], fresh[1])]
            print(
                name,
                age,
                window.cutoff + dt.timedelta(days=1),
                *figures,
                f"{aged[1] / fresh[1]:.3f}",
                sep=",",
                flush=True,
            )


if __name__ == "__main__":
    main()
