"""What is shipped is known: each locked package has its licence on the page, and workflows run what was reviewed."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def materials() -> ModuleType:
    spec = importlib.util.spec_from_file_location("materials", ROOT / "deploy" / "bill_of_materials.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_licences_names_every_locked_package(materials: ModuleType) -> None:
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE)[2:]
    assert {name for row in rows for name in row.split(", ")} == materials.locked(
        *(ROOT / lock for lock in materials.LOCKS)
    )


@pytest.mark.parametrize(
    ("entries", "licence"),
    [
        ([{"expression": "MIT OR Apache-2.0"}], "MIT OR Apache-2.0"),
        (
            [{"license": {"name": "License :: OSI Approved :: BSD License"}}, {"license": {"id": "BSD-2-Clause"}}],
            "BSD-2-Clause",
        ),
        ([{"license": {"name": "License :: OSI Approved :: Apache Software License"}}], "Apache-2.0"),
    ],
)
def test_a_licence_is_read_however_a_package_says_it(
    materials: ModuleType, entries: list[dict[str, Any]], licence: str
) -> None:
    assert materials.licence_of({"name": "Some_Package", "licenses": entries}) == licence


def test_a_package_without_a_licence_is_named(materials: ModuleType) -> None:
    with pytest.raises(SystemExit, match="some-package does not say its licence"):
        materials.licence_of({"name": "Some_Package"})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_actions_by_commit_and_has_no_rights_of_its_own(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used), used


def test_the_workflow_checks_every_supported_python() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["check"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
