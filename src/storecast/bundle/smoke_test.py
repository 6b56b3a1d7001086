"""The last check of a model file: a forecast whose figures are known, made in a child process.

The libraries that read trees trust their input: a broken booster takes the whole process with it. So a child restores
the model, forecasts the rows stored in the file, and compares. Whoever serves keeps the model it had, whatever happens.
"""

import gc
import io
import logging
import math
import os
import re
import resource
import signal
import subprocess
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

import numpy as np
import polars as pl

from storecast.arrays import F64
from storecast.bundle.read import ModelFile, open_model
from storecast.bundle.trial_time import VARIABLE, WALL_FACTOR, trial_seconds
from storecast.cpus import thread_variables
from storecast.errors import ModelFileError, TrialTooSlowError, UserError, quote
from storecast.plugins import import_plugins

PART = "trial.parquet"
agreed: set[str] = set()  # SHA-256 of the files whose trial forecast agreed, in a child of this process

_EXPECTED = "__expected__"
_REFUSED = 2
_MOST_MEMORY = 16 * 1024**3  # bytes: far above what any model needs
_RTOL, _ATOL = 1e-4, 1e-6  # processors differ in the last digits of 32-bit figures
_ERROR = re.compile(r"[A-Za-z_.]+: ")
_log = logging.getLogger(__name__)


def trial_part(features: pl.DataFrame, expected: F64) -> bytes:
    """Return a few rows of features, and the model's answers to them, as the part that `try_in_child` asks for."""
    assert features.height == len(expected) > 0
    assert np.isfinite(expected).all()
    out = io.BytesIO()
    features.with_columns(pl.Series(_EXPECTED, expected, dtype=pl.Float64)).write_parquet(out)
    return out.getvalue()


def try_in_child(
    path: Path, *, sha256: str | None = None, cpu_s: float | None = None, wall_s: float | None = None
) -> None:
    """Make the trial forecast of a model file in a child process; a crash or other figures are refused.

    Parameters
    ----------
    path : the model file
    sha256 : of the file that was opened before; the child refuses a file that has changed since
    cpu_s : the CPU seconds that the child may use, rounded up; by default what STORECAST_TRIAL_SECONDS says
    wall_s : the seconds that it may take; by default ten times as many

    Raises
    ------
    ModelFileError
        with the reason
    TrialTooSlowError
        where it was stopped at one of the two limits
    """
    cpu_s = math.ceil(trial_seconds() if cpu_s is None else cpu_s)
    wall_s = cpu_s * WALL_FACTOR if wall_s is None else wall_s
    # -P: a module that lies in the working directory must not stand in for ours.
    command = [
        sys.executable,
        "-P",
        "-m",
        "storecast.bundle.smoke_test",
        str(path),
        sha256 or "",
        str(cpu_s),
        str(math.ceil(wall_s) + 5),
    ]
    try:
        # start_new_session: what the child may have started ends with it, and a Ctrl-C reaches only us.
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **thread_variables()},
        )
    except ValueError as error:
        raise _refusal(path, "its name is no name of a file") from error
    with child:
        try:
            _, errors = child.communicate(timeout=wall_s)
        except subprocess.TimeoutExpired as error:
            os.killpg(child.pid, signal.SIGKILL)
            raise _too_slow(path, f"after {wall_s:g} s") from error
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
    message = errors.decode(errors="replace").strip()
    if child.returncode == _REFUSED and message:
        raise ModelFileError(message[:1000])
    if child.returncode == -signal.SIGXCPU:
        raise _too_slow(path, f"after {cpu_s} s of CPU time")
    if child.returncode < 0:
        raise _refusal(path, f"its trial forecast crashed ({_signal_name(-child.returncode)})")
    if child.returncode:
        raise _refusal(path, f"its trial forecast failed: {quote(_error_line(message) or f'exit {child.returncode}')}")
    if sha256:
        agreed.add(sha256)
    _log.info("The trial forecast of %s agrees.", path.name)


def compare(model: ModelFile) -> None:
    """Restore a model, forecast its stored rows, and refuse other figures than the stored ones."""
    from storecast.bundle.needs import check_needs  # imported here: a parent that only starts children stays light
    from storecast.models import restore

    try:
        check_needs(model.manifest.kind, model.manifest.details)
    except ModelFileError as error:
        raise _refusal(model.path, str(error)) from error
    if PART not in model.parts:
        raise _refusal(model.path, f"it holds no {PART} to try it with")
    features = pl.read_parquet(io.BytesIO(model.parts[PART]))
    expected = features[_EXPECTED].to_numpy()
    parts = {name: part for name, part in model.parts.items() if name != PART}
    predictions = np.asarray(restore(model.manifest.kind, parts).predict(features.drop(_EXPECTED)), dtype=np.float64)
    if predictions.shape != expected.shape or not np.allclose(predictions, expected, rtol=_RTOL, atol=_ATOL):
        raise _refusal(model.path, "its trial forecast gives other figures than those stored with it")


def _main(path: str, sha256: str, cpu_s: str, alarm_s: str) -> int:
    signal.alarm(int(alarm_s))  # ends a child that hangs and whose parent is gone
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit_cpu(int(cpu_s))
    # What it writes to, not its address space: on a machine of many cores, thread pools reserve far more than they use.
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = _MOST_MEMORY if hard == resource.RLIM_INFINITY else min(hard, _MOST_MEMORY)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        model = open_model(Path(path))
        if sha256 and model.sha256 != sha256:
            raise _refusal(model.path, "it changed since it was opened")
        plugins = import_plugins()  # the child inherits the user's environment; the model file has no say in it
        _import_less(pandas=bool(plugins))
        compare(model)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return _REFUSED
    return 0


def _limit_cpu(seconds: int) -> None:
    """Have this process ended by SIGXCPU once it has used so much CPU time, of all its threads, what it used so far included."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds if hard == resource.RLIM_INFINITY else min(hard, seconds), hard))


def _import_less(*, pandas: bool) -> None:
    """Spare this short-lived process a sixth of its CPU time.

    Parameters
    ----------
    pandas : whether it may be imported; scikit-learn and XGBoost import it where it is installed, and no model of ours needs it
    """
    gc.disable()
    if not pandas:
        sys.meta_path.insert(0, _NoPandas())


class _NoPandas(MetaPathFinder):
    """Lets an import of pandas fail as where it is not installed.

    An entry of None in `sys.modules` would do the same, but scikit-learn 1.9 takes what it finds there for the module.
    """

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:  # noqa: ARG002  (importlib's signature)
        if fullname.partition(".")[0] == "pandas":
            message = "this process does without pandas"
            raise ModuleNotFoundError(message, name=fullname)


def _too_slow(path: Path, when: str) -> TrialTooSlowError:
    return TrialTooSlowError(
        f"The trial forecast of the model file {quote(path)} was too slow: it was stopped {when}. Nothing else is known against "
        f"the file. Try again when the machine is less busy, or set {VARIABLE} higher."
    )


def _refusal(path: Path, reason: str) -> ModelFileError:
    return ModelFileError(f"The model file {quote(path)} is refused: {reason}.")


def _error_line(traceback: str) -> str:
    """Return the line that names the error; what a library adds behind it is its own stack."""
    lines = [line for line in traceback.splitlines() if _ERROR.match(line)]
    return lines[-1] if lines else traceback[-200:]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
