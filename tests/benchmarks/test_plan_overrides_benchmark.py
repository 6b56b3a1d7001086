"""The benchmark of overrides: both writes end in the same plan, on a small chain."""

import sys
from pathlib import Path

import pytest

from storecast.database.connect import home_url

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import plan_overrides


def test_both_writes_are_measured_and_end_in_the_plan_that_they_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_overrides.measure(home_url(tmp_path), 5, 3)
    lines = [line.split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == [
        "one of the whole chain",
        "15 of single store-days",
        "the list with what is stale",
    ]
    assert all(float(seconds) >= 0 for line in lines for seconds in line[1:])
