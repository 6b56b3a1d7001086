"""Data quality: what is missing and odd, outliers by store and by day, and how sales and customers are distributed."""

from contextlib import suppress

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from storecast import schema as s
from storecast.data.cleaning_rules import MIN_GAP_DAYS
from storecast.data.grid import NO_ROW
from storecast.data.panel import Panel
from storecast.errors import HistoryError
from storecast.questions.adjusted import adjusted
from storecast.questions.levels import CUSTOMERS, SALES, Floats, Observed, observed
from storecast.questions.outliers import outliers
from storecast.questions.tidy import COUNT, MONEY, SHARE, Line, tidy

Flags = npt.NDArray[np.bool_]

COUNTS, ATTRIBUTES, TRADING, HISTOGRAM, SPREAD = (
    "counts", "unknown attributes", "stores with sales", "histogram of", "distribution of",
)  # fmt: skip
ROWS, NO_ROWS, AWAY, AWAY_STORES, AWAY_DAYS, LATE, EARLY, IDLE, UNCOUNTED = (
    "store-days", "without a row", f"of these in gaps of {MIN_GAP_DAYS} days or more",
    f"stores with a gap of {MIN_GAP_DAYS} days or more",
    "days that half of these stores are away or more", "stores whose first row comes after the first day",
    "stores whose last row comes before the last day", "open without sales", "with sales but without customers",
)  # fmt: skip
BINS = 30
TOP = 0.995  # quantile at which histograms end
QUARTILES = {"lower quartile": 0.25, "median": 0.5, "upper quartile": 0.75, "95th percentile": 0.95}


def quality(panel: Panel) -> pl.DataFrame:
    """Count what is missing and odd, and describe how sales and customers are distributed.

    Returns
    -------
    counts : store-days from the first day to the last, and how many of them lack something
    unknown attributes : share of the stores, by attribute
    outliers : share of open days further than five robust standard deviations of the store from like days
    stores by their outliers : how many stores have none, one, two, ...
    outliers by store, days on which many depart : the ten most of each, with the share of them below the usual; of a store also
        the largest share within three months; a day's Group is the date, and the state and the day's name where it has them
    stores with sales : Group is the Monday of a week, the count of its fullest day from Monday to Saturday
    histogram of sales, customers : Group is a store type or assortment, Position the lower edge of a bin
    distribution of sales, customers : quartiles, the 95th percentile and skewness
    """
    seen = observed(panel)
    lines = [*_counts(seen), *_attributes(panel, seen), *_trading(seen)]
    with suppress(HistoryError):  # too short to compare like with like: there are no outliers to name
        lines += outliers(adjusted(panel))
    for measure in (m for m in (SALES, CUSTOMERS) if m in seen.logs):
        lines += _distributions(seen, measure)
    return tidy(lines)


def _counts(seen: Observed) -> list[Line]:
    grid = seen.grid
    last = int(np.flatnonzero((grid.open != NO_ROW).any(axis=0) & ~np.isnan(grid.sales).all(axis=0))[-1]) + 1
    empty = np.isnan(grid.sales[:, :last])
    gaps = _long_runs(empty)
    away = gaps.sum(axis=1)
    idle = (grid.open[:, :last] == 1) & (grid.sales[:, :last] == 0)
    sold = grid.sales[:, :last] > 0
    counted = grid.customers[:, :last] > 0
    found = {
        ROWS: empty.size,
        NO_ROWS: int(empty.sum()),
        AWAY: int(away.sum()),
        AWAY_STORES: int((away > 0).sum()),
        AWAY_DAYS: int(np.quantile(away[away > 0], 0.5, method="inverted_cdf")) if away.any() else 0,
        LATE: int(empty[:, 0].sum()),
        EARLY: int(empty[:, -1].sum()),
        IDLE: int(idle.sum()),
        UNCOUNTED: int((sold & ~counted).sum()),
    }
    return [Line(COUNTS, name, SALES, COUNT, float(value), n=empty.size) for name, value in found.items()]


def _long_runs(flags: Flags) -> Flags:
    """Return the flags that stand in a run of a gap's length or more, along each row."""
    days = np.arange(flags.shape[1])
    begin = np.maximum.accumulate(np.where(flags, -1, days), axis=1)
    ahead = np.where(flags, len(days), days)
    end = np.minimum.accumulate(ahead[:, ::-1], axis=1)[:, ::-1]
    out: Flags = flags & (end - begin - 1 >= MIN_GAP_DAYS)
    return out


def _attributes(panel: Panel, seen: Observed) -> list[Line]:
    """Count unknown attributes in the files: a competitor that has yet to open is known."""
    stores = panel.stores.join(seen.stores.select(s.STORE), on=s.STORE, how="semi")
    lines = []
    for column in (s.STORE_TYPE, s.ASSORTMENT, s.STATE, s.COMPETITION_DISTANCE, s.COMPETITION_SINCE):
        unknown = int((stores[column].cast(pl.String).fill_null("") == "").sum())
        lines.append(Line(ATTRIBUTES, column, "stores", SHARE, unknown / stores.height, n=unknown))
    return lines


def _trading(seen: Observed) -> list[Line]:
    sold = (~np.isnan(seen.logs[SALES])).sum(axis=0)
    mondays = [k for k in np.flatnonzero(seen.weekday == 0) if k + 6 <= len(sold)]
    return [
        Line(TRADING, str(seen.dates[k]), SALES, COUNT, float(np.max(sold[k : k + 6])))
        for k in mondays
        if sold[k : k + 6].any()
    ]


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
