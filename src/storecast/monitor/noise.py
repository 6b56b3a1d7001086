"""How far a score of few days may lie from the truth: an effective number of rows, for rows that hang together.

A thousand stores on one hot Saturday err together, and so do the days of one week; a score over them says as much as one over
far fewer rows that have nothing to do with each other. How many is Kish's effective number, with a part for each thing that
rows may share: the variance of a row is taken apart into what it shares with all rows of its six weeks, its week, its day, its
store within the six weeks, and a rest of its own. Forecasts of one store and day, made at several cutoffs, count as one.

The parts were measured on nine windows of real sales (benchmarks/monitoring.py), and predict how much whole windows differ.

Source: Kish, Survey Sampling (1965), chapter 5 (effects of clusters).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from storecast import schema as s

BLOCK = 42  # days that may share something


@dataclass(frozen=True)
class Shared:
    """Which part of a row's variance is shared, and with what; the rest, up to 1, is its own."""

    block: float  # with all rows of the same six weeks
    week: float  # with all rows of the same week
    day: float  # with all rows of the same day
    store: float  # with all rows of the same store in the same six weeks

    @property
    def own(self) -> float:
        """What a store's day shares with no other."""
        return 1 - self.block - self.week - self.day - self.store


INSIDE = Shared(block=0.01, week=0.02, day=0.045, store=0.04)  # whether a day lies inside its interval
SQUARES = Shared(block=0.0025, week=0.005, day=0.02, store=0.07)  # squared relative errors, the worst five aside


def effective_sample_size(rows: pl.DataFrame, shared: Shared, by: Sequence[str] = ()) -> pl.DataFrame:
    """Return how many rows without anything in common would say as much.

    Parameters
    ----------
    rows : Store, Date, Count (rows that stand for this store and day) and the columns of ``by``
    by : columns that tell one score from another

    Returns
    -------
    the columns of ``by``, and Effective; a row for each score
    """
    group = [*by, "_all"]
    last = pl.col(s.DATE).max()
    day = (last - pl.col(s.DATE)).dt.total_days()
    placed = rows.with_columns(
        (day // BLOCK).alias("_block"),
        (day // 7).alias("_week"),
        pl.lit(0).alias("_all"),
        pl.col("Count").cast(pl.Float64),
    )
    levels = {
        "block": ["_block"],
        "week": ["_week"],
        "day": [s.DATE],
        "store": ["_block", s.STORE],
        "own": [s.STORE, s.DATE],
    }
    # A sum of squared counts, each of the rows that share something, is a sum over rows: count times count of those it shares with.
    sharing = [pl.col("Count").sum().over(*group, *keys).alias(f"_{level}_count") for level, keys in levels.items()]
    noise = sum(
        (
            getattr(shared, level) * (pl.col("Count") * pl.col(f"_{level}_count")).sum() / pl.col("Count").sum() ** 2
            for level in levels
        ),
        pl.lit(0.0),
    )
    scores = placed.with_columns(sharing).group_by(group).agg((1 / noise).alias("Effective"))
    return scores.select(*by, "Effective")


def effective_block_size(stores: int, shared: Shared, days: int = BLOCK) -> float:
    """Return the effective number of six weeks in which every store has every day.

    Parameters
    ----------
    stores : how many
    shared : how much of an error days, stores and blocks of days share
    days : of the block
    """
    weeks = math.ceil(days / 7)
    noise = (
        shared.block + shared.week / weeks + shared.day / days + shared.store / stores + shared.own / (stores * days)
    )
    return 1 / noise
