"""Bundle: a trained model with all it needs to forecast, as one signed file."""

import dataclasses
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from storecast.bundle.manifest import Manifest
from storecast.bundle.read import open_model
from storecast.bundle.registry import publish
from storecast.bundle.smoke_test import trial_part, try_in_child
from storecast.config import Task
from storecast.data.panel import Panel
from storecast.errors import ConfigError, quote
from storecast.models import Forecaster, restore
from storecast.models.base import SETTINGS
from storecast.models.settings import Settings
from storecast.uncertainty.calibration import Calibration
from storecast.uncertainty.forecast import Forecast
from storecast.uncertainty.joint_errors import JointErrors
from storecast.uncertainty.point import point_forecasts

CALIBRATION = "calibration.json"
FIELD = "error-field.json"
TRIAL = "trial.parquet"
TRIAL_ROWS = 50


@dataclass(frozen=True, eq=False)
class Bundle:
    """A trained model.

    Attributes
    ----------
    model : the fitted forecaster
    calibration : what earlier windows said of its errors
    task : what it was trained for
    joint_errors : how errors hang together, for the intervals of totals; None where the past is too short to tell
    settings : of the model, where they depart from the usual ones
    manifest : what its file says; None before it is saved
    name : of its file; the kind of model before it is saved
    """

    model: Forecaster
    calibration: Calibration
    task: Task
    joint_errors: JointErrors | None = None
    settings: Settings = dataclasses.field(default_factory=dict)
    manifest: Manifest | None = None
    name: str = ""

    def forecast(self, panel: Panel, task: Task | None = None) -> Forecast:
        """Forecast the days after the end of the panel's sales, for each row of its calendar ahead."""
        task = task or self.task
        window = panel.window(panel.end, task.horizon)
        if window.future.is_empty():
            raise ConfigError(
                f"The calendar ends with the sales on {panel.end}; there is no day to forecast. Extend it first "
                "(`storecast future` shows what would be assumed)."
            )
        medians = point_forecasts(self.model, window)
        draws = (
            None
            if self.joint_errors is None
            else self.joint_errors.sample_paths(medians, panel.stores, self.calibration)
        )
        rows, factor = self.calibration.apply(medians, task), self.calibration.rmspe_factor(medians)
        return Forecast(rows, panel.end, self.name or self.model.name, draws, factor)

    def save(self, folder: Path, panel: Panel, *, scores: dict[str, Any], generated: bool) -> "Bundle":
        """Sign the model and add it to a folder of models; a few rows with their answers are stored with it for a trial.

        Parameters
        ----------
        panel : the one it was fitted on, with a calendar ahead
        scores : what its backtest measured, by name
        """
        window = panel.window(panel.end, self.task.horizon)
        design = self.model.features(window)
        rows = design[np.linspace(0, design.height - 1, min(TRIAL_ROWS, design.height)).astype(np.int64)]
        parts = {
            **self.model.state(),
            CALIBRATION: self.calibration.to_json(),
            **({} if self.joint_errors is None else {FIELD: self.joint_errors.to_json()}),
            **({SETTINGS: json.dumps(self.settings).encode()} if self.settings else {}),
            TRIAL: trial_part(rows, self.model.predict(rows)),
        }
        manifest = {
            "kind": self.model.name,
            "task": {"horizon": self.task.horizon, "quantiles": list(self.task.quantiles), "known": list(panel.known)},
            "scores": scores,
            "data_fingerprint": panel.fingerprint,
            "cutoff": panel.end.isoformat(),
            "generated": generated,
            "calibration": CALIBRATION,
        }
        path = publish(folder, manifest, parts)
        return replace(self, manifest=open_model(path).manifest, name=path.name)


def load(path: Path) -> Bundle:
    """Load a model file after every check, the trial forecast in a child process among them.

    Raises
    ------
    ModelFileError
        with the reason; nothing in the file has run
    """
    file = open_model(path)
    try_in_child(path, sha256=file.sha256)
    task = Task(int(file.manifest.task["horizon"]), tuple(file.manifest.task["quantiles"]))
    return Bundle(
        restore(file.manifest.kind, file.parts),
        Calibration.from_json(file.parts[CALIBRATION]),
        task,
        JointErrors.from_json(file.parts[FIELD]) if FIELD in file.parts else None,
        json.loads(file.parts.get(SETTINGS, b"{}")),
        file.manifest,
        file.name,
    )


def check_columns(bundle: Bundle, panel: Panel) -> None:
    """Refuse a panel whose own known-ahead columns are not those that the model learned from."""
    learned = tuple(bundle.manifest.task.get("known", ())) if bundle.manifest else panel.known
    if set(learned) != set(panel.known):
        raise ConfigError(
            f"The model {quote(bundle.name)} learned from the own columns {quote(', '.join(learned) or 'none')}; the data have "
            f"{quote(', '.join(panel.known) or 'none')}. Name the same in storecast.toml, or train again."
        )
