"""The examples run as they stand."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from storecast.data.generate import ChainSpec, write_demo
from storecast.workflows import explore

EXAMPLES = Path(__file__).parents[1] / "examples"
EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(book)
NotebookClient(book, timeout=120, kernel_name="python3").execute()
print(sum(len(cell.outputs) for cell in book.cells if cell.cell_type == "code"))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("examples")
    write_demo(out / "demo", ChainSpec(stores=20, days=500))
    explore(out / "demo", out=out / "exploration", questions=["holidays", "promotions"])
    return out


def ran(arguments: list[str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.docs
def test_the_script_answers_its_question(folder: Path) -> None:
    printed = ran([str(EXAMPLES / "promotions_by_weekday.py"), "demo"], folder)
    assert printed.startswith("Mon: +")  # Monday has the largest uplift of the generated chain
    assert "of the uplift is more customers" in printed


@pytest.mark.docs
def test_the_notebook_opens_the_tables(folder: Path) -> None:
    outputs = ran(["-c", EXECUTE, str(EXAMPLES / "open_the_tables.ipynb")], folder)
    assert int(outputs) == 4


@pytest.mark.docs
def test_the_tutorial_runs_and_holds_its_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells run in this process, so that the test needs no Jupyter; each that ends in a value has one in the file, too."""
    path = EXAMPLES / "tutorial.ipynb"
    assert path.stat().st_size < 1_000_000
    monkeypatch.chdir(tmp_path)  # the last cells save a model
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    names: dict[str, Any] = {}
    shown = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            value = run_cell("".join(cell["source"]), names)
            assert (value is None) == (not cell["outputs"])
            shown.append(value)
            assert all(output["output_type"] != "error" for output in cell["outputs"])
    assert type(shown[-1]).__name__ == "Bundle"
    assert names["result"].leaderboard()["Model"].to_list() == ["linear", "naive"]
    assert names["drivers"].height == 42
    assert names["of_day"]["Difference"].item() > 0  # a promotion sells more
    assert (tmp_path / "home" / "models" / shown[-1].name).exists()


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as Jupyter does; return the value of its last line, None where that is a statement."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_there_is_no_example_that_no_test_runs() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {
        "promotions_by_weekday.py",
        "open_the_tables.ipynb",
        "tutorial.ipynb",
    }
