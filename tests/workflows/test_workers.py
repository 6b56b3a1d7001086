"""The same call with other workers gives the same bytes."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from storecast import workflows
from storecast.errors import WorkersLostError
from storecast.executors.base import Executor
from storecast.executors.processes import ProcessExecutor
from storecast.executors.serial import SERIAL
from storecast.workflows import running
from support.chain_files import write_chain

HORIZON = 14


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chain(tmp_path_factory.mktemp("chain"), stores=4, days=200, ahead=HORIZON)


@pytest.fixture(scope="module")
def two() -> Iterator[ProcessExecutor]:
    with ProcessExecutor(2) as executor:
        yield executor


def backtest(
    chain: Path, out: Path, executor: Executor, models: str = "naive,linear"
) -> tuple[bytes, dict[str, object]]:
    """Return the bytes of the forecasts, and the scores without what they took."""
    workflows.backtest(chain, models=models.split(","), out=out, horizon=HORIZON, windows=3, executor=executor)
    scores = json.loads((out / "scores.json").read_text())
    assert scores.pop("seconds").keys() == {"naive", *models.split(",")}
    return (out / "forecasts.csv").read_bytes(), scores


@pytest.mark.long
def test_a_backtest_in_two_processes_is_the_one_in_one(chain: Path, two: ProcessExecutor, tmp_path: Path) -> None:
    assert backtest(chain, tmp_path / "two", two) == backtest(chain, tmp_path / "one", SERIAL)


@pytest.mark.long
def test_a_run_in_two_processes_is_the_one_in_one(
    chain: Path, two: ProcessExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_explore", lambda *_: None)  # not divided, and slow
    for name, executor in (("one", SERIAL), ("two", two)):
        workflows.run(chain, home=tmp_path / name, models=["naive"], windows=1, executor=executor)
    for name in ("forecast.csv", "totals.csv"):
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes(), name


@pytest.mark.long
def test_an_error_of_a_model_is_the_one_of_a_single_process(chain: Path, two: ProcessExecutor, tmp_path: Path) -> None:
    for executor in (SERIAL, two):
        with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
            workflows.backtest(
                chain, models=["linear"], out=tmp_path / "out", horizon=HORIZON, executor=executor,
                settings={"linear": {"penalty": -1.0}},
            )  # fmt: skip
    assert not (tmp_path / "out").exists()


class Doomed(ProcessExecutor):
    """Loses every worker as soon as it has an item."""

    def _collect(self, outcomes: dict[int, object]) -> list[int]:  # type: ignore[override]
        for worker in self._workers:
            os.kill(worker.process.pid, signal.SIGKILL)
        return super()._collect(outcomes)  # type: ignore[arg-type]


@pytest.mark.long
def test_where_all_workers_are_lost_there_is_one_error_and_nothing_half_written(chain: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Doomed(2) as executor, pytest.raises(WorkersLostError, match="3 worker processes were lost"):
        backtest(chain, out, executor)
    assert not out.exists()
