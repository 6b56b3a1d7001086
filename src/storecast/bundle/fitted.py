"""FittedModel: a model and what its errors say, all that a forecast needs."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storecast.config import Task
from storecast.data.panel import Panel
from storecast.data.target import TARGET, Target, read_target
from storecast.errors import ConfigError, quote
from storecast.models import Forecaster
from storecast.models.settings import Settings
from storecast.uncertainty.calibration import Calibration
from storecast.uncertainty.joint_errors import JointErrors


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A fitted model with its calibration.

    Attributes
    ----------
    model : the fitted forecaster
    calibration : turns its medians into expected values and intervals, by the errors of earlier windows
    task : what it was trained for
    joint_errors : how errors hang together, for the intervals of totals; None where the past is too short to tell
    settings : of the model, where they depart from the defaults
    name : of its file; the kind of model before it is saved
    known : the chain's own known-ahead columns that it learned from; None where that is not recorded
    target : the figure that it forecasts
    trained_until : the last day whose sales it learned from; None where that is not recorded
    """

    model: Forecaster
    calibration: Calibration
    task: Task
    joint_errors: JointErrors | None = None
    settings: Settings = dataclasses.field(default_factory=dict)
    name: str = ""
    known: tuple[str, ...] | None = None
    target: Target = Target()  # noqa: RUF009 - it is frozen
    trained_until: dt.date | None = None


def target_of_task(task: Mapping[str, Any]) -> Target:
    """Return the figure that a model forecasts, from the task in its manifest."""
    return read_target(task.get(TARGET, {}), "the model file")


def check_columns(fitted: FittedModel, panel: Panel) -> None:
    """Refuse a Panel whose target or own known-ahead columns are not those that the model learned from.

    Raises
    ------
    ConfigError
        where they are others
    """
    if (fitted.target.name, fitted.target.whole_numbers) != (panel.target.name, panel.target.whole_numbers):
        raise ConfigError(
            f"The model {quote(fitted.name)} forecasts {fitted.target.described}; the data hold {panel.target.described}. Set "
            "the same target in storecast.toml, or train again."
        )
    learned = panel.known if fitted.known is None else fitted.known
    if set(learned) != set(panel.known):
        raise ConfigError(
            f"The model {quote(fitted.name)} learned from the own columns {quote(', '.join(learned) or 'none')}; the data have "
            f"{quote(', '.join(panel.known) or 'none')}. Name the same in storecast.toml, or train again."
        )
