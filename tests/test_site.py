"""The pages that people read first: their commands run, their sentences are short, and they list what the code has."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from storecast.evaluate.scores import DEFINITIONS
from support.commands import as_if_never_called, leave_out_exploration
from support.service_process import ServiceFactory, service_factory
from support.snippets import Reader, runnable, snippets

__all__ = ["service_factory"]

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GUIDES = [DOCS / "tutorial.md", DOCS / "how-it-forecasts.md", *sorted((DOCS / "how-to").glob("*.md"))]
MOST_WORDS = 30


def pages_of(nav: object) -> list[str]:
    """Return the pages of a navigation, in their order."""
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    assert not isinstance(parts, (str, int))
    return [page for part in parts for page in pages_of(part)]  # type: ignore[attr-defined]


def test_every_page_is_in_the_navigation_once() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert sorted(pages_of(nav)) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory, service_factory: ServiceFactory) -> Iterator[Path]:
    """Do what the tutorial says, in its order; without the exploration of the report."""
    folder = tmp_path_factory.mktemp("tutorial")
    with pytest.MonkeyPatch.context() as patch:
        as_if_never_called(patch)
        leave_out_exploration(patch)
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        reader = Reader(folder, patch, service_factory)
        for snippet in runnable(snippets((DOCS / "tutorial.md").read_text(encoding="utf-8")), ()):
            reader.read(snippet)
        reader.close()
        yield folder


@pytest.mark.docs
def test_the_tutorial_leads_from_a_file_to_a_plan(tutorial: Path) -> None:
    shown = re.search(r"```text\n(.*?)```", (DOCS / "tutorial.md").read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    assert (tutorial / "sales" / "umsatz.csv").read_text(encoding="utf-8").startswith(shown[1])
    assert (tutorial / "home" / "report.html").exists()
    assert (tutorial / "scenario.csv").stat().st_size > 1000


@pytest.mark.docs
def test_the_page_of_files_lists_what_a_run_writes(tutorial: Path) -> None:
    page = (DOCS / "files.md").read_text(encoding="utf-8")
    assert {path.name for path in (tutorial / "home").iterdir()} <= set(re.findall(r"[\w.]+\.\w+|\w+(?=/)", page))
    table = page[page.index("## scores.json") : page.index("## models/")]
    fields = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| ([^|]*) \|", table, re.MULTILINE))))
    assert fields == set(json.loads((tutorial / "home" / "scores.json").read_text(encoding="utf-8")))


def test_the_page_of_scores_lists_every_score() -> None:
    rows = re.findall(r"^\| (`.*?) \|", (DOCS / "scores.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == list(DEFINITIONS)


def sentences(text: str) -> list[str]:
    """Return the sentences of a page; a cell of a table and an item of a list stand for themselves."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    text = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", text)
    blocks = re.split(r"\n\s*\n|\n(?=[-#|\d])|\|", text)
    return [part for block in blocks for part in re.split(r"(?<=[.:?!;])\s+", block) if part.strip()]


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_sentences_of_a_guide_are_short(path: Path) -> None:
    for sentence in sentences(path.read_text(encoding="utf-8")):
        assert len(sentence.split()) <= MOST_WORDS, sentence


def test_every_test_that_the_explanation_names_is_in_its_place() -> None:
    named = re.findall(r"`(tests/\S+)`", (DOCS / "how-it-forecasts.md").read_text(encoding="utf-8"))
    assert len(named) == 6
    assert all((ROOT / name).exists() for name in named)


def test_pictures_of_the_tutorial_are_small_and_described() -> None:
    pictures = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", (DOCS / "tutorial.md").read_text(encoding="utf-8"))
    assert len(pictures) >= 3
    for words, name in pictures:
        assert len(words.split()) > 8, name
        assert (DOCS / name).stat().st_size <= 150_000, name
