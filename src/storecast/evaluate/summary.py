"""The scores of a backtest as one plain dict: what scores.json holds."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.evaluate.backtest import Backtest
from storecast.evaluate.importance import SHUFFLES, Importance
from storecast.evaluate.scores import DEFINITIONS
from storecast.evaluate.selection import Selection
from storecast.evaluate.window_scores import ALL, DIGITS, KEY, OPEN_ROWS, ROWS, SLICE, SOLD_ROWS, mean_scores

MEAN = "mean"  # stands for the cutoff of a line that is the mean of the windows


def summary(result: Backtest, panel: Panel, selected: Selection, *, version: str, generated: bool) -> dict[str, Any]:
    """Return every score with its model, window and definition, and the data, task and version they belong to.

    Parameters
    ----------
    result : the backtest
    panel : the chain
    selected : the model to use, and why
    version : of storecast
    generated : whether the chain is a generated one
    """
    return {
        "storecast": version,
        "data": panel.fingerprint,
        "generated": generated,
        **panel.target.to_plain(),
        "task": dataclasses.asdict(result.task),
        "settings": result.settings,
        "definitions": DEFINITIONS,
        "windows": [
            {"cutoff": window.cutoff.isoformat(), "end": window.last.isoformat(), "rows": window.actual().height}
            for window in result.windows
        ],
        "scores": score_lines(result),
        "worst": result.worst.with_columns(pl.col(s.CUTOFF, s.DATE).dt.to_string())
        .rename({s.MODEL: "model", s.CUTOFF: "cutoff"})
        .to_dicts(),
        "selected": dataclasses.asdict(selected),
        "importance": importance_lines(result),
        "seconds": result.seconds,
        "failed": result.failed,
    }


def importance_lines(result: Backtest) -> dict[str, Any]:
    """Return what drivers are worth to each model, as plain tables by model and driver."""

    def by_model(value: Callable[[Importance], object]) -> dict[str, dict[str, object]]:
        return {
            model: {driver: value(importance) for driver, importance in by_driver.items()}
            for model, by_driver in result.importance.items()
        }

    return {
        "what": "by how much the WAPE of the last window grows when the values of a driver are shuffled among its days: "
        f"mean and standard deviation of {SHUFFLES} shuffles, and the 95% interval of the mean over the days of the window; a "
        "driver whose interval holds zero is indistinguishable from none (beyond_chance is false)",
        "cutoff": result.windows[-1].cutoff.isoformat(),
        "models": by_model(lambda importance: round(importance.loss, DIGITS)),
        "spread": by_model(lambda importance: round(importance.spread, DIGITS)),
        "interval": by_model(
            lambda importance: [
                round(bound, DIGITS) if math.isfinite(bound) else None for bound in (importance.low, importance.high)
            ]
        ),
        "beyond_chance": by_model(lambda importance: importance.beyond_chance),
    }


def score_lines(result: Backtest) -> list[dict[str, Any]]:
    """Return the scores as plain lines: model, cutoff (or "mean"), slice, key, counts of rows and every score, or None."""
    windows = result.scores.with_columns(pl.col(s.CUTOFF).dt.to_string())
    means = mean_scores(result.scores).sort(pl.col(SLICE) != ALL, maintain_order=True)
    means = means.with_columns(pl.lit(MEAN).alias(s.CUTOFF))
    names = {
        s.MODEL: "model",
        s.CUTOFF: "cutoff",
        SLICE: "slice",
        KEY: "key",
        ROWS: "rows",
        OPEN_ROWS: "open_rows",
        SOLD_ROWS: "sold_rows",
    }
    return pl.concat([windows, means.select(windows.columns)]).rename(names).to_dicts()
