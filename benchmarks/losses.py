"""The loss of `boosting`, justified: trained under each, scored under every measure, and in money.

Windows are those that settings are chosen on, and no report shows. Each loss gets its intervals and expected values from the window
before, as in use. Money: a day planned too low loses the margin of what could not be sold, a day planned too high costs what is
left over; both are stated below, as shares of the sales missed or left.
"""

import datetime as dt

import numpy as np
import polars as pl

from measure import arguments, cpu_of

CUTOFFS = (dt.date(2014, 9, 10), dt.date(2015, 2, 13), dt.date(2015, 4, 2))
HORIZON = 48
UNDER, OVER = 0.3, 0.1  # of the sales missed, of the sales left over
DECILES = tuple(k / 10 for k in range(1, 10))
BEST = f"Q{round(100 * UNDER / (UNDER + OVER))}"  # the quantile that costs least, where quantiles are right


def main() -> None:
    """Print a line for each loss, the mean of the windows."""
    from storecast.config import Task
    from storecast.evaluate.backtest import backtest
    from storecast.models.losses import LOSSES
    from storecast.workflows.preparation import prepare

    panel = prepare(arguments(__doc__).data, horizon=HORIZON).panel
    task = Task(HORIZON, (UNDER / (UNDER + OVER),))
    print(f"# under-forecast costs {UNDER:.0%} of the sales missed, over-forecast {OVER:.0%} of what is left")
    print(
        f"loss,RMSPE,MAE,RMSE,WAPE,SQL,coverage80,cost of planning the forecast,cost of planning {BEST},CPU seconds of a fit"
    )
    for name in LOSSES:
        settings = {"boosting": {"loss": name}}
        result = backtest(panel, ["boosting"], CUTOFFS, task, fast=True, settings=settings)
        of = result.forecasts.filter(pl.col("Model") == "boosting").join(panel.sales, on=["Store", "Date"])
        money = [in_money(of.filter(pl.col("Cutoff") == cutoff)) for cutoff in CUTOFFS]
        scores = [result.mean("boosting", score) for score in ("rmspe", "wape", "sql", "coverage80")]
        mae, rmse, planned, best = np.mean(money, axis=0)
        row = [scores[0], mae, rmse, *scores[1:], planned, best]
        shown = [f"{value:.4f}" if value < 1 else f"{value:.1f}" for value in row]
        print(name, *shown, f"{np.median(result.seconds['boosting']):.0f}", sep=",", flush=True)
    seconds, lost = cpu_of(lambda: np.mean([direct_quantiles(panel, cutoff) for cutoff in CUTOFFS]))
    print(
        f"# nine quantiles trained one by one (log-quantile), no calibration: SQL {lost:.4f}, {seconds / 3:.0f} CPU s a window"
    )


def in_money(rows: pl.DataFrame) -> tuple[float, float, float, float]:
    """Return MAE of the median, RMSE of the expected value, and the cost per open day of planning the forecast, and a quantile."""
    sold = rows.filter(pl.col("Sales") > 0)
    actual = sold["Sales"].to_numpy()

    def cost(column: str) -> float:
        missed = actual - sold[column].to_numpy()
        return float(np.where(missed > 0, UNDER * missed, -OVER * missed).mean())

    mae = float(np.abs(actual - sold["Q50"].to_numpy()).mean())
    rmse = float(np.sqrt(((actual - sold["Forecast"].to_numpy()) ** 2).mean()))
    return mae, rmse, cost("Forecast"), cost(BEST)


def direct_quantiles(panel: object, cutoff: dt.date) -> float:
    """Return the SQL of quantiles that were each trained by their own loss, kept from crossing by sorting."""
    from storecast.data.grid import Grid
    from storecast.data.panel import Panel
    from storecast.evaluate.scores import scale_of, sql
    from storecast.models import create
    from storecast.uncertainty.point import point_forecasts

    assert isinstance(panel, Panel)
    window = panel.window(cutoff, HORIZON)
    forecasts = []
    for tau in DECILES:
        settings = {"boosting": {"loss": "log-quantile", "quantile": tau}}
        model = create("boosting", fast=True, settings=settings)
        model.fit(window.past, HORIZON)
        rows = point_forecasts(model, window)
        forecasts.append(np.where(rows["Open"].to_numpy() == 1, rows["Median"].to_numpy(), 0.0))
    quantiles = np.sort(np.stack(forecasts), axis=0)
    grid = Grid.of(window.past)
    scale = pl.DataFrame({"Store": window.past.stores["Store"], "scale": scale_of(grid, grid.days - 1)})
    both = rows.join(window.actual(), on=["Store", "Date"], how="left", maintain_order="left").join(
        scale, on="Store", how="left", maintain_order="left"
    )
    actual = both["Sales"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return sql(actual, dict(zip(DECILES, quantiles, strict=True)), both["scale"].fill_null(np.nan).to_numpy())


if __name__ == "__main__":
    main()
