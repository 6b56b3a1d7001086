"""docs/resilience.md, written by the long tests where STORECAST_WRITE_RESILIENCE is set: what was done, and what was seen.

A run replaces its own lines and leaves the others, so that the long tests may run one by one.
"""

import datetime as dt
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

FILE = Path(__file__).parents[1] / "docs" / "attacks.md"
ASKED = "STORECAST_WRITE_RESILIENCE"
HEAD = """# What it survived

What the long tests saw (`make test-long`), line by line of what a service must survive; the tests write this file where
`STORECAST_WRITE_RESILIENCE=1` is set. The same tests run at small size in `make test`, on SQLite and on a real PostgreSQL.

| line | what was done | what was seen | machine | date |
| --- | --- | --- | --- | --- |
"""
LINES = {
    13: "half-open connections",
    18: "SIGTERM",
    19: "kill -9",
    20: "database or disk gone",
    21: "another model under load",
    22: "long load",
    23: "the clock",
}


class Report:
    """What the tests of one run saw."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, str], str] = {}

    def add(self, line: int, done: str, seen: str) -> None:
        """Note what was done for a line of the list, and what was seen."""
        here = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
        today = dt.datetime.now(dt.UTC).date()
        self._rows[line, done] = f"| {line}: {LINES[line]} | {done} | {seen} | {here} | {today} |"

    def write(self, file: Path) -> None:
        """Write the table: lines of this run in place of those of runs before."""
        rows = self._rows
        if file.is_file():
            rows = {_key(line): line for line in file.read_text(encoding="utf-8").splitlines() if _is_row(line)} | rows
        file.write_text(HEAD + "".join(f"{rows[key]}\n" for key in sorted(rows)), encoding="utf-8")

    def __bool__(self) -> bool:
        return bool(self._rows)


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    """Gather what is seen, and write it down where that is asked for."""
    found = Report()
    yield found
    if found and os.environ.get(ASKED) == "1":
        found.write(FILE)


def _is_row(line: str) -> bool:
    return line.startswith("| ") and line[2:4].strip(" :").isdigit()


def _key(line: str) -> tuple[int, str]:
    cells = line.split(" | ")
    return int(cells[0].lstrip("| ").partition(":")[0]), cells[1]
