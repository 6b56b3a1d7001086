"""Alerts: which figure of a model has left its band, since when, and what to do about it.

A figure is taken over the six weeks that end with a day, so that one bad day says little and a year ago nothing. Its band is
what the model's own backtest led to expect, and as much beyond it as chance may bring on so few days (`noise`):

coverage80, coverage95  from the nominal share or the backtest's, whichever is further out, 2.5 standard errors outwards. The
                        variance of a share p is p (1 - p) over the effective number of rows. Of all open days, as in the
                        backtest.
wape                    below the backtest's, 2.5 standard errors upwards: of both, since the backtest was itself measured on few
                        windows. A score by which models are selected, and not RMSPE, which one store that sells next to
                        nothing on an open day can double.

An alert stands since the first day of the unbroken run of days whose six weeks lie outside.
"""

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.config import LEVELS
from storecast.monitor.noise import (
    BLOCK,
    INSIDE,
    SQUARES,
    Shared,
    effective_block_size,
    effective_sample_size,
)

BEYOND = 2.5  # standard errors of the band
LEAST_DAYS = 7  # open (for WAPE: with sales), before anything is said
LASTING = 7  # days outside, after which it is no passing week
LEARNABLE = 14  # days of sales that a model has not seen, before training again can teach it much
WAPE = "wape"
MIN_SPREAD = 0.6  # variance of an absolute error over the square of its mean: that of a normal error
SCORES = (*(f"coverage{level}" for level in LEVELS), WAPE)

Advice = Literal["retrain", "wait"]


@dataclass(frozen=True)
class ExpectedScores:
    """What a model said of itself when it was trained."""

    cutoff: dt.date  # the last day that it learned from
    scores: Mapping[str, float] = dataclasses.field(default_factory=dict)  # of its backtest, as in its manifest


@dataclass(frozen=True)
class Alert:
    """A figure outside its band."""

    model: str
    what: str  # coverage80, coverage95, wape, or the input that has drifted
    value: float
    low: float  # the band
    high: float
    since: dt.date  # the first day of the unbroken run outside
    last: dt.date  # the day up to which it was measured
    days: int  # with sales, that it was measured on
    advice: Advice
    reason: str  # of the advice

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain data: dates as ISO text, figures with six decimals."""
        figures = {name: round(getattr(self, name), 6) for name in ("value", "low", "high")}
        days = {name: getattr(self, name).isoformat() for name in ("since", "last")}
        return {**dataclasses.asdict(self), **figures, **days}

    def sentence(self) -> str:
        """Say it in words."""
        return (
            f"{self.model}: {self.what} is {self.value:.3f}, outside {self.low:.3f} to {self.high:.3f}, since {self.since} "
            f"({self.days} days, up to {self.last}). Advice: {self.advice}: {self.reason}"
        )


@dataclass(frozen=True)
class Measured:
    """A figure of the six weeks up to a day, and its band."""

    value: float
    low: float
    high: float
    days: int

    @property
    def outside(self) -> bool:
        """Whether it has left its band."""
        return not self.low <= self.value <= self.high


def alerts(
    rows: pl.DataFrame, expected_by_model: Mapping[str, ExpectedScores], drifted: pl.DataFrame | None = None
) -> list[Alert]:
    """Return what has left its band, model by model.

    Parameters
    ----------
    rows : forecasts beside what came, as `monitoring.scored` returns them
    expected_by_model : by model; without one (its file is gone), coverage is held to its nominal share alone
    drifted : what `drift.drift` found for the model whose name stands in its column Model
    """
    days = store_days(rows)
    last = rows[s.DATE].max()
    raised: list[Alert] = []
    if isinstance(last, dt.date):
        first_cutoffs = dict(rows.group_by(s.MODEL).agg(pl.col(s.CUTOFF).min()).iter_rows())
        for model in sorted(first_cutoffs):
            expected = expected_by_model.get(model, ExpectedScores(first_cutoffs[model]))
            raised += _of_model(model, days.filter(pl.col(s.MODEL) == model), expected, last)
    return raised if drifted is None else [*raised, *_of_inputs(drifted, raised)]


def measure(days: pl.DataFrame, what: str, expected: ExpectedScores, last: dt.date) -> Measured | None:
    """Return a figure of the six weeks that end with a day, and its band; None where too little is known.

    Parameters
    ----------
    days : what `store_days` returns, of one model
    what : one of `SCORES`
    """
    rows = days.filter(pl.col(s.DATE).is_between(last - dt.timedelta(days=BLOCK - 1), last))
    counted = "Sold" if what == WAPE else s.OPEN
    rows = rows.filter(pl.col(counted) > 0).with_columns(pl.col(counted).alias("Count"))
    count = rows[s.DATE].n_unique()
    if count < LEAST_DAYS:
        return None
    if what == WAPE:
        return _wape(rows, expected, count)
    return _coverage(rows, int(what.removeprefix("coverage")), expected, count)


def store_days(rows: pl.DataFrame) -> pl.DataFrame:
    """Lay the forecasts of a store and day at several cutoffs together.

    Returns
    -------
    Model, Store, Date, Open and Sold (forecasts of an open day, and of one with sales), Absolute (error, money), Sales, and
    Inside80, Inside95 (means over open days)
    """
    inside = [f"Inside{level}" for level in LEVELS]
    days = rows.group_by(s.MODEL, *s.KEYS).agg(
        pl.col(name).sum() for name in (s.OPEN, "Sold", "Absolute", s.SALES, *inside)
    )
    return days.filter(pl.col(s.OPEN) + pl.col("Sold") > 0).with_columns(
        pl.col(name) / pl.col(s.OPEN) for name in inside
    )


def _coverage(rows: pl.DataFrame, level: int, expected: ExpectedScores, count: int) -> Measured:
    aim = level / 100
    expected_score = expected.scores.get(f"coverage{level}", aim)
    error = math.sqrt(aim * (1 - aim) / _effective(rows, INSIDE))
    low = max(0.0, min(aim, expected_score) - BEYOND * error)
    high = min(1.0, max(aim, expected_score) + BEYOND * error)
    return Measured(_mean(rows, f"Inside{level}"), low, high, count)


def _wape(rows: pl.DataFrame, expected: ExpectedScores, count: int) -> Measured | None:
    expected_score = expected.scores.get(WAPE)
    if expected_score is None:
        return None
    backtest = effective_block_size(rows[s.STORE].n_unique(), SQUARES)
    errors = (rows["Absolute"] / rows["Count"]).to_numpy()
    spread = max(MIN_SPREAD, float(errors.var() / max(errors.mean() ** 2, 1e-12)))
    error = math.sqrt(spread * (1 / _effective(rows, SQUARES) + 1 / backtest))
    value = float(rows["Absolute"].sum()) / float(rows[s.SALES].sum())
    return Measured(value, 0.0, expected_score * (1 + BEYOND * error), count)


def _of_model(model: str, days: pl.DataFrame, expected: ExpectedScores, last: dt.date) -> list[Alert]:
    raised = []
    for what in SCORES:
        newest = measure(days, what, expected, last)
        if newest is None or not newest.outside:
            continue
        since = _since(days, what, expected, last)
        advice, reason = _advise(expected, since, last)
        raised.append(
            Alert(model, what, newest.value, newest.low, newest.high, since, last, newest.days, advice, reason)
        )
    return raised


def _since(days: pl.DataFrame, what: str, expected: ExpectedScores, last: dt.date) -> dt.date:
    day = last
    while (before := measure(days, what, expected, day - dt.timedelta(days=1))) is not None and before.outside:
        day -= dt.timedelta(days=1)
    return day


def _advise(expected: ExpectedScores, since: dt.date, last: dt.date) -> tuple[Advice, str]:
    outside, unseen = (last - since).days + 1, (last - expected.cutoff).days
    if outside < LASTING:
        return "wait", f"it has been outside for {outside} days; {LASTING} would be no passing week."
    if unseen < LEARNABLE:
        return "wait", f"only {unseen} days of sales came since the model was trained; {LEARNABLE} would teach it more."
    return (
        "retrain",
        f"it has been outside for {outside} days, and {unseen} days of sales came since the model was trained.",
    )


def _of_inputs(drifted: pl.DataFrame, raised: list[Alert]) -> list[Alert]:
    out: list[Alert] = []
    for line in drifted.filter(pl.col("State").str.starts_with("moved")).iter_rows(named=True):
        worse = any(alert.model == line[s.MODEL] and alert.advice == "retrain" for alert in raised)
        advice: Advice = "retrain" if worse else "wait"
        reason = (
            "the forecasts have left their band too."
            if worse
            else "the forecasts follow new sales and the calendar as they are; train again if their scores leave the band too."
        )
        first, last = line["First"], line["Last"]
        figures = line["Recent"], line["Low"], line["High"]
        out.append(
            Alert(
                line[s.MODEL],
                f"drift of {line['Input']}",
                *figures,
                first,
                last,
                (last - first).days + 1,
                advice,
                reason,
            )
        )
    return out


def _effective(rows: pl.DataFrame, shared: Shared) -> float:
    return float(effective_sample_size(rows, shared)["Effective"][0])


def _mean(rows: pl.DataFrame, name: str) -> float:
    return float(np.average(rows[name].to_numpy(), weights=rows["Count"].to_numpy()))
