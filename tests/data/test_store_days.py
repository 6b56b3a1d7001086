"""Rows of a store and day are doubles only where the whole file agrees; others are added up where that is asked for."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.clean import clean
from storecast.data.read import read_chain
from storecast.errors import DataError
from support.chain_files import add_column, edit, set_cell, write_chain

Rows = list[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", stores=3, days=20, ahead=7)


def in_two_parts(folder: Path, extra: str, values: tuple[str, str]) -> None:
    """Split each row of train.csv into two halves that another column tells apart."""
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    halves = [(pl.col(name).cast(pl.Int64) / 2).cast(pl.String).alias(name) for name in ("Sales", "Customers")]
    parts = [frame.with_columns(*halves, pl.lit(value).alias(extra)) for value in values]
    pl.concat(parts).write_csv(folder / "train.csv")


@pytest.mark.parametrize(
    ("extra", "values"),
    [("Till", ("1", "2")), ("Shift", ("early", "late")), ("Department", ("food", "")), ("Note", ("x", "X"))],
)
def test_equal_amounts_in_two_parts_are_no_doubles(folder: Path, extra: str, values: tuple[str, str]) -> None:
    good = read_chain(folder)
    in_two_parts(folder, extra, values)
    of_products = extra in ("Department", "Note")
    words = " has several rows for a store and day" if of_products else ": line 2 and line 62 hold two different rows"
    with pytest.raises(DataError, match=rf"train\.csv{words}.*--sum"):
        read_chain(folder)
    raw = read_chain(folder, sum_rows=True)
    assert raw.sales.sort(s.KEYS).equals(good.sales.sort(s.KEYS))
    assert raw.summed_rows == {"train.csv": 60}
    assert [(repair.rule, repair.rows) for repair in clean(raw).repairs if repair.rule == "summed_rows"] == [
        ("summed_rows", 60)
    ]
    with pytest.raises(DataError, match="summed_rows is switched off"):
        clean(raw, skip=["summed_rows"])


def test_the_setting_adds_up_as_the_switch_does(folder: Path) -> None:
    in_two_parts(folder, "Till", ("1", "2"))
    (folder / "storecast.toml").write_text("sum = true\n", encoding="utf-8")
    assert read_chain(folder).sales.equals(read_chain(folder, sum_rows=True).sales)


def test_rows_that_agree_in_all_columns_are_dropped_and_counted(folder: Path) -> None:
    good = read_chain(folder)
    add_column(folder, "Till", "1")
    edit(folder, "train.csv", lambda lines: [*lines, lines[7], lines[7].replace(",0,", ", 0 ,")])
    raw = read_chain(folder)
    assert raw.double_rows["train.csv"] == 2
    assert raw.sales.equals(good.sales)


def test_receipts_of_one_amount_are_added_too(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [*lines, lines[4], lines[4]])
    before, after = read_chain(folder).sales, read_chain(folder, sum_rows=True).sales
    assert after[s.SALES][3] == 3 * before[s.SALES][3]


def test_receipts_with_a_time_are_sales_of_their_day(folder: Path) -> None:
    good = read_chain(folder)
    for line in (4, 5):
        day = "2014-01-01" if line < 5 else "2014-01-02"
        edit(folder, "train.csv", lambda lines, line=line: [*lines, lines[line - 1]])  # type: ignore[misc]
        set_cell(folder, "train.csv", line, "Date", f"{day} 13:08")
    with pytest.raises(DataError, match=r"line 4, column Date: .*--sum"):
        read_chain(folder)
    raw = read_chain(folder, sum_rows=True)
    assert raw.sales.height == good.sales.height
    assert raw.sales[s.SALES].sum() > good.sales[s.SALES].sum()


def shift(folder: Path, **cells: str) -> None:
    """Add a second row of store 1 on the second day."""
    edit(folder, "train.csv", lambda lines: [*lines, lines[4]])
    for column, value in cells.items():
        set_cell(folder, "train.csv", 62, column, value)


@pytest.mark.parametrize(
    ("column", "value", "summed"),
    [
        ("Sales", "100", "sales"), ("Sales", "-100", "less"), ("Open", "0", "open"), ("Promo", "0", "promo"),
        ("Customers", "", "unknown"),
        ("StateHoliday", "a", "holiday"),
    ],
)  # fmt: skip
def test_columns_are_added_or_set_where_one_row_sets_them(folder: Path, column: str, value: str, summed: str) -> None:
    first = read_chain(folder).sales.row(3, named=True)
    shift(folder, **{column: value})
    day = read_chain(folder, sum_rows=True).sales.row(3, named=True)
    assert day[s.SALES] == first[s.SALES] + {"sales": 100, "less": -100}.get(summed, first[s.SALES])
    assert day[s.CUSTOMERS] == (None if summed == "unknown" else 2 * first[s.CUSTOMERS])
    assert (day[s.OPEN], day[s.PROMO]) == (1, 1)
    assert day[s.STATE_HOLIDAY] == ("a" if summed == "holiday" else "0")


@pytest.mark.parametrize("value", ["2", "1.5", "-1"])
def test_an_own_column_with_two_values_on_a_day_is_refused(folder: Path, value: str) -> None:
    (folder / "storecast.toml").write_text('known = ["Price"]\n', encoding="utf-8")
    add_column(folder, "Price", "1")
    shift(folder, Price=value)
    with pytest.raises(DataError, match=r"column Price: .*the same in all rows of a store and day"):
        read_chain(folder, sum_rows=True)


def test_a_day_is_a_stockout_where_one_row_says_so(folder: Path) -> None:
    add_column(folder, "Stockout", "0")
    shift(folder, Stockout="1")
    assert read_chain(folder, sum_rows=True).sales.row(3, named=True)["Stockout"] == 1


def test_a_chain_with_one_row_a_day_is_what_it_was(folder: Path) -> None:
    raw = read_chain(folder, sum_rows=True)
    assert raw.sales.equals(read_chain(folder).sales)
    assert clean(raw).repairs == clean(read_chain(folder)).repairs


@pytest.mark.parametrize("column", ["item_id", "SKU", "Warengruppe", "Catégorie", "Ürün kodu", "ProductName", "Sorte"])
def test_rows_by_product_are_refused_with_what_to_use_until_their_sum_is_asked_for(folder: Path, column: str) -> None:
    good = read_chain(folder)
    in_two_parts(folder, column, ("bread", "milk"))
    with pytest.raises(DataError, match=r"column '.+': these seem to be sales by product.*--sum.*each product group"):
        read_chain(folder)
    assert read_chain(folder, sum_rows=True).sales.sort(s.KEYS).equals(good.sales.sort(s.KEYS))


def test_weeks_by_product_are_refused_as_weeks(folder: Path) -> None:
    (folder / "test.csv").unlink()
    days = [str(dt.date(2014, 1, 1) + dt.timedelta(weeks=k)) for k in range(48)]
    rows = [
        {"Store": store, "Dept": dept, "Date": day, "Sales": 5}
        for store in (1, 2, 3)
        for dept in (1, 2)
        for day in days
    ]
    pl.DataFrame(rows).write_csv(folder / "train.csv")
    with pytest.raises(DataError, match="sales of weeks"):
        read_chain(folder)


def split(folder: Path, total: str, *parts: str) -> None:
    """Write a row for each till, and one of their total."""
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    sales = pl.col("Sales").cast(pl.Int64)
    shares = [sales // (k + 3) for k in range(1, len(parts))]
    amounts = [sales - pl.sum_horizontal(pl.lit(0), *shares), *shares, sales]
    rows = [
        frame.with_columns(amount.cast(pl.String).alias("Sales"), pl.lit(till).alias("Till"))
        for till, amount in zip((*parts, total), amounts, strict=True)
    ]
    pl.concat(rows).write_csv(folder / "train.csv")


@pytest.mark.parametrize("tills", [("Total", "1"), ("Gesamt:", "1", "2"), ("0", "1", "2"), ("all", "a", "b", "c")])
def test_a_total_among_the_rows_of_a_day_is_not_added_to_them(folder: Path, tills: tuple[str, ...]) -> None:
    split(folder, *tills)
    with pytest.raises(DataError, match="a total would count them twice") as caught:
        read_chain(folder, sum_rows=True)
    assert "column Till" in str(caught.value) or "column Sales" in str(caught.value)


def test_tills_that_sell_as_much_as_the_others_now_and_then_are_tills(folder: Path) -> None:
    split(folder, "3", "1", "2")
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    later = (pl.col("Till") == "3") & (pl.col("Date") > "2014-01-05")
    more = pl.col("Sales").cast(pl.Int64) + 20
    frame.with_columns(pl.when(later).then(more.cast(pl.String)).otherwise("Sales").alias("Sales")).write_csv(
        folder / "train.csv"
    )
    assert read_chain(folder, sum_rows=True).sales.height == 60


@pytest.mark.parametrize("since", ["2014-01-01", "2014-01-15"])
def test_files_that_overlap_are_not_added_up(folder: Path, since: str) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    frame.filter(pl.col("Date") >= since).write_csv(folder / "again.csv")
    (folder / "storecast.toml").write_text('[files]\ntrain = ["train.csv", "again.csv"]\n', encoding="utf-8")
    assert read_chain(folder).double_rows["train.csv and 1 more"] > 0
    with pytest.raises(DataError, match=r"train\.csv and again\.csv hold the same rows of .*count twice"):
        read_chain(folder, sum_rows=True)
    frame.with_columns(pl.lit("2").alias("Till"), (pl.col("Sales").cast(pl.Int64) + 1).cast(pl.String)).write_csv(
        folder / "again.csv"
    )
    assert read_chain(folder, sum_rows=True).sales.height == 60, "a file for each till"


def test_a_file_that_was_written_twice_is_not_added_up(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [*lines, *lines[1:]])
    with pytest.raises(DataError, match="nearly every row stands twice"):
        read_chain(folder, sum_rows=True)


def twice(folder: Path, second: pl.Expr, kinds: tuple[str, str]) -> None:
    """Write each row again, with other sales, told apart by the column Kind."""
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    other = frame.with_columns(second.round(2).cast(pl.String).alias("Sales"))
    pl.concat([frame.with_columns(Kind=pl.lit(kinds[0])), other.with_columns(Kind=pl.lit(kinds[1]))]).write_csv(
        folder / "train.csv"
    )


SALES = pl.col("Sales").cast(pl.Float64)
TWO_RATES = pl.when(pl.col("Date") < "2014-01-06").then(SALES * 1.07).otherwise(SALES * 1.12)


@pytest.mark.parametrize(
    ("second", "kinds", "words"),
    [
        (SALES * 1.19, ("1", "2"), r"one is 1\.19 times the other"),
        (SALES / 1.055, ("a", "b"), r"one is 1\.05 times the other|one is 1\.06 times the other"),
        (TWO_RATES, ("Netto", "Brutto "), "the column 'Kind' has rows of 'brutto' and 'netto' sales"),
        (TWO_RATES, ("HT", "TTC"), "the column 'Kind' has rows of 'ht' and 'ttc' sales"),
    ],
)
def test_net_and_gross_sales_of_a_day_are_not_added_up(
    folder: Path, second: pl.Expr, kinds: tuple[str, str], words: str
) -> None:
    twice(folder, second, kinds)
    with pytest.raises(DataError, match=rf"train\.csv: .*{words}.*net and gross of tax.*Leave one of the two out"):
        read_chain(folder, sum_rows=True)


@pytest.mark.parametrize("second", [TWO_RATES, SALES * 3, SALES], ids=["about", "thrice", "equal"])
def test_tills_that_sell_about_the_same_are_added_up(folder: Path, second: pl.Expr) -> None:
    twice(folder, second, ("1", "2"))
    assert read_chain(folder, sum_rows=True).sales.height == 60


def test_net_and_gross_sales_in_whole_small_numbers_are_not_added_up(folder: Path) -> None:
    frame = pl.read_csv(folder / "train.csv", infer_schema=False)
    frame.with_columns((SALES // 50).cast(pl.Int64).cast(pl.String).alias("Sales")).write_csv(folder / "train.csv")
    twice(folder, (SALES * 1.25).round(), ("1", "2"))
    with pytest.raises(DataError, match="net and gross of tax"):
        read_chain(folder, sum_rows=True)
