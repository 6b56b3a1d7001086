"""Drift: whether openings, promotions, school holidays and the level of sales still look like what a model learned from.

What came since the model's cutoff is compared with stretches of the same length of the past before it, so that a season that
the past has seen is none. Two figures have to agree before it counts as moved:

- a robust z: how far the newest stretch lies from the median of the past ones, in units of their median absolute deviation
  (times 1.4826, a standard deviation where they are normal), unusual from 3.5 on; Iglewicz and Hoaglin, How to Detect and
  Handle Outliers (1993);
- the population stability index: how differently the store-days spread over classes, small below 0.1 and large from 0.25 on;
  Siddiqi, Credit Risk Scorecards (2006).

A large chain makes a tiny move sure, and a calm past a small one unusual: the index asks for size, the z for surprise.
"""

import datetime as dt

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import F64

SHORTEST, LONGEST = 14, 42  # days of a stretch
LEAST_STRETCHES = 4  # of the past
UNUSUAL = 3.5  # robust z
SMALL, LARGE = 0.1, 0.25  # population stability index
FLOOR = 0.02  # least deviation: two points of a share, two percent of sales
CLASSES = 10
EMPTY = 1e-4  # share of a class without rows: its logarithm has to exist
INPUTS = {
    "openings": "share of store-days open",
    "promotions": "share of open store-days with a promotion",
    "school holidays": "share of store-days in school holidays",
    "sales": "log of a day's sales against the store's own usual day before the cutoff, mean of store-days with sales",
}
SCHEMA: dict[str, pl.DataType] = {
    "Input": pl.String(),
    "First": pl.Date(),
    "Last": pl.Date(),
    "Recent": pl.Float64(),
    "Usual": pl.Float64(),
    "Low": pl.Float64(),
    "High": pl.Float64(),
    "Z": pl.Float64(),
    "PSI": pl.Float64(),
    "State": pl.String(),
}


def drift(sales: pl.DataFrame, calendar: pl.DataFrame, cutoff: dt.date) -> pl.DataFrame:
    """Compare what came since a model's cutoff with its past.

    Parameters
    ----------
    sales : Store, Date, Sales
    calendar : Store, Date, Open, Promo, SchoolHoliday
    cutoff : the last day that the model learned from

    Returns
    -------
    a row for each of `INPUTS`: First and Last day of the newest stretch (whole weeks, 14 to 42 days, that end with the sales),
    Recent (its value), Usual (median of the past stretches), Low and High (beyond them the z is unusual), Z, PSI, and State: "as
    usual", "unusual" (the z alone), "moved" or "moved far" (both). No row before 14 days have come, or with fewer than four
    stretches of past.
    """
    last = sales[s.DATE].max()
    days = min((last - cutoff).days // 7 * 7, LONGEST) if isinstance(last, dt.date) else 0
    if days < SHORTEST:
        return pl.DataFrame(schema=SCHEMA)
    assert isinstance(last, dt.date)
    first = last - dt.timedelta(days=days - 1)
    comparisons = {
        name: _compare(values, cutoff, first, days) for name, values in _inputs(sales, calendar, cutoff, last).items()
    }
    rows = [
        {"Input": name, "First": first, "Last": last, **line} for name, line in comparisons.items() if line is not None
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def stability(past: F64, recent: F64) -> float:
    """Return the population stability index: the sum of (r - p) log(r / p) over classes with the shares p and r.

    The classes are tenths of the past; where there are few values, as of a yes or no, each is a class.

    Examples
    --------
    >>> round(stability(np.array([0.0, 1, 0, 1]), np.array([0.0, 0, 0, 1])), 3)
    0.275
    """
    edges = np.unique(np.concatenate([past, recent]))
    if len(edges) > CLASSES:
        edges = np.unique(np.quantile(past, np.arange(1, CLASSES) / CLASSES))
    shares = [np.bincount(np.searchsorted(edges, of), minlength=len(edges) + 1) / len(of) for of in (past, recent)]
    p, r = (np.maximum(share, EMPTY) for share in shares)
    return float(((r - p) * np.log(r / p)).sum())


def _inputs(sales: pl.DataFrame, calendar: pl.DataFrame, cutoff: dt.date, last: dt.date) -> dict[str, pl.DataFrame]:
    """Return Date and Value of each store-day, by input."""
    known = calendar.filter(pl.col(s.DATE) <= last)
    sold = sales.filter(pl.col(s.SALES) > 0).select(*s.KEYS, pl.col(s.SALES).log().alias("Value"))
    usual = sold.filter(pl.col(s.DATE) <= cutoff).group_by(s.STORE).agg(pl.col("Value").mean().alias("usual"))
    against = sold.join(usual, on=s.STORE).select(s.DATE, pl.col("Value") - pl.col("usual"))
    opened = known.filter(pl.col(s.OPEN) == 1)
    value = pl.Float64()
    return {
        "openings": known.select(s.DATE, pl.col(s.OPEN).cast(value).alias("Value")),
        "promotions": opened.select(s.DATE, pl.col(s.PROMO).cast(value).alias("Value")),
        "school holidays": known.select(s.DATE, pl.col(s.SCHOOL_HOLIDAY).cast(value).alias("Value")),
        "sales": against,
    }


def _compare(values: pl.DataFrame, cutoff: dt.date, first: dt.date, days: int) -> dict[str, float | str] | None:
    recent = values.filter(pl.col(s.DATE) >= first)["Value"].to_numpy()
    past = values.filter(pl.col(s.DATE) <= cutoff)
    back = ((cutoff - pl.col(s.DATE)).dt.total_days() // days).alias("back")
    stretches = past.group_by(back).agg(pl.col("Value").mean(), pl.col(s.DATE).min().alias("first")).sort("back")
    whole = stretches.filter(pl.col("first") <= cutoff - pl.duration(days=(pl.col("back") + 1) * days - 1))[
        "Value"
    ].to_numpy()  # the oldest may be cut short
    if len(whole) < LEAST_STRETCHES or not len(recent):
        return None
    usual = float(np.median(whole))
    deviation = max(1.4826 * float(np.median(np.abs(whole - usual))), FLOOR)
    value = float(recent.mean())
    z, psi = (value - usual) / deviation, stability(past["Value"].to_numpy(), recent)
    return {
        "Recent": value,
        "Usual": usual,
        "Low": usual - UNUSUAL * deviation,  # of a share it may lie below 0: then no fall would be unusual
        "High": usual + UNUSUAL * deviation,
        "Z": z,
        "PSI": psi,
        "State": _state(abs(z), psi),
    }


def _state(z: float, psi: float) -> str:
    if z < UNUSUAL:
        return "as usual"
    if psi < SMALL:
        return "unusual"
    return "moved far" if psi >= LARGE else "moved"
