"""A day is read in one way or refused: times, zones, other orders and the numbers of spreadsheets."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from storecast.data.column_names import ColumnNames
from storecast.data.dialect import TextTable, read_table
from storecast.data.parse_columns import parse_column
from storecast.errors import DataError

JULY_12 = dt.date(2014, 7, 12)


def days(values: list[str], names: ColumnNames | None = None) -> list[dt.date | None]:
    return parse_column(
        TextTable("train.csv", pl.DataFrame({"Date": values})), "Date", names or ColumnNames()
    ).to_list()


def refused(values: list[str], *words: str, names: ColumnNames | None = None) -> None:
    with pytest.raises(DataError) as caught:
        days(values, names)
    for word in ("train.csv", "Date", *words):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "2014-07-12", "2014-07-12 00:00", "2014-07-12T00:00:00", "2014-07-12 00:00:00.000", "2014-07-12T00:00:00Z",
        "2014-07-12T00:00:00+02:00", "2014-07-12T00:00:00.000+0200", " 2014-07-12 ",
        "2014-07-12 00:00:00 UTC", "2014-07-12 00:00 GMT",
    ],
)  # fmt: skip
def test_midnight_is_its_day(given: str) -> None:
    assert days([given, "2014-07-13", ""]) == [JULY_12, dt.date(2014, 7, 13), None]


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        ("2014-07-11T22:00:00Z", "Europe/Berlin"), ("2014-07-11T22:00Z", "Europe/Berlin"),
        ("2014-07-11 22:00:00+00:00", "Europe/Berlin"),
        ("2014-07-11T22:00:00.000Z", "Europe/Berlin"), ("2014-07-12T04:00:00Z", "America/New_York"),
        ("2014-07-11T15:00:00+00", "Asia/Tokyo"),
        ("2014-07-11T18:00:00-0400", "Europe/Berlin"), ("2014-07-11 22:00:00 UTC", "Europe/Berlin"),
        ("2014-07-11T18:30:00Z", "Asia/Kolkata"), ("2014-07-11T12:00:00Z", "Pacific/Auckland"),
    ],
)  # fmt: skip
def test_a_time_with_a_zone_needs_the_zone_of_the_stores(given: str, zone: str) -> None:
    refused([given, "2014-07-13"], "line 2", 'timezone = "Europe/Berlin"')
    assert days([given, "2014-07-13"], ColumnNames(timezone=zone)) == [JULY_12, dt.date(2014, 7, 13)]


def test_days_in_utc_keep_their_days_over_a_change_of_clocks() -> None:
    names = ColumnNames(timezone="Europe/Berlin")
    assert days(["2014-03-29T23:00:00Z", "2014-03-30T22:00:00Z"], names) == [dt.date(2014, 3, 30), dt.date(2014, 3, 31)]
    refused(["2014-01-01T00:00:00Z", "2014-06-30T23:00:00Z"], "line 3", "timezone")


def test_a_day_whose_midnight_the_clocks_leave_out_begins_an_hour_later() -> None:
    names = ColumnNames(timezone="America/Sao_Paulo")
    assert days(["2013-10-19T03:00:00Z", "2013-10-20T03:00:00Z"], names) == [
        dt.date(2013, 10, 19),
        dt.date(2013, 10, 20),
    ]
    refused(["2013-10-21T03:00:00Z"], "not midnight", names=names)


@pytest.mark.parametrize(
    "given", ["2014-07-12 13:08", "2014-07-12T06:00:00", "2014-07-12T00:00:01", "2014-07-12 23:59:59.9"]
)
def test_a_time_within_the_day_is_refused_unless_rows_are_added_up(given: str) -> None:
    refused([given], "line 2", "--sum")
    assert days([given], ColumnNames(sum_rows=True)) == [JULY_12]


def test_a_time_that_is_not_midnight_in_the_named_zone_is_refused() -> None:
    refused(["2014-07-12T00:00:00Z"], "not midnight in Europe/Berlin", names=ColumnNames(timezone="Europe/Berlin"))
    both = ColumnNames(timezone="Europe/Berlin", sum_rows=True)
    assert days(["2014-07-11T23:30:00Z"], both) == [JULY_12]


@pytest.mark.parametrize(
    ("given", "date_format"),
    [
        ("12/07/2014", "%d/%m/%Y"), ("07/12/2014", "%m/%d/%Y"), ("12.07.14", "%d.%m.%y"), ("12 Jul 2014", "%d %b %Y"),
        ("July 12, 2014", "%B %d, %Y"), ("20140712", "%Y%m%d"), ("12-JUL-14", "%d-%b-%y"), ("12.07.2014 00:00", "%d.%m.%Y %H:%M"),
        ("41832", "excel"), ("41832.0", "excel"), ("41832,0", "excel"),
    ],
)  # fmt: skip
def test_a_format_reads_other_orders(given: str, date_format: str) -> None:
    assert days([given, ""], ColumnNames(date_format=date_format)) == [JULY_12, None]


@pytest.mark.parametrize(
    ("given", "date_format"),
    [
        ("2014-07-12", "%d/%m/%Y"), ("31/12/2014", "%m/%d/%Y"), ("12.07.14", "%d.%m.%Y"), ("12.07.2014", "%d.%m.%y"),
        ("41832", "%d.%m.%Y"), ("2014-07-12", "excel"), ("12", "excel"), ("418320", "excel"), ("12 Jux 2014", "%d %b %Y"),
    ],
)  # fmt: skip
def test_what_the_format_does_not_read_is_refused(given: str, date_format: str) -> None:
    refused([given], "line 2", given, names=ColumnNames(date_format=date_format))


@pytest.mark.parametrize(("given", "date_format"), [("12.07.2014 13:08", "%d.%m.%Y %H:%M"), ("41832.5", "excel")])
def test_a_format_with_a_time_is_refused_within_the_day(given: str, date_format: str) -> None:
    refused([given], "--sum", names=ColumnNames(date_format=date_format))
    assert days([given], ColumnNames(date_format=date_format, sum_rows=True)) == [JULY_12]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["01/02/2014", "03/04/2014"], ("several ways", '"%d/%m/%Y"', '"%m/%d/%Y"')),
        (["01.02.14", "03.04.14"], ("several ways", '"%d.%m.%y"', '"%m.%d.%y"')),
        (["01-02-2014"], ("several ways", '"%d-%m-%Y"', '"%m-%d-%Y"')),
        (["31/01/2014", "01/02/2014"], ('"%d/%m/%Y" in storecast.toml reads the whole column',)),
        (["12/31/2014", "01/02/2015"], ('"%m/%d/%Y" in storecast.toml reads the whole column',)),
        (["12 Jul 2014"], ('"%d %b %Y" in storecast.toml reads the whole column',)),
        (["2014-12-07", "2014-30-07"], ('"%Y-%d-%m" in storecast.toml reads the whole column', "line 3")),
        (["12.07.2014 13:08", "31.07.2014 13:09"], ('"%d.%m.%Y %H:%M"',)),
        (["41832", "41833"], ('"excel"',)),
        (["20140712"], ('"%Y%m%d"',)),
        (["2014-7-1", "2014-7-2"], ("several ways", '"%Y-%m-%d"', '"%Y-%d-%m"')),
        (["2014-7-1", "2014-7-31"], ('"%Y-%m-%d" in storecast.toml reads the whole column',)),
        (["31072014", "01082014"], ('"%d%m%Y"',)),
        (["2014.07.12."], ('"%Y.%m.%d."',)),
        (["2014年07月31日"], ('"%Y年%m月%d日"',)),
        (["2014-07-12", "12/07/2014"], ("line 3", "an ISO date")),
        (["2014-07-12T25:00"], ("an ISO date",)),
        (["2014-02-30"], ("2014-02-30",)),
        (["0000-00-00"], ("from 1990 to 2100",)),
    ],
)
def test_other_dates_are_refused_with_the_format_that_reads_them(given: list[str], words: tuple[str, ...]) -> None:
    refused(given, *words)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_a_zone_in_parquet_is_one_in_text(tmp_path: Path, unit: str) -> None:
    stamp = pl.Series("Date", [dt.datetime(2014, 7, 11, 22, tzinfo=dt.UTC)]).cast(pl.Datetime(unit, "UTC"))  # type: ignore[arg-type]
    pl.DataFrame([stamp]).write_parquet(tmp_path / "train.parquet")
    table = read_table(tmp_path / "train.parquet")
    with pytest.raises(DataError, match=r"row 1, column Date.*timezone"):
        parse_column(table, "Date", ColumnNames())
    assert parse_column(table, "Date", ColumnNames(timezone="Europe/Berlin")).to_list() == [JULY_12]
    pl.DataFrame([stamp.dt.replace_time_zone(None)]).write_parquet(tmp_path / "train.parquet")
    table = read_table(tmp_path / "train.parquet")
    with pytest.raises(DataError, match=r"row 1, column Date.*--sum"):
        parse_column(table, "Date", ColumnNames())
    assert parse_column(table, "Date", ColumnNames(sum_rows=True)).to_list() == [dt.date(2014, 7, 11)]


def test_serial_days_of_parquet_are_refused_or_read(tmp_path: Path) -> None:
    pl.DataFrame({"Date": [41832]}).write_parquet(tmp_path / "train.parquet")
    table = read_table(tmp_path / "train.parquet")
    with pytest.raises(DataError, match="excel"):
        parse_column(table, "Date", ColumnNames())
    assert parse_column(table, "Date", ColumnNames(date_format="excel")).to_list() == [JULY_12]


@pytest.mark.parametrize(
    ("cells", "date_format"),
    [
        (["03-ene-2022", "05-dic-2022"], "%d-%b-%Y"), (["lun. 3 janv. 2022", "lun. 5 décembre 2022"], "%d %b %Y"),
        (["Mo 03.01.22", "Mo 05.12.22"], "%d.%m.%y"), (["3 stycznia 2022", "5 grudnia 2022"], "%d %b %Y"),
        (["3 Ocak 2022", "5 Aralık 2022"], "%d %b %Y"), (["Montag, 3. Januar 2022", "Montag, 5. Dezember 2022"], "%d. %B %Y"),
        (["3 de enero de 2022", "5 de diciembre de 2022"], "%d %b %Y"), (["Mon 03 Jan 2022", "Mon 05 Dec 2022"], "%d %b %Y"),
    ],
)  # fmt: skip
def test_months_and_weekdays_in_other_languages_are_read_and_their_format_is_named(
    cells: list[str], date_format: str
) -> None:
    assert days(cells, ColumnNames(date_format=date_format)) == [dt.date(2022, 1, 3), dt.date(2022, 12, 5)]
    refused(cells, f'date_format = "{date_format}"')


def test_march_is_march_beside_a_weekday() -> None:
    names = ColumnNames(date_format="%d %b %Y")
    assert days(["Sat 01 Mar 2014", "sáb. 1 mar 2014"], names) == [dt.date(2014, 3, 1)] * 2
