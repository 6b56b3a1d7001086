"""The benchmark of large chains generates a chain of the size that is asked for, and sees all processes of a command."""

import sys
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.parts.scan import scan_files
from storecast.parts.split import store_rows

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import scale


def test_copies_of_a_chain_have_stores_and_ids_of_their_own(tmp_path: Path) -> None:
    scale.STORES, stores = 3, scale.STORES
    try:
        scale.write_chain(tmp_path / "data", 2)
    finally:
        scale.STORES = stores
    rows = store_rows(scan_files(tmp_path / "data", ColumnNames()))
    assert rows["part key"].to_list() == ["1", "2", "3", "4", "5", "6"]
    assert (rows["rows"] > 700).all()
    assert not pl.read_csv(tmp_path / "data" / "test.csv", infer_schema=False)[s.ID].is_duplicated().any()


def test_memory_is_that_of_all_processes_of_a_command() -> None:
    hold = "import subprocess, sys, time; block = bytearray(60 << 20); time.sleep(.6)"
    starts = f"import subprocess, sys; block = bytearray(60 << 20); subprocess.run([sys.executable, '-c', {hold!r}])"
    cost = scale.cost_of_tree([sys.executable, "-c", starts])
    assert cost.memory > 120 / 1024
    assert cost.wall > 0.5
