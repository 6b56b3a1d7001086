"""The scores of a backtest as one plain dict: what scores.json holds."""

import dataclasses
from typing import Any

from storecast.data.panel import Panel
from storecast.evaluate.backtest import Backtest
from storecast.evaluate.scores import DEFINITIONS
from storecast.evaluate.selection import Selection


def summary(result: Backtest, panel: Panel, promotion: Selection, *, version: str, generated: bool) -> dict[str, Any]:
    """Return every score with its model, window and definition, and the data, task and version they belong to."""
    return {
        "storecast": version,
        "data": panel.fingerprint,
        "generated": generated,
        "task": dataclasses.asdict(result.task),
        "settings": result.settings,
        "definitions": DEFINITIONS,
        "windows": [
            {
                "cutoff": window.cutoff.isoformat(),
                "end": window.last.isoformat(),
                "rows": window.actual().height,
            }
            for window in result.windows
        ],
        "scores": result.scores,
        "worst": result.worst,
        "promotion": dataclasses.asdict(promotion),
        "importance": {
            "what": "by how much the RMSPE of the last window grows when the columns of a driver are dealt out at random",
            "cutoff": result.windows[-1].cutoff.isoformat(),
            "models": {
                model: {driver: round(value, 6) for driver, value in found.items()}
                for model, found in result.importance.items()
            },
        },
        "seconds": result.seconds,
    }
