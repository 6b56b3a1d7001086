"""The sizes of pages are those that Polars unpacks; whatever else a file holds is refused within bounded memory."""

import io
from contextlib import suppress

import numpy as np
import polars as pl
import pytest

from storecast.database.parquet_sizes import row_group_sizes


def parquet(frame: pl.DataFrame, **options: object) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("compression", ["zstd", "snappy", "lz4", "uncompressed"])
def test_figures_take_eight_bytes_each_however_they_are_packed(compression: str) -> None:
    data = parquet(pl.DataFrame({"x": np.arange(5000) * 0.1}), compression=compression, row_group_size=2000)
    assert [size // 8 for size in row_group_sizes(data)] == [2000, 2000, 1000]


def test_a_text_counts_as_long_as_it_unpacks_to_and_once_where_rows_share_it() -> None:
    assert 3_000_000 < row_group_sizes(parquet(pl.DataFrame({"x": ["a" * 3_000_000]})))[0] < 3_001_000
    shared = row_group_sizes(parquet(pl.DataFrame({"x": ["a" * 300_000] * 100})))[0]
    assert 300_000 < shared < 302_000


def test_all_columns_of_a_row_group_count_and_an_empty_file_has_none() -> None:
    frame = pl.DataFrame({"x": [0.5] * 100, "y": [None] * 100, "z": [list(range(50))] * 100}, strict=False)
    one, all_three = (sum(row_group_sizes(parquet(part))) for part in (frame.select("x"), frame))
    assert one < all_three
    assert row_group_sizes(parquet(frame.clear())) == []


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1PAR1", b"PAR1" + b"\x15" * 100 + b"\x64\0\0\0PAR1"])
def test_what_is_no_parquet_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no Parquet|ends within|unknown type|lacks"):
        row_group_sizes(data)


@pytest.mark.parametrize("head", [b"\x19", b"\x1c" * 100, b"\x1b\xff\xff\xff\x7f\xcc"])
def test_many_or_deep_values_are_refused_before_they_are_made(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storecast.database.parquet_sizes.MAX_VALUES", 50_000)
    many = head + (b"\xfc\x80\x89\x7a" if head == b"\x19" else b"") + bytes(1_500_000)
    with pytest.raises(ValueError, match=r"too many values|too deep|unknown type|ends within"):
        row_group_sizes(b"PAR1" + many + len(many).to_bytes(4, "little") + b"PAR1")


def test_any_changed_byte_gives_sizes_or_is_refused() -> None:
    data = parquet(pl.DataFrame({"x": range(50), "y": ["a", "b"] * 25}))
    for place in range(len(data)):
        for value in (data[place] ^ 0x55, 255):
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            with suppress(ValueError):  # and nothing else
                row_group_sizes(changed)
