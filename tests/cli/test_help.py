"""The help of the commands, and the mistakes that they name before they begin."""

import runpy
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from storecast import models
from storecast.cli import options
from storecast.cli.app import app
from storecast.cli.examples import EXAMPLES, WHOLE
from storecast.models import tree_library
from storecast.models.lstm import forecaster
from storecast.workflows.run_cost import MOST_ACCURATE
from storecast.workflows.running import FAST_MODELS, MODELS
from support.commands import Cli, all_commands, parse_line

ROOT = typer.main.get_command(app)
COMMANDS = dict(all_commands(ROOT))
HOME_COMMANDS = (
    "monitor",
    "weekly",
    "models list",
    "models show",
    "models verify",
    "models promote model-2015-06-14-00-00-00.pkl",
    "models rollback",
    "models prune",
    "db status",
    "db backup --out backup.zip",
    "db prune",
    "key list",
    "key create --name planner --scopes read",
    "forecast --out forecast.csv",
    "explain",
    "scenario --calendar future.csv --out scenario.csv",
    "plan list",
    "plan show",
    "plan summary",
    "serve",
)


def test_the_help_names_every_model_and_the_default() -> None:
    assert set(models.names()) <= set(options.MODELS.replace(",", "").split())
    assert f"{','.join(MODELS)}; with --fast {','.join(FAST_MODELS)}" == options.DEFAULT
    assert f"{','.join(MOST_ACCURATE)}; with --fast {','.join(FAST_MODELS)}" == options.WEEKLY_DEFAULT


@pytest.mark.parametrize("line", [*WHOLE, *(line for lines in EXAMPLES.values() for line in lines)])
def test_every_example_of_the_help_can_be_read(line: str) -> None:
    assert parse_line(ROOT, line)


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    docs = Path(__file__).parents[2] / "docs"
    page = runpy.run_path(str(docs / "commands.py"))["page"]()
    assert (docs / "commands.md").read_text(encoding="utf-8") == page, "python docs/commands.py writes it again"


def test_every_command_and_every_group_has_examples_of_its_own() -> None:
    assert set(EXAMPLES) == {" ".join(path) for path in COMMANDS if path}
    for name, lines in EXAMPLES.items():
        assert lines
        assert all(f"{line} ".startswith(f"storecast {name} ") for line in lines)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_help_prints_every_word_that_is_declared(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")  # a text in one line
    command = COMMANDS[path]
    examples = EXAMPLES[" ".join(path)] if path else WHOLE
    texts = [command.help, *(param.help for param in command.params if param.help), *examples]
    code, out, _ = cli(*path, "-h")
    printed = " ".join(out.split())
    assert code == 0
    for text in texts:  # where a bracket is no markup, a backslash stands before it
        assert " ".join(text.replace(r"\[", "[").split()) in printed


@pytest.mark.parametrize("option", ["--out", "--home"])
def test_a_run_takes_its_home_by_either_name(option: str) -> None:
    run = ROOT.commands["run"]  # type: ignore[attr-defined]
    with run.make_context("run", [option, "stores"]) as context:
        assert context.params["out"] == Path("stores")


@pytest.mark.parametrize("command", HOME_COMMANDS)
@pytest.mark.parametrize("exists", [True, False], ids=["empty", "missing"])
def test_a_home_that_is_empty_or_missing_is_one_message(
    cli: Cli, tmp_path: Path, command: str, *, exists: bool
) -> None:
    home = tmp_path / "home"
    if exists:
        home.mkdir()
    code, out, err = cli(*command.split(), "--home", home)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "storecast run" in err
    assert not exists or not list(home.iterdir())


@pytest.mark.parametrize("command", ["run --out o", "train --out o", "backtest --out o", "tune --out o"])
@pytest.mark.parametrize(
    ("model", "module", "extra"),
    [("lstm", "torch", "lstm"), ("lstm", "onnx", "lstm"), ("lightgbm", "lightgbm", "lightgbm")],
)
def test_a_library_that_is_missing_is_said_before_the_data_are_read(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, model: str, module: str, extra: str
) -> None:
    def find(name: str) -> object:
        return None if name == module else find_spec(name)

    monkeypatch.setattr(forecaster, "find_spec", find)
    monkeypatch.setattr(tree_library, "find_spec", find)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.csv").write_text("this is no table", encoding="utf-8")
    code, out, err = cli(*command.split(), "--models", model, "--data", tmp_path)
    assert (code, out) == (2, "")
    assert f"storecast[{extra}]" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("backtest --out o --models linaer", "Did you mean linear?"),
        ("train --out o --models bosting", "Did you mean boosting?"),
        ("run --out o --models blnd", "Did you mean blend?"),
        ("run --out o --skip silent_day", "Did you mean silent_days?"),
        ("tune --out o --models lineer", "Did you mean linear?"),
        ("tune --out o --score wap", "Did you mean wape?"),
        ("tune --out o", "Give --trials, --minutes or both."),
        ("explore --out o --questions promotion", "Did you mean promotions?"),
    ],
)
def test_a_wrong_option_is_found_before_the_data_are_read(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    (data / "train.csv").write_text("this is no table", encoding="utf-8")
    code, out, err = cli(*command.split(), "--data", data)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
