"""Attack "code in data": functions that turn data into code, or start a shell, are called in reviewed modules only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REVIEWED = ROOT / "src" / "storecast" / "bundle" / "safe_pickle.py"
# Calls travel from a command to the workers that it started, or to a cluster that it trusts with running code (docs/cluster.md).
# No file and no request is read by these.
EXECUTORS = ROOT / "src" / "storecast" / "executors"
SKOPS = ROOT / "src" / "storecast" / "safe_skops.py"

# Modules whose loaders run code. Importing one, under any name, counts as a finding.
MODULES = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve", "yaml", "code", "codeop"}
CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "builtins.eval",
    "builtins.exec",
    "joblib.load",
    "torch.load",
    "os.system",
    "os.popen",
    "numpy.lib.format.open_memmap",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
}
METHODS = {"read_pickle", "to_pickle", "deserialize", "unsafe_load", "Unpickler"}  # of any object
FLAGS = {"allow_pickle": True, "shell": True, "weights_only": False}


def findings(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything in a source file that may run data as code."""
    nodes = list(ast.walk(ast.parse(source)))
    known: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                known[name.asname or name.name.split(".")[0]] = name.name if name.asname else name.name.split(".")[0]
                if name.name.split(".")[0] in MODULES:
                    yield node.lineno, f"import {name.name}"
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                known[name.asname or name.name] = f"{node.module}.{name.name}"
            if (node.module or "").split(".")[0] in MODULES:
                yield node.lineno, f"import {node.module}"
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute):
            dotted = _dotted(node, known)
            if dotted in CALLS:
                yield node.lineno, dotted
            elif isinstance(node, ast.Attribute) and node.attr in METHODS:
                yield node.lineno, node.attr
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                value = keyword.value
                if keyword.arg in FLAGS and not (
                    isinstance(value, ast.Constant) and value.value is not FLAGS[keyword.arg]
                ):
                    yield node.lineno, f"{keyword.arg}={ast.unparse(value)}"


def _dotted(node: ast.expr, known: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, known)}.{node.attr}"
    return known.get(node.id, node.id) if isinstance(node, ast.Name) else "?"


def sources() -> list[Path]:
    return sorted(path for folder in ("src", "benchmarks") for path in (ROOT / folder).rglob("*.py"))


def test_nothing_but_reviewed_modules_can_run_data_as_code() -> None:
    paths = sources()
    executors = {path for path in paths if path.parent == EXECUTORS}
    assert {REVIEWED, EXECUTORS / "worker_process.py"} <= set(paths)
    assert {what for path in executors for _, what in findings(path.read_text(encoding="utf-8"))} == {"import pickle"}
    faults = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in paths
        if path not in {REVIEWED, *executors}
        for line, what in findings(path.read_text(encoding="utf-8"))
    ]
    assert faults == []


def test_the_reviewed_module_unpickles_only_through_its_own_unpickler() -> None:
    ways = {what for _, what in findings(REVIEWED.read_text(encoding="utf-8"))}
    assert ways == {"import pickle", "Unpickler"}
    names = {ast.unparse(node) for node in ast.walk(ast.parse(REVIEWED.read_text())) if isinstance(node, ast.Attribute)}
    assert {"pickle.load", "pickle.loads"}.isdisjoint(names)


def test_skops_is_used_in_one_module_alone() -> None:
    mentions = [
        path for path in sources() if "skops" in path.read_text(encoding="utf-8")
    ]  # most files need not be parsed
    users = [path for path in mentions if "skops" in {name.split(".")[0] for name in _imports(path)}]
    assert users == [SKOPS]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize(
    "source",
    [
        "import pickle\npickle.load(file)",
        "import pickle as harmless\nharmless.loads(data)",
        "from pickle import loads as read",
        "from _pickle import loads",
        "import joblib\njoblib.load(file)",
        "from joblib import load\nload(file)",
        "import joblib as jobs\njobs.load(file)",
        "import torch\ntorch.load(file)",
        "import torch\nread = torch.load\nread(file)",
        "import numpy as np\nnp.load(file, allow_pickle=True)",
        "import numpy as np\nnp.load(file, allow_pickle=flag)",
        "import yaml\nyaml.load(text)",
        "eval('1')",
        "run = eval\nrun('1')",
        "import builtins\nbuiltins.exec('1')",
        "exec('1')",
        "__import__('pickle').loads(data)",
        "import subprocess\nsubprocess.run('ls', shell=True)",
        "import subprocess as s\ns.Popen('ls', shell=bool(1))",
        "import os\nos.system('ls')",
        "from os import popen\npopen('ls')",
        "import pandas as pd\npd.read_pickle(path)",
        "import polars as pl\npl.LazyFrame.deserialize(path)",
    ],
)
def test_the_scan_finds_what_it_is_for(source: str) -> None:
    assert list(findings(source))


@pytest.mark.parametrize(
    "source",
    [
        '"""Not pickle.load, eval(...) or shell=True."""',
        "text = 'pickle.load(file)'  # exec(text)",
        "import numpy as np\nnp.load(file, allow_pickle=False)",
        "import json\njson.load(file)",
        "import re\nre.compile('a')",
        "model.eval()",
        "import subprocess\nsubprocess.run(['ls'], shell=False)",
    ],
)
def test_the_scan_leaves_words_and_harmless_calls_alone(source: str) -> None:
    assert not list(findings(source))
