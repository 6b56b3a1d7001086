"""The losses of a window day by day: what two models are compared by, since the errors of one day hang together across stores."""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.panel import Window
from storecast.evaluate.scores import scaled_quantile_losses
from storecast.evaluate.window_scores import DECILES

SCORES = ("sql", "wape", "rmspe")  # that a model can be selected by


def daily_losses(rows: pl.DataFrame, model: str, window: Window) -> pl.DataFrame:
    """Return the losses of a window by day.

    Parameters
    ----------
    rows : as `window_scores.rows_to_score` returns them
    model : its name
    window : that was forecast

    Returns
    -------
    Model, Cutoff, Date, sql (mean over stores and deciles), wape (sum of absolute errors, money), rmspe (mean squared relative
    error), sales (money); null on a day that a score leaves out
    """
    actual, scale = pl.col(s.SALES), pl.col("scale")
    scored = rows.filter(actual.is_not_null() & (scale > 0))
    losses = scaled_quantile_losses(
        scored[s.SALES].to_numpy(),
        {tau: scored[s.quantile_column(tau)].to_numpy() for tau in DECILES},
        scored["scale"].to_numpy(),
    )
    sql = scored.select(s.DATE, pl.Series("sql", np.mean(losses, axis=0))).group_by(s.DATE).agg(pl.col("sql").mean())
    relative = ((actual - pl.col(s.FORECAST)) / actual) ** 2
    return (
        rows.filter(actual.is_not_null())
        .group_by(s.DATE)
        .agg(
            (actual - pl.col("Q50")).abs().sum().alias("wape"),
            relative.filter(actual > 0).mean().alias("rmspe"),
            actual.sum().alias("sales"),
        )
        .join(sql, on=s.DATE, how="left")
        .sort(s.DATE)
        .select(
            pl.lit(model).alias(s.MODEL),
            pl.lit(window.cutoff).alias(s.CUTOFF),
            s.DATE,
            "sql",
            "wape",
            "rmspe",
            "sales",
        )
    )


def paired_gain(losses: pl.DataFrame, simple: str, other: str, score: str) -> tuple[float, float, int]:
    """Return by how much another model's mean loss is below a simpler one's, its standard error, and over how many days.

    Of RMSPE it is the mean square that is compared. NaN where there is no day to compare.

    Parameters
    ----------
    losses : of both models, as `daily_losses` returns them
    simple, other : names of the models
    score : one of `SCORES`
    """
    simple_days, other_days = (losses.filter(pl.col(s.MODEL) == name).drop(s.MODEL) for name in (simple, other))
    days = simple_days.join(other_days, on=(s.CUTOFF, s.DATE), suffix=" other").drop_nulls((score, f"{score} other"))
    if score == "wape":
        money = days["sales"].mean()
        scale = float(money) if isinstance(money, float | int) and money > 0 else float("nan")
    else:
        scale = 1.0
    gain = (days[score] - days[f"{score} other"]).cast(pl.Float64).to_numpy() / scale
    gain = gain[np.isfinite(gain)]
    if not len(gain):
        return float("nan"), float("nan"), 0
    error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else 0.0
    return float(gain.mean()), error, len(gain)
