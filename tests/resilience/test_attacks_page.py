"""docs/resilience.md names every attack with its tests, and its results table can be updated one test at a time."""

import re
import shutil
from pathlib import Path
from typing import get_args

from support.resilience_report import HEADER, PAGE, Attack, Report

MODULES = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).name}
TEXT = PAGE.read_text(encoding="utf-8")
ATTACKS = dict(re.findall(r"^\| ([\w -]+) \|.*\| `(test_\w+\.py)` \|$", TEXT, re.MULTILINE))


def test_every_attack_of_the_page_is_named_by_its_tests() -> None:
    assert set(ATTACKS.values()) == MODULES
    assert set(get_args(Attack)) <= set(ATTACKS)
    for attack, module in ATTACKS.items():
        source = (Path(__file__).parent / module).read_text(encoding="utf-8")
        assert source.startswith(f'"""Attack "{attack}": '), module


def test_a_run_replaces_its_own_rows_and_leaves_the_rest_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    shutil.copy(PAGE, page)
    before = TEXT.splitlines()
    report = Report()
    assert not report
    report.add("half-open connections", "200 half-open connections for 30 s", "as fast as ever")
    report.add("sudden kill", "one kill", "nothing lost")
    report.write(page)
    after = page.read_text(encoding="utf-8").splitlines()
    old, new = (line for line in (*before, *after) if "200 half-open connections for 30 s" in line)
    assert after[: before.index(old)] == before[: before.index(old)]
    assert "as fast as ever" in new
    assert sum("one kill" in line for line in after) == 1
    assert len(after) == len(before) + 1


def test_a_results_table_in_the_midst_of_a_page_stays_there(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n{HEADER}\n| --- |\n\n## More\n\ntext\n", encoding="utf-8")
    report = Report()
    report.add("long load", "a minute", "flat")
    report.write(page)
    lines = page.read_text(encoding="utf-8").splitlines()
    assert lines[4].startswith("| long load | a minute | flat | ")
    assert lines[5:] == ["", "## More", "", "text"]
