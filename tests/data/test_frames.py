"""Frames become a Panel, or are refused with what was found and what was expected."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.data.clean import clean
from storecast.data.panel import Panel
from storecast.data.read import read_chain
from storecast.errors import DataError
from support.chain_files import write_chain
from support.panels import make_panel

SALES = pl.DataFrame(
    {
        "Store": [2, 1, 1],
        "Date": [dt.date(2015, 6, 12), dt.date(2015, 6, 13), dt.date(2015, 6, 12)],
        "Sales": [7.0, 0.0, 5.0],
    }
)


def pieces(panel: Panel) -> dict[str, pl.DataFrame]:
    return {"sales": panel.sales, "stores": panel.stores, "calendar": panel.calendar.drop(s.ASSUMED)}


@pytest.mark.parametrize("kind", ["polars", "pandas", "shuffled"])
def test_frames_of_a_panel_make_it_again(kind: str) -> None:
    panel = make_panel(stores=3, days=60, ahead=10)
    frames: dict[str, Any] = pieces(panel)
    if kind == "shuffled":
        frames = {name: frame.sample(fraction=1.0, shuffle=True, seed=1) for name, frame in frames.items()}
    if kind == "pandas":
        frames = {name: pd.DataFrame(frame.to_dict(as_series=False)) for name, frame in frames.items()}
    again = Panel.from_frames(**frames)
    for table in ("sales", "stores", "calendar"):
        assert_frame_equal(getattr(again, table), getattr(panel, table))


def test_only_stores_days_and_sales_are_needed() -> None:
    panel = Panel.from_frames(SALES)
    assert panel.stores[s.STORE].to_list() == [1, 2]
    assert panel.calendar[s.OPEN].to_list() == [1, 0, 1]
    assert panel.calendar[s.ASSUMED].all()
    assert panel.sales[s.CUSTOMERS].null_count() == 3


def test_days_ahead_are_those_of_the_calendar_and_gaps_are_filled_and_marked() -> None:
    panel = make_panel(stores=2, days=120, ahead=14)
    first = panel.end + dt.timedelta(days=1)
    days = {"Store": [1, 1], "Date": [panel.end, first]}
    calendar = pl.DataFrame({**days, "Promo": [None, 1], "Leaflet": [1.0, 3.5]})
    ahead = Panel.from_frames(panel.sales, panel.stores, calendar).window(panel.end, 14).future
    assert ahead.select(s.PROMO, "Leaflet", s.ASSUMED).rows() == [(1, 3.5, True)]
    whole = calendar.with_columns(Open=pl.lit(1), StateHoliday=pl.lit("0"), SchoolHoliday=pl.lit(0))
    ahead = Panel.from_frames(panel.sales, panel.stores, whole).window(panel.end, 14).future
    assert ahead[s.ASSUMED].to_list() == [False]


def test_a_weekday_on_which_a_store_never_sold_is_closed_ahead() -> None:
    panel = make_panel(stores=2, days=120, ahead=14)
    days = panel.calendar.filter(pl.col(s.DATE) > panel.end).select(s.KEYS)
    ahead = Panel.from_frames(panel.sales, panel.stores, days).window(panel.end, 14).future
    sundays = ahead.filter(pl.col(s.DATE).dt.weekday() == 7)
    assert sundays[s.OPEN].sum() == 0
    assert ahead.filter(pl.col(s.DATE).dt.weekday() == 2)[s.OPEN].to_list() == [1] * 4


def test_dates_may_be_text_or_midnights_and_ids_text() -> None:
    for dates in (["2015-06-12", "2015-06-13"], [dt.datetime(2015, 6, 12), dt.datetime(2015, 6, 13)]):
        panel = Panel.from_frames(pl.DataFrame({"Store": ["a", "a"], "Date": dates, "Sales": [1, 2]}))
        assert (panel.first, panel.end) == (dt.date(2015, 6, 12), dt.date(2015, 6, 13))


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ({"sales": SALES.drop("Sales")}, r"sales: the column Sales is missing; found 'Store, Date'"),
        ({"sales": SALES.rename({"Sales": "sale"})}, r"Did you mean sale\?"),
        ({"sales": SALES.with_columns(Price=pl.lit(1.0))}, r"the column 'Price' is not known.*frame calendar"),
        ({"sales": SALES.with_columns(Sales=pl.lit(-1.0))}, r"Sales are below zero on 3 of 3 days with sales"),
        ({"sales": SALES.with_columns(Open=pl.lit(2))}, r"Open is '2'; expected 0 or 1"),
        ({"sales": SALES.with_columns(Sales=pl.lit("5,3"))}, r"the column Sales holds String values such as '5,3'"),
        ({"sales": SALES.with_columns(Date=pl.lit("12.06.2015"))}, r"the column Date holds String.*expected a date such as 2015"),
        ({"sales": SALES.with_columns(Date=pl.lit(dt.datetime(2015, 6, 12, 22)))}, r"Date holds Datetime"),
        ({"sales": pl.concat([SALES, SALES.head(1)])}, r"two rows of store '2 on 2015-06-12'"),
        ({"sales": SALES.head(0)}, "holds no rows"),
        ({"sales": SALES, "stores": pl.DataFrame({"Store": [1]})}, r"sales: found the store '2', which the frame stores"),
        ({"sales": SALES, "stores": pl.DataFrame({"Store": ["1"]})}, r"stores: Store holds String"),
        ({"sales": SALES.with_columns(Store=pl.when(pl.col("Store") == 1).then("Store"))}, r"Store is 'None'; expected a whole"),
        ({"sales": [1, 2]}, r"sales: found a list; expected a data frame"),
    ],
)  # fmt: skip
def test_an_unusable_frame_is_refused_with_the_reason(frames: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Panel.from_frames(**frames)


def test_ids_and_weekdays_of_files_are_no_columns_of_ones_own() -> None:
    panel = make_panel(stores=2, days=60, ahead=7)
    calendar = panel.calendar.drop(s.ASSUMED).with_columns(Id=pl.lit(1), DayOfWeek=pl.col(s.DATE).dt.weekday())
    assert Panel.from_frames(panel.sales, panel.stores, calendar).known == ()


def test_an_own_column_without_a_past_is_refused() -> None:
    panel = make_panel(stores=2, days=60, ahead=7)
    ahead = panel.calendar.filter(pl.col(s.DATE) > panel.end).drop(s.ASSUMED).with_columns(Leaflet=pl.lit(1.0))
    with pytest.raises(DataError, match=r"own column 'Leaflet' has no value up to"):
        Panel.from_frames(panel.sales, panel.stores, ahead)


def write_own_columns(folder: Path) -> dict[str, Any]:
    """Write a chain with own columns of every kind, and return the same as frames and parameters of `from_frames`."""
    write_chain(folder, stores=3, days=60, ahead=14)
    (folder / "store_states.csv").unlink()
    row = pl.int_range(pl.len())
    own = {
        "Price": (row % 7).cast(pl.Float64) + 0.5,
        "Weather": pl.when(row % 5 < 2).then(pl.lit("rain")).otherwise(pl.lit("sun")),
        "Leaflet": pl.when(row % 4 == 0).then(pl.lit("ja")).otherwise(pl.lit("nein")),
    }
    of_sales = {"Receipts": (row % 11) + 20, "Stockout": (row == 31).cast(pl.Int8)}
    train = (
        pl.read_csv(folder / "train.csv")
        .with_columns(**own, **of_sales, Promo=pl.lit("no"))
        .rename({"Sales": "Umsatz"})
    )
    train = train.with_columns(Promo=pl.when(row % 6 == 0).then(pl.lit("yes")).otherwise("Promo"))
    test = pl.read_csv(folder / "test.csv").with_columns(**own)
    stores = pl.read_csv(folder / "store.csv").select("Store", "StoreType", State=pl.lit("Pichincha"))
    stores = stores.with_columns(Area=pl.Series([120, 90, 300]), Format=pl.Series(["small", "small", "big"]))
    for name, frame in (("train", train), ("test", test), ("store", stores)):
        frame.write_csv(folder / f"{name}.csv")
    lists = {"known": ["Price", "Weather", "Leaflet"], "past": ["Receipts"], "facts": ["Area", "Format"]}
    lines = [f"{name} = {json.dumps(value)}" for name, value in lists.items()]
    lines += ['country = "EC"', "[columns]", 'Sales = "Umsatz"', "[feasts]", 'Fair = "02-01"']
    (folder / "storecast.toml").write_text("\n".join(lines), encoding="utf-8")
    settings = {"country": "EC", "columns": {"Sales": "Umsatz"}, "feasts": {"Fair": "02-01"}}
    return {"sales": train, "stores": stores, "calendar": test, **lists, **settings}


@pytest.mark.parametrize("kind", ["polars", "pandas"])
def test_frames_and_the_same_files_with_own_columns_of_every_kind_are_the_same_panel(tmp_path: Path, kind: str) -> None:
    frames = write_own_columns(tmp_path)
    if kind == "pandas":
        frames |= {
            name: pd.DataFrame(frames[name].to_dict(as_series=False)) for name in ("sales", "stores", "calendar")
        }
    files = clean(read_chain(tmp_path)).panel
    panel = Panel.from_frames(**frames)
    for table in ("sales", "stores"):
        assert_frame_equal(getattr(panel, table), getattr(files, table))
    assert_frame_equal(panel.calendar, files.calendar.select(panel.calendar.columns))
    assert {*panel.own} == {*files.own}
    assert (panel.country, panel.feasts) == (files.country, files.feasts)
    assert files.sales.height == 3 * 60 - 1


def test_own_columns_may_stand_in_the_calendar_alone() -> None:
    panel = make_panel(stores=2, days=60, ahead=7)
    calendar = panel.calendar.select(*s.KEYS, Weather=pl.when(pl.col(s.DATE).dt.day() % 2 == 0).then(pl.lit("rain")))
    assert Panel.from_frames(panel.sales, panel.stores, calendar).known == ("Weather = rain",)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"known": "Price"}, r"known: expected a list"),
        ({"past": ["Pricee"]}, r"past: there is no column 'Pricee' in sales\. Did you mean Price"),
        ({"facts": ["Area"]}, r"facts: there is no column 'Area' in stores or sales"),
        ({"known": ["Open"]}, r"'Open' is a name that storecast uses itself"),
        ({"known": ["Price"], "past": ["Price"]}, "stands twice"),
    ],
)
def test_own_columns_that_are_not_there_are_refused(own: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Panel.from_frames(SALES.with_columns(Price=pl.lit(1.0)), **own)


def test_files_and_frames_with_sums_returns_and_replaced_stores_are_the_same_panel(tmp_path: Path) -> None:
    panel = make_panel(stores=3, days=120, ahead=0)
    days = panel.sales.join(panel.calendar.drop(s.ASSUMED), on=s.KEYS).drop(s.CUSTOMERS)
    moved = pl.when((pl.col("Store") == 3) & (pl.col("Date") < dt.date(2013, 3, 1))).then(9).otherwise("Store")
    returned = (pl.col("Store") == 1) & (pl.col("Date") == dt.date(2013, 2, 5))
    sales = pl.when(returned).then(-12.5).otherwise("Sales")
    days = days.with_columns(moved.alias("Store"), sales.alias("Sales"), pl.lit(2.0).alias("Receipts"))
    twice = pl.concat([days.with_columns(pl.col("Sales") / 4), days.with_columns(pl.col("Sales") * 3 / 4)])
    stores = pl.DataFrame({"Store": [1, 2, 3], "Replaces": [None, None, 9]})
    twice.write_csv(tmp_path / "train.csv")
    stores.write_csv(tmp_path / "store.csv")
    (tmp_path / "storecast.toml").write_text('sum = true\npast = ["Receipts"]\n', encoding="utf-8")
    of_files = clean(read_chain(tmp_path)).panel
    of_frames = Panel.from_frames(twice, stores, past=["Receipts"], sum_rows=True)
    assert of_frames.stores["Store"].to_list() == [1, 2, 3]
    assert of_frames.sales.filter(pl.col("Store") == 3).height == panel.sales.filter(pl.col("Store") == 3).height
    assert of_frames.calendar["past: Receipts"].max() == 4
    for name in ("sales", "stores", "calendar"):
        assert_frame_equal(getattr(of_frames, name), getattr(of_files, name), check_row_order=True)


def test_events_of_a_replaced_store_are_those_of_its_successor() -> None:
    panel = make_panel(stores=3, days=120, ahead=0)
    moved = pl.when((pl.col("Store") == 3) & (pl.col("Date") < dt.date(2013, 3, 1))).then(9).otherwise("Store")
    sales = panel.sales.select(moved.alias("Store"), "Date", "Sales")
    stores = pl.DataFrame({"Store": [1, 2, 3], "Replaces": [None, None, 9]})
    events = pl.DataFrame({"Store": [9, 1], "Date": [dt.date(2013, 2, 5), dt.date(2013, 3, 5)], "Exclude": [1, 1]})
    spans = Panel.from_frames(sales, stores, events=events).excluded
    assert [(span.store, span.first) for span in spans] == [(3, dt.date(2013, 2, 5)), (1, dt.date(2013, 3, 5))]


def test_facts_of_stores_may_stand_among_the_sales() -> None:
    sales = make_panel(stores=3, days=60, ahead=0).sales.select("Store", "Date", "Sales")
    facts = pl.DataFrame({"Store": [1, 2, 3], "Area": [120.0, 80.0, None], "Format": ["city", "city", "village"]})
    beside = sales.join(facts, on="Store")
    of_stores = Panel.from_frames(sales, facts, facts=["Area", "Format"])
    for frames in ((beside, None), (beside.drop("Area"), facts.drop("Format"))):
        of_sales = Panel.from_frames(*frames, facts=["Area", "Format"])
        assert_frame_equal(of_sales.calendar, of_stores.calendar)
    changing = beside.with_columns(pl.col("Date").dt.day().cast(pl.Float64).alias("Area"))
    with pytest.raises(DataError, match=r"sales: Area of store '1' is '1\.0' on one day and '2\.0'"):
        Panel.from_frames(changing, facts=["Area", "Format"])


LONG = make_panel(stores=4, days=120, ahead=0)
LAST = pl.col(s.DATE).max()


def frame_with(*rows: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    sales = LONG.sales.select(*s.KEYS, s.SALES)
    return pl.concat([sales, *(row.select(sales.columns).cast(dict(sales.schema)) for row in rows)]).with_columns(
        **columns
    )


TOTAL = LONG.sales.group_by(s.DATE).agg(pl.lit(99).alias(s.STORE), pl.col(s.SALES).sum())
LONE = pl.when((pl.col(s.STORE) == 2) & (pl.col(s.DATE) == LAST)).then(pl.lit(dt.date(2023, 4, 30))).otherwise(s.DATE)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (frame_with().filter(pl.col(s.DATE).dt.weekday() == 1), r"sales: most stores have a row every 7 days"),
        (frame_with(TOTAL), r"sales: store '99' sells"),
        (frame_with(Date=LONE), r"sales, column Date: found 2023-04-30 \(1 of 480 rows\)"),
        (frame_with(Sales=-pl.col(s.SALES)), r"Sales are below zero on"),
    ],
)
def test_frames_are_refused_as_a_whole_as_files_are(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Panel.from_frames(frame)


def test_weekdays_that_never_sell_are_closed_in_frames_as_in_files() -> None:
    panel = Panel.from_frames(frame_with(Open=pl.lit(1)))
    assert panel.calendar.filter(pl.col(s.DATE).dt.weekday() == 7)[s.OPEN].sum() == 0


def test_one_store_that_reports_first_moves_no_cutoff_of_frames(caplog: pytest.LogCaptureFixture) -> None:
    early = pl.DataFrame({"Store": [2], "Date": [LONG.end + dt.timedelta(days=5)], "Sales": [900.0]})
    with caplog.at_level("WARNING"):
        panel = Panel.from_frames(frame_with(early))
    assert panel.end == LONG.end
    assert "incomplete_days" in caplog.text


def in_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    utc = pd.to_datetime(frame["Date"].dt.epoch("ms").to_numpy(), unit="ms", utc=True)
    zone = frame.schema["Date"].time_zone  # type: ignore[attr-defined]
    return pd.DataFrame({**frame.drop("Date").to_dict(as_series=False), "Date": utc.tz_convert(zone)})


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("kind", [pl.DataFrame, in_pandas])
def test_midnights_of_a_zone_are_its_days_and_those_of_another_are_refused(zone: str, kind: Any) -> None:
    local = frame_with(Date=pl.col("Date").cast(pl.Datetime("us")).dt.replace_time_zone(zone))
    assert Panel.from_frames(kind(local)).end == LONG.end
    with pytest.raises(DataError, match="column Date holds"):
        Panel.from_frames(kind(local.with_columns(pl.col("Date").dt.convert_time_zone("UTC"))))
