"""What fev-bench scores: sales on a full grid of days or weeks, the seasonal naive forecast, and the losses of quantiles.

Metrics as fev 0.6 defines them: days without a row are missing and not scored; an item's scale is the mean absolute difference
between a step and the one a season before, over the pairs of its past that are both there; the score of a task is the plain mean
of its windows. The seasonal naive forecast carries the last value over missing days first, as fev-bench's own does.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

DECILES = tuple(f"Q{tau}0" for tau in range(1, 10))
WEEK = 7

Table = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Row = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Sales:
    """Sales of every store on every step.

    Attributes
    ----------
    stores : the row of each store
    first : the first day of the first step
    values : (stores, steps), NaN where missing
    step : days of a step, 1 or 7
    """

    stores: dict[int | str, int]
    first: dt.date
    values: Table
    step: int = 1

    @property
    def last(self) -> dt.date:
        """The last day of the last step."""
        return self.first + dt.timedelta(days=self.values.shape[1] * self.step - 1)

    def steps_until(self, cutoff: dt.date) -> int:
        """Return how many steps end at or before a day."""
        return ((cutoff - self.first).days + 1) // self.step

    def actual(self, table: pl.DataFrame) -> Row:
        """Return the sales of each row of a table with Store and Date, (rows,)."""
        return self.values[self.places(table), self.columns(table)]

    def places(self, table: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return the row of each row's store, (rows,)."""
        return table["Store"].replace_strict(self.stores, return_dtype=pl.Int64).to_numpy()

    def columns(self, table: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return the step of each row's date, (rows,)."""
        return (table["Date"] - self.first).dt.total_days().to_numpy() // self.step


def daily_sales(rows: pl.DataFrame) -> Sales:
    """Lay Store, Date and Sales out on a full grid of days."""
    first, last = rows["Date"].min(), rows["Date"].max()
    assert isinstance(first, dt.date)
    assert isinstance(last, dt.date)
    stores = {store: place for place, store in enumerate(rows["Store"].unique().sort().to_list())}
    sales = Sales(stores, first, np.full((len(stores), (last - first).days + 1), np.nan))
    sales.values[sales.places(rows), sales.columns(rows)] = rows["Sales"].to_numpy()
    return sales


def weekly_sales(daily: Sales) -> Sales:
    """Sum days up to weeks that end on Sunday; a week is missing where all its days are, and a first or last part is a week too."""
    before = daily.first.weekday()
    after = -(before + daily.values.shape[1]) % WEEK
    padded = np.pad(daily.values, ((0, 0), (before, after)), constant_values=np.nan)
    days = padded.reshape(len(padded), -1, WEEK)
    sums = np.where(np.isfinite(days).any(axis=2), np.nansum(days, axis=2), np.nan)
    return Sales(daily.stores, daily.first - dt.timedelta(days=before), sums, WEEK)


def weekly_quantiles(rows: pl.DataFrame, draws: Table, weekly: Sales) -> pl.DataFrame:
    """Sum possible sales of days up to weeks, and return the deciles of the sums.

    Parameters
    ----------
    rows : Store and Date, in the order of the draws
    draws : possible sales of each row, (rows, draws)
    weekly : whose weeks are meant

    Returns
    -------
    Store, Date (the first day of the week) and `DECILES`, sorted by store and week
    """
    week = weekly.columns(rows)
    order = np.lexsort((week, weekly.places(rows)))
    keys = rows[order].select("Store", pl.Series("week", week[order]))
    starts = np.flatnonzero(keys.select(pl.struct("Store", "week").rle_id().diff().fill_null(1) > 0).to_series())
    deciles = np.quantile(np.add.reduceat(draws[order], starts, axis=0), np.arange(1, 10) / 10, axis=1)
    first_days = [weekly.first + dt.timedelta(days=WEEK * int(k)) for k in keys["week"].to_numpy()[starts]]
    return pl.DataFrame(
        [keys["Store"].gather(starts), pl.Series("Date", first_days, dtype=pl.Date)]
        + [pl.Series(name, values) for name, values in zip(DECILES, deciles, strict=True)]
    )


def item_scale(past: Table, season: int) -> Row:
    """Return mean |sales - sales a season before| of each store over the past, missing steps skipped, (stores,)."""
    scale: Row = np.nanmean(np.abs(past[:, season:] - past[:, :-season]), axis=1)
    return scale


def seasonal_naive(past: Table, season: int, horizon: int) -> Table:
    """Repeat the last season of each store, the last value carried over missing steps, (stores, horizon)."""
    seen = np.where(np.isfinite(past), np.arange(past.shape[1]), 0)
    carried = np.take_along_axis(past, np.maximum.accumulate(seen, axis=1), axis=1)
    return np.tile(carried[:, -season:], (1, horizon // season + 1))[:, :horizon]


def naive_scores(sales: Sales, cutoffs: list[dt.date], horizon: int, season: int) -> Table:
    """Return MASE and WAPE of the seasonal naive forecast, (windows, 2).

    Parameters
    ----------
    sales : days or weeks
    cutoffs : the last day known to each window
    horizon, season : in steps
    """
    scores = []
    for cutoff in cutoffs:
        known = sales.steps_until(cutoff)
        past, actual = sales.values[:, :known], sales.values[:, known : known + horizon]
        error = np.abs(actual - seasonal_naive(past, season, horizon))
        scores.append((np.nanmean(error / item_scale(past, season)[:, None]), np.nansum(error) / np.nansum(actual)))
    return np.array(scores)


def quantile_scores(table: pl.DataFrame, sales: Sales, season: int) -> list[float]:
    """Return SQL, MASE, WAPE and the coverage of the range from the first to the last decile, of one window.

    Parameters
    ----------
    table : Store, Date and `DECILES`
    sales : what was sold, in the same steps
    season : in steps
    """
    actual, middle = sales.actual(table), table["Q50"].to_numpy()
    scale = item_scale(sales.values[:, : sales.columns(table).min()], season)[sales.places(table)]
    losses = [
        np.nanmean(
            2 * np.abs((actual - table[name].to_numpy()) * ((actual <= table[name].to_numpy()) - tau / 10)) / scale
        )
        for tau, name in enumerate(DECILES, start=1)
    ]
    seen, sold = np.isfinite(actual), actual > 0
    inside = (actual >= table["Q10"].to_numpy()) & (actual <= table["Q90"].to_numpy())
    return [
        float(np.mean(losses)),
        float(np.nanmean(np.abs(actual - middle) / scale)),
        float(np.abs(actual - middle)[seen].sum() / actual[seen].sum()),
        float(inside[sold].mean()),
    ]
