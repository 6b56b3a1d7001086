"""Load a model file, after every check."""

import json
from pathlib import Path

from storecast.arguments import check_argument
from storecast.bundle.bundle import Bundle
from storecast.bundle.fitted import target_of_task
from storecast.bundle.needs import check_needs
from storecast.bundle.parts import CALIBRATION, JOINT_ERRORS
from storecast.bundle.read import ModelFile, open_model
from storecast.bundle.smoke_test import agreed, try_in_child
from storecast.config import Task
from storecast.errors import ModelFileError, quote
from storecast.models import restore
from storecast.models.base import SETTINGS
from storecast.uncertainty.calibration import Calibration
from storecast.uncertainty.joint_errors import JointErrors


def load(path: Path | str, *, trial_cpu_s: float | None = None) -> Bundle:
    """Load a model file after every check, the trial forecast in a child process among them.

    A process tries the same bytes once: another child, which imports everything anew, would say the same again.

    Parameters
    ----------
    path : of the model file; its signature lies beside it
    trial_cpu_s : CPU seconds that the trial forecast may use; by default what STORECAST_TRIAL_SECONDS says

    Returns
    -------
    Bundle
        the model, without a chain: give its methods a Panel

    Raises
    ------
    ConfigError
        where the path is none
    ModelFileError
        with the reason; nothing in the file has run
    TrialTooSlowError
        where the trial forecast took too long
    """
    check_argument("path", path, (str, Path), "the path of a model file, such as home/models/model-….pkl")
    path = Path(path)
    file = open_model(path)
    try:
        check_needs(file.manifest.kind, file.manifest.details)
    except ModelFileError as error:
        raise ModelFileError(f"The model file {quote(path)} is refused: {error}.") from error
    if file.sha256 not in agreed:
        try_in_child(path, sha256=file.sha256, cpu_s=trial_cpu_s)
    return restored(file)


def restored(file: ModelFile) -> Bundle:
    """Return the model of a file that was checked; its trial is the caller's.

    Parameters
    ----------
    file : from `open_model`
    """
    task = Task(int(file.manifest.task["horizon"]), tuple(file.manifest.task["quantiles"]))
    return Bundle(
        model=restore(file.manifest.kind, file.parts),
        calibration=Calibration.from_json(file.parts[CALIBRATION]),
        task=task,
        joint_errors=JointErrors.from_json(file.parts[JOINT_ERRORS]) if JOINT_ERRORS in file.parts else None,
        settings=json.loads(file.parts.get(SETTINGS, b"{}")),
        name=file.name,
        known=tuple(file.manifest.task.get("known", ())),
        target=target_of_task(file.manifest.task),
        trained_until=file.manifest.cutoff,
        manifest=file.manifest,
        generated=file.manifest.generated,
    )
