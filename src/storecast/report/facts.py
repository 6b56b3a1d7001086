"""The figures of the report, computed from its input: the headline, weeks, stores to show, scores side by side.

What cannot be computed, for want of last year, of scores or of an assumed day, is None or empty; the page leaves it out.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.breakdown import Breakdown
from storecast.report.figures import WEEKS_BACK
from storecast.report.tables import beside_last_year, bounds_of, like_for_like, store_types
from storecast.wording import in_words

Row = dict[str, Any]
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
MAX_GROUP_ROWS = 50  # of a table of groups in the report
SCORES = ("rmspe", "rmspe_without_worst5", "mape", "wape", "mase", "sql")


def outlook(
    forecast: pl.DataFrame,
    sales: pl.DataFrame,
    stores: pl.DataFrame,
    sums: pl.DataFrame,
    breakdown: Breakdown | None = None,
) -> dict[str, Any]:
    """Compare the forecast with last year, like for like, with bounds: the chain, its weeks, store types and further groups.

    Parameters
    ----------
    forecast : the rows of forecast.csv
    sales : a row per store and day of the past
    stores : a row per store
    sums : the rows of totals.csv; its bounds are None where it has none
    breakdown : groups of the chain's own; None: no others

    Returns
    -------
    chain : Forecast, Lower80 … Upper95, Like, LastYear, Change, and share: the part of the forecast that can be compared
    weeks : the same for each week, with Start and End, cut at the ends of the forecast
    months : Start, End, Forecast and bounds of each month; empty where no totals of months are made
    groups : of store types, and of each group of the chain's own: title, rows (the same for each value, with Key and Stores), and
        rest: how many smaller ones are not among them; none where there is one value alone
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
    groups = [_of_group(weeks, store_types(stores).rename({s.STORE_TYPE: "Key"}), sums, "store type", "type")]
    for group in breakdown.groups if breakdown else ():
        group_of_store = pl.DataFrame([stores[s.STORE], group.of(stores[s.STORE]).alias("Key")])
        groups.append(_of_group(weeks, group_of_store, sums, group.name, group.name))
    months = sums.filter(pl.col("Level") == "chain-month").select(s.FORECAST, "End")
    months = months.hstack(bounds_of(sums, "chain-month"))
    return {
        "chain": chain,
        "weeks": by_week.to_dicts(),
        "months": months.to_dicts(),
        "groups": [group for group in groups if len(group["rows"]) > 1],
    }


def _of_group(
    weeks: pl.DataFrame, group_of_store: pl.DataFrame, sums: pl.DataFrame, title: str, level: str
) -> dict[str, Any]:
    """Return the whole horizon by groups of stores, the largest of them, sorted by name."""
    grouped = weeks.join(group_of_store, on=s.STORE, how="left")
    counts = grouped.group_by("Key").agg(pl.col(s.STORE).n_unique().alias("Stores"))
    rows = like_for_like(grouped, "Key").join(counts, on="Key", how="left", maintain_order="left")
    rows = rows.join(bounds_of(sums, f"{level}-horizon"), on="Key", how="left", maintain_order="left")
    largest = rows.top_k(MAX_GROUP_ROWS, by=s.FORECAST).select("Key")
    shown = rows.join(largest, on="Key", how="semi", maintain_order="left")
    return {"title": title, "rows": shown.to_dicts(), "rest": rows.height - shown.height}


def sample_stores(forecast: pl.DataFrame, sales: pl.DataFrame, cutoff: dt.date) -> list[tuple[str, object]]:
    """Choose stores to show: the largest, the middle, the smallest and the most volatile, each once, with the reason.

    Parameters
    ----------
    forecast : the rows of forecast.csv
    sales : a row per store and day of the past
    cutoff : the last day whose sales were known

    Returns
    -------
    reason and store
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


def assumed_days(calendar: pl.DataFrame, forecast: pl.DataFrame) -> list[Row]:
    """Return the forecast's days whose calendar is assumed: Date, stores, open, promo (counts of stores; promo of open ones)."""
    promoted = ((pl.col(s.OPEN) == 1) & (pl.col(s.PROMO) == 1)).sum()
    rows = calendar.filter(pl.col(s.ASSUMED)).join(forecast.select(s.KEYS), on=s.KEYS, how="semi")
    return (
        rows.group_by(s.DATE)
        .agg(pl.len().alias("stores"), pl.col(s.OPEN).sum().alias("open"), promoted.alias("promo"))
        .sort(s.DATE)
        .to_dicts()
    )


def how_assumed(calendar: pl.DataFrame) -> str:
    """Say how the calendar ahead was worked out where it was not given, of the columns that ever mark a day.

    Parameters
    ----------
    calendar : of the past and the days ahead
    """
    ways = {
        "holidays": (s.STATE_HOLIDAY, "holidays from law or the chain's past"),
        "promotions": (s.PROMO, "promotions continued in the chain's rhythm"),
        "school holidays": (s.SCHOOL_HOLIDAY, "school holidays from the school calendar or the year before"),
    }
    marked = {name for name, (column, _) in ways.items() if calendar[column].cast(pl.String).ne("0").any()}
    how = ["openings from the store's own weekdays", *(way for name, (_, way) in ways.items() if name in marked)]
    unmarked = [name for name in ways if name not in marked]
    none = f" The past marks no {in_words(unmarked, 'or')}, and none are assumed." if unmarked else ""
    off = " Where a promotion comes otherwise, the forecast is off by its effect." if "promotions" in marked else ""
    return f"Where it was not, it was worked out: {in_words(how)}.{none}{off}"


def models_in_order(scores: Sequence[Row], baseline: str) -> list[str]:
    """Return the models as they were run, the baseline first."""
    names = list(dict.fromkeys(entry["model"] for entry in scores))
    return sorted(names, key=lambda name: name != baseline)


def mean_of(scores: Sequence[Row], model: str) -> Row | None:
    """Return a model's mean of the windows."""
    return next((entry for entry in scores if entry["model"] == model and entry["cutoff"] == "mean"), None)


def bias_by_window(scores: Sequence[Row], model: str) -> str:
    """Say in which windows the sum of a model's forecast was too high or too low, and by how much; empty without scores."""
    lines = [line for line in scores if line["model"] == model and line["cutoff"] != "mean"]
    biases = [line["bias"] for line in sorted(lines, key=lambda line: line["cutoff"]) if line.get("bias") is not None]
    if not biases:
        return ""
    size = [f"{abs(bias) * 100:.1f}%" for bias in biases]
    if len(biases) == 1:
        side = "high" if biases[0] > 0 else "low"
        return f"{model} was {size[0]} too {side} in the window, all days and stores added up."
    count = _number(len(biases))
    all_windows = "both windows" if len(biases) == 2 else f"all {count} windows"
    if min(biases) > 0 or max(biases) < 0:
        side = "high" if biases[0] > 0 else "low"
        return f"{model} was too {side} in {all_windows}, all days and stores added up: by {in_words(size)}."
    high = sum(bias > 0 for bias in biases)
    signed = [f"{bias * 100:+.1f}%".replace("-", "−") for bias in biases]
    return (
        f"{model} was too high in {_number(high)} of {count} windows, all days and stores added up: {in_words(signed)}."
    )


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def by_window(scores: Sequence[Row], windows: Sequence[Row]) -> list[Row]:
    """Group score lines by window, the mean first.

    Returns
    -------
    cutoff, end (None for the mean), rows, and lines: the models'
    """
    ends = {window["cutoff"]: window["end"] for window in windows}
    cutoffs = list(dict.fromkeys(entry["cutoff"] for entry in scores))
    return [
        {"cutoff": cutoff, "end": ends.get(cutoff), "rows": entries[0]["rows"], "lines": entries}
        for cutoff in sorted(cutoffs, key=lambda cutoff: (cutoff != "mean", cutoff))
        if (entries := [entry for entry in scores if entry["cutoff"] == cutoff])
    ]


def side_by_side(scores: Sequence[Row], part: str, score: str, models: Sequence[str]) -> list[Row]:
    """Return the mean scores of a slice, a row for each key and a column for each model.

    Parameters
    ----------
    scores : entries of scores.json
    part : the slice, such as "week"
    score : its name, such as "rmspe"
    models : in the order of the columns

    Returns
    -------
    key, rows, values
    """
    entries = {
        (entry["key"], entry["model"]): entry
        for entry in scores
        if entry["slice"] == part and entry["cutoff"] == "mean"
    }
    keys = sorted({key for key, _ in entries}, key=lambda key: (len(key), key) if part == "week" else (0, key))
    return [
        {
            "key": key,
            "rows": max(entry["rows"] for (name, _), entry in entries.items() if name == key),
            "values": [entries[key, model][score] if (key, model) in entries else None for model in models],
        }
        for key in keys
    ]


def hardest(worst: Sequence[Row], model: str) -> list[Row]:
    """Return the store-days with a model's largest relative errors, the largest first, with the error as a share."""
    rows = [
        {**row, "error": row[s.FORECAST] / row[s.SALES] - 1, "day": dt.date.fromisoformat(row[s.DATE])}
        for row in worst
        if row["model"] == model and row[s.SALES]
    ]
    return sorted(rows, key=lambda row: (-abs(row["error"]), row["day"], str(row[s.STORE])))
