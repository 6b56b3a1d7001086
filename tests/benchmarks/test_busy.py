"""The benchmark of a fit beside busy processes: its lines, and that nothing keeps running."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import busy

TINY = ["--model", "naive", "--stores", "4", "--days", "300"]


@pytest.mark.long
def test_a_fit_is_measured_beside_busy_processes(capsys: pytest.CaptureFixture[str]) -> None:
    busy.main([*TINY, "--busy", "1", "--runs", "1"])
    *_, header, line = capsys.readouterr().out.splitlines()
    assert header == "busy processes | user s | system s | wall s | CPU ratio | wall ratio"
    count, user, _, wall, *ratios = line.split(" | ")
    assert (count, ratios) == ("1", ["1.00", "1.00"])
    assert float(user) > 0
    assert float(wall) > 0


def test_medians_are_compared_with_those_of_the_first_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    costs = iter(
        [(2.0, 0.0, 2.0), (4.0, 1.0, 12.0), (9.0, 9.0, 9.0), (9.0, 9.0, 90.0), (2.0, 0.0, 2.0), (4.0, 1.0, 12.0)]
    )
    monkeypatch.setattr(busy, "cost_of", lambda command: busy.Cost(*next(costs)))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: None)
    busy.main([*TINY, "--busy", "0", "1", "--runs", "3"])
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "0 | 2.0 | 0.0 | 2.0 | 1.00 | 1.00",
        "1 | 4.0 | 1.0 | 12.0 | 2.50 | 6.00",
    ]


def test_busy_processes_end_with_the_block_also_where_it_fails() -> None:
    def fail() -> None:
        with busy.busy_processes(2) as processes:
            started.extend(processes)
            assert all(process.poll() is None for process in processes)
            raise KeyError

    started: list[subprocess.Popen[bytes]] = []
    with pytest.raises(KeyError):
        fail()
    assert [process.returncode for process in started] == [-9, -9]
