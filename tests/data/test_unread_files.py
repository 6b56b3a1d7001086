"""A file of sales that nobody has named is no silent loss."""

import os
from pathlib import Path

import pytest

from storecast.data.read import read_chain
from support.chain_files import write_chain


def test_a_file_that_begins_as_the_sales_do_is_named_and_others_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_chain(tmp_path / "data", stores=2, days=30, ahead=7)
    (folder / "notes.csv").write_text("what,when\n", encoding="utf-8")
    os.mkfifo(folder / "pipe.csv")
    read_chain(folder)
    assert "are not read" not in caplog.text
    rows = (folder / "train.csv").read_text(encoding="utf-8")
    (folder / "june.csv").write_text(rows, encoding="utf-8")
    read_chain(folder)
    assert "though their columns are those of the sales: 'june.csv'" in caplog.text
    caplog.clear()
    (folder / "storecast.toml").write_text("[files]\ntrain = ['train.csv', 'june.csv']\n", encoding="utf-8")
    read_chain(folder)
    assert "are not read" not in caplog.text
    (folder / "storecast.toml").unlink()
    read_chain(folder / "train.csv")
    assert "are not read" not in caplog.text, "one file was asked for"
