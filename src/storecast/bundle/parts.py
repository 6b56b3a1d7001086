"""The parts of a model file: the model's state, what its errors say, and a few rows with their predictions for a trial."""

import json

import numpy as np

from storecast.bundle.fitted import FittedModel
from storecast.bundle.smoke_test import PART as TRIAL_PART
from storecast.bundle.smoke_test import trial_part
from storecast.data.panel import Window
from storecast.models.base import SETTINGS

CALIBRATION = "calibration.json"
JOINT_ERRORS = "error-field.json"
TRIAL_ROWS = 50


def parts_of(fitted: FittedModel, window: Window) -> dict[str, bytes]:
    """Return a fitted model as the parts of a file, by name; the rows of the trial are taken from a window."""
    features = fitted.model.features(window)
    rows = features[np.linspace(0, features.height - 1, min(TRIAL_ROWS, features.height)).astype(np.int64)]
    return {
        **fitted.model.state(),
        CALIBRATION: fitted.calibration.to_json(),
        **({} if fitted.joint_errors is None else {JOINT_ERRORS: fitted.joint_errors.to_json()}),
        **({SETTINGS: json.dumps(fitted.settings).encode()} if fitted.settings else {}),
        TRIAL_PART: trial_part(rows, fitted.model.predict(rows)),
    }
