"""Every command in the docs runs, every make target is there, and what the docs list is what the code has."""

import dataclasses
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

import storecast
from storecast import models, workflows
from storecast.cli.app import app
from storecast.config import BlendSettings
from storecast.exploration.covariate_shift import separability
from storecast.models.base import Configurable
from support.commands import all_commands, as_if_never_called, parse_line, run_line
from support.snippets import words_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOUR = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
ROOT_COMMAND = get_command(app)
COMMANDS_BELOW = [*all_commands(ROOT_COMMAND)]
GROUPS = "|".join(str(group.name) for group in app.registered_groups)  # storecast models list, …
ENDLESS = {"serve"}  # runs until it is stopped; tests/service asks it
COMMANDS = {str(command.name or command.callback.__name__) for command in app.registered_commands} - ENDLESS
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def command_lines(text: str) -> list[str]:
    """Return the lines of a page's fenced blocks that call storecast, perhaps after a prompt or variables, each on one line."""
    fenced = re.findall(r"^ *```[^\n]*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    lines = "\n".join(fenced).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if re.match(r" *(?:\$ )?(?:\w+=\S+ +)*storecast ", line)]


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the commands of docs/cli.md, in their order, as they stand, in a folder; a command of ours within this process.

    A process of its own for each would import the same libraries 48 times: more CPU time than the commands themselves.
    """
    folder = tmp_path_factory.mktemp("tour")
    with pytest.MonkeyPatch.context() as patch:
        as_if_never_called(patch)
        patch.chdir(folder)
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setattr(separability, "MAX_WINDOWS", 1)  # each window of the past takes as long as the next
        for line in "\n".join(blocks(TOUR, "sh")).split("\n"):
            if not line.startswith("storecast "):
                subprocess.run(["bash", "-c", line], check=True)
                continue
            run_line(patch, line, *words_of(line)[1:])
    return folder


@pytest.mark.docs
def test_the_commands_of_the_tour_run(tour: Path) -> None:
    assert (tour / "forecast.csv").read_text(encoding="utf-8").startswith("Store,Date,Forecast")
    assert (tour / "home" / "report.html").exists()


@pytest.mark.docs
def test_the_tour_shows_by_how_much_its_model_is_better(tour: Path) -> None:
    scores = json.loads((tour / "home" / "scores.json").read_text(encoding="utf-8"))
    rows = {row["model"]: row for row in scores["scores"] if row["slice"] == "all" and row["cutoff"] == "mean"}
    for model, wape, sql in re.findall(r"^(\w+) +mean +\S+ +(\S+) +\S+ +(\S+)", TOUR, re.MULTILINE):
        assert (rows[model]["wape"], rows[model]["sql"]) == pytest.approx((float(wape), float(sql)), abs=1e-3)
    best = scores["selected"]
    assert (best["model"], best["over"]) == ("linear", "naive")
    assert best["by"] > 2 * best["standard_error"]


@pytest.mark.docs
def test_the_home_holds_what_the_readme_lists(tour: Path) -> None:
    table = README[README.index("## What a run writes") : README.index("## Commands")]
    listed = set(re.findall(r"`([\w.]+)/?`(?:, `([\w.]+)/?`)? \|", table))
    names = {name for pair in listed for name in pair if name} - {
        "drivers.parquet"
    }  # of another forecast than weekly's
    assert names == {path.name for path in (tour / "home").iterdir()}


@pytest.mark.docs
def test_the_python_page_runs(tmp_path: Path) -> None:
    page = "\n".join(blocks((ROOT / "docs" / "python.md").read_text(encoding="utf-8"), "python"))
    checks = "assert forecast.height == 8 * 28 and same.equals(model.predict()) and len(expected) == chain.test.height"
    ran = subprocess.run(
        [sys.executable, "-c", f"{page}\n{checks}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_every_storecast_command_in_the_docs_is_in_the_tour() -> None:
    commands = set(re.findall(rf"storecast ((?:{GROUPS}) \w+|[a-z]+(?:-[a-z]+)?) ", "\n".join(blocks(TOUR, "sh"))))
    for path in DOCS:
        for line in re.findall(
            rf"^(?:\$ )?storecast ((?:{GROUPS}) \w+|[a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            if line.split()[0] in {*GROUPS.split("|"), *COMMANDS}:
                assert line in commands, (path.name, line)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, id=f"{path.name}: {line}")
        for path in DOCS
        for line in dict.fromkeys(command_lines(path.read_text(encoding="utf-8")))
    ],
)
def test_every_command_of_the_docs_can_be_read(line: str) -> None:
    assert parse_line(ROOT_COMMAND, line) or "--help" in line


def test_a_command_of_the_docs_that_is_misspelt_cannot_be_read() -> None:
    block = "```sh\n   $ A=b storecast run --data DIR \\\n     --ot HOME > log  # it's so\n   ```"
    [line] = command_lines(f"1. A list:\n   {block}\nstorecast is a word")
    with pytest.raises(Exception, match="No such option: --ot"):
        parse_line(ROOT_COMMAND, line)
    assert parse_line(ROOT_COMMAND, line.replace("--ot", "--out"))["out"] == Path("HOME")
    with pytest.raises(Exception, match="Missing parameter: out"):
        parse_line(ROOT_COMMAND, "storecast explore --data DIR")
    with pytest.raises(Exception, match="'wap' is not one of"):
        parse_line(ROOT_COMMAND, "storecast run --out HOME --select-by wap")


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS_BELOW if path], ids=" ".join)
def test_every_command_is_in_the_tour(path: tuple[str, ...]) -> None:
    assert re.search(rf"^storecast {' '.join(path)} ", TOUR, re.MULTILINE)


def test_every_option_is_in_the_documentation() -> None:
    words = {word for path in DOCS for word in re.findall(r"--[a-z-]+", path.read_text(encoding="utf-8"))}
    options = {option for _, command in COMMANDS_BELOW for param in command.params for option in param.opts}
    assert {option for option in options if option.startswith("--")} <= words


def defaults(name: str, *, fast: bool) -> dict[str, object]:
    """Return the settings of a model that a file can change."""
    model = models.create(name, fast=fast)
    assert isinstance(model, Configurable)
    plain = {field.name: getattr(model.settings, field.name) for field in dataclasses.fields(model.settings)}
    return {field: value for field, value in plain.items() if isinstance(value, int | float | str | None)}


@pytest.mark.parametrize("fast", [False, True], ids=["full", "fast"])
@pytest.mark.parametrize("name", [name for name in models.names() if name != "blend"])
def test_the_page_of_settings_has_every_setting_of_a_model_with_its_default(name: str, *, fast: bool) -> None:
    section = SETTINGS.partition(f"\n## {name.removesuffix('-plain')}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (.*) \|$", section, re.MULTILINE)
    head, _, *rows = [[cell.strip("` ") for cell in line.split(" | ")] for line in lines]
    column = next(title for title in ("--fast" if fast else name, "Default") if title in head)
    shown = {row[0]: row[head.index(column)] for row in rows}
    assert shown == {
        field: "all" if value is None else json.dumps(value) for field, value in defaults(name, fast=fast).items()
    }


def test_the_page_of_settings_names_the_members_of_the_blend() -> None:
    section = SETTINGS.partition("\n## blend\n")[2]
    assert re.findall(r"`(\S+)`", section) == list(BlendSettings().members)


def test_every_make_target_in_the_docs_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in DOCS:
        text = path.read_text(encoding="utf-8")
        for words in re.findall(r"(?:^|`)make ((?:[a-z-]+ ?)+)", text, re.MULTILINE):
            assert set(words.split()) <= targets, (path.name, words)


def test_every_link_between_docs_leads_somewhere() -> None:
    for path in DOCS:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), (path.name, target)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_file_that_a_contributor_is_sent_to_is_in_its_place() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").partition("## Where do I change what?")[2]
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = {*re.findall(r"`([\w./]+/[\w.]*|\w+\.(?:py|toml|html))`", design + contributing)}
    assert len(named) > 30
    for name in named:
        assert any((folder / name).exists() for folder in (ROOT, ROOT / "src" / "storecast")), name


def test_every_link_to_a_heading_has_its_heading() -> None:
    for path in DOCS:
        for target, heading in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", path.read_text(encoding="utf-8")):
            page = path.parent / target if target else path
            assert heading in anchors(page.read_text(encoding="utf-8")), (path.name, target, heading)


@pytest.mark.parametrize("package", [storecast, workflows], ids=lambda package: package.__name__)
def test_the_public_surface_is_sorted_and_there(package: ModuleType) -> None:
    assert package.__all__ == sorted(package.__all__)
    assert all(getattr(package, name) is not None for name in package.__all__)
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match=rf"module '{package.__name__}' has no attribute 'nothing'"):
        _ = package.nothing


def test_import_stays_light() -> None:
    code = """
import storecast, sys
assert not {"polars", "sklearn", "xgboost", "plotly", "torch"} & set(sys.modules)
import storecast.service.server, storecast.page.dash_app, storecast.workflows.running
print([name for name in ("sklearn", "scipy.stats", "xgboost", "statsmodels", "torch") if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]", "what forecasts with naive or linear has no need of these"


def test_looking_at_files_needs_no_library_of_models() -> None:
    names = "check, future, init, load, monitor"
    code = f"from storecast.workflows import {names}; import sys; print({{'sklearn', 'xgboost'}} & {{*sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = storecast.nonsense


def test_the_picture_of_the_packages_shows_them_in_the_order_of_imports() -> None:
    picture = (ROOT / "docs" / "pictures" / "layers.svg").read_text(encoding="utf-8")
    shown = [name for text in re.findall(r'class="name"[^>]*>([^<]+)<', picture) for name in text.split(", ")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    order = [name.removeprefix("storecast.") for name in layers]
    packages = {path.parent.name for path in (ROOT / "src" / "storecast").glob("*/__init__.py")} - {"client"}
    assert packages <= set(shown)
    assert shown == [name for name in order if name in shown]
