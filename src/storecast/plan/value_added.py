"""Forecast value added: what each step from the naive forecast to the approved plan did to the error, once the sales are there.

Four steps, each of which could have been left out: the sales of the same weekday before (naive), the model, the planner's
overrides, and what was approved. A step that makes the error larger costs more than the work it takes.

Source: Gilliland, The Business Forecasting Deal (2010), chapter 4; Fildes, Goodwin, Lawrence and Nikolopoulos, Effective
forecasting and judgmental adjustments, International Journal of Forecasting 25 (2009): small upward edits seldom help.
"""

from dataclasses import dataclass

import polars as pl

from storecast import schema as s
from storecast.plan.overrides import OVERRIDE

NAIVE, MODEL, PLANNER, APPROVED = STEPS = ("Naive", "Model", "Planner", "Approved")
UP, DOWN = "up", "down"
LATEST = 20  # overrides in the sentence
SLICES = {"person": "By", "reason": "Reason", "direction": "Direction"}


@dataclass(frozen=True, eq=False)
class ValueAdded:
    """What each step did to the error.

    Attributes
    ----------
    steps : Slice (all: every store-day; overridden: those that an override held; person, reason, direction: of those), Key,
        Days (store-days), Sales, the WAPE of Naive, Model, Planner and Approved (null where nothing was approved), and Added:
        by how much money the planner made the absolute errors of the model smaller
    overrides : Override, By, Reason, Direction, Days, Sales, Model, Planner (WAPE), Added; newest first
    sentence : what the last twenty did
    """

    steps: pl.DataFrame
    overrides: pl.DataFrame
    sentence: str


def value_added(days: pl.DataFrame, overrides: pl.DataFrame) -> ValueAdded:
    """Compare the steps with what came.

    Parameters
    ----------
    days : Store, Date, Naive, Model, Planner, Approved (null where the version was not approved), Override (null: none) and
        Sales; a row for each store-day whose sales are there
    overrides : id, by, reason
    """
    named = overrides.select(pl.col("id").alias(OVERRIDE), pl.col("by").alias("By"), pl.col("reason").alias("Reason"))
    changed = days.filter(pl.col(OVERRIDE).is_not_null()).join(named, on=OVERRIDE, how="inner", maintain_order="left")
    upward = pl.col(PLANNER).sum().over(OVERRIDE) >= pl.col(MODEL).sum().over(OVERRIDE)
    changed = changed.with_columns(pl.when(upward).then(pl.lit(UP)).otherwise(pl.lit(DOWN)).alias("Direction"))
    parts = [_scored(days.with_columns(pl.lit("all").alias("Key")), "all")]
    parts.append(_scored(changed.with_columns(pl.lit("overridden").alias("Key")), "overridden"))
    parts += [_scored(changed.with_columns(pl.col(column).alias("Key")), name) for name, column in SLICES.items()]
    single = (
        changed.group_by(OVERRIDE, "By", "Reason", "Direction")
        .agg(*_figures((MODEL, PLANNER)))
        .sort(OVERRIDE, descending=True)
    )
    return ValueAdded(pl.concat(parts), single, _sentence(single))


def _scored(days: pl.DataFrame, name: str) -> pl.DataFrame:
    scores = days.group_by("Key").agg(*_figures(STEPS)).sort("Key")
    return scores.select(pl.lit(name).alias("Slice"), pl.all())


def _figures(steps: tuple[str, ...]) -> list[pl.Expr]:
    """Return the sums and scores of a group of store-days."""
    error = {step: (pl.col(step) - pl.col(s.SALES)).abs() for step in steps}
    figures = [pl.len().cast(pl.Int64).alias("Days"), pl.col(s.SALES).sum().round(2)]
    for step in steps:
        known = pl.col(step).is_not_null()
        total = pl.col(s.SALES).filter(known).sum()
        wape = error[step].sum() / pl.when(total > 0).then(total)
        figures.append(wape.round(6).alias(f"{step}"))
    return [*figures, (error[MODEL] - error[PLANNER]).sum().round(2).alias("Added")]


def _sentence(overrides: pl.DataFrame) -> str:
    """Say in one sentence what the last overrides did."""
    latest = overrides.head(LATEST)
    if latest.is_empty():
        return "No day of an override has come yet."
    better, worse = ((latest["Added"] > 0).sum(), (latest["Added"] < 0).sum())
    upward = latest.filter(pl.col("Direction") == UP)
    added, sales = (float(latest[name].sum()) for name in ("Added", s.SALES))
    share = f", {abs(added) / sales:.1%} of what was sold" if sales else ""
    effect = f"made the error smaller by {added:,.2f}" if added >= 0 else f"made the error larger by {-added:,.2f}"
    of_upward = (
        f"; of the {upward.height} upwards, {(upward['Added'] > 0).sum()} made it better" if upward.height else ""
    )
    noun = "override" if latest.height == 1 else f"{latest.height} overrides"
    return (
        f"Of the last {noun} whose days have come, {better} made the forecast better and {worse} worse{of_upward}; together they "
        f"{effect}{share}."
    )


def naive_forecast(keys: pl.DataFrame, sales: pl.DataFrame) -> pl.Series:
    """Return the newest sales of the same store and weekday, 0 where there are none.

    Parameters
    ----------
    keys : Store, Date
    sales : Store, Date, Sales up to the cutoff; days without sales count as closed
    """
    weekday = pl.col(s.DATE).dt.weekday().alias("weekday")
    newest = (
        sales.filter(pl.col(s.SALES) > 0)
        .sort(s.DATE)
        .group_by(s.STORE, weekday)
        .agg(pl.col(s.SALES).last().alias(NAIVE))
    )
    joined = keys.with_columns(weekday).join(newest, on=[s.STORE, "weekday"], how="left", maintain_order="left")
    return joined[NAIVE].fill_null(0.0)
