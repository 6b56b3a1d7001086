import logging
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from storecast.data.generate import ChainSpec, write_demo
from storecast.errors import ConfigError
from storecast.exploration import registry
from storecast.exploration.shared.estimates import TIDY_SCHEMA
from storecast.report.section import Picture, Section
from storecast.workflows import explore, run
from support.chain_files import set_column, write_chain
from support.commands import Cli, cli

__all__ = ["cli"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder, ChainSpec(stores=12, days=500))
    return folder


def test_a_folder_becomes_a_report_and_a_table_for_each_answer(demo: Path, tmp_path: Path) -> None:
    exploration = explore(demo, out=tmp_path)
    assert set(exploration.tables) | set(exploration.unanswered) == set(registry.questions())
    names = {path.name for path in (tmp_path / "tables").iterdir()}
    assert names == {f"{name}.{kind}" for name in exploration.tables for kind in ("csv", "parquet")}
    for name, table in exploration.tables.items():
        stored = pl.read_parquet(tmp_path / "tables" / f"{name}.parquet")
        assert stored.equals(table)
        assert dict(stored.schema) == TIDY_SCHEMA
        assert pl.read_csv(tmp_path / "tables" / f"{name}.csv", infer_schema=False).height == table.height
    assert (tmp_path / "report.html").stat().st_size < 8_000_000
    assert not (tmp_path / "pictures").exists()


def test_each_question_is_logged(demo: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("storecast")
    logger.propagate = True
    with caplog.at_level(logging.INFO, logger="storecast"):
        explore(demo, out=tmp_path, questions=["promotions", "holidays"])
    text = caplog.text
    assert "promotions: " in text
    assert "CPU seconds" in text
    assert "2 questions answered, 0 not" in text


def test_answers_and_pictures_speak_of_another_target(
    demo: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    shutil.copytree(demo, data)
    (data / "storecast.toml").write_text('target = "Customers"\nunit = "visits"\n', encoding="utf-8")
    pictures: list[Picture] = []

    def keep_pictures(_out: Path, sections: list[Section]) -> int:
        pictures.extend(picture for section in sections for picture in section.body.pictures)
        return len(pictures)

    monkeypatch.setattr("storecast.workflows.exploring.write_pictures", keep_pictures)
    code, out, _ = cli(
        "explore", "--data", data, "--out", tmp_path / "out", "--questions", "seasons,customers", "--png"
    )
    assert code == 0
    assert "How do seasons move Customers?" in out
    assert "sales" not in out.lower()
    texts = [f"{each.title} {each.alt} {each.caption} {each.figure.to_json()}" for each in pictures]
    assert any("Customers" in text for text in texts)
    assert not any("sales" in text.lower() for text in texts)


@pytest.mark.long
def test_two_runs_give_the_same_tables(demo: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        explore(demo, out=tmp_path / name, questions=["stores", "alike", "customers"])
    for path in (tmp_path / "one" / "tables").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / "tables" / path.name).read_bytes()


def test_a_short_chain_of_four_stores_lists_what_cannot_be_answered(tmp_path: Path) -> None:
    data = write_chain(tmp_path / "data")
    set_column(data, "train.csv", "Customers", "")
    exploration = explore(data, out=tmp_path / "out")
    assert "customers" in exploration.unanswered
    assert "response" in exploration.unanswered
    assert {"quality", "promotions"} <= set(exploration.tables)
    assert exploration.unanswered["customers"] in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_an_unknown_question_is_refused_with_those_there_are(demo: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no question 'weather'.*promotions"):
        explore(demo, out=tmp_path, questions=["weather"])
    assert not list(tmp_path.iterdir())


def test_without_the_statistics_libraries_the_extra_is_named_and_a_run_goes_on(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None if name == "statsmodels" else find_spec(name))
    with pytest.raises(ConfigError, match=r"needs statsmodels,.*storecast\[explore\]"):
        explore(demo, out=tmp_path / "out")
    logging.getLogger("storecast").propagate = True
    run(demo, home=tmp_path / "home", models=["naive"], windows=1)
    assert "no exploration: statsmodels not installed" in caplog.text
    assert (tmp_path / "home" / "forecast.csv").exists()
    assert not (tmp_path / "home" / "tables").exists()
    assert 'id="s-explore"' not in (tmp_path / "home" / "report.html").read_text(encoding="utf-8")


def test_what_only_forecasts_imports_no_statistics() -> None:
    code = (
        "import storecast.cli.app, storecast.workflows, sys; print({'statsmodels', 'linearmodels'} & set(sys.modules))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "set()"
