"""The how-to of docs/exploration.md: a folder dropped in adds a question."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storecast import exploration
from storecast.exploration.exploration import explore_panel
from storecast.exploration.registry import questions
from support.known_chain import usual_chain

DOCS = Path(__file__).parents[2] / "docs" / "exploration.md"
BLOCK = re.compile(r"```python\n# src/storecast/exploration/(\S+)\n(.*?)```", re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Write the files of the how-to into a folder that the package searches too."""
    for name, code in BLOCK.findall(DOCS.read_text(encoding="utf-8")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code, encoding="utf-8")
    before = set(sys.modules)
    monkeypatch.setattr(exploration, "__path__", [*exploration.__path__, str(tmp_path)])
    questions.cache_clear()
    yield tmp_path
    questions.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith("storecast.exploration."):
            del sys.modules[name]


def test_the_how_to_has_the_files_of_one_folder(folder: Path) -> None:
    assert [path.name for path in folder.iterdir()] == ["concentration"]
    assert {path.name for path in (folder / "concentration").glob("*.py")} == {
        "__init__.py",
        "estimate.py",
        "section.py",
    }


def test_a_folder_dropped_in_adds_a_question_in_its_place(folder: Path) -> None:
    keys = list(questions())
    assert keys[-1] == "concentration"
    assert len(keys) == 13
    result = explore_panel(usual_chain(), ["stores", "concentration"], lambda step: None)
    assert list(result.tables) == ["stores", "concentration"]
    section = result.sections()[-1]
    assert section.title == questions()["concentration"].title
    assert section.body.answer.startswith("The largest 10% of the stores")


def test_the_question_is_gone_with_its_folder() -> None:
    assert "concentration" not in questions()
