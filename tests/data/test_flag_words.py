"""Flags in words: the whole column decides what they mean, or is refused by its first line that does not fit."""

from pathlib import Path

import polars as pl
import pytest

from storecast.data.clean import clean
from storecast.data.read import RawChain, read_chain
from storecast.errors import DataError
from support.chain_files import set_cell, write_chain

FLAGS = ("Open", "Promo", "SchoolHoliday", "StateHoliday")
WORDS = [
    ("ja", "nein"), ("Yes", "No"), ("TRUE", "FALSE"), ("oui", "non"), ("sí", "no"), ("Sì", "No"), ("J", "N"), ("Y", "N"),
    ("O", "N"), ("tak", "nie"), ("Evet", "HAYIR"), ("x", ""), ("X", "-"), ("✓", ""), ("sim", "não"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", stores=3, days=30, ahead=7)


def in_words(folder: Path, yes: str, no: str) -> None:
    """Write every flag as words; StateHoliday becomes a flag."""
    for name in ("train.csv", "test.csv"):
        frame = pl.read_csv(folder / name, infer_schema=False)
        flags = [column for column in FLAGS if column in frame.columns]
        frame.with_columns(pl.when(pl.col(flags) == "0").then(pl.lit(no)).otherwise(pl.lit(yes)).name.keep()).write_csv(
            folder / name
        )


def flags_of(raw: RawChain) -> pl.DataFrame:
    return raw.sales.select(FLAGS)


@pytest.mark.parametrize(("yes", "no"), WORDS)
def test_flags_in_words_are_what_they_are_in_numbers(folder: Path, yes: str, no: str) -> None:
    for column, value in (("StateHoliday", "a"), ("SchoolHoliday", "1")):
        set_cell(folder, "train.csv", 20, column, value)
    good = read_chain(folder)
    in_words(folder, yes, no)
    assert flags_of(read_chain(folder)).equals(flags_of(good))


@pytest.mark.parametrize("column", ["Open", "Promo", "SchoolHoliday"])
def test_an_empty_cell_beside_words_is_unknown(folder: Path, column: str) -> None:
    in_words(folder, "ja", "nein")
    set_cell(folder, "train.csv", 20, column, "")
    assert read_chain(folder).sales[column][18] is None


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("no", "found 'no'; expected ja or nein, as in most cells"),
        ("1", "found '1'; expected ja or nein"),
        ("x", "found 'x'"),
    ],
)
def test_a_word_of_another_kind_is_refused_by_its_line(folder: Path, cell: str, words: str) -> None:
    in_words(folder, "ja", "nein")
    set_cell(folder, "train.csv", 20, "Promo", cell)
    with pytest.raises(DataError, match=rf"train\.csv, line 20, column Promo: {words}"):
        read_chain(folder)


def test_a_word_among_numbers_is_refused_by_its_line(folder: Path) -> None:
    set_cell(folder, "train.csv", 20, "Promo", "ja")
    with pytest.raises(
        DataError, match=r"line 20, column Promo: found 'ja'; expected 0 or 1, or words such as yes and no"
    ):
        read_chain(folder)


@pytest.mark.parametrize(("yes", "no"), [("ja", "nein"), ("x", ""), ("Y", "N")])
def test_own_flags_in_words_are_one_column_of_numbers(folder: Path, yes: str, no: str) -> None:
    (folder / "storecast.toml").write_text('known = ["Leaflet"]\n', encoding="utf-8")
    for name in ("train.csv", "test.csv"):
        frame = pl.read_csv(folder / name, infer_schema=False).with_row_index("row")
        cells = pl.when(pl.col("row") % 3 == 0).then(pl.lit(yes)).otherwise(pl.lit(no))
        frame.with_columns(Leaflet=cells).drop("row").write_csv(folder / name)
    panel = clean(read_chain(folder)).panel
    assert panel.known == ("Leaflet",)
    assert panel.calendar["Leaflet"].sum() == (90 + 21) / 3
    assert panel.calendar["Leaflet"].null_count() == 0
