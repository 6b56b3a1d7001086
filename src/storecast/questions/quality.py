"""Data quality: what is missing and odd, outliers by store and by day, and how sales and customers are distributed."""

import datetime as dt
from contextlib import suppress

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from storecast import schema as s
from storecast.data.grid import NO_ROW
from storecast.data.panel import Panel
from storecast.data.rules import GAP
from storecast.errors import HistoryError
from storecast.questions.adjusted import adjusted
from storecast.questions.levels import CUSTOMERS, SALES, Floats, Observed, observed
from storecast.questions.tidy import COUNT, MONEY, SHARE, Line, tidy

COUNTS, ATTRIBUTES, TRADING, HISTOGRAM, SPREAD = (
    "counts", "unknown attributes", "stores with sales", "histogram of", "distribution of",
)  # fmt: skip
ODD, ODD_STORES, ODD_DAYS = "outliers", "outliers by store", "days on which many depart"
ROWS, NO_ROWS, AWAY, AWAY_STORES, IDLE, UNCOUNTED = (
    "store-days", "without a row", f"of these in gaps of {GAP} days or more", f"stores with a gap of {GAP} days or more",
    "open without sales", "with sales but without customers",
)  # fmt: skip
FAR = 5.0  # robust standard deviations of the store, beyond which a day is an outlier
NORMAL_MAD = 1.4826  # makes a median absolute deviation the standard deviation of normal values
LISTED = 10
BINS = 30
TOP = 0.995  # quantile at which histograms end
FEWEST_STORES = 5
QUARTILES = {"lower quartile": 0.25, "median": 0.5, "upper quartile": 0.75, "95th percentile": 0.95}


def quality(panel: Panel) -> pl.DataFrame:
    """Count what is missing and odd, and describe how sales and customers are distributed.

    Returns
    -------
    counts : store-days from the first day to the last, and how many of them lack something
    unknown attributes : share of the stores, by attribute
    outliers : share of open days further than five robust standard deviations of the store from like days
    outliers by store, days on which many depart : the ten most of each; a day's Group is the date, and the state where it has one
    stores with sales : Group is the Monday of a week, the mean count of its days from Monday to Saturday
    histogram of sales, customers : Group is a store type or assortment, Position the lower edge of a bin
    distribution of sales, customers : quartiles, the 95th percentile and skewness
    """
    seen = observed(panel)
    lines = [*_counts(seen), *_attributes(seen), *_trading(seen)]
    with suppress(HistoryError):  # too short to compare like with like: there are no outliers to name
        lines += _outliers(seen, adjusted(panel).two_way[SALES].rest)
    for measure in (m for m in (SALES, CUSTOMERS) if m in seen.logs):
        lines += _distributions(seen, measure)
    return tidy(lines)


def _counts(seen: Observed) -> list[Line]:
    grid = seen.grid
    last = int(np.flatnonzero((grid.open != NO_ROW).any(axis=0) & ~np.isnan(grid.sales).all(axis=0))[-1]) + 1
    empty = np.isnan(grid.sales[:, :last])
    gaps = _long_runs(empty)
    idle = (grid.open[:, :last] == 1) & (grid.sales[:, :last] == 0)
    sold = grid.sales[:, :last] > 0
    counted = grid.customers[:, :last] > 0
    found = {
        ROWS: empty.size,
        NO_ROWS: int(empty.sum()),
        AWAY: int(gaps.sum()),
        AWAY_STORES: int(gaps.any(axis=1).sum()),
        IDLE: int(idle.sum()),
        UNCOUNTED: int((sold & ~counted).sum()),
    }
    return [Line(COUNTS, name, SALES, COUNT, float(value), n=empty.size) for name, value in found.items()]


def _long_runs(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the flags that stand in a run of a gap's length or more, along each row."""
    days = np.arange(flags.shape[1])
    begin = np.maximum.accumulate(np.where(flags, -1, days), axis=1)
    ahead = np.where(flags, len(days), days)
    end = np.minimum.accumulate(ahead[:, ::-1], axis=1)[:, ::-1]
    out: npt.NDArray[np.bool_] = flags & (end - begin - 1 >= GAP)
    return out


def _attributes(seen: Observed) -> list[Line]:
    lines = []
    for column in (s.STORE_TYPE, s.ASSORTMENT, s.STATE, s.COMPETITION_DISTANCE, s.COMPETITION_SINCE):
        unknown = seen.stores[column].cast(pl.String).fill_null("") == ""
        lines.append(Line(ATTRIBUTES, column, "stores", SHARE, float(unknown.mean()), n=int(unknown.sum())))  # type: ignore[arg-type]
    return lines


def _trading(seen: Observed) -> list[Line]:
    sold = (~np.isnan(seen.logs[SALES])).sum(axis=0)
    mondays = [k for k in np.flatnonzero(seen.weekday == 0) if k + 6 <= len(sold)]
    return [
        Line(TRADING, str(seen.dates[k]), SALES, COUNT, float(np.max(sold[k : k + 6])))
        for k in mondays
        if sold[k : k + 6].any()
    ]


def _outliers(seen: Observed, rest: Floats) -> list[Line]:
    """Count days far from like days, in robust standard deviations of the store."""
    there = ~np.isnan(rest)
    middle = _row_median(rest)
    spread = NORMAL_MAD * _row_median(np.abs(rest - middle[:, None]))
    with np.errstate(invalid="ignore"):
        far = there & (np.abs(rest - middle[:, None]) > FAR * np.maximum(spread, 1e-6)[:, None])
    days = np.maximum(there.sum(axis=1), 1)
    share = far.sum(axis=1) / days
    names = seen.stores[s.STORE].cast(pl.String).to_list()
    lines = [Line(ODD, "all", SALES, SHARE, float(far.sum() / there.sum()), n=int(far.sum()))]
    for k in np.argsort(-share, kind="stable")[:LISTED]:
        if far[k].any():
            low, high = stats.binomtest(int(far[k].sum()), int(days[k])).proportion_ci(method="wilson")
            lines.append(
                Line(ODD_STORES, names[k], SALES, SHARE, float(share[k]), float(low), float(high), n=int(far[k].sum()))
            )
    return lines + _together(seen, far, there)


def _together(seen: Observed, far: npt.NDArray[np.bool_], there: npt.NDArray[np.bool_]) -> list[Line]:
    """Name the days on which the largest part of a state's stores departs: a local event that no column names."""
    kinds = seen.kinds(s.STATE)
    found = []
    for kind in np.unique(kinds):
        rows = kinds == kind
        if rows.sum() < FEWEST_STORES:
            continue
        traded = there[rows].sum(axis=0)
        part = far[rows].sum(axis=0)
        found += [
            (part[k] / traded[k], int(part[k]), dt.date.fromisoformat(str(seen.dates[k])), str(kind))
            for k in np.flatnonzero((traded >= max(FEWEST_STORES, rows.sum() / 2)) & (part >= 2))
        ]
    found.sort(key=lambda row: (-row[0], row[2], row[3]))
    return [
        Line(ODD_DAYS, f"{day:%a} {day}{'' if kind == '?' else f', {kind}'}", SALES, SHARE, float(share), n=count)
        for share, count, day, kind in found[:LISTED]
    ]


def _row_median(values: Floats) -> Floats:
    there = ~np.isnan(values)
    filled = np.sort(np.where(there, values, np.inf), axis=1)
    last = np.maximum(there.sum(axis=1) - 1, 0)
    rows = np.arange(len(values))
    out: Floats = (filled[rows, last // 2] + filled[rows, (last + 1) // 2]) / 2
    return out


def _distributions(seen: Observed, measure: str) -> list[Line]:
    """Describe open days with sales, of all stores and by attribute; the bins are the same for all."""
    values = seen.grid.sales if measure == SALES else seen.grid.customers
    there = ~np.isnan(seen.logs[measure])
    every = values[there].astype(float)
    edges = np.linspace(0.0, float(np.quantile(every, TOP)), BINS + 1)
    unit = MONEY if measure == SALES else COUNT
    groups: list[tuple[str, Floats]] = [("all", every)]
    for column, word in ((s.STORE_TYPE, "type"), (s.ASSORTMENT, "assortment")):
        kinds = seen.kinds(column)
        if len(np.unique(kinds)) > 1:
            groups += [
                (f"{word} {kind}", values[kinds == kind][there[kinds == kind]].astype(float))
                for kind in np.unique(kinds)
                if kind != "?"
            ]
    lines = []
    for name, part in groups:
        counts, _ = np.histogram(part, edges)
        lines += [
            Line(
                f"{HISTOGRAM} {measure}",
                name,
                measure,
                SHARE,
                float(count / len(part)),
                position=float(edge),
                n=int(count),
            )
            for count, edge in zip(counts, edges, strict=False)
        ]
        lines += [
            Line(f"{SPREAD} {measure}", name, word, unit, float(np.quantile(part, at)), n=len(part))
            for word, at in QUARTILES.items()
        ]
        lines.append(
            Line(
                f"{SPREAD} {measure}",
                name,
                "skewness",
                "score",
                float(stats.skew(part)) if np.ptp(part) > 0 else 0.0,
                n=len(part),
            )
        )
    return lines
