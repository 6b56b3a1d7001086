"""The benchmark of several workers: its lines."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import workers


def test_windows_are_measured_in_one_process_and_in_two(capsys: pytest.CaptureFixture[str]) -> None:
    workers.main(["--stores", "3", "--days", "300", "--windows", "2", "--runs", "1", "--model", "naive"])
    header, one, two = capsys.readouterr().out.splitlines()[2:]
    assert header == "workers | start s | windows s | times as fast"
    assert one.startswith("1 | ")
    assert one.endswith(" | 1.00")
    assert two.startswith("2 | ")
