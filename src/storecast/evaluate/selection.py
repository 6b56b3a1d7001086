"""Selection: which model of a backtest is to be used: the simplest, unless another is clearly better."""

import math
from dataclasses import dataclass

import polars as pl

from storecast import models
from storecast import schema as s
from storecast.evaluate.backtest import Backtest
from storecast.evaluate.window_scores import ALL, SLICE

MARGIN = 0.001  # RMSPE; less than another seed moves a window


@dataclass(frozen=True)
class Selection:
    """The model to use, and why."""

    model: str
    over: str | None  # the simpler model it was measured against
    by: float  # mean RMSPE of ``over`` less its own
    reason: str


def select(result: Backtest) -> Selection:
    """Go from the simplest model up; the next takes over where it is better by more than `MARGIN` and on most windows."""
    names = [name for name in models.names() if name in result.medians]
    what = (
        "the only model of this backtest"
        if len(names) == 1
        else f"the simplest model, with {_mean_in_words(result, names[0])}"
    )
    selected = Selection(names[0], None, 0.0, f"{names[0]} is {what}.")
    for name in names[1:]:
        gain = result.mean(selected.model) - result.mean(name)
        pairs = zip(_window_scores(result, name), _window_scores(result, selected.model), strict=True)
        wins = sum(own < other for own, other in pairs)
        if gain > MARGIN and wins * 2 > len(result.windows):
            selected = Selection(
                name,
                selected.model,
                round(gain, 6),
                f"{name} has a mean RMSPE of {result.mean(name):.4f}, {gain:.4f} below {selected.model}, "
                f"and is better on {wins} of {len(result.windows)} windows.",
            )
        elif selected.over is None or gain > 0:
            selected = Selection(
                selected.model,
                selected.over,
                selected.by,
                f"{selected.reason} {name} does not take over: it has {_mean_in_words(result, name)}, "
                f"better on {wins} of {len(result.windows)} windows.",
            )
    return selected


def _mean_in_words(result: Backtest, name: str) -> str:
    score = result.mean(name)
    return "no open day to be scored on" if math.isnan(score) else f"a mean RMSPE of {score:.4f}"


def _window_scores(result: Backtest, model: str) -> list[float]:
    """Return the RMSPE of each window, NaN where it has no open day."""
    rows = result.scores.filter((pl.col(s.MODEL) == model) & (pl.col(SLICE) == ALL)).sort(s.CUTOFF)
    return rows["rmspe"].fill_null(math.nan).to_list()
