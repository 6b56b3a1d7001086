"""Rules of CONTRIBUTING.md that no linter holds: names, length of files, circles of imports, and what docstrings must say."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

import storecast

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
MAX_LINES = 350
# A result is named for what it is. These say only that something happened to it.
VAGUE_NAMES = {
    "found",
    "made",
    "asked",
    "told",
    "said",
    "laid",
    "held",
    "got",
    "heard",
    "there",
    "kept",
    "ours",
    "theirs",
}
FILES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
VAGUE_BINDING = re.compile(rf"\b_*(?:{'|'.join(VAGUE_NAMES)})_*(?:\s*(?:[=:,)\](]|$)| in\b)", re.MULTILINE)
BESIDE = sorted(path for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def names_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield every name that a module gives: to variables, attributes, parameters, functions and classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno


def test_names_say_what_a_thing_is() -> None:
    vague = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in (*FILES, *BESIDE)
        if VAGUE_BINDING.search(path.read_text(encoding="utf-8"))  # most files need not be parsed
        for name, line in names_in(tree_of(path))
        if name.strip("_") in VAGUE_NAMES
    ]
    assert not vague, "name the thing itself:\n" + "\n".join(vague)


def test_no_file_is_too_long() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in FILES
        if (lines := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert not long, f"look for the second idea inside: {long}"


def imports_of(path: Path, modules: dict[str, Path]) -> set[Path]:
    """Return the files of ours that a file imports, under TYPE_CHECKING and inside functions too."""
    imported = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {
                f"{node.module}.{alias.name}" for alias in node.names if f"{node.module}.{alias.name}" in modules
            } or {node.module}
    return {modules[name] for name in imported if name in modules} - {path}


def test_no_two_files_import_each_other() -> None:
    modules = {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES
    }
    graph = {path: imports_of(path, modules) for path in FILES}
    lazy = SOURCE / "storecast" / "__init__.py"  # imports on first use, and holds the version
    graph = {path: targets - {lazy} for path, targets in graph.items() if path != lazy}
    done: set[Path] = set()

    def circle_from(path: Path, trail: tuple[Path, ...]) -> list[Path]:
        if path in trail:
            return [*trail[trail.index(path) :], path]
        if path in done:
            return []
        for target in sorted(graph[path]):
            if circle := circle_from(target, (*trail, path)):
                return circle
        done.add(path)
        return []

    for path in FILES:
        if path != lazy:
            circle = circle_from(path, ())
            assert not circle, " -> ".join(str(each.relative_to(SOURCE)) for each in circle)


def public_functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield functions and methods whose names, and whose class's name, do not begin with an underscore."""
    nodes: list[ast.AST] = list(tree_of(path).body)
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            nodes = [*node.body, *nodes]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            overload = any(getattr(decorator, "id", "") == "overload" for decorator in node.decorator_list)
            yield from [] if overload else [node]


def public_surface() -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield the public functions, and the public methods of the public classes, by name; properties describe themselves."""
    for name in storecast.__all__:
        part = getattr(storecast, name)
        if inspect.isfunction(part):
            yield name, part
        elif inspect.isclass(part):
            for method, value in vars(part).items():
                function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield f"{name}.{method}", function


SURFACE = dict(public_surface())


@pytest.mark.parametrize("name", SURFACE)
def test_the_public_surface_documents_parameters_and_what_it_returns(name: str) -> None:
    signature, text = inspect.signature(SURFACE[name]), inspect.getdoc(SURFACE[name]) or ""
    if signature.return_annotation is not None:
        assert "Returns\n-------\n" in text
    if signature.parameters.keys() - {"self", "cls"}:
        assert "Parameters\n----------\n" in text


def class_names(path: Path) -> set[str]:
    return {node.name for node in tree_of(path).body if isinstance(node, ast.ClassDef)}


ERRORS = class_names(SOURCE / "storecast" / "errors.py") | class_names(SOURCE / "storecast" / "client" / "errors.py")
COMMANDS = SOURCE / "storecast" / "cli"  # their options explain themselves in --help
LIBRARY = [path for path in FILES if COMMANDS not in path.parents]


def test_functions_of_three_parameters_explain_them() -> None:
    unexplained = []
    for path in LIBRARY:
        for function in public_functions(path):
            arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
            parameters = [argument.arg for argument in arguments if argument.arg not in ("self", "cls")]
            if len(parameters) >= 3 and "Parameters\n" not in (ast.get_docstring(function) or ""):
                unexplained.append(f"{path.relative_to(ROOT)}:{function.lineno}: {function.name}")
    assert not unexplained, "a Parameters section is missing:\n" + "\n".join(unexplained)


def raised_by(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the errors of the trees of `ERRORS` that a function itself raises."""
    raised = [node.exc for node in ast.walk(function) if isinstance(node, ast.Raise)]
    return {
        error.func.id for error in raised if isinstance(error, ast.Call) and isinstance(error.func, ast.Name)
    } & ERRORS


def test_functions_name_the_errors_that_they_raise() -> None:
    unnamed = []
    for path in LIBRARY:
        for function in public_functions(path):
            section = (ast.get_docstring(function) or "").partition("Raises\n------\n")[2]
            missing = sorted(error for error in raised_by(function) if error not in section)
            unnamed += [f"{path.relative_to(ROOT)}:{function.lineno}: {error} in {function.name}" for error in missing]
    assert not unnamed, "a Raises section does not name what is raised:\n" + "\n".join(unnamed)
