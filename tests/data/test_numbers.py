"""The whole column says which mark is the decimal one; where it may be either, it is refused with what to write."""

from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.dialect import TextTable
from storecast.data.parse_columns import parse_column
from storecast.data.read import read_chain
from storecast.errors import DataError
from support.chain_files import edit, set_cell, write_chain


def numbers(values: list[str], decimal: str | None = None, name: str = "Sales") -> list[float | None]:
    table = TextTable("train.csv", pl.DataFrame({name: values}))
    return parse_column(table, name, ColumnNames(decimal=decimal)).to_list()


def refused(values: list[str], *words: str, decimal: str | None = None, name: str = "Sales") -> None:
    with pytest.raises(DataError) as caught:
        numbers(values, decimal, name)
    for word in ("train.csv", name, *words):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["12", "4711"], [12, 4711]),
        (["4711,5", "1"], [4711.5, 1]),
        (["4711.5", "1.234"], [4711.5, 1.234]),
        (["4711,5", "1,234"], [4711.5, 1.234]),
        (["0.125", "2.760"], [0.125, 2.76]),
        (["0,125", "2,760"], [0.125, 2.76]),
        (["1.234.567", "2.760"], [1234567, 2760]),
        (["1,234,567", "2,760"], [1234567, 2760]),
        (["1.234,50", "2.760"], [1234.5, 2760]),
        (["1,234.50", "2,760"], [1234.5, 2760]),
        (["12,5", "2.760"], [12.5, 2760]),
        (["12.5", "2,760"], [12.5, 2760]),
        (["1 234,50", "999"], [1234.5, 999]),
        (["1\u00a0234,50", "12"], [1234.5, 12]),
        (["1\u202f234\u202f567,5", "12"], [1234567.5, 12]),
        (["1 234", "12"], [1234, 12]),
        (["1'234.50", "1\u2019234.25"], [1234.5, 1234.25]),
        (["1 234,500"], [1234.5]),
        (["1234.500", "12.750"], [1234.5, 12.75]),
        (["1e3", "2.5"], [1000, 2.5]),
        ([".5", "5."], [0.5, 5]),
        (["+5", ""], [5, None]),
        (["2.760E+03", "1.000"], [2760, 1]),
        (["1,23,456", "2,760", "1,23,456.50"], [123456, 2760, 123456.5]),
        (["1.23.456,50", "12,34,56.789"][:1], [123456.5]),
        (["1.234,-", "12,-", "12,50"], [1234, 12, 12.5]),
        (["12.\u2013", "7.\u2014", "1'234.50"], [12, 7, 1234.5]),
        (["-12,-", "12,50-"], [-12, -12.5]),
    ],
)
def test_a_column_that_reads_one_way_is_read_that_way(given: list[str], read: list[float]) -> None:
    assert numbers(given) == read


@pytest.mark.parametrize(
    ("usual", "odd", "mark"),
    [("5,263.00", "2.760", "."), ("976.50", "2.760", "."), ("5.263,00", "2,760", ","), ("976,50", "-2,760", ",")],
)
def test_thousands_among_numbers_with_two_digits_behind_the_mark_are_refused(usual: str, odd: str, mark: str) -> None:
    refused([usual] * 12 + ["12", odd], f"two digits behind '{mark}'", f'decimal = "{mark}"')
    read = numbers([usual] * 12 + [odd], mark)
    assert abs(read[-1] or 0) == 2.76
    assert numbers([usual] * 12 + [odd, usual[:-1]])[-2] == read[-1], "where digits differ, they are no cents"


@pytest.mark.parametrize(("usual", "odd"), [("976.5", "2.760"), ("976,5", "2,760")])
def test_thousands_of_some_stores_among_sales_with_one_digit_are_refused(usual: str, odd: str) -> None:
    refused([usual] * 1200 + [odd] * 100, "at most two digits behind", "line 1202", "100 rows")
    assert numbers([usual] * 20 + [odd] * 3)[-1] == 2.76, "a slip of a day, which its store's other days show"
    trimmed = ["12.345", "3.5", "7.25", "1.125", "9.999"] * 10 + ["2.125"] * 140
    assert numbers(trimmed)[0] == 12.345, "three digits, whose zeros are left out"
    assert numbers([usual] * 20 + [odd] * 20, name="Price")[-1] == 2.76


@pytest.mark.parametrize(
    "given",
    [
        ["2,760"], ["2.760"], ["2,760", "980", "12"], ["2.760", "980", "0"], ["2.760", "4711"], ["999.000", "1.000"],
        ["2,760", "2.760"], ["1 234", "2,760"], ["1'234", "2.760"], ["-2.760", "980"], ["(2,760)"], ["2.760-"],
    ],
)  # fmt: skip
def test_a_column_that_reads_two_ways_is_refused_with_both_settings(given: list[str]) -> None:
    refused(given, 'decimal = "."', 'decimal = ","', "storecast.toml")


@pytest.mark.parametrize(
    ("given", "point", "comma"), [("2,760", 2760, 2.76), ("2.760", 2.76, 2760), ("-12.500", -12.5, -12500)]
)
def test_a_setting_decides(given: str, point: float, comma: float) -> None:
    assert numbers([given], ".") == [point]
    assert numbers([given], ",") == [comma]


@pytest.mark.parametrize(("given", "decimal"), [("12,5", "."), ("12.5", ","), ("1.234,5", "."), ("1,234.5", ",")])
def test_a_number_that_the_setting_cannot_read_is_refused(given: str, decimal: str) -> None:
    refused([given, "1"], "line 2", f'decimal = "{decimal}"', decimal=decimal)


@pytest.mark.parametrize(
    "given", ["-12.5", "\u221212.5", "12.5-", "12.5 -", "(12.5)", "( 12.5 )", "\u201312.5", "- 12.5", "12.5\u2212"]
)
def test_every_minus_is_one(given: str) -> None:
    assert numbers([given, "3.25"]) == [-12.5, 3.25]


@pytest.mark.parametrize(
    "given",
    [
        "--12", "(-12)", "(12", "12)", "-12-", "1,23,45", "123,45,678", "12 34",
        "1.23.4", "1,2345.6,7", "12%", "12 EUR", "€ 12", "", "0,12,3",
        "1 234 56", "1..5", "1'23", "-", "١٢", "1_000", "0x10", "nan", "inf", "1 234.567,8",
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(given: str) -> None:
    if given:
        refused(["1", given], "line 3", "expected a number")
    else:
        assert numbers(["1", given]) == [1, None]


@pytest.mark.parametrize(
    "given",
    [
        ["1.234,50 €", "-3,25 €"], ["€ 1.234,50", "€ -3,25"], ["1 234,50\u00a0€", "(3,25 €)"], ["EUR1234.50", "-EUR 3.25"],
        ["1,234.50 EUR", "3.25- EUR"], ["$1,234.50", "-$3.25"], ["R$ 1.234,50", "\u2212R$ 3,25"], ["1234,50 Kč", "-3,25 Kč"],
        ["Fr. 1'234.50", "Fr. -3.25"], ["Rs. 1,234.50", "-Rs. 3.25"], ["Rp 1.234,50", "Rp -3,25"], ["R 1 234,50", "-R 3,25"],
    ],
)  # fmt: skip
def test_the_one_currency_beside_every_number_is_left_out(given: list[str]) -> None:
    assert numbers(given) == [1234.5, -3.25]


@pytest.mark.parametrize(
    "given", [["12 EUR", "12 CZK"], ["€ 12", "$ 12"], ["€ 12 €", "€ 3"], ["€", "€"], ["12 EURO", "1 EURO"]]
)
def test_several_currencies_or_currencies_alone_are_no_numbers(given: list[str]) -> None:
    refused(given, "expected a number")


def test_bounds_decide_where_one_reading_is_impossible() -> None:
    assert numbers(["1.000", "0.000"], name="Open") == [1, 0]
    assert numbers(["1,000", "0"], name="Promo") == [1, 0]
    assert numbers(["2.008"], name="CompetitionOpenSinceYear") == [2008]
    refused(["2.760"], "line 2", name="CompetitionDistance")


def with_separator(folder: Path, name: str, separator: str, column: str, value: str, others: str) -> None:
    frame = pl.read_csv(folder / name, infer_schema=False)
    first = pl.int_range(pl.len()) == 0
    frame = frame.with_columns(pl.when(first).then(pl.lit(value)).otherwise(pl.lit(others)).alias(column))
    frame.write_csv(folder / name, separator=separator, quote_style="necessary")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("value", ["2,760", "2.760"])
def test_thousands_are_refused_whatever_separates_the_fields(tmp_path: Path, separator: str, value: str) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=20)
    with_separator(folder, "train.csv", separator, "Sales", value, "980")
    with pytest.raises(DataError, match=r"train\.csv, line 2, column Sales: found '2.760'"):
        read_chain(folder)
    (folder / "storecast.toml").write_text(f"decimal = '{'.' if ',' in value else ','}'\n", encoding="utf-8")
    assert read_chain(folder).sales[s.SALES].max() == 2760


def test_a_quoted_decimal_comma_is_read_where_commas_separate(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=20)
    set_cell(folder, "train.csv", 5, "Sales", "4711_5")
    edit(folder, "train.csv", lambda lines: [line.replace("4711_5", '"4711,5"') for line in lines])
    assert 4711.5 in read_chain(folder).sales[s.SALES].to_list()


@pytest.mark.parametrize("dtype", [pl.Float64(), pl.Decimal(12, 3), pl.Float32()])
def test_numbers_of_parquet_are_what_they_are(tmp_path: Path, dtype: pl.DataType) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=20)
    train = pl.read_csv(folder / "train.csv", try_parse_dates=True, schema_overrides={"StateHoliday": pl.String})
    train.with_columns(pl.lit(2.75).cast(dtype).alias("Sales")).write_parquet(folder / "train.parquet")
    (folder / "train.csv").unlink()
    assert read_chain(folder).sales[s.SALES].unique().to_list() == [2.75]


def test_thousands_in_text_columns_of_parquet_are_refused(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=3, days=20)
    train = pl.read_csv(folder / "train.csv", infer_schema=False)
    train.with_columns(pl.lit("2.760").alias("Sales")).write_parquet(folder / "train.parquet")
    (folder / "train.csv").unlink()
    with pytest.raises(DataError, match="row 1, column Sales"):
        read_chain(folder)
