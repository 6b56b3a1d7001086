"""A plug-in: the model linear, slowed down, which says in a folder what it is doing and in which process."""

import os
import time
from pathlib import Path
from typing import Any

import polars as pl

from storecast.config import LinearSettings
from storecast.data.panel import Panel, Window
from storecast.models.base import register
from storecast.models.linear import Linear
from support.stages import FOLDER, PAUSE_S


class Staged(Linear):
    name = "staged"

    def fit(self, past: Panel, horizon: int) -> None:
        pause(f"features-{past.end}")
        super().fit(past, horizon)

    def features(self, window: Window, calendar: pl.DataFrame | None = None) -> pl.DataFrame:
        pause(f"forecast-{window.cutoff}")
        return super().features(window, calendar)


def pause(stage: str) -> None:
    folder = Path(os.environ[FOLDER])
    (folder / f"{stage}-{os.getpid()}").write_text(str(os.getpid()))
    time.sleep(float(os.environ.get(PAUSE_S, "0")))


@register("staged")
def make_staged(fast: bool) -> Any:
    return Staged(LinearSettings())
