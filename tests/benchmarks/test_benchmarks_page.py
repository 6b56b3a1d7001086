"""The page of the short benchmarks: what they print becomes tables, lists and sentences, and nothing else stands there."""

import subprocess
import sys
from pathlib import Path

import pytest

import storecast

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import benchmarks_page

PRINTED = """# x86_64, 2 cores
# medians of 3 rounds
library | CPU s | SQL
peer | 10.5 | –
storecast | 5.0 | 0.2
step | CPU s
reading | 1
It is faster.
"""


def test_what_a_benchmark_prints_becomes_a_list_tables_and_sentences() -> None:
    assert benchmarks_page.as_markdown(PRINTED).split("\n\n") == [
        "- x86_64, 2 cores\n- medians of 3 rounds",
        "| library   | CPU s | SQL |\n| --------- | ----: | --: |\n| peer      |  10.5 |   – |\n| storecast |   5.0 | 0.2 |",
        "| step    | CPU s |\n| ------- | ----: |\n| reading |     1 |",
        "It is faster.",
    ]


@pytest.mark.parametrize(
    ("cell", "is_number"),
    [("1", True), ("0.25", True), ("-1.5", True), ("–", True), ("naive", False), ("1.2.3", False)],
)
def test_a_column_of_figures_and_dashes_stands_to_the_right(cell: str, is_number: bool) -> None:
    assert benchmarks_page.is_number(cell) is is_number


def test_the_page_has_a_section_for_each_benchmark_and_the_figures_that_it_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = []
    monkeypatch.setattr(benchmarks_page, "MODULES", ("storecast", "polars"))

    def run(part: benchmarks_page.Part, data: Path, peers: list[str]) -> str:
        printed.append((part.script, data, peers))
        return f"# run {len(printed)}\na | b\nx | 1\n"

    monkeypatch.setattr(benchmarks_page, "printed", run)
    options = ["--data", str(tmp_path), "--outputs", str(tmp_path / "outputs"), "--out", str(tmp_path / "page.md")]
    benchmarks_page.main([*options, "--peer", "mlforecast=python"])
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert [name for name, *_ in printed] == [part.script for part in benchmarks_page.PARTS]
    assert {name: peers for name, _, peers in printed if peers} == {"peers": ["--peer=mlforecast=python"]}
    for place, part in enumerate(benchmarks_page.PARTS, 1):
        chain = benchmarks_page.GIVEN if part.on_data else benchmarks_page.GENERATED
        assert f"## {part.title}\n\n{part.meaning}\n\n- on {chain}\n- run {place}\n\n| a   |   b |" in text
    assert "GiB of memory" in text
    assert f"storecast {storecast.__version__}, polars " in text
    assert str(tmp_path) not in text

    (tmp_path / "outputs" / "floor.txt").unlink()
    benchmarks_page.main([*options, "--reuse"])
    assert [name for name, *_ in printed[len(benchmarks_page.PARTS) :]] == ["floor"]
    assert f"- run {len(benchmarks_page.PARTS) + 1}" in (tmp_path / "page.md").read_text(encoding="utf-8")

    benchmarks_page.main([*options, "--reuse", "--parts", "floor"])
    assert (tmp_path / "page.md").read_text(encoding="utf-8").count("### ") == 1


def test_the_page_begins_with_the_first_window_what_is_better_and_what_is_worse() -> None:
    compared = (
        "# on {}\n# 48 days after 2015-04-26; one round\nlibrary | RMSPE | WAPE | SQL | CPU s\npeer | 0.2 | 0.1 | – | 9\n"
        "Ratios to peer:\nlibrary | WAPE\nstorecast | 0.79\nstorecast against peer: better or equal in WAPE 0.79 ×.\n"
    )
    floor = (
        "part | CPU s\nThe work around the booster | 3\nThe work around the booster costs 0.82 ×, above the target.\n"
    )
    assert benchmarks_page.in_short([compared.format("our files") + "# another window\n", floor]).split("\n\n") == [
        "Each library forecast the same days on our files, in a process of its own (48 days after 2015-04-26; one round). WAPE is "
        "the average error, SQL the loss of the deciles. Of all three figures, less is better.",
        "| library | WAPE | SQL | CPU s |\n| ------- | ---: | --: | ----: |\n| peer    |  0.1 |   – |     9 |",
        "- storecast against peer: better or equal in WAPE 0.79 ×.",
        "A ratio below 1 is better: 0.8 × is a fifth less.",
        "The work around the booster costs 0.82 ×, above the target.",
    ]
    assert benchmarks_page.in_short(["a | b\nx | 1\n"]) == "No library was measured."


def test_a_benchmark_that_fails_writes_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks_page, "PARTS", (benchmarks_page.Part("floor", "Floor", "Words."),))
    options = ["--data", str(tmp_path / "nothing"), "--outputs", str(tmp_path), "--out", str(tmp_path / "page.md")]
    with pytest.raises(subprocess.CalledProcessError):
        benchmarks_page.main(options)
    assert not (tmp_path / "page.md").exists()


def test_every_benchmark_of_the_page_is_a_script() -> None:
    for part in benchmarks_page.PARTS:
        assert Path(benchmarks_page.__file__).with_name(f"{part.script}.py").exists()
