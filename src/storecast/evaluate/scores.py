"""The scores, one function each, over arrays with a value per store and day.

A day without a row has the actual NaN and is not scored. Relative scores look at days with sales alone.
"""

import numpy as np

from storecast.arrays import F32, F64, Bool
from storecast.data.grid import Grid
from storecast.errors import ConfigError, hint, quote

DEFINITIONS = {
    "rmspe": "root of the mean of ((actual - Forecast) / actual)², over open days with sales",
    "rmspe_without_worst5": "RMSPE without the five rows with the largest relative errors (of the window, or the part told of)",
    "mape": "mean of |actual - Q50| / actual, over open days with sales",
    "wape": "sum of |actual - Q50| / sum of actual, over all days with a row",
    "mase": "mean of |actual - Q50| / item scale, the mean |sales - sales a week before| of the store's past",
    "sql": "mean of 2 |(actual - q)(1[actual <= q] - tau)| / item scale, over the quantiles 0.1 ... 0.9",
    "bias": "sum of Forecast / sum of actual - 1, over all days with a row: above 0, the forecast was too high",
    "coverage80": "measured share of open days, those without sales included, inside [Lower80, Upper80]",
    "coverage95": "measured share of open days, those without sales included, inside [Lower95, Upper95]",
    "width80": "mean of (Upper80 - Lower80) / Forecast, over open days with sales",
}
WORST = 5
_OLD_NAMES = {"cover80": "coverage80", "cover95": "coverage95"}  # as in model files of earlier versions


def score_name(text: str) -> str:
    """Return the name of a score, however it is spelled.

    Raises
    ------
    ConfigError
        where there is no such score

    Examples
    --------
    >>> score_name("RMSPE"), score_name("cover80")
    ('rmspe', 'coverage80')
    """
    name = _OLD_NAMES.get(text.lower(), text.lower())
    if name not in DEFINITIONS:
        raise ConfigError(
            f"There is no score {quote(text)}.{hint(name, DEFINITIONS)} There are: {', '.join(DEFINITIONS)}."
        )
    return name


def rmspe(actual: F64, forecast: F64, *, leave_out: int = 0) -> float:
    """Return the root mean squared relative error over days with sales.

    Parameters
    ----------
    actual, forecast : money, (rows,); NaN where there is no row
    leave_out : so many of the largest errors do not count
    """
    sold = actual > 0
    errors = np.sort(((actual - forecast)[sold] / actual[sold]) ** 2)
    return _mean_root(errors[: max(0, len(errors) - leave_out)])


def mape(actual: F64, median: F64) -> float:
    """Return the mean absolute relative error."""
    sold = actual > 0
    return _mean(np.abs(actual - median)[sold] / actual[sold])


def wape(actual: F64, median: F64) -> float:
    """Return the sum of absolute errors over the sum of sales."""
    seen = np.isfinite(actual)
    total = actual[seen].sum()
    return float(np.abs(actual - median)[seen].sum() / total) if total > 0 else float("nan")


def bias(actual: F64, forecast: F64) -> float:
    """Return the sum of forecasts over the sum of sales less 1: above 0, the forecast was too high."""
    known = np.isfinite(actual)
    total = actual[known].sum()
    return float(forecast[known].sum() / total - 1) if total > 0 else float("nan")


def mase(actual: F64, median: F64, scale: F64) -> float:
    """Return the mean absolute scaled error.

    Parameters
    ----------
    actual, median : money, (rows,)
    scale : of each row's store, as `item_scale` returns it, (rows,)

    Source: Hyndman and Koehler, Another look at measures of forecast accuracy, International Journal of Forecasting 22 (2006).
    """
    return _mean(np.abs(actual - median) / scale)


def sql(actual: F64, quantiles: dict[float, F64], scale: F64) -> float:
    """Return the scaled quantile loss, the mean over quantiles, stores and days.

    Parameters
    ----------
    actual : money, (rows,)
    quantiles : forecasts of money by quantile, each (rows,)
    scale : of each row's store, as `item_scale` returns it, (rows,)
    """
    return float(np.mean([_mean(loss) for loss in scaled_quantile_losses(actual, quantiles, scale)]))


def scaled_quantile_losses(actual: F64, quantiles: dict[float, F64], scale: F64) -> list[F64]:
    """Return the scaled loss of each row, (rows,), for each quantile in their order.

    Parameters
    ----------
    actual, quantiles, scale : as of `sql`
    """
    return [2 * np.abs((actual - q) * ((actual <= q) - tau)) / scale for tau, q in quantiles.items()]


def coverage(actual: F64, lower: F64, upper: F64, is_open: Bool | None = None) -> float:
    """Return the share of open days inside the bounds, days without sales among them.

    Parameters
    ----------
    actual, lower, upper : money, (rows,)
    is_open : whether the store is open, (rows,); None: on the days with sales
    """
    scored = actual > 0 if is_open is None else is_open & np.isfinite(actual)
    return _mean(((actual >= lower) & (actual <= upper))[scored].astype(np.float64))


def relative_width(actual: F64, forecast: F64, lower: F64, upper: F64) -> float:
    """Return the mean width of the interval relative to the forecast, over days with sales.

    Parameters
    ----------
    actual, forecast, lower, upper : money, (rows,)
    """
    sold = actual > 0
    return float(np.mean(((upper - lower) / np.maximum(forecast, 0.01))[sold])) if sold.any() else float("nan")


def item_scale(past: F32) -> F64:
    """Return the mean |sales - sales a week before| of each store, closed days included, (stores,).

    Parameters
    ----------
    past : sales up to the cutoff, (stores, days); NaN where there is no row
    """
    steps = np.abs(past[:, 7:].astype(np.float64) - past[:, :-7])
    seen = np.isfinite(steps)
    total = np.where(seen, steps, 0).sum(axis=1)
    return np.where(total > 0, total / np.maximum(seen.sum(axis=1), 1), np.nan)


def scale_of(grid: Grid, cutoff: int) -> F64:
    """Return the item scale at a cutoff (a column of the grid)."""
    return item_scale(grid.sales[:, : cutoff + 1])


def _mean(values: F64) -> float:
    seen = values[np.isfinite(values)]
    return float(seen.mean()) if len(seen) else float("nan")


def _mean_root(squares: F64) -> float:
    return float(np.sqrt(squares.mean())) if len(squares) else float("nan")
