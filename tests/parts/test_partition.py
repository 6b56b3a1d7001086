"""A chain that is cut into parts is the chain: every part has its rows, under what was decided for all of them."""

import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.cli.options import bytes_of_memory
from storecast.data.panel import TABLES
from storecast.errors import ConfigError, DataError, UserError
from storecast.parts.chain_file import FILE, check_part, read_chain_file
from storecast.workflows.part_preparation import prepare_part
from storecast.workflows.partitioning import BASE_BYTES, BYTES_PER_ROW, partition
from storecast.workflows.preparation import prepare
from storecast.workflows.prepared import Prepared
from support.chain_files import FIRST, edit, write_chain

STORES, DAYS = 6, 120
END = FIRST + dt.timedelta(days=DAYS - 1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", stores=STORES, days=DAYS)


def parts_of(data: Path, stores_per_part: int = 2) -> list[Prepared]:
    out = data.parent / "parts"
    chain = partition(data, out=out, stores_per_part=stores_per_part)
    assert read_chain_file(out) == chain
    return [prepare_part(out / part.name, chain) for part in chain.parts]


def whole(data: Path) -> Prepared:
    return prepare(data, horizon=None)


@pytest.mark.parametrize("files", ["csv", "parquet"])
def test_parts_together_hold_the_panel_of_the_whole_chain(data: Path, files: str) -> None:
    expected = whole(data)
    if files == "parquet":
        for path in data.glob("*.csv"):
            pl.read_csv(path, try_parse_dates=True, schema_overrides={s.STATE_HOLIDAY: pl.String}).write_parquet(
                path.with_suffix(".parquet")
            )
            path.unlink()
    parts = parts_of(data)
    assert len(parts) == 3
    for table in TABLES:
        together = pl.concat([getattr(part.panel, table) for part in parts])
        assert_frame_equal(
            together.sort(*together.columns[:2]), getattr(expected.panel, table).sort(*together.columns[:2])
        )
    requested = pl.concat([part.requested_rows for part in parts if part.requested_rows is not None])
    assert expected.requested_rows is not None
    assert_frame_equal(requested.sort(s.KEYS), expected.requested_rows.sort(s.KEYS))
    assert {part.task for part in parts} == {expected.task}
    assert {part.panel.holiday_country for part in parts} == {expected.panel.holiday_country}


def test_a_part_whose_stores_report_late_ends_where_the_chain_does(data: Path) -> None:
    edit(
        data,
        "train.csv",
        lambda lines: [line for line in lines if not line.startswith(("1,", "2,")) or str(END) not in line],
    )
    assert whole(data).panel.end == END
    assert [part.panel.end for part in parts_of(data)] == [END] * 3


def test_a_day_on_which_only_the_stores_of_one_part_report_is_left_out_of_that_part_too(data: Path) -> None:
    edit(
        data,
        "train.csv",
        lambda lines: [line for line in lines if line.startswith(("1,", "2,", "Store")) or str(END) not in line],
    )
    (data / "test.csv").unlink()
    end = whole(data).panel.end
    assert end < END
    assert [part.panel.end for part in parts_of(data)] == [end] * 3


def test_a_part_whose_stores_opened_later_begins_where_the_chain_does(data: Path) -> None:
    edit(
        data,
        "train.csv",
        lambda lines: [line for line in lines if not (line.startswith(("5,", "6,")) and "2014-01" in line)],
    )
    parts = parts_of(data)
    assert [part.panel.first for part in parts] == [FIRST] * 3
    assert parts[2].panel.window(END, 7).past.first == FIRST


def test_totals_and_empty_lines_at_the_end_of_a_file_belong_to_no_part(data: Path) -> None:
    expected = whole(data).panel.sales
    edit(data, "train.csv", lambda lines: [*lines, "Total,,,8130,,,,,", "", ""])
    assert_frame_equal(pl.concat([part.panel.sales for part in parts_of(data)]), expected)


def test_stores_that_replace_each_other_lie_in_one_part(data: Path) -> None:
    def replacing(lines: list[str]) -> list[str]:
        return [f"{lines[0]},Replaces", *(f"{line}," for line in lines[1:-1]), f"{lines[-1]},1"]

    def moved(line: str) -> bool:
        """Say whether a row stays: store 1 trades up to March, store 6 from April on."""
        return not line.startswith("1," if "2014-04" in line else "6,")

    edit(data, "store.csv", replacing)
    edit(data, "train.csv", lambda lines: [line for line in lines if moved(line)])
    edit(data, "test.csv", lambda lines: [line for line in lines if line.split(",")[1] != "1"])
    sales = pl.concat([part.panel.sales for part in parts_of(data)]).sort(s.KEYS)
    assert_frame_equal(sales, whole(data).panel.sales)


def test_stores_without_sales_fill_no_part_of_their_own(data: Path) -> None:
    edit(data, "store.csv", lambda lines: [*lines, *(f"{store},a,a,500,9,2008,0,,," for store in range(7, 20))])
    assert [part.panel.stores.height for part in parts_of(data)] == [2, 2, 15]


def test_the_decimal_mark_is_that_of_the_whole_chain(data: Path) -> None:
    """Where no store of a part has a comma that says what it is, 1,234 would be refused."""

    def with_commas(lines: list[str]) -> list[str]:
        rows = [line.replace(",", ";").split(";") for line in lines]
        for row in rows[1:]:
            row[3] = f"{int(row[3]) / 1000:.3f}".replace(".", ",") if row[0] in "12" else row[3] + ",5"
        return [";".join(row) for row in rows]

    edit(data, "train.csv", with_commas)
    expected = whole(data).panel.sales
    assert_frame_equal(pl.concat([part.panel.sales for part in parts_of(data)]), expected)


def test_the_same_files_are_not_cut_again(data: Path) -> None:
    parts_of(data)
    written = (data.parent / "parts" / FILE).stat().st_mtime_ns
    parts_of(data)
    assert (data.parent / "parts" / FILE).stat().st_mtime_ns == written
    assert len(parts_of(data, stores_per_part=3)) == 2
    assert sorted(path.name for path in (data.parent / "parts").iterdir()) == [FILE, "part-0000", "part-0001"]


def test_a_part_that_was_changed_is_refused(data: Path) -> None:
    parts_of(data)
    folder = data.parent / "parts"
    chain = read_chain_file(folder)
    (folder / "part-0001" / "store.parquet").write_bytes(b"other")
    check_part(folder, chain.parts[0])
    with pytest.raises(DataError, match=r"part-0001/store\.parquet has changed since the chain was cut"):
        check_part(folder, chain.parts[1])


def _in_latin_1(data: Path) -> None:
    edit(data, "store_states.csv", lambda lines: lines)
    path = data / "store_states.csv"
    path.write_bytes(path.read_text().replace("NW", "Zürich").encode("latin-1"))


def _packed(data: Path) -> None:
    path = data / "train.csv"
    (data / "train.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def _cut_short(data: Path) -> None:
    edit(data, "train.csv", lambda lines: [*lines[:7], "1,3,2014-01-02,50", *lines[8:]])


def _too_long(data: Path) -> None:
    edit(data, "train.csv", lambda lines: [*lines[:7], f"{lines[7]},5", *lines[8:]])


def _without_a_store(data: Path) -> None:
    edit(data, "train.csv", lambda lines: [*lines[:7], lines[7][1:], *lines[8:]])


def _of_text(data: Path) -> None:
    (data / "storecast.toml").write_text('known = ["Weather"]\n')
    for name in ("train.csv", "test.csv"):
        edit(data, name, lambda lines: [f"{lines[0]},Weather", *(f"{line},rain" for line in lines[1:])])


def _in_two_countries(data: Path) -> None:
    def with_countries(lines: list[str]) -> list[str]:
        return [f"{lines[0]},Country", f"{lines[1]},CZ", *(f"{line},DE" for line in lines[2:])]

    edit(data, "store.csv", with_countries)


def _of_one_store(data: Path) -> None:
    (data / "storecast.toml").write_text('one_store = "Main Street"\n')


def _with_a_total(data: Path) -> None:
    rows = pl.read_csv(data / "train.csv", infer_schema=False)
    total = pl.col(s.SALES).cast(pl.Int64).sum().cast(pl.String)
    days = rows.group_by(s.DATE, maintain_order=True).agg(pl.exclude(s.DATE, s.SALES).first(), total)
    pl.concat([rows, days.with_columns(pl.lit("7").alias(s.STORE)).select(rows.columns)]).write_csv(data / "train.csv")
    edit(data, "store.csv", lambda lines: [*lines, lines[1].replace("1,", "7,", 1)])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_in_latin_1, "store_states.csv is not in UTF-8, so it cannot be read as a stream"),
        (_packed, "train.csv.gz is packed, so it cannot be read as a stream"),
        (_cut_short, "train.csv, line 8: found 4 fields; expected 9"),
        (_too_long, "train.csv, line 8: found 10 fields; expected 9"),
        (_without_a_store, "train.csv, line 8, .*column Store: found an empty cell"),
        (_of_text, "the own column \"?'?Weather.* holds texts such as"),
        (_in_two_countries, "stand in several countries"),
        (_of_one_store, "storecast.toml says one_store"),
        (_with_a_total, "store '7' sells on each day what the other stores sell together"),
    ],
)
def test_what_cannot_be_cut_is_refused_and_nothing_is_left_behind(
    data: Path, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(data)
    out = data.parent / "parts"
    with pytest.raises(UserError, match=message):
        partition(data, out=out, stores_per_part=2)
    assert not out.exists() or not any(out.iterdir())


def test_a_folder_with_other_files_is_not_touched(data: Path) -> None:
    out = data.parent / "other"
    (out / "part-time").mkdir(parents=True)
    for folder in (data, out):
        with pytest.raises(ConfigError, match="expected an empty folder, or one of parts"):
            partition(data, out=folder)
    assert (data / "train.csv").exists()
    assert (out / "part-time").exists()


def test_what_an_interrupted_cut_left_behind_goes(data: Path) -> None:
    left = data.parent / "parts"
    for folder in ("part-0007", ".draft-x/part-0001"):
        (left / folder).mkdir(parents=True)
    (left / ".chain.json.x.part").write_text("{")
    parts_of(data)
    assert sorted(path.name for path in left.iterdir()) == [FILE, "part-0000", "part-0001", "part-0002"]


def test_too_little_memory_is_refused_with_what_is_needed(data: Path) -> None:
    with pytest.raises(ConfigError, match=r"too little for parts of 300 stores with 120 rows each; they need 0.29 GiB"):
        partition(data, out=data.parent / "parts", memory=100 * 2**20)


@pytest.mark.parametrize(("text", "amount"), [("3GiB", 3 * 2**30), ("800 MiB", 800 * 2**20), ("0.5TiB", 2**39)])
def test_memory_is_given_with_its_unit(text: str, amount: int) -> None:
    assert bytes_of_memory(text) == amount
    for other in ("3", "3GB", "-1GiB", "GiB"):
        with pytest.raises(ConfigError, match="expected an amount such as 3GiB or 800MiB"):
            bytes_of_memory(other)


def test_parts_are_as_large_as_fits_into_the_memory(data: Path) -> None:
    chain = partition(data, out=data.parent / "parts", memory=BASE_BYTES + STORES * DAYS * BYTES_PER_ROW)
    assert chain.cut.stores_per_part == STORES
    assert len(chain.parts) == 1
