"""What the report says, worked out from its input: the headline, weeks, stores to show, scores side by side.

A part that cannot be said, for want of last year, of scores or of an assumed day, is None or empty; the page leaves it out.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.report.figures import WEEKS_BACK
from storecast.report.tables import beside_last_year, bounds_of, like_for_like, store_types

Line = dict[str, Any]
SCORES = ("rmspe", "rmspe_without_worst5", "mape", "wape", "mase", "sql")


def outlook(forecast: pl.DataFrame, sales: pl.DataFrame, stores: pl.DataFrame, sums: pl.DataFrame) -> dict[str, Any]:
    """Sum what is coming beside last year, like for like, with bounds: the chain, its weeks and its store types.

    Parameters
    ----------
    sums : the rows of totals.csv; its bounds are None where it has none

    Returns
    -------
    chain : Forecast, Lower80 … Upper95, Like, LastYear, Change, and share: the part of the forecast that can be compared
    weeks : the same for each week, with Start and End, cut at the ends of the forecast
    types : the same for each store type, with Stores; empty where there is one type alone
    """
    weeks = beside_last_year(forecast, sales)
    first, last = forecast[s.DATE].min(), forecast[s.DATE].max()
    chain = like_for_like(weeks).join(bounds_of(sums, "chain-horizon"), on="Key").row(0, named=True)
    chain["share"] = (chain["Like"] or 0) / chain[s.FORECAST] if chain[s.FORECAST] else 0.0
    by_week = like_for_like(weeks, "Week").with_columns(
        pl.max_horizontal("Week", pl.lit(first)).alias("Start"),
        pl.min_horizontal(pl.col("Week") + dt.timedelta(days=6), pl.lit(last)).alias("End"),
    )
    by_week = by_week.join(bounds_of(sums, "chain-week"), on="Start", how="left", maintain_order="left")
    typed = weeks.join(store_types(stores), on=s.STORE, how="left")
    counts = typed.group_by(s.STORE_TYPE).agg(pl.col(s.STORE).n_unique().alias("Stores"))
    by_type = like_for_like(typed, s.STORE_TYPE).join(counts, on=s.STORE_TYPE, how="left", maintain_order="left")
    bounds = bounds_of(sums, "type-horizon").rename({"Key": s.STORE_TYPE})
    by_type = by_type.join(bounds, on=s.STORE_TYPE, how="left", maintain_order="left")
    return {
        "chain": chain,
        "weeks": by_week.to_dicts(),
        "types": by_type.to_dicts() if by_type.height > 1 else [],
    }


def sample_stores(forecast: pl.DataFrame, sales: pl.DataFrame, cutoff: dt.date) -> list[tuple[str, object]]:
    """Choose stores to show: the largest, the middle, the smallest and the most volatile, each once, with the reason.

    Parameters
    ----------
    forecast : rows of the forecast
    sales : of the chain
    cutoff : last day with sales
    """
    sums = forecast.group_by(s.STORE).agg(pl.col(s.FORECAST).sum()).filter(pl.col(s.FORECAST) > 0)
    names = sums.sort(s.FORECAST, s.STORE)[s.STORE].to_list()
    if len(names) < 2:
        return [("The only store", name) for name in names]
    chosen = {names[-1]: "The largest store", names[len(names) // 2]: "A store of middle size"}
    chosen.setdefault(names[0], "The smallest store")
    recent = sales.filter(
        (pl.col(s.DATE) > cutoff - dt.timedelta(weeks=WEEKS_BACK)) & (pl.col(s.DATE) <= cutoff) & (pl.col(s.SALES) > 0)
    )
    swing = (
        recent.join(sums.select(s.STORE), on=s.STORE, how="semi")
        .group_by(s.STORE)
        .agg((pl.col(s.SALES).std() / pl.col(s.SALES).mean()).alias("swing"))
        .drop_nulls()
        .sort("swing", s.STORE)
    )
    for name in swing[s.STORE].to_list()[-1:]:
        chosen.setdefault(name, f"The store whose sales swung most in the last {WEEKS_BACK} weeks")
    return [(why, name) for name, why in chosen.items()]


def assumed_days(calendar: pl.DataFrame, forecast: pl.DataFrame) -> list[Line]:
    """Return the forecast's days whose calendar was worked out: Date, stores, open, promo (counts of stores)."""
    rows = calendar.filter(pl.col(s.ASSUMED)).join(forecast.select(s.KEYS), on=s.KEYS, how="semi")
    return (
        rows.group_by(s.DATE)
        .agg(pl.len().alias("stores"), pl.col(s.OPEN).sum().alias("open"), pl.col(s.PROMO).sum().alias("promo"))
        .sort(s.DATE)
        .to_dicts()
    )


def models_in_order(lines: Sequence[Line], baseline: str) -> list[str]:
    """Return the models as they were run, the baseline first."""
    names = list(dict.fromkeys(line["model"] for line in lines))
    return sorted(names, key=lambda name: name != baseline)


def mean_of(lines: Sequence[Line], model: str) -> Line | None:
    """Return a model's mean of the windows."""
    return next((line for line in lines if line["model"] == model and line["cutoff"] == "mean"), None)


def by_window(lines: Sequence[Line], windows: Sequence[Line]) -> list[Line]:
    """Group score lines by window, the mean first.

    Returns
    -------
    cutoff, end (None for the mean), rows, and lines: the models'
    """
    ends = {window["cutoff"]: window["end"] for window in windows}
    cutoffs = list(dict.fromkeys(line["cutoff"] for line in lines))
    return [
        {"cutoff": cutoff, "end": ends.get(cutoff), "rows": of[0]["rows"], "lines": of}
        for cutoff in sorted(cutoffs, key=lambda cutoff: (cutoff != "mean", cutoff))
        if (of := [line for line in lines if line["cutoff"] == cutoff])
    ]


def side_by_side(lines: Sequence[Line], part: str, score: str, models: Sequence[str]) -> list[Line]:
    """Return the mean score of a slice, a row a key and a column a model: key, rows, values.

    Parameters
    ----------
    lines : scores, as in scores.json
    part : the slice
    score : its name
    models : in their order
    """
    of = {(line["key"], line["model"]): line for line in lines if line["slice"] == part and line["cutoff"] == "mean"}
    keys = sorted({key for key, _ in of}, key=lambda key: (len(key), key) if part == "week" else (0, key))
    return [
        {
            "key": key,
            "rows": max(line["rows"] for (name, _), line in of.items() if name == key),
            "values": [of[key, model][score] if (key, model) in of else None for model in models],
        }
        for key in keys
    ]


def hardest(worst: Sequence[Line], model: str) -> list[Line]:
    """Return the store-days with a model's largest relative errors, the largest first, with the error as a share."""
    rows = [
        {**row, "error": row[s.FORECAST] / row[s.SALES] - 1, "day": dt.date.fromisoformat(row[s.DATE])}
        for row in worst
        if row["model"] == model and row[s.SALES]
    ]
    return sorted(rows, key=lambda row: (-abs(row["error"]), row["day"], str(row[s.STORE])))
