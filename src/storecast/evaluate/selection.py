"""Selection: which model of a backtest is to be used: the simplest, unless another is clearly better.

Models are compared day by day, in pairs: the errors of a day hang together across stores, so that a day counts once. Another model
takes over where its mean loss is lower by more than one standard error of the days' differences (the rule of one standard error:
Breiman et al., Classification and Regression Trees, 1984). One day with two pieces sold
decides an RMSPE, so that it is no good judge by default.
"""

import math
from dataclasses import dataclass

from storecast import models
from storecast.errors import ConfigError, quote
from storecast.evaluate.backtest import Backtest
from storecast.evaluate.daily_losses import SCORES, paired_gain

BY = SCORES[0]


@dataclass(frozen=True)
class Selection:
    """The model to use, and why.

    Attributes
    ----------
    model : its name
    over : the simpler model it was measured against; None where there is none
    by : the mean score of ``over`` less its own
    score : that decides
    standard_error : of the mean difference, over days; of squares where the score is RMSPE
    reason : in words
    """

    model: str
    over: str | None
    by: float
    score: str
    standard_error: float
    reason: str


def select(result: Backtest, by: str = BY) -> Selection:
    """Go from the simplest model up; the next takes over where it is better by more than one standard error.

    Parameters
    ----------
    result : the backtest
    by : the score that decides: sql, wape or rmspe

    Raises
    ------
    ConfigError
        where there is no such score to select by
    """
    if by not in SCORES:
        raise ConfigError(f"A model cannot be selected by {quote(by)}; expected one of {', '.join(SCORES)}.")
    names = [name for name in models.names() if name in result.medians and name not in result.failed]
    what = (
        f"the only model {'that finished' if result.failed else 'of this backtest'}"
        if len(names) == 1
        else f"the simplest model, with {_mean_in_words(result, names[0], by)}"
    )
    selected = Selection(names[0], None, 0.0, by, 0.0, f"{names[0]} is {what}.")
    for name in names[1:]:
        paired, error, days = paired_gain(result.daily_losses, selected.model, name, by)
        gain = result.mean(selected.model, by) - result.mean(name, by)
        if paired > error:
            root = "the squares differ by" if by == "rmspe" else "a paired difference of"
            same = by != "rmspe" and f"{paired:.4f}" == f"{gain:.4f}"
            difference = "" if same else f"{root} {paired:.4f}, "
            selected = Selection(
                name,
                selected.model,
                round(gain, 6),
                by,
                round(error, 6),
                f"{name} has {_mean_in_words(result, name, by)}, {gain:.4f} below {selected.model} "
                f"({difference}standard error of the difference {error:.4f}, over {days} days).",
            )
        else:
            chance = ", lower by no more than the standard error of the difference" if gain > 0 else ""
            selected = Selection(
                selected.model,
                selected.over,
                selected.by,
                by,
                selected.standard_error,
                f"{selected.reason} {name} does not take over: it has {_mean_in_words(result, name, by)}{chance}.",
            )
    return selected


def _mean_in_words(result: Backtest, name: str, by: str) -> str:
    score = result.mean(name, by)
    return "no open day to be scored on" if math.isnan(score) else f"a mean {by.upper()} of {score:.4f}"
