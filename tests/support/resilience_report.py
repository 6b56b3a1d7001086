"""The results table of docs/resilience.md, updated by the long tests if STORECAST_WRITE_RESILIENCE=1 is set.

A run replaces the rows of its own tests and leaves the other rows and the text of the page, so that the long tests can run one
by one.
"""

import datetime as dt
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "resilience.md"
SWITCH = "STORECAST_WRITE_RESILIENCE"
HEADER = "| attack | what was done | result | machine | date |"

Attack = Literal["graceful stop", "half-open connections", "long load", "sudden kill"]


class Report:
    """The results of one test run."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], str] = {}

    def add(self, attack: Attack, done: str, result: str) -> None:
        """Record a result.

        Parameters
        ----------
        attack : its name in docs/resilience.md
        done : what the test did, as a few words; a later run with the same attack and words replaces this row
        result : what was measured
        """
        machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
        today = dt.datetime.now(dt.UTC).date()
        self._rows[attack, done] = f"| {attack} | {done} | {result} | {machine} | {today} |"

    def write(self, page: Path) -> None:
        """Update the results table of a page: rows of this run replace earlier ones of the same attack and words.

        Parameters
        ----------
        page : a Markdown file with one table whose header is `HEADER`
        """
        lines = page.read_text(encoding="utf-8").splitlines()
        first = lines.index(HEADER) + 2  # behind the header and its rule
        last = next((number for number in range(first, len(lines)) if not lines[number].startswith("|")), len(lines))
        rows = {_key(line): line for line in lines[first:last]} | self._rows
        lines[first:last] = [rows[key] for key in sorted(rows)]
        page.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def __bool__(self) -> bool:
        return bool(self._rows)


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    """Collect the results of a run, and write them to the page if the environment asks for it."""
    results = Report()
    yield results
    if results and os.environ.get(SWITCH) == "1":
        results.write(PAGE)


def _key(row: str) -> tuple[str, str]:
    attack, done = row.strip("| ").split(" | ")[:2]
    return attack, done
