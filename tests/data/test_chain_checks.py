"""What files say together is refused where it cannot be meant, and a chain that only looks like it is read."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.read import read_chain
from support.chain_files import FIRST, edit, refused, set_cell, write_chain

DAYS = 60
FILES = ("train.csv", "test.csv", "store.csv", "store_states.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_chain(tmp_path / "data", stores=12, days=DAYS)
    (folder / "storecast.toml").write_text('store_ids = "text"\n', encoding="utf-8")
    return folder


def rename(folder: Path, name: str, ids: dict[str, str]) -> None:
    frame = pl.read_csv(folder / name, infer_schema=False)
    frame.with_columns(pl.col("Store").replace(ids)).write_csv(folder / name)


IDS = [str(k) for k in range(1, 13)]


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ({k: k.zfill(4) for k in IDS}, ("'1'", "'0001'")),
        ({"3": "03"}, ("'3'", "'03'")),
        ({k: f"{k}.0" for k in IDS}, ("'1'", "'1.0'")),
        ({k: f"F{k}" for k in IDS}, ("train holds 0 of its 12 stores", "the same ids")),
        ({k: f"F{k}" for k in IDS[4:]}, ("train holds 4 of its 12 stores",)),
    ],
)
def test_ids_of_two_files_that_do_not_meet_are_refused(
    folder: Path, ids: dict[str, str], words: tuple[str, ...]
) -> None:
    rename(folder, "train.csv", ids)
    refused(folder, "store.csv", *words)


def test_ids_in_another_case_are_refused(folder: Path) -> None:
    rename(folder, "train.csv", dict.fromkeys(IDS[:1], "Berlin"))
    rename(folder, "store.csv", dict.fromkeys(IDS[:1], "BERLIN"))
    refused(folder, "store.csv", "'BERLIN'", "'Berlin'")


@pytest.mark.parametrize("name", ["test.csv", "store_states.csv"])
def test_ids_of_other_files_that_do_not_meet_are_refused(folder: Path, name: str) -> None:
    rename(folder, name, {k: k.zfill(4) for k in IDS})
    refused(folder, name.removesuffix(".csv"), "'0001'")


@pytest.mark.parametrize(
    ("store", "other"),
    [
        ("Nord 1", "nord 1"),
        ("7", "07"),
        ("7", "7.0"),
        ("Nord 1", "Nord  1"),
        ("K\u00f6ln", "Ko\u0308ln"),
    ],
)
def test_a_store_that_is_written_in_two_ways_within_the_sales_is_refused(folder: Path, store: str, other: str) -> None:
    (folder / "store.csv").unlink()
    (folder / "store_states.csv").unlink()
    rename(folder, "train.csv", {"7": store})
    rename(folder, "test.csv", {"7": store})
    assert read_chain(folder).sales[s.STORE].n_unique() == 12
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    late = (pl.col("Store") == store) & (pl.col("Date").rank("dense") % 5 == 0)
    frame.with_columns(pl.when(late).then(pl.lit(other)).otherwise("Store").alias("Store")).write_csv(
        folder / "train.csv"
    )
    refused(folder, f"'{store}'", f"'{other}'", "one way to write an id")


def test_two_stores_with_ids_alike_and_rows_on_the_same_days_are_two(folder: Path) -> None:
    (folder / "store.csv").unlink()
    (folder / "store_states.csv").unlink()
    rename(folder, "train.csv", {"7": "a1b", "8": "A1B"})
    rename(folder, "test.csv", {"7": "a1b", "8": "A1B"})
    assert read_chain(folder).sales[s.STORE].n_unique() == 12


def test_a_part_of_a_chain_meets_the_whole_list_of_its_stores(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [lines[0], *(line for line in lines[1:] if line.startswith(("1,", "2,")))])
    assert read_chain(folder).stores.height == 12


def with_total(folder: Path, name: str, factor: float = 1, cents: float = 0) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    sums = frame.group_by("Date", maintain_order=True).agg(
        (pl.col("Sales").cast(pl.Float64).sum() * factor + cents).round(2).cast(pl.String)
    )
    first = frame.unique("Date", maintain_order=True).drop("Sales").join(sums, on="Date")
    total = first.with_columns(pl.lit(name).alias("Store")).select(frame.columns)
    pl.concat([frame, total]).write_csv(folder / "train.csv")


@pytest.mark.parametrize(("name", "cents"), [("Gesamt", 0), ("9999", 0), ("0", 0.05), ("zzz", -0.05)])
def test_a_store_that_is_the_total_of_the_others_is_refused(folder: Path, name: str, cents: float) -> None:
    with_total(folder, name, cents=cents)
    refused(folder, "train.csv", f"store '{name}'", "totals")


def test_a_total_above_totals_of_regions_is_refused(folder: Path) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    parts = [frame]
    for name, stores in (("North", IDS[:5]), ("South", IDS[5:]), ("All", IDS)):
        sums = frame.filter(pl.col("Store").is_in(stores)).group_by("Date", maintain_order=True)
        region = sums.agg(pl.col("Sales").cast(pl.Int64).sum().cast(pl.String), pl.exclude("Date", "Sales").first())
        parts.append(region.with_columns(pl.lit(name).alias("Store")).select(frame.columns))
    pl.concat(parts).write_csv(folder / "train.csv")
    refused(folder, "'All'", "total")


@pytest.mark.parametrize(("members", "first_day"), [(slice(0, 6), 0), (slice(3, 5), 0), (slice(0, 11), 15)])
def test_the_total_of_one_region_among_all_stores_is_refused(folder: Path, members: slice, first_day: int) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    region = frame.filter(pl.col("Store").is_in(IDS[members])).group_by("Date", maintain_order=True)
    sums = region.agg(pl.col("Sales").cast(pl.Int64).sum().cast(pl.String), pl.exclude("Date", "Sales").first())
    total = sums.slice(first_day).with_columns(pl.lit("North").alias("Store")).select(frame.columns)
    pl.concat([frame, total]).write_csv(folder / "train.csv")
    refused(folder, "store 'North' sells on each day what the stores", "so it is their total")


def test_a_store_that_nearly_sells_what_two_others_do_is_a_store(folder: Path) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    two = frame.filter(pl.col("Store").is_in(IDS[:2])).group_by("Date", maintain_order=True)
    nearly = pl.col("Sales").cast(pl.Int64).sum() + pl.col("Date").first().str.slice(8).cast(pl.Int64)
    sums = two.agg(nearly.cast(pl.String).alias("Sales"), pl.exclude("Date", "Sales").first())
    big = sums.with_columns(pl.lit("Flagship").alias("Store")).select(frame.columns)
    pl.concat([frame, big]).write_csv(folder / "train.csv")
    assert "Flagship" in read_chain(folder).sales[s.STORE].to_list()


@pytest.mark.parametrize("count", [2, 3, 4])
def test_totals_of_regions_alone_are_refused(folder: Path, count: int) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    parts = [frame]
    for region in range(count):
        members = frame.filter(pl.col("Store").is_in(IDS[region::count])).group_by("Date", maintain_order=True)
        sums = members.agg(pl.col("Sales").cast(pl.Int64).sum().cast(pl.String), pl.exclude("Date", "Sales").first())
        parts.append(sums.with_columns(pl.lit(f"R{region}").alias("Store")).select(frame.columns))
    pl.concat(parts).write_csv(folder / "train.csv")
    refused(folder, "stores such as", "'R1'", "totals")


def test_the_total_of_a_single_store_is_refused(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [line for line in lines if line.startswith(("Store", "1,"))])
    with_total(folder, "Gesamt")
    refused(folder, "'Gesamt'", "totals")


def test_stores_that_sell_alike_are_stores(folder: Path) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    alike = frame.with_columns(pl.col("Sales").first().over("Date"), pl.lit("").alias("Customers"))
    alike.write_csv(folder / "train.csv")
    assert read_chain(folder).sales[s.STORE].n_unique() == 12


@pytest.mark.parametrize("factor", [1 / 1.19, 1.01, 0.3, 1 / 12, 100, 1 / 1000])
def test_a_store_that_sells_the_same_share_of_all_others_each_day_is_refused(folder: Path, factor: float) -> None:
    """The total without tax, the mean of the stores, the total in cents."""
    with_total(folder, "Schnitt", factor)
    refused(folder, "'Schnitt' sells the same share", "expected stores alone")


@pytest.mark.parametrize("factor", [0.9, 1.01, 0.3, 1 / 12])
def test_a_store_as_large_as_the_others_is_a_store(folder: Path, factor: float) -> None:
    with_total(folder, "Flagship", factor)
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    by_day = 1 + 0.02 * (pl.col("Date").rank("dense") % 3)  # the others sell less on some days
    sales = pl.when(pl.col("Store") == "Flagship").then(pl.col("Sales").cast(pl.Float64) * by_day)
    frame.with_columns(sales.round(2).cast(pl.String).fill_null(pl.col("Sales")).alias("Sales")).write_csv(
        folder / "train.csv"
    )
    assert read_chain(folder).sales[s.STORE].n_unique() == 13


@pytest.mark.parametrize(
    "rows",
    [
        ["Total,,,99999,,,,,"], ["Gesamt:,,,99999,1,,,,", ",,,,,,,,"], [",,,99999,777,,,,"], [",,Summe,99999,,,,,"],
        ["Grand Total,,,9,9,1,1,0,0"],
        [",,,,,,,,", ",,,,,,,,", ",,,,,,,,"],
    ],
)  # fmt: skip
def test_totals_at_the_end_are_dropped_and_counted(folder: Path, rows: list[str]) -> None:
    good = read_chain(folder)
    edit(folder, "train.csv", lambda lines: [*lines, *rows])
    raw = read_chain(folder)
    assert raw.sales.equals(good.sales)
    assert raw.total_rows["train.csv"] == len(rows)


@pytest.mark.parametrize("row", [",,,99999,,1,0,0,0", "1,,,99999,,,,,", "Total,3,2014-03-05,9,,1,0,0,0"])
def test_other_rows_without_a_key_are_refused_or_kept(folder: Path, row: str) -> None:
    edit(folder, "train.csv", lambda lines: [*lines, row])
    if "2014" in row:
        assert read_chain(folder).sales.height == 12 * DAYS + 1
    else:
        refused(folder, "train.csv", f"line {12 * DAYS + 2}", "empty cell")


def test_a_total_in_the_middle_is_refused_by_its_line(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [*lines[:5], "Total,,,99999,,,,,", *lines[5:]])
    refused(folder, "train.csv", "line 6", "Date", "empty cell", "no rows of totals")


@pytest.mark.parametrize("days", [40, 148, 365, 3650, -60, -365])
@pytest.mark.parametrize("line", [2, 100])
def test_a_lone_date_far_from_the_others_is_refused_by_its_line(folder: Path, days: int, line: int) -> None:
    (folder / "test.csv").unlink()
    day = FIRST + dt.timedelta(days=DAYS - 1 + days if days > 0 else days)
    set_cell(folder, "train.csv", line, "Date", str(day))
    set_cell(folder, "train.csv", line, "DayOfWeek", str(day.isoweekday()))
    refused(folder, "train.csv", f"line {line},", "Date", str(day), f"{abs(days)} days")


def test_a_lone_date_of_test_is_refused_by_its_line(folder: Path) -> None:
    set_cell(folder, "test.csv", 7, "Date", "2015-04-01")
    set_cell(folder, "test.csv", 7, "DayOfWeek", "3")
    refused(folder, "test.csv", "line 7", "2015-04-01")


@pytest.mark.parametrize("gap", [10, 29, 100])
def test_a_chain_that_was_shut_for_weeks_and_went_on_is_read(folder: Path, gap: int) -> None:
    (folder / "test.csv").unlink()

    def later(line: str) -> str:
        cells = line.split(",")
        day = dt.date.fromisoformat(cells[2])
        day += dt.timedelta(days=gap if day >= FIRST + dt.timedelta(days=50) else 0)
        return ",".join([cells[0], str(day.isoweekday()), str(day), *cells[3:]])

    edit(folder, "train.csv", lambda lines: [lines[0], *map(later, lines[1:])])
    assert read_chain(folder).sales.height == 12 * DAYS


def spread(folder: Path, days: int) -> None:
    """Write one row every so many days."""
    (folder / "test.csv").unlink()

    def later(line: str) -> str:
        cells = line.split(",")
        day = FIRST + (dt.date.fromisoformat(cells[2]) - FIRST) * days
        return ",".join([cells[0], str(day.isoweekday()), str(day), *cells[3:]])

    edit(folder, "train.csv", lambda lines: [lines[0], *map(later, lines[1:])])


@pytest.mark.parametrize(
    ("days", "word"),
    [
        (7, "sales of weeks"),
        (14, "sales of fortnights"),
        (30, "sales of months"),
        (10, "every 10 days"),
        (2, "every 2 days"),
        (3, "every 3 days"),
    ],
)
def test_sales_of_longer_periods_are_refused_in_words(folder: Path, days: int, word: str) -> None:
    spread(folder, days)
    refused(folder, "train.csv", word, "daily sales")


@pytest.mark.parametrize("weekdays", ["67", "246", "1357"])
def test_days_on_which_stores_open_are_no_weeks(folder: Path, weekdays: str) -> None:
    (folder / "test.csv").unlink()
    edit(folder, "train.csv", lambda lines: [lines[0], *(each for each in lines[1:] if each.split(",")[1] in weekdays)])
    assert read_chain(folder).sales[s.DATE].dt.weekday().n_unique() == len(weekdays)


@pytest.mark.parametrize(
    ("date_format", "word"),
    [("%Y-%m", "months"), ("%m/%Y", "months"), ("%G-W%V", "weeks"), ("%b %Y", "months"), ("%Y", "years")],
)
def test_dates_that_are_longer_steps_than_days_are_refused_in_words(folder: Path, date_format: str, word: str) -> None:
    frame = pl.read_csv(folder / "train.csv", try_parse_dates=True).drop("DayOfWeek")
    frame.with_columns(pl.col("Date").dt.strftime(date_format)).write_csv(folder / "train.csv")
    refused(folder, "train.csv, column Date", f"sales of {word}", "daily sales")


def test_ids_with_a_decimal_zero_throughout_are_whole_numbers(folder: Path) -> None:
    (folder / "storecast.toml").unlink(missing_ok=True)
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    frame.with_columns(pl.col("Store") + ".0").write_csv(folder / "train.csv")
    assert read_chain(folder).sales[s.STORE].unique().sort().to_list() == list(range(1, 13))
    frame.with_columns(pl.when(pl.col("Store") == "3").then(pl.lit("3.0")).otherwise("Store").alias("Store")).write_csv(
        folder / "train.csv"
    )
    refused(folder, "column Store", "'3.0'")
    (folder / "train.csv").unlink()
    frame.with_columns(pl.col("Store").cast(pl.Float64)).write_parquet(folder / "train.parquet")
    assert read_chain(folder).sales[s.STORE].n_unique() == 12
