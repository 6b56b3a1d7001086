"""CSV that is sent is read as the chain's files are; a refusal names line and column, and never repeats what was sent."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.column_names import ColumnNames
from storecast.data.file_columns import STOCKOUT
from storecast.data.file_layout import FileLayout
from storecast.data.target import Target, names_with_target
from storecast.database.chain_settings import WRITTEN, as_settings, replace_settings
from storecast.database.connect import Database, home_url
from storecast.service.problems import Problem
from storecast.service.requests.csv_rows import read_csv_rows
from storecast.service.requests.rows import RowType, calendar_rows, day_rows, sale_rows, store_rows
from support.served_home import FIRST, Client, copy_of, make_key, running, settings_of

SALES = sale_rows(int, ("Leaflet",))
GERMAN = ColumnNames(
    {"Store": "Filiale", "Date": "Tag", "Sales": "Umsatz"}, ("Leaflet",), date_format="%d.%m.%Y", decimal=","
)
PLAIN = ColumnNames(known=("Leaflet",))
LIMIT = 1000


def read(text: str | bytes, names: ColumnNames = PLAIN, limit: int = LIMIT) -> pl.DataFrame:
    return read_csv_rows(text if isinstance(text, bytes) else text.encode(), SALES, names, limit).frame


def repairs(text: str, names: ColumnNames = PLAIN, rows: RowType = SALES) -> list[tuple[str, int, tuple[str, ...]]]:
    """Return the rules that a body needs, with the number of rows and the examples of each."""
    return [
        (repair.rule, repair.rows, repair.examples)
        for repair in read_csv_rows(text.encode(), rows, names, LIMIT).repairs
    ]


def problem(text: str | bytes, names: ColumnNames = PLAIN, limit: int = LIMIT) -> Problem:
    with pytest.raises(Problem) as caught:
        read(text, names, limit)
    return caught.value


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Store,Date,Sales\n1,2014-06-12,2760.5\n", PLAIN),
        ("Store;Date;Sales\r\n1;2014-06-12;2760,5\r\n", PLAIN),
        ("Store\tDate\tSales\n1\t2014-06-12\t2 760,5\n", PLAIN),
        ("Filiale;Tag;Umsatz\n1;12.06.2014;2.760,5\n", GERMAN),
        ("Filiale,Tag,Umsatz\n1,12.06.2014,\"2.760,50\"\n", GERMAN),
        ("Tagesbericht\n\nFiliale;Tag;Umsatz\n1;12.06.2014;2760,5\n", GERMAN),
        ("Store;Date;Sales\n1;12.06.2014;2760,5\n".encode("utf-16"), GERMAN),
        ("Store,Date,DayOfWeek,Sales\n1,2014-06-12,4,2760.5\n", PLAIN),
        ("Store,Date,Sales,Customers,Leaflet\n1,2014-06-12,2760.5,,\n", PLAIN),
        ("Store,Date,Sales\n1,2014-06-11T22:00:00Z,2760.5\n", ColumnNames(timezone="Europe/Berlin")),
    ],
)  # fmt: skip
def test_csv_in_any_dialect_of_files_is_the_same_row(text: str | bytes, names: ColumnNames) -> None:
    frame = read(text, names)
    assert frame.columns == ["Store", "Date", "Sales"]
    assert [str(cell) for cell in frame.row(0)] == ["1", "2014-06-12", "2760.5"]


@pytest.mark.parametrize(("yes", "no"), [("ja", "nein"), ("Y", "N"), ("x", ""), ("1", "0")])
def test_flags_may_be_words_as_in_files(yes: str, no: str) -> None:
    frame = read(f"Store,Date,Sales,Open,Leaflet\n1,2014-06-12,5,{yes},{no}\n1,2014-06-13,0,{no},{yes}\n")
    assert (frame["Open"].to_list(), frame["Leaflet"].to_list()) == ([1, 0], [0, 1])


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("ja", "nein"), ("x", "")])
def test_every_documented_column_of_a_file_of_sales_is_read(yes: str, no: str) -> None:
    """Stockout stands in files, where it takes the sales of its day as unknown."""
    header = "Store,Date,DayOfWeek,Sales,Customers,Stockout,Open,Promo,StateHoliday,SchoolHoliday,Leaflet"
    frame = read(f"{header}\n1,2014-06-12,4,5,2,{yes},1,0,a,0,1\n1,2014-06-13,5,6,3,{no},1,0,0,0,0\n")
    assert frame["Stockout"].to_list() == [1, 0]
    assert {*header.split(",")} - {*frame.columns} == {"DayOfWeek"}


def test_no_column_of_sales_in_files_is_unknown_to_the_service() -> None:
    of_files = {column.name for column in (*s.COLUMNS, STOCKOUT) if column.table in ("sales", "calendar")}
    assert of_files - {s.ASSUMED} <= {*SALES.columns, s.DATE}


@pytest.mark.parametrize(
    ("text", "names", "where", "what"),
    [
        ("Store,Date,Sales\n1,2014-06-12,2.760\n", PLAIN, "line 2, column Sales", "decimal"),
        ("Store,Date,Sales\n1,2014-06-12,5\n1,2014-06-13,secret\n", PLAIN, "line 3, column Sales", "expected a number"),
        ("Store,Date,Sales\n1,06/13/2014,5\n", PLAIN, "line 2, column Date", "ISO"),
        ("Store,Date,Sales\n1,2014-06-12 13:00,5\n", PLAIN, "line 2, column Date", "expected a day"),
        ("Store,Date,Sales\n1,2014-06-11T22:00:00Z,5\n", PLAIN, "line 2, column Date", "timezone"),
        ("Store,Date,Sales\nsecret,2014-06-12,5\n", PLAIN, "line 2, column Store", "a whole number"),
        ("Store,Date,Sales\n,2014-06-12,5\n", PLAIN, "line 2, column Store", "expected a whole number"),
        ("Store,Date,Sales\n1,,5\n", PLAIN, "line 2, column Date", "expected a date"),
        ("Store,Date,Sales\n1,2014-06-12,\n", PLAIN, "line 2, column Sales", "expected a number"),
        ("Store,Date,Sales\n1,2014-06-12,-5e9\n", PLAIN, "line 2, column Sales", "expected a number from -1e+09"),
        ("Store,Date,Sales,DayOfWeek\n1,2014-06-12,5,1\n", PLAIN, "line 2, column DayOfWeek", "weekday of Date"),
        ("Store,Date,Sales,Open\n1,2014-06-12,5,7\n", PLAIN, "line 2, column Open", "0 or 1"),
        ("Store,Date,Sales,Open\n1,2014-06-12,5,ja\n2,2014-06-12,5,no\n", PLAIN, "line 3, column Open", "0 or 1, or words"),
        ("Store,Date\n1,2014-06-12\n", PLAIN, "header", "lacks Sales"),
        ("Store,Date,Sales,secret\n1,2014-06-12,5,6\n", PLAIN, "header", "unknown column"),
        ("Store,Date,Sales,Sales\n1,2014-06-12,5,6\n", PLAIN, "body", "stands twice"),
        ("Store,Date,Sales\n", PLAIN, "body", "a header alone"),
        ("", PLAIN, "body", "a header such as"),
        ("Store,Date,Sales\n1,2014-06-12\n", PLAIN, "body", "expected 3"),
        (b"Store,Date,Sales\n1,2014-06-12,5\x00\n", PLAIN, "body", "NUL"),
        ("Filiale;Tag;Umsatz\n1;2014-06-12;5\n", GERMAN, "line 2, column Date", "date_format"),
        ("Sto're,Date,Sales\n1,2014-06-12,5\n", PLAIN, "header", "unknown column"),
        ('Store,Date,Sales\n1,2014-06-12,"it\'s; expected secret"\n', PLAIN, "line 2, column Sales", "expected a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(
    text: str | bytes, names: ColumnNames, where: str, what: str
) -> None:
    refusal = problem(text, names)
    assert refusal.kind == "not-valid"
    assert refusal.places[0][0] == where
    assert what in refusal.detail
    assert not any(sent in refusal.detail for sent in ("secret", "2760", "2.760", "2014-06-1", "06/13", "it's"))


def test_rows_and_columns_are_bounded_before_they_are_made() -> None:
    many = "Store,Date,Sales\n" + "".join(f"{store},2014-06-12,5\n" for store in range(100))
    assert problem(many, limit=99).kind == "too-large"
    assert problem(many, limit=50).kind == "too-large"
    assert read(many, limit=100).height == 100
    assert problem("Store,Date,Sales" + ",x" * 10_000 + "\n1,2014-06-12,5\n").kind == "not-valid"
    assert problem("Title\n" * 3 + "Store,Date,Sales" + "\t" * 10_000 + "\n1,2014-06-12,5\n").kind == "not-valid"


TILLS = replace(PLAIN, sum_rows=True, unused=("Till",))


def test_several_rows_of_a_store_and_day_are_added_up_where_the_chain_says_so() -> None:
    rows = ("1,2014-06-12,A,5,1,1", "1,2014-06-12,B,5,1,1", "2,2014-06-12,A,7,1,", "1,2014-06-12,B,-2,0,1")
    assert read("\n".join(("Store,Date,Till,Sales,Open,Leaflet", *rows)), TILLS).rows(named=True) == [
        {"Store": 1, "Date": dt.date(2014, 6, 12), "Sales": 8.0, "Open": 1, "Leaflet": 1.0},
        {"Store": 2, "Date": dt.date(2014, 6, 12), "Sales": 7.0, "Open": 1, "Leaflet": None},
    ]
    assert read("Store,Date,Sales,Customers\n1,2014-06-12,5,2\n1,2014-06-12,5,3\n", TILLS).row(0)[2:] == (10.0, 5.0)
    assert read("Store,Date,Sales\n1,2014-06-12,5\n1,2014-06-12,-6\n", TILLS)["Sales"].to_list() == [-1.0], "returns"


@pytest.mark.parametrize(
    ("text", "names", "where", "what"),
    [
        ("1,2014-06-12,5\n1,2014-06-12,6\n", PLAIN, "line 3", "same Store and Date. Add them up"),
        ("1,2014-06-12,5\n1,2014-06-12,5\n", PLAIN, "line 3", "sum = true in storecast.toml"),
        ("1,2014-06-12,9e8\n1,2014-06-12,8e8\n", TILLS, "body, column Sales", "to add up to a number from"),
    ],
)
def test_rows_of_one_store_and_day_are_refused_elsewhere_and_never_dropped(
    text: str, names: ColumnNames, where: str, what: str
) -> None:
    refusal = problem("Store,Date,Sales\n" + text, names)
    assert refusal.places[0][0] == where
    assert what in refusal.detail
    assert ".." not in refusal.detail


def test_a_column_that_the_files_had_is_left_out_and_any_other_refused() -> None:
    text = "Store,Date,{},Sales\n1,2014-06-12,A,5\n"
    assert read(text.format("Till"), TILLS).columns == ["Store", "Date", "Sales"]
    assert problem(text.format("Tills"), TILLS).places[0][0] == "header"


@pytest.mark.parametrize("end", ["Total,,12,\n", ",,12,\n", "\n Summe: ,,12,9\n,,,\n"])
def test_rows_of_totals_at_the_end_are_left_out_as_in_files(end: str) -> None:
    frame = read(f"Store,Date,Sales,Customers\n1,2014-06-12,5,4\n2,2014-06-12,7,5\n{end}")
    assert frame.rows() == [(1, dt.date(2014, 6, 12), 5.0, 4.0), (2, dt.date(2014, 6, 12), 7.0, 5.0)]


HEADER = "Store,Date,Sales\n"


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        (HEADER + "1,2014-06-12,5\n", PLAIN, []),
        (HEADER + "1,2014-06-12,5\nTotal,,5\n,,\n", PLAIN, [("total_rows", 2, ("line 3", "line 4"))]),
        ("Report\n" + HEADER + "1,2014-06-12,5\n" + "Total,,5\n" * 5, PLAIN, [("total_rows", 5, ("line 4", "line 5", "line 6"))]),
        ("Date,Sales\n2014-06-12,5\nSum,11\n", replace(PLAIN, layout=FileLayout(one_store="1")), [("total_rows", 1, ("line 3",))]),
        ("Store,2014-06-12\n1,5\nTotal,5\n", replace(PLAIN, layout=FileLayout(wide="dates")), [("total_rows", 1, ("line 3",))]),
        (HEADER + "1,2014-06-12,5\n", TILLS, []),
        (
            HEADER + "2,2014-06-13,5\n1,2014-06-12,5\n2,2014-06-13,6\n2,2014-06-13,6\n1,2014-06-12,7\n1,2014-06-13,7\n",
            TILLS,
            [("summed_rows", 3, ("store 1, 2014-06-12", "store 2, 2014-06-13"))],
        ),
    ],
)  # fmt: skip
def test_what_is_left_out_or_added_up_is_counted_with_examples(
    text: str, names: ColumnNames, expected: list[tuple[str, int, tuple[str, ...]]]
) -> None:
    assert repairs(text, names) == expected


def test_texts_that_the_past_does_not_have_are_counted() -> None:
    rows = sale_rows(int, ("Weather = rain", "Weather = sun"))
    text = "Store,Date,Sales,Weather\n1,2014-06-12,5,rain\n1,2014-06-13,5,fog\n1,2014-06-14,5,\n"
    assert repairs(text, PLAIN, rows) == [("other_levels", 1, ("Weather: 1",))]
    assert repairs(text.replace("fog", "sun"), PLAIN, rows) == []


@pytest.mark.parametrize(
    ("text", "names", "left_out", "converted"),
    [
        (HEADER + "1,2014-06-12,5\n", PLAIN, (), ""),
        (HEADER + "1,2014-06-12,5.50\n", PLAIN, (), ""),
        (
            "Report\n\nFiliale;Tag;Umsatz;Open\n1;12.06.2014;7;ja\n2;12.06.2014;4.711,50;nein\n",
            GERMAN,
            ("The header stands on line 3; the lines above it are left out.",),
            "Values were converted, such as Date '12.06.2014' to 2014-06-12, Sales '4.711,50' to 4711.5, Open 'ja' to 1.",
        ),
        (
            "Store,Date,Till,Sales\n1,2014-06-12,A,5\n",
            TILLS,
            ("Columns that storecast does not use are left out: 'Till'.",),
            "",
        ),
        (
            "Date,1,2,Total\n2014-06-12,5,,5\n",
            replace(PLAIN, layout=FileLayout(wide="stores")),
            ("Columns that storecast does not use are left out: 'Total'.",),
            "",
        ),
    ],
)
def test_titles_and_columns_that_are_left_out_are_named_and_how_values_were_written(
    text: str, names: ColumnNames, left_out: tuple[str, ...], converted: str
) -> None:
    rows = read_csv_rows(text.encode(), SALES, names, LIMIT)
    assert rows.left_out == left_out
    assert rows.converted() == converted


def test_another_target_is_read_with_a_column_sales_beside_it() -> None:
    target = Target("Orders")
    names = ColumnNames(names_with_target({}, target), target=target)
    expected = read("Store,Date,Sales\n1,2014-06-12,5\n")
    assert read("Store,Date,Orders\n1,2014-06-12,5\n", names).equals(expected)
    assert read("Store,Date,Sales,Orders\n1,2014-06-12,99.5,5\n", names).equals(expected)
    assert read("Store,Date,Orders,Sales\n1,2014-06-12,5,no figure\n", names).equals(expected)
    assert problem("Store,Date,Sales\n1,2014-06-12,99.5\n", names).detail.startswith("header: lacks Orders;")


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("Date,Sales\n2014-06-12,5\n2014-06-13,6\nTotal,11\n", FileLayout(one_store="1")),
        ("Store,Date,Sales\n1,2014-06-12,5\n1,2014-06-13,6\n", FileLayout(one_store="1")),
        ("Date,1,2,Total\n2014-06-12,5,,5\n2014-06-13,6,,6\n", FileLayout(wide="stores")),
        ("Store,2014-06-12,2014-06-13\n1,5,6\nTotal,5,6\n", FileLayout(wide="dates")),
        ("Store,Date,Sales\n1,2014-06-12,5\n1,2014-06-13,6\n", FileLayout(wide="dates")),
    ],
)
def test_new_days_come_in_the_layout_of_the_files_or_with_a_row_for_each_day(text: str, layout: FileLayout) -> None:
    frame = read(text, replace(PLAIN, layout=layout))
    assert frame.rows() == [(1, dt.date(2014, 6, 12), 5.0), (1, dt.date(2014, 6, 13), 6.0)]


def test_days_to_forecast_keep_their_ids_and_are_read_as_days_of_the_calendar() -> None:
    days = day_rows(int, ("Leaflet",))
    text = "Id;Filiale;Tag;DayOfWeek;Promo;Leaflet\n007;1;12.06.2014;4;ja;\n=1;2;12.06.2014;4;nein;2,5\n"
    frame = read_csv_rows(text.encode(), days, GERMAN, LIMIT).frame
    assert frame["Id"].to_list() == ["007", "=1"]
    first, second = days.structs(frame)
    assert (first.Id, first.Store, first.Date, first.Promo, first.Leaflet) == ("007", 1, dt.date(2014, 6, 12), 1, None)
    assert (second.Id, second.Promo, second.Leaflet) == ("=1", 0, 2.5)
    assert days.structs(frame.drop("Id", "Promo"))[0].Promo is None
    with pytest.raises(Problem, match="line 3"):
        read_csv_rows(f"{text.replace(';2;', ';1;')}".encode(), days, GERMAN, LIMIT)
    with pytest.raises(Problem, match="unknown column"):
        read_csv_rows(text.encode(), calendar_rows(int, ("Leaflet",)), GERMAN, LIMIT)


def test_stores_are_read_by_the_same_reader() -> None:
    text = 'Filiale;StoreType;CompetitionDistance;PromoInterval\n7;a;"1.270,5";"Jan,Apr,Jul,Oct"\n'
    frame = read_csv_rows(text.encode(), store_rows(int), GERMAN, LIMIT).frame
    assert frame.row(0) == (7, "a", 1270.5, "Jan,Apr,Jul,Oct")


@pytest.fixture
def own_client(home: Path, tmp_path: Path) -> Iterator[Client]:
    own = copy_of(home, tmp_path / "home")
    with closing(Database.open(home_url(own), create=False)) as db, db.begin() as conn:
        replace_settings(conn, {WRITTEN: as_settings(replace(GERMAN, names_of={"test": {"Date": "Datum"}}))})
    with running(settings_of(own), make_key(home_url(own))) as client:
        yield client


def test_the_service_reads_csv_as_the_files_of_its_chain_were(own_client: Client) -> None:
    text = f"Filiale;Tag;Umsatz\n2;{FIRST:%d.%m.%Y};4.711,50\n"
    reply = own_client.post("/v1/sales", text, content_type="text/csv")
    assert (reply.status_code, reply.json()["inserted"]) == (200, 1)
    day = own_client.get(f"/v1/stores/2/history?first={FIRST}&last={FIRST}").json()
    assert "4711.5" in str(day)
    refusal = own_client.post(
        "/v1/sales", text.replace(f"{FIRST:%d.%m.%Y}", FIRST.isoformat()), content_type="text/csv"
    )
    assert (refusal.status_code, refusal.json()["errors"][0]["where"]) == (422, "line 2, column Date")
    calendar = own_client.post("/v1/calendar", f"Filiale;Datum;Promo\n3;{FIRST:%d.%m.%Y};1\n", content_type="text/csv")
    assert calendar.status_code == 200


def test_the_reply_counts_what_the_reader_left_out_and_added_up(
    own_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(own_client.service.live.source), "names", lambda _: replace(GERMAN, sum_rows=True))
    rows = "".join(f"{store};{FIRST:%d.%m.%Y};{sales}\n" for store, sales in ((4, "5"), (4, "6"), (5, "7")))
    reply = own_client.post("/v1/sales", f"Filiale;Tag;Umsatz\n{rows}Summe;;18\n", content_type="text/csv").json()
    assert (reply["inserted"], reply["summed"], reply["dropped"]) == (2, 1, 1)
    plain = own_client.post("/v1/sales", {"rows": [{"Store": 6, "Date": str(FIRST), "Sales": 5}]}).json()
    assert (plain["inserted"], plain["summed"], plain["dropped"]) == (1, 0, 0)


def test_forecasts_are_asked_for_in_the_same_csv(own_client: Client) -> None:
    days = [FIRST + dt.timedelta(days=k) for k in range(2)]
    text = "Filiale;Datum;Promo\n" + "".join(f"2;{day:%d.%m.%Y};1\n" for day in days)
    reply = own_client.forecasts(text, content_type="text/csv")
    rows = [{"Store": 2, "Date": str(day), "Promo": 1} for day in days]
    assert reply.status_code == 200
    assert reply.text == own_client.forecasts({"rows": rows}, accept="text/csv").text
    refusal = own_client.forecasts(f"Filiale;Datum\n2;{FIRST}\n", content_type="text/csv")
    assert (refusal.status_code, refusal.json()["errors"][0]["where"]) == (422, "line 2, column Date")
