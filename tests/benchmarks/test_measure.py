"""The cost of a command: its own time and memory, and an error where it fails."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import measure


def test_the_cost_of_a_command_that_fails_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="exit status 3"):
        measure.cost_of([sys.executable, "-c", "raise SystemExit(3)"])


def test_the_error_of_a_command_holds_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such lag"):
        measure.cost_of([sys.executable, "-c", "raise SystemExit('no such lag')"], tmp_path / "output")


def test_the_cost_counts_the_time_of_the_command_alone() -> None:
    own = os.times().user
    cost = measure.cost_of([sys.executable, "-c", "import time\nwhile time.process_time() < .5: pass"])
    assert 0.4 < cost.cpu < 2
    assert os.times().user - own < 0.3


def test_the_memory_of_a_command_is_the_most_that_it_held() -> None:
    assert measure.cost_of([sys.executable, "-c", "bytearray(400 * 2**20)"]).memory > 0.39


def test_the_seconds_of_a_call_come_with_its_result() -> None:
    cost, result = measure.cost_of_call(lambda: sum(range(10**6)))
    assert result == 499999500000
    assert 0 < cost.cpu <= 5 * cost.wall
