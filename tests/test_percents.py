"""English says 80% and 80% interval wherever a person reads it: docs, messages, page, report, terminal."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "storecast"
GERMAN = {"language.py"}  # they write 80 % for German
WRONG = re.compile(r"[\d}][ \u00a0]%(?![\w(}])|(?:80|95)% (?:ranges?|bands?|of cases)\b")


def texts() -> Iterator[tuple[str, str]]:
    """Yield every English text, with its file."""
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        yield path.name, path.read_text(encoding="utf-8")
    for path in SOURCE.rglob("*.html"):
        yield path.name, path.read_text(encoding="utf-8")
    for path in SOURCE.rglob("*.po"):
        yield (
            path.name,
            "\n".join(re.findall(r'^msgid(?:_plural)? "(.*)"$', path.read_text(encoding="utf-8"), re.MULTILINE)),
        )
    for path in SOURCE.rglob("*.py"):
        if path.name not in GERMAN:
            for text in strings(ast.parse(path.read_text(encoding="utf-8"))):
                yield path.name, text


def strings(tree: ast.AST) -> Iterator[str]:
    """Yield the strings of a program, those with values in their places as one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_percents_and_intervals_are_written_in_one_way() -> None:
    assert [(name, wrong[0]) for name, text in texts() for wrong in WRONG.finditer(text)] == []


@pytest.mark.parametrize("text", ["10 % more", "{} %", "its 80% range", "95\u00a0%"])
def test_another_way_would_be_seen(text: str) -> None:
    assert WRONG.search(text)


@pytest.mark.parametrize("text", ["10% more", "80% interval", "{% if 1 < count <= 50 %}", "%H:%M"])
def test_the_one_way_is_taken(text: str) -> None:
    assert not WRONG.search(text)
