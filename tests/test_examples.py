"""The examples run as they stand."""

import subprocess
import sys
from pathlib import Path

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


def test_the_script_answers_its_question(folder: Path) -> None:
    printed = ran([str(EXAMPLES / "promotions_by_weekday.py"), "demo"], folder)
    assert printed.startswith("Mon: +")  # Monday has the largest uplift of the generated chain
    assert "of the uplift is more customers" in printed


def test_the_notebook_opens_the_tables(folder: Path) -> None:
    outputs = ran(["-c", EXECUTE, str(EXAMPLES / "open_the_tables.ipynb")], folder)
    assert int(outputs) == 4


def test_there_is_no_example_that_no_test_runs() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {"promotions_by_weekday.py", "open_the_tables.ipynb"}
