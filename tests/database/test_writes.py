"""New rows are written over what is stored: counted, refused where they contradict it, and whole or not at all."""

import datetime as dt
import threading

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.cleaning_rules import Repair
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.database.chain_info import version
from storecast.database.connect import Database
from storecast.database.panel_io import apply_changes, changes_since, read_panel, write_panel
from storecast.database.writes import Written, add_calendar, add_sales, add_stores
from storecast.errors import ConflictError, DatabaseError, DataError
from support.databases import ON_SQLITE, add_day_before_the_first_sale
from support.panels import make_panel

PANEL = make_panel(stores=4, days=80, ahead=14)
DAY = PANEL.end + dt.timedelta(days=1)


@pytest.fixture
def filled(db: Database) -> Database:
    write_panel(db, PANEL)
    return db


def rows(**columns: object) -> pl.DataFrame:
    return pl.DataFrame({s.STORE: [1], s.DATE: [DAY], s.SALES: [10.5], **columns})


def sell(db: Database, frame: pl.DataFrame, *, replace: bool = False) -> Written:
    with db.begin() as conn:
        return add_sales(conn, frame, replace=replace)


def plan(db: Database, frame: pl.DataFrame) -> Written:
    with db.begin() as conn:
        return add_calendar(conn, frame)


def day_of(db: Database, store: int = 1, day: dt.date = DAY) -> dict[str, object]:
    return read_panel(db)[0].calendar.row(by_predicate=(pl.col(s.STORE) == store) & (pl.col(s.DATE) == day), named=True)


def test_sales_of_a_known_day_need_nothing_else(filled: Database) -> None:
    assert sell(filled, rows()) == Written(inserted=1, same=0, version=2, replaced=0)
    panel = read_panel(filled)[0]
    assert panel.end == DAY
    assert panel.sales.filter(pl.col(s.DATE) == DAY).rows() == [(1, DAY, 10.5, None)]
    assert sell(filled, rows()) == Written(inserted=0, same=1, version=2, replaced=0)
    assert sell(filled, rows(Customers=[3])) == Written(inserted=0, same=0, version=3, replaced=1), "a gap is filled"
    assert sell(filled, rows()) == Written(inserted=0, same=1, version=3, replaced=0), "a null says nothing"


def test_of_a_day_out_of_stock_the_calendar_alone_is_taken(filled: Database) -> None:
    assert sell(filled, rows(Stockout=[1], Promo=[1])).inserted == 0, "the calendar held the day"
    panel = read_panel(filled)[0]
    assert panel.end < DAY
    assert day_of(filled)[s.PROMO] == 1
    later = DAY + dt.timedelta(days=30)
    known = {s.OPEN: [1], s.PROMO: [0], s.STATE_HOLIDAY: ["0"], s.SCHOOL_HOLIDAY: [0]}
    assert sell(filled, rows(Date=[later], Stockout=[1], **known)).inserted == 1
    assert sell(filled, rows(Stockout=[0])).inserted == 1
    with pytest.raises(
        ConflictError, match=r"has sales already \(1 rows in all\), and no day has that is out of stock"
    ):
        sell(filled, rows(Stockout=[1]), replace=True)


def test_sales_below_zero_are_unknown_as_in_files_and_0_where_the_store_was_closed(filled: Database) -> None:
    assert sell(filled, rows(Sales=[-12.0], Promo=[1])) == Written(0, 1, 0, 2, unknown=1)
    panel = read_panel(filled)[0]
    assert panel.end < DAY
    assert day_of(filled)[s.PROMO] == 1
    assert sell(filled, rows(Sales=[-12.0], Promo=[1])) == Written(0, 1, 0, 2, unknown=1), "the same again"
    assert sell(filled, rows(Sales=[-3.0], Store=[2], Open=[0])).unknown == 0
    assert read_panel(filled)[0].sales.filter(pl.col(s.DATE) == DAY)[s.SALES].to_list() == [0]
    with pytest.raises(ConflictError, match="below zero by returns"):
        sell(filled, rows(Sales=[-3.0], Store=[2], Open=[1]), replace=True)


def test_what_is_done_with_unknown_sales_is_named_by_the_rules_of_files(filled: Database) -> None:
    sent = pl.DataFrame(
        {s.STORE: [1, 2, 3], s.DATE: [DAY] * 3, s.SALES: [-1.0, 5.0, 7.0], s.OPEN: [1, 1, 1], "Stockout": [0, 1, 0]}
    )

    def repaired(frame: pl.DataFrame) -> list[tuple[str, int, tuple[str, ...]]]:
        repairs: list[Repair] = []
        with filled.begin() as conn:
            unknown = add_sales(conn, frame, replace=True, repairs=repairs).unknown
        assert unknown == sum(repair.rows for repair in repairs if repair.rule != "closed_with_sales")
        return [(repair.rule, repair.rows, repair.examples) for repair in repairs]

    stockout, returned = ("stockouts", 1, (f"store 2, {DAY}",)), ("negative_sales", 1, (f"store 1, {DAY}",))
    assert repaired(sent) == [stockout, returned]
    both = sent.head(1).with_columns(pl.Series("Stockout", [1]))
    assert repaired(both) == [("stockouts", 1, (f"store 1, {DAY}",))]
    closed = sent.head(1).with_columns(pl.Series(s.OPEN, [0]))
    assert repaired(closed) == [("closed_with_sales", 1, (f"store 1, {DAY}",))]
    assert repaired(sent.filter(pl.col(s.STORE) == 3)) == []


def test_many_sales_below_zero_are_another_sign(filled: Database) -> None:
    all_stores = pl.DataFrame({s.STORE: [1, 2, 3, 4], s.DATE: [DAY] * 4, s.SALES: [-5.0, -6.0, 7.0, 8.0]})
    with pytest.raises(DataError, match=r"Sales: found sales below zero, as in 2 of 4 rows"):
        sell(filled, all_stores)
    assert sell(filled, all_stores.filter(pl.col(s.STORE) > 1)).unknown == 1


def test_the_same_sales_with_other_values_are_a_conflict_until_replaced(filled: Database) -> None:
    sell(filled, rows())
    with pytest.raises(ConflictError, match=rf"Store '1' on {DAY} stands already with Sales '10.5'; found '11.0'"):
        sell(filled, rows(Sales=[11.0]))
    assert version(filled) == 2
    assert sell(filled, rows(Sales=[11.0]), replace=True) == Written(inserted=0, same=0, version=3, replaced=1)


def test_what_came_replaces_what_was_planned_but_not_what_stands(filled: Database) -> None:
    promo = 1 - int(str(day_of(filled)[s.PROMO]))
    assert sell(filled, rows(Promo=[promo])) == Written(inserted=1, same=0, version=2, replaced=0)
    assert day_of(filled)[s.PROMO] == promo
    with pytest.raises(ConflictError, match="Promo"):
        sell(filled, rows(Promo=[1 - promo]))
    assert sell(filled, rows(Promo=[1 - promo]), replace=True).replaced == 1


def test_a_day_outside_the_calendar_needs_all_of_it(filled: Database) -> None:
    far = DAY + dt.timedelta(days=20)  # the calendar ends before it
    with pytest.raises(DataError, match=f"Store '1' on {far}, Open: found no value; expected a value: the calendar"):
        sell(filled, rows(Date=[far]))
    whole = rows(Date=[far], Open=[1], Promo=[0], StateHoliday=["0"], SchoolHoliday=[0])
    assert sell(filled, whole).inserted == 1
    assert day_of(filled, day=far) == {
        "Store": 1, "Date": far, "Open": 1, "Promo": 0, "StateHoliday": "0", "SchoolHoliday": 0, "Assumed": False
    }  # fmt: skip


@ON_SQLITE
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"Store": [99]}, "a store of the chain"),
        ({"Sales": [-2e9]}, "Sales: found '-2000000000.0'"),
        ({"Sales": [float("nan")]}, "Sales: found 'nan'"),
        ({"Sales": [float("inf")]}, "Sales: found 'inf'"),
        ({"Sales": [None]}, "Sales"),
        ({"Customers": [-1]}, "Customers"),
        ({"Promo": [2]}, "Promo: found '2'; expected 0 or 1"),
        ({"Promo": [300]}, "Promo: found '300'"),
        ({"Promo": [True]}, "Promo holds Boolean"),
        ({"Promo": [0.5]}, "Promo holds Float64"),
        ({"StateHoliday": ["x"]}, 'expected one of "0", "a", "b", "c"'),
        ({"Open": [0]}, "closed day"),
        ({"Store": ["1"]}, "Store holds String"),
        ({"Date": [dt.date(1900, 1, 1)]}, "from 1990 to 2100"),
        ({"Date": [None]}, "Date"),
        ({"Date": [dt.datetime.now(dt.UTC).date() + dt.timedelta(days=3)]}, "a day that has come"),
    ],
)
def test_a_row_that_cannot_be_is_refused_and_nothing_is_written(
    filled: Database, columns: dict[str, object], message: str
) -> None:
    def both() -> None:
        with filled.begin() as conn:
            add_sales(conn, rows(Store=[2]))
            add_sales(conn, rows(**columns))

    with pytest.raises(DataError, match=message):
        both()
    assert version(filled) == 1


def test_two_rows_of_a_day_are_refused(filled: Database) -> None:
    with pytest.raises(DataError, match="stands twice"):
        sell(filled, pl.concat([rows(), rows()]))


def test_a_missing_column_is_named(filled: Database) -> None:
    with pytest.raises(DataError, match="The column Sales is missing"):
        sell(filled, rows().drop("Sales"))


def test_days_ahead_change_in_part_and_stay_else(filled: Database) -> None:
    before = day_of(filled)
    promo = 1 - int(str(before[s.PROMO]))
    frame = pl.DataFrame({s.STORE: [1, 2], s.DATE: [DAY] * 2, s.PROMO: [promo, None]})
    assert plan(filled, frame) == Written(inserted=0, same=1, version=2, replaced=1)
    assert day_of(filled) == before | {s.PROMO: promo}
    assert plan(filled, frame) == Written(inserted=0, same=2, version=2, replaced=0)


def test_a_past_day_is_no_day_ahead(filled: Database) -> None:
    with pytest.raises(DataError, match="has sales already"):
        plan(filled, pl.DataFrame({s.STORE: [1], s.DATE: [PANEL.end], s.PROMO: [1]}))


def test_a_guess_stays_marked_until_somebody_gives_the_day(filled: Database) -> None:
    far = DAY + dt.timedelta(days=60)
    day = {s.STORE: [1], s.DATE: [far], s.OPEN: [1], s.PROMO: [0], s.STATE_HOLIDAY: ["0"], s.SCHOOL_HOLIDAY: [0]}
    assert plan(filled, pl.DataFrame(day | {s.ASSUMED: [True]})).inserted == 1
    plan(filled, pl.DataFrame({s.STORE: [1], s.DATE: [far], s.PROMO: [1]}))
    assert day_of(filled, day=far)[s.ASSUMED] is True
    assert plan(filled, pl.DataFrame(day | {s.PROMO: [1]})).replaced == 1
    assert day_of(filled, day=far)[s.ASSUMED] is False


def test_own_columns_are_stored_and_overlaid(db: Database) -> None:
    calendar = PANEL.calendar.with_columns(pl.lit(0.1).alias("Leaflet"), pl.lit(None, pl.Float64).alias("Radio"))
    write_panel(db, Panel(PANEL.sales, PANEL.stores, calendar))
    plan(db, pl.DataFrame({s.STORE: [1], s.DATE: [DAY], "Radio": [2.25]}))
    assert (day_of(db)["Leaflet"], day_of(db)["Radio"]) == (0.1, 2.25)
    sell(db, rows(Leaflet=[7]))
    assert (day_of(db)["Leaflet"], day_of(db)["Radio"]) == (7.0, 2.25)
    with pytest.raises(DataError, match="Leaflet"):
        sell(db, rows(Store=[2], Leaflet=[float("inf")]))


def test_stores_are_added_once(filled: Database) -> None:
    new = pl.DataFrame({s.STORE: [50], s.STORE_TYPE: ["a"], s.PROMO2: [1]})
    with filled.begin() as conn:
        assert add_stores(conn, new) == Written(inserted=1, same=0, version=2, replaced=0)
        assert add_stores(conn, new) == Written(inserted=0, same=1, version=2, replaced=0)
        with pytest.raises(ConflictError, match="Store '50' stands already with StoreType 'a'; found 'b'"):
            add_stores(conn, new.with_columns(pl.lit("b").alias(s.STORE_TYPE)))
        assert add_stores(conn, new.with_columns(pl.lit("b").alias(s.STORE_TYPE)), replace=True).replaced == 1
    stored = read_panel(filled)[0].stores.row(by_predicate=pl.col(s.STORE) == 50, named=True)
    assert stored[s.STORE_TYPE] == "b"
    assert stored[s.STATE] == ""
    assert stored[s.COMPETITION_DISTANCE] is None


def test_many_rows_take_the_same_decisions_as_few(filled: Database) -> None:
    stood = PANEL.sales.join(PANEL.calendar, on=s.KEYS)
    more = stood.with_columns(pl.col(s.DATE) + pl.duration(days=(PANEL.end - PANEL.first).days + 1))
    both = pl.concat([stood, more])
    assert both.height > 600
    assert sell(filled, both) == Written(inserted=more.height, same=stood.height, version=2, replaced=0)
    assert sell(filled, both) == Written(inserted=0, same=both.height, version=2, replaced=0)
    with pytest.raises(ConflictError):
        sell(filled, both.with_columns(pl.col(s.SALES) + pl.col(s.OPEN)))
    opened = both.filter(pl.col(s.OPEN) == 1)
    written = sell(filled, both.with_columns(pl.col(s.SALES) + pl.col(s.OPEN)), replace=True)
    assert written == Written(inserted=0, same=both.height - opened.height, version=3, replaced=opened.height)
    assert read_panel(filled)[0].sales[s.SALES].sum() == both[s.SALES].sum() + opened.height


def test_a_database_without_a_chain_takes_no_sales(db: Database) -> None:
    with pytest.raises(DatabaseError, match="no chain yet"):
        sell(db, rows())


def test_writers_at_once_lose_and_double_nothing(filled: Database) -> None:
    outcomes: list[object] = []

    def write(store: int) -> None:
        try:
            for k in range(10):
                frame = rows(Store=[store], Date=[DAY + dt.timedelta(days=k)], Open=[1])
                outcomes.append(sell(filled, frame).version)
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=write, args=(store,)) for store in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == sorted(range(2, 42), key=str), "each write has a version of its own"
    assert read_panel(filled)[0].sales.filter(pl.col(s.DATE) >= DAY).height == 40


@ON_SQLITE
@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        (s.COMPETITION_DISTANCE, -1.0, r"a number from 0 to 1e\+07 metres"),
        (s.PROMO2, 2, "0 or 1"),
        (s.PROMO_INTERVAL, "January", "months with commas between"),
        (s.COMPETITION_SINCE, dt.date(1899, 12, 1), "from 1900 to 2100"),
        (s.STATE, "x" * 101, "at most 100 characters"),
    ],
)
def test_an_attribute_that_its_column_does_not_allow_is_refused(
    filled: Database, column: str, value: object, expected: str
) -> None:
    store = pl.DataFrame({s.STORE: [50], column: [value]})
    with (
        filled.begin() as conn,
        pytest.raises(DataError, match=f"Store '50', {column}: found .* expected .*{expected}"),
    ):
        add_stores(conn, store)


def test_a_competitor_that_opened_before_the_first_year_of_sales_is_taken(filled: Database) -> None:
    store = pl.DataFrame({s.STORE: [50], s.COMPETITION_SINCE: [dt.date(1961, 1, 1)]})
    with filled.begin() as conn:
        assert add_stores(conn, store).inserted == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ([PANEL.first - dt.timedelta(days=1)], f"a day from {PANEL.first} on, the first of the chain"),
        ([PANEL.first.replace(year=1995)], f"a day from {PANEL.first} on"),
        ([PANEL.end.replace(year=PANEL.end.year + 10)], f"the last with sales before it is {PANEL.end}"),
        ([DAY, DAY + dt.timedelta(days=40)], f"the last with sales before it is {DAY}"),
    ],
)
def test_sales_whose_date_is_mistyped_are_refused_and_the_end_of_the_chain_stays(
    filled: Database, dates: list[dt.date], expected: str
) -> None:
    sales = pl.DataFrame({s.STORE: [1] * len(dates), s.DATE: dates, s.SALES: [5.0] * len(dates)})
    whole = sales.with_columns(pl.lit(1).alias(s.OPEN), pl.lit(0).alias(s.PROMO), pl.lit("0").alias(s.STATE_HOLIDAY))
    with pytest.raises(DataError, match=expected):
        sell(filled, whole.with_columns(pl.lit(0).alias(s.SCHOOL_HOLIDAY)))
    assert read_panel(filled)[0].end == PANEL.end


def test_sales_after_a_month_without_any_are_taken_day_after_day(filled: Database) -> None:
    dates = [DAY + dt.timedelta(days=k) for k in (25, 50, 75)]
    many = pl.DataFrame({s.STORE: [1] * 3, s.DATE: dates, s.SALES: [5.0] * 3})
    whole = many.with_columns(
        pl.lit(1).alias(s.OPEN),
        pl.lit(0).alias(s.PROMO),
        pl.lit("0").alias(s.STATE_HOLIDAY),
        pl.lit(0).alias(s.SCHOOL_HOLIDAY),
    )
    assert sell(filled, whole).inserted == 3


@pytest.mark.parametrize(
    "day",
    [
        PANEL.first - dt.timedelta(days=1),
        PANEL.first.replace(year=PANEL.first.year - 10),
        PANEL.end.replace(year=PANEL.end.year + 5),
    ],
)
def test_days_of_the_calendar_outside_the_chains_span_are_refused(filled: Database, day: dt.date) -> None:
    frame = pl.DataFrame(
        {"Store": [1], "Date": [day], "Open": [1], "Promo": [0], "StateHoliday": ["0"], "SchoolHoliday": [0]}
    )
    with pytest.raises(DataError, match=f"expected a day from {PANEL.first}, the first of the sales, to"):
        plan(filled, frame)
    assert version(filled) == 1


def test_a_database_that_holds_days_before_the_first_sale_is_read_all_the_same(filled: Database) -> None:
    before = read_panel(filled)[0]
    add_day_before_the_first_sale(filled)
    assert read_panel(filled)[0].fingerprint == before.fingerprint
    assert apply_changes(before, changes_since(filled, 1)).fingerprint == before.fingerprint
    Grid.of(read_panel(filled)[0])
