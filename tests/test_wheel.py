"""The wheel, installed by pip into an empty environment of each Python that is supported, does the tutorial.

An interpreter that this machine lacks is skipped, and so is a machine from which pip can download nothing.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from support.snippets import Snippet, snippets

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13")
CANNOT_DOWNLOAD = re.compile(r"NewConnectionError|ConnectTimeout|ProxyError|NameResolutionError|Max retries exceeded")
READY = "serving model-"  # what the service says when it answers
IN_WHEEL = ("src", "pyproject.toml", "README.md", "LICENSE")


def interpreter(version: str) -> str | None:
    """Return a Python of a version that runs: on the path, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")))]
    for candidate in filter(None, candidates):
        code = "import sys; print(*sys.version_info[:2], sep='.')"
        done = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip() == version:  # a shim of pyenv exists for every version
            return candidate
    return None


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    for name in IN_WHEEL:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__", "build")
            )
        else:
            shutil.copy(ROOT / name, folder / name)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    run([*pip, "--wheel-dir", str(folder), str(folder)], folder, dict(os.environ))
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module", params=VERSIONS)
def environment(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Make an environment in which nothing is installed but what requirements.txt and the wheel bring."""
    python = interpreter(request.param)
    if python is None:
        pytest.skip(f"this machine has no Python {request.param}")
    folder = tmp_path_factory.mktemp("environment")
    run([python, "-m", "venv", str(folder)], folder, clean(folder))
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--no-compile"]
    install(pip, ["--require-hashes", "-r", str(ROOT / "requirements.txt")], folder)
    install(pip, ["--no-deps", str(wheel)], folder)
    yield folder
    shutil.rmtree(folder)  # half a gigabyte each


def clean(folder: Path) -> dict[str, str]:
    """Return the variables of a shell in which an environment is active, and nothing of ours."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "STORECAST_"))}
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    return {**variables, "PATH": path, "XDG_CONFIG_HOME": str(folder / "config"), "VIRTUAL_ENV": str(folder)}


def install(pip: list[str], words: list[str], folder: Path) -> None:
    """Install; skip where pip reaches no package index."""
    done = subprocess.run([*pip, *words], capture_output=True, text=True, check=False, env=clean(folder))
    if done.returncode and CANNOT_DOWNLOAD.search(done.stderr):
        pytest.skip("pip can download nothing on this machine")
    assert done.returncode == 0, done.stderr


def run(words: list[str], folder: Path, variables: Mapping[str, str]) -> str:
    """Run a command to its end, which must be a good one; return its output."""
    done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def serve(line: str, folder: Path, variables: Mapping[str, str]) -> None:
    """Start the service, wait until it answers, and end it."""
    words = [*line.split(), "--port", "0"]
    with subprocess.Popen(words, cwd=folder, env=variables, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = []
        for text in process.stderr:
            lines.append(text)
            if READY in text or " ERROR " in text:
                break
        process.send_signal(signal.SIGTERM)
        assert READY in lines[-1], "".join(lines)
        lines += process.stderr.readlines()
        assert process.wait(60) == 0, "".join(lines)


def do(snippet: Snippet, folder: Path, variables: Mapping[str, str]) -> None:
    """Do what a block of the tutorial says."""
    if snippet.language == "python":
        run(["python", "-c", snippet.text], folder, variables)
    for line in snippet.lines if snippet.language == "sh" else ():
        if line.startswith("storecast serve"):
            serve(line, folder, variables)
        else:
            run(["bash", "-c", line], folder, variables)


def test_the_wheel_does_the_tutorial(environment: Path, tmp_path: Path) -> None:
    variables = clean(environment)
    installed = run(["python", "-c", "import storecast; print(storecast.__file__)"], tmp_path, variables)
    assert Path(installed.strip()).is_relative_to(environment)
    for snippet in snippets((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")):
        do(snippet, tmp_path, variables)
    home = tmp_path / "home"
    assert (home / "report.html").stat().st_size > 100_000
    assert (home / "plan.xlsx").exists()
    assert (tmp_path / "scenario.csv").stat().st_size > 1000
