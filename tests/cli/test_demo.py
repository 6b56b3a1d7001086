"""storecast demo, as far as it takes no time."""

import json
from dataclasses import asdict
from pathlib import Path

from storecast.workflows.demo import DEMO_FILE
from storecast.workflows.demo_chain import DemoSpec
from support.commands import Cli


def test_a_demo_that_is_there_is_named_and_nothing_is_made_again(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / DEMO_FILE).write_text(json.dumps({"generated": True, **asdict(DemoSpec(seed=5))}))
    code, out, error = cli("demo", "--home", tmp_path, "--seed", 5)
    assert code == 0, error
    assert out == f"{tmp_path} has the demo already. Serve it: storecast serve --home {tmp_path} --no-keys\n"
    code, _, error = cli("demo", "--home", tmp_path)
    assert (code, "holds another demo" in error) == (2, True)


def test_a_demo_of_no_size_is_refused(cli: Cli, tmp_path: Path) -> None:
    code, _, error = cli("demo", "--home", tmp_path, "--weeks", 1)
    assert (code, "--weeks: found 1; expected 2 to 26." in error) == (2, True)
