"""The sales end on the last day that is nearly complete; early reports of a few stores move nothing."""

import datetime as dt
from collections.abc import Collection
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.clean import Cleaned, clean
from storecast.data.panel import Panel
from storecast.data.read import read_chain
from storecast.models.base import create
from storecast.uncertainty.point import point_forecasts
from storecast.workflows.preparation import prepare
from support.chain_files import FIRST, edit, write_chain

STORES = 12
DAYS = 120
END = FIRST + dt.timedelta(days=DAYS - 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_chain(tmp_path / "data", stores=STORES, days=DAYS)
    (folder / "test.csv").unlink()
    return folder


def load(folder: Path, *skip: str) -> Cleaned:
    return clean(read_chain(folder), skip=skip)


def add_day(folder: Path, day: dt.date, stores: Collection[int]) -> None:
    rows = [f"{store},{day.isoweekday()},{day},5000,500,1,0,0,0" for store in stores]
    edit(folder, "train.csv", lambda lines: [*lines, *rows])


def days_after(days: int) -> dt.date:
    return END + dt.timedelta(days=days)


LATE: dict[str, list[tuple[int, int]]] = {  # days after the end, and stores that report them
    "one store, the next day": [(1, 1)],
    "half of the stores": [(1, 6)],
    "three days of few": [(1, 7), (2, 4), (3, 1)],
    "a lone row a week later": [(7, 1)],
    "a lone row two weeks later": [(14, 2)],
    "a lone row almost four weeks later": [(27, 1)],
    "two stores for two weeks": [(days, 2) for days in range(1, 15)],
    "three stores for forty days": [(days, 3) for days in range(1, 41)],
    "fewer and fewer stores": [(days, max(1, 8 - days)) for days in range(1, 21)],
}


@pytest.mark.parametrize("late", LATE)
def test_incomplete_days_move_no_cutoff_and_are_named(folder: Path, late: str) -> None:
    for days, stores in LATE[late]:
        add_day(folder, days_after(days), range(1, stores + 1))
    cleaned = load(folder)
    assert cleaned.panel.end == END
    assert [(repair.rule, repair.rows) for repair in cleaned.repairs] == [
        ("incomplete_days", sum(stores for _, stores in LATE[late]))
    ]
    assert f"end on {END}" in cleaned.notices[0]
    ahead = cleaned.panel.calendar.filter(pl.col(s.DATE) > END)
    assert ahead.height == cleaned.repairs[0].rows  # what they say of openings is known ahead


@pytest.mark.parametrize("stores", [8, 11, 12])
def test_a_day_that_is_nearly_complete_is_the_end(folder: Path, stores: int) -> None:
    add_day(folder, days_after(1), range(1, stores + 1))
    assert load(folder).panel.end == days_after(1)


def test_the_forecast_starts_after_the_complete_end(folder: Path) -> None:
    add_day(folder, days_after(1), [5])
    panel = prepare(folder, horizon=14).panel
    ahead = panel.calendar.filter(pl.col(s.DATE) > panel.end)
    assert ahead.height == STORES * 14
    assert ahead[s.DATE].min() == days_after(1)


def test_most_stores_that_ended_six_weeks_ago_are_no_late_reports(folder: Path) -> None:
    for days in range(1, 46):
        add_day(folder, days_after(days), range(1, 5))
    cleaned = load(folder)
    assert cleaned.panel.end == days_after(45)
    assert {"inactive_stores", "incomplete_days"} & {each.rule for each in cleaned.repairs} == {"inactive_stores"}


def test_of_two_stores_the_one_that_reports_first_moves_nothing(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=2, days=DAYS)
    (folder / "test.csv").unlink()
    for days in range(1, 11):
        add_day(folder, days_after(days), [1])
    assert load(folder).panel.end == END


def test_a_holiday_on_which_few_stores_have_rows_is_the_end_unless_others_are_late(folder: Path) -> None:
    holiday = f"1,{days_after(1).isoweekday()},{days_after(1)},5000,500,1,0,a,0"
    edit(folder, "train.csv", lambda lines: [*lines, holiday])
    assert load(folder).panel.end == days_after(1)
    add_day(folder, days_after(2), [1, 2])
    assert load(folder).panel.end == END


def test_weekdays_on_which_few_stores_have_rows_are_complete_with_few(folder: Path) -> None:
    edit(folder, "train.csv", lambda lines: [x for x in lines if x.split(",")[1] != "7" or x.startswith(("1,", "2,"))])
    last = END + dt.timedelta(days=7 - END.isoweekday())
    for day in range(1, (last - END).days + 1):
        add_day(folder, days_after(day), range(1, STORES + 1) if days_after(day) < last else (1, 2))
    assert load(folder).panel.end == last


def test_the_rule_that_is_switched_off_takes_the_last_row(folder: Path) -> None:
    add_day(folder, days_after(1), [5])
    assert load(folder, "incomplete_days").panel.end == days_after(1)


def test_a_test_file_that_overlaps_the_incomplete_days_is_followed(tmp_path: Path) -> None:
    folder = write_chain(tmp_path / "data", stores=STORES, days=DAYS)
    last = str(END)
    edit(folder, "train.csv", lambda lines: [x for x in lines if x.split(",")[2] != last or x.startswith("5,")])
    edit(folder, "test.csv", lambda lines: [*lines, *(f"{900 + k},{k},3,{last},0,0,0,0" for k in range(1, STORES + 1))])
    panel = load(folder).panel
    assert panel.end == END - dt.timedelta(days=1)
    assert panel.calendar.filter(pl.col(s.DATE) == END)[s.OPEN].to_list() == [0] * STORES


@pytest.mark.parametrize("late", range(1, 8))
def test_a_store_that_reports_late_is_forecast_from_the_cutoff_of_the_chain(folder: Path, late: int) -> None:
    """Its days that are not in yet are gaps: nobody else is moved, and it is forecast for every day ahead."""
    whole = prepare(folder, horizon=14).panel
    since = END - dt.timedelta(days=late)
    edit(
        folder,
        "train.csv",
        lambda lines: [line for line in lines if line[:2] != "3," or line.split(",")[2] <= str(since)],
    )
    prepared = prepare(folder, horizon=14)
    assert prepared.panel.end == END
    assert [repair.rule for repair in prepared.cleaned.repairs] == ["ended_stores"]
    forecasts = [_forecast(panel) for panel in (prepared.panel, whole)]
    assert prepared.rows_to_write(forecasts[0].with_columns(pl.lit(0.0).alias(s.FORECAST))).height == STORES * 14
    ratio = forecasts[0]["Median"] / forecasts[1]["Median"]
    is_late, is_open = forecasts[0][s.STORE] == 3, forecasts[0][s.OPEN] == 1
    assert (ratio.filter(is_late & is_open) - 1).abs().max() < 0.1
    assert (ratio.filter(~is_late & is_open) - 1).abs().max() < 0.005


def _forecast(panel: Panel) -> pl.DataFrame:
    window = panel.window(panel.end, 14)
    model = create("linear")
    model.fit(window.past, 14)
    return point_forecasts(model, window)


def zeros_ahead(folder: Path, days: int, open_: int = 1) -> None:
    for day in range(1, days + 1):
        date = days_after(day)
        rows = [f"{store},{date.isoweekday()},{date},0,0,{open_},1,0,0" for store in range(1, STORES + 1)]
        edit(folder, "train.csv", lambda lines, rows=rows: [*lines, *rows])


def test_days_ahead_among_the_sales_with_zeros_move_no_cutoff_and_their_promotions_stay(folder: Path) -> None:
    zeros_ahead(folder, 30)
    cleaned = load(folder)
    assert cleaned.panel.end == END
    assert ("unsold_days", 30 * STORES) in [(repair.rule, repair.rows) for repair in cleaned.repairs]
    ahead = cleaned.panel.calendar.filter(pl.col(s.DATE) > END)
    assert ahead.height == 30 * STORES
    assert ahead[s.PROMO].min() == 1
    assert load(folder, "unsold_days").panel.end == days_after(30)


def test_days_ahead_with_zeros_are_known_without_a_column_of_openings(folder: Path) -> None:
    zeros_ahead(folder, 30)
    edit(folder, "train.csv", lambda lines: [",".join(line.split(",")[:5] + line.split(",")[6:]) for line in lines])
    assert load(folder).panel.end == END


def test_a_chain_that_shuts_at_the_end_keeps_its_closed_days(folder: Path) -> None:
    zeros_ahead(folder, 3, open_=0)
    assert load(folder).panel.end == days_after(3)


def test_a_chain_that_often_sells_nothing_keeps_its_last_days(folder: Path) -> None:
    day = str(days_after(-6))
    edit(
        folder,
        "train.csv",
        lambda lines: [
            ",".join([*line.split(",")[:3], "0", "0", *line.split(",")[5:]]) if f",{day}," in line else line
            for line in lines
        ],
    )
    zeros_ahead(folder, 1)
    assert load(folder).panel.end == days_after(1)
