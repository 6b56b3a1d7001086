"""The scores of one window of a backtest: of the whole, and of store types, weeks ahead, weekdays, promotion days and months."""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.config import LEVELS
from storecast.data.grid import Grid
from storecast.data.panel import Panel, Window
from storecast.evaluate import scores as score

SLICE, KEY, ROWS = "Slice", "Key", "Rows"
OPEN_ROWS, SOLD_ROWS = "OpenRows", "SoldRows"  # of the scored rows: open days, and those with sales
ALL = "all"
SLICES = {"store_type": s.STORE_TYPE, "week": "week", "weekday": "weekday", "promotion": s.PROMO, "month": "month"}
DECILES = tuple(k / 10 for k in range(1, 10))
DIGITS = 6
SCORES_SCHEMA: dict[str, pl.DataType] = {
    s.MODEL: pl.String(),
    s.CUTOFF: pl.Date(),
    SLICE: pl.String(),
    KEY: pl.String(),
    ROWS: pl.Int64(),
    OPEN_ROWS: pl.Int64(),
    SOLD_ROWS: pl.Int64(),
    **dict.fromkeys(score.DEFINITIONS, pl.Float64()),
}


def rows_to_score(panel: Panel, window: Window, forecast: pl.DataFrame) -> pl.DataFrame:
    """Return a window's forecast beside its actual sales, with the columns that scores and slices need.

    Parameters
    ----------
    panel : the whole chain
    window : that was forecast
    forecast : Store, Date, Forecast, bounds and deciles
    """
    grid = Grid.of(window.past)
    scale = pl.DataFrame({s.STORE: window.past.stores[s.STORE], "scale": score.scale_of(grid, grid.days - 1)})
    return (
        forecast.join(window.actual(), on=s.KEYS, how="left", maintain_order="left")
        .join(scale, on=s.STORE, how="left", maintain_order="left")
        .join(
            panel.breakdown.with_columns(panel.stores.select(s.STORE, s.STORE_TYPE)),
            on=s.STORE,
            how="left",
            maintain_order="left",
        )
        .join(window.future.select(*s.KEYS, s.OPEN, s.PROMO), on=s.KEYS, how="left", maintain_order="left")
        .with_columns(
            ((pl.col(s.DATE) - window.cutoff).dt.total_days().sub(1) // 7 + 1).alias("week"),
            pl.col(s.DATE).dt.weekday().alias("weekday"),
            pl.col(s.DATE).dt.strftime("%m").alias("month"),
        )
    )


def window_scores(rows: pl.DataFrame, model: str, window: Window) -> pl.DataFrame:
    """Score the rows of a window.

    Parameters
    ----------
    rows : as `rows_to_score` returns them
    model : its name
    window : that was forecast

    Returns
    -------
    Model, Cutoff, Slice ("all", one of `SLICES`, or "group Region" for a group of the chain's own), Key, Rows (scored),
    OpenRows (open days among them), SoldRows (open days with
    sales: RMSPE and MAPE leave out the others, coverage the closed days), and every score of `scores.DEFINITIONS`, null where there
    is no open day to score; the slice "all" first
    """
    lines = [{SLICE: ALL, KEY: ALL, **_scores_of(rows)}]
    own = window.panel.breakdown.columns
    for name, column in {**SLICES, **dict(zip(own, own, strict=True))}.items():
        groups = rows.sort(column, *s.KEYS).group_by(column, maintain_order=True)
        lines += [{SLICE: name, KEY: str(key[0]), **_scores_of(group)} for key, group in groups]
    of_window = [{s.MODEL: model, s.CUTOFF: window.cutoff, **line} for line in lines]
    return pl.DataFrame(of_window, schema=SCORES_SCHEMA)


def worst_rows(rows: pl.DataFrame, model: str, window: Window) -> pl.DataFrame:
    """Return the rows of a window with the largest relative errors, the largest first.

    Parameters
    ----------
    rows : as `rows_to_score` returns them
    model : its name
    window : that was forecast

    Returns
    -------
    Model, Cutoff, Store, Date, Sales, Forecast
    """
    error = ((pl.col(s.SALES) - pl.col(s.FORECAST)) / pl.col(s.SALES)).abs().alias("error")
    worst = (
        rows.filter(pl.col(s.SALES) > 0)
        .with_columns(error)
        .top_k(score.WORST, by="error")
        .sort("error", descending=True)
    )
    return worst.select(
        pl.lit(model).alias(s.MODEL), pl.lit(window.cutoff).alias(s.CUTOFF), *s.KEYS, s.SALES, s.FORECAST
    )


def mean_scores(scores: pl.DataFrame) -> pl.DataFrame:
    """Return the mean of the windows for each model and slice; a window without an open day in it is left out of a mean.

    Parameters
    ----------
    scores : as `window_scores` returns them, of several windows and models

    Returns
    -------
    Model, Slice, Key, Rows, OpenRows and SoldRows (of all windows) and every score
    """
    means = [pl.col(name).mean().round(DIGITS) for name in score.DEFINITIONS]
    return scores.group_by(s.MODEL, SLICE, KEY, maintain_order=True).agg(
        pl.col(ROWS, OPEN_ROWS, SOLD_ROWS).sum(), *means
    )


def _scores_of(rows: pl.DataFrame) -> dict[str, float | int | None]:
    actual = rows[s.SALES].cast(pl.Float64).fill_null(np.nan).to_numpy()
    forecast, median = rows[s.FORECAST].to_numpy(), rows["Q50"].to_numpy()
    is_open = (rows[s.OPEN] == 1).fill_null(value=False).to_numpy()
    scale = rows["scale"].fill_null(np.nan).to_numpy()
    bounds = {level: [rows[name].to_numpy() for name in s.bound_columns(level)] for level in LEVELS}
    values = {
        "rmspe": score.rmspe(actual, forecast),
        "rmspe_without_worst5": score.rmspe(actual, forecast, leave_out=score.WORST),
        "mape": score.mape(actual, median),
        "wape": score.wape(actual, median),
        "mase": score.mase(actual, median, scale),
        "sql": score.sql(actual, {tau: rows[s.quantile_column(tau)].to_numpy() for tau in DECILES}, scale),
        "bias": score.bias(actual, forecast),
        **{f"coverage{level}": score.coverage(actual, bounds[level][0], bounds[level][1], is_open) for level in LEVELS},
        "width80": score.relative_width(actual, forecast, *bounds[80]),
    }
    assert values.keys() == score.DEFINITIONS.keys()
    plain = {name: round(value, DIGITS) if np.isfinite(value) else None for name, value in values.items()}
    counts = {
        ROWS: int(np.isfinite(actual).sum()),
        OPEN_ROWS: int((is_open & np.isfinite(actual)).sum()),
        SOLD_ROWS: int((actual > 0).sum()),
    }
    return {**counts, **plain}
