"""A file is read as text, whatever its dialect, and its lines keep their numbers."""

from pathlib import Path

import polars as pl
import pytest

from storecast.data.dialect import read_table
from storecast.data.plain_files import find
from storecast.errors import DataError

GOOD = "Store,Name\n1,a\n2,b\n"
ROWS = [("1", "a"), ("2", "b")]


def write(tmp_path: Path, data: bytes | str, name: str = "train.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        GOOD, GOOD.replace(",", ";"), GOOD.replace(",", "\t"), GOOD.replace(",", "|"),
        GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\r"),
        GOOD.rstrip(), GOOD + "\n\n", GOOD.replace("\n", "\r\n") + "\r\n\r\n", GOOD.replace("Store,", '" Store ",'),
        b"\xef\xbb\xbf" + GOOD.encode(), GOOD.encode("utf-16"), GOOD.encode("utf-32"), b"\xfe\xff" + GOOD.encode("utf-16-be"),
    ],
)  # fmt: skip
def test_every_dialect_gives_the_same_rows(tmp_path: Path, data: bytes | str) -> None:
    table = read_table(write(tmp_path, data))
    assert table.frame.columns == ["Store", "Name"]
    assert table.frame.rows() == ROWS
    assert table.line(1) == "line 3"


def test_a_cell_of_several_lines_does_not_shift_the_numbers_of_later_lines(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, 'Store,Name\n1,"a\nb\r\nc"\n2,b\n3,"x\n"\n4,\n'))
    assert table.frame["Store"].to_list() == ["1", "2", "3", "4"]
    assert [table.line(row) for row in range(4)] == ["line 2", "line 5", "line 6", "line 8"]


@pytest.mark.parametrize("text", ["Straße", "Thüringen", "é"])
def test_latin_1_and_utf_8_give_the_same_text(tmp_path: Path, text: str) -> None:
    for encoding in ("utf-8", "latin-1"):
        assert read_table(write(tmp_path, f"Name\n{text}\n".encode(encoding))).frame["Name"].to_list() == [text]


def test_windows_1252_has_a_sign_for_the_euro(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, "Prix\n12 €\n".encode("cp1252"))).frame["Prix"].to_list() == ["12 €"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ["is empty"]),
        (b"\n\n", ["line 1", "no column names"]),
        (b"\xef\xbb\xbf", ["line 1", "no column names"]),
        (b",,\n1,2,3\n", ["line 1", "no column names"]),
        (b"1,2014-01-01,5263\n1,2014-01-02,4822\n", ["line 1", "no column names", "Store,Date,Sales"]),
        (b"a, a\n1,2\n", ["line 1", "'a'", "twice"]),
        (b'"a,b\n1,2\n', ["line 1", "header"]),
        (b"a\rb,c\n1,2\n", ["line 1", "header"]),
        (b"x" * 200_000 + b"\n", ["line 1", "header"]),
        (b"a,b\n1,2\n3\n", ["line 3", "1 fields", "expected 2", "cut short"]),
        (b"a,b\n1,2,3\n", ["line 2", "3 fields", "expected 2"]),
        (b'a,"b"\n\n1,2\n', ["line 2", "0 fields"]),
        (b'a,b\n1,"2"\n\n3,4\n', ["line 3", "0 fields"]),
        (b'a,b\n1,"2\n3,4\n', ["train.csv", "line 2"]),
        (b'a,b\n1,"2"x\n3,4\n', ["line 2"]),
        (b"a,b\n1,\x00\n", ["NUL"]),
        (b"a,b\n\xfc,\x00\n", ["NUL"]),
        ("a,b\nü,ü".encode()[:-1], ["not whole UTF-8"]),
        ("a,b\n1,2\n".encode("utf-16")[:-1], ["not whole utf-16"]),
        ("a,b\n1,2\n".encode("utf-16-le"), ["NUL"]),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(tmp_path: Path, data: bytes, words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        read_table(write(tmp_path, data))
    for word in ("train.csv", *words):
        assert word in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_parquet_file_is_text_by_row_and_says_which_columns_are_dates(tmp_path: Path) -> None:
    frame = pl.DataFrame({"Date": ["2014-01-01"], "Open": [True], "Sales": [1.5], "List": [[1]]})
    frame.with_columns(pl.col("Date").str.to_datetime("%Y-%m-%d")).write_parquet(tmp_path / "train.parquet")
    table = read_table(tmp_path / "train.parquet")
    assert table.frame.drop("Date", "List").rows() == [("1", "1.5")]
    assert table.dates == {"Date"}
    assert table.line(0) == "row 1"


def test_when_a_parquet_file_is_cut_or_changed_then_it_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pl.DataFrame({"Store": range(500), "Name": ["x"] * 500}).write_parquet(path)
    good = path.read_bytes()
    for place in range(0, len(good), 29):
        for broken in (good[:place], good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :]):
            path.write_bytes(broken)
            try:
                read_table(path)
            except DataError as error:
                assert "train.parquet" in str(error)  # noqa: PT017


def test_find_knows_csv_and_parquet(tmp_path: Path) -> None:
    assert find(tmp_path, "train") is None
    path = write(tmp_path, GOOD, "train.parquet")
    assert find(tmp_path, "train") == path
