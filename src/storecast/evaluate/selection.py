"""Which model of a backtest is to be used: the simplest, unless another is clearly better."""

import math
from dataclasses import dataclass

from storecast import models
from storecast.evaluate.backtest import Backtest

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
        "the only model of this backtest" if len(names) == 1 else f"the simplest model, with {_told(result, names[0])}"
    )
    chosen = Selection(names[0], None, 0.0, f"{names[0]} is {what}.")
    for name in names[1:]:
        gain = result.mean(chosen.model) - result.mean(name)
        wins = sum(_rmspe(result, name, w) < _rmspe(result, chosen.model, w) for w in _cutoffs(result))
        if gain > MARGIN and wins * 2 > len(result.windows):
            chosen = Selection(
                name,
                chosen.model,
                round(gain, 6),
                f"{name} has a mean RMSPE of {result.mean(name):.4f}, {gain:.4f} below {chosen.model}, "
                f"and is better on {wins} of {len(result.windows)} windows.",
            )
        elif chosen.over is None or gain > 0:
            chosen = Selection(
                chosen.model,
                chosen.over,
                chosen.by,
                f"{chosen.reason} {name} does not take over: it has {_told(result, name)}, "
                f"better on {wins} of {len(result.windows)} windows.",
            )
    return chosen


def _told(result: Backtest, name: str) -> str:
    score = result.mean(name)
    return "no open day to be scored on" if math.isnan(score) else f"a mean RMSPE of {score:.4f}"


def _cutoffs(result: Backtest) -> list[str]:
    return [window.cutoff.isoformat() for window in result.windows]


def _rmspe(result: Backtest, model: str, cutoff: str) -> float:
    found = next(
        line["RMSPE"]
        for line in result.scores
        if line["model"] == model and line["cutoff"] == cutoff and line["slice"] == "all"
    )
    return math.nan if found is None else float(found)
