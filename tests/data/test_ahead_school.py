"""School holidays ahead are the published ones where the library has them and the past agrees; else the habit, which is said."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.ahead import extend, work_out_calendar
from storecast.data.ahead_school import school_holidays, school_holidays_repair
from storecast.data.cleaning_rules import Repair
from storecast.data.country_holidays import SCHOOL, feasts, region_code, school_coverage
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.workflows import check


def published(country: str, region: str, first: dt.date, last: dt.date) -> set[dt.date]:
    return set(feasts(country, region_code(country, region), first, last, SCHOOL))


def chain(country: str, region: str, first: dt.date, last: dt.date, closed: set[dt.date]) -> Panel:
    """Return one store whose past marks some days as school holidays."""
    days = [first + dt.timedelta(days=k) for k in range((last - first).days + 1)]
    marks = [int(day in closed) for day in days]
    sales = pl.DataFrame({s.STORE: [1] * len(days), s.DATE: days, s.SALES: [9.0] * len(days), s.SCHOOL_HOLIDAY: marks})
    return Panel.from_frames(sales, pl.DataFrame({s.STORE: [1], s.STATE: [region]}), country=country)


def ahead(panel: Panel, until: dt.date) -> dict[dt.date, int]:
    days = extend(panel, until).calendar.filter(pl.col(s.DATE) > panel.end)
    return dict(days.select(s.DATE, s.SCHOOL_HOLIDAY).iter_rows())


def notice(panel: Panel, until: dt.date) -> Repair | None:
    return school_holidays_repair(work_out_calendar(panel, until).unpublished)


def test_what_the_library_knows_ends_in_silence_and_its_end_is_known() -> None:
    first, last = school_coverage("DE", "BY") or (dt.date.min, dt.date.max)
    assert first <= dt.date(2010, 1, 1)
    assert dt.date(2029, 7, 1) < last < dt.date(2029, 12, 1)  # in the middle of a school year
    assert (school_coverage("NL", "Noord") or (first, first))[1] == dt.date(2030, 12, 31)
    assert (school_coverage("FR", "Zone A") or (first, first))[0] == dt.date(2018, 1, 1)  # of 2017 it has a few weeks


@pytest.mark.parametrize(
    "country", ["CZ", "HU", "US", "BG", "TH", ""]
)  # Bulgaria and Thailand: a school-free day a year
def test_a_country_without_published_school_holidays_has_none(country: str) -> None:
    assert school_coverage(country, None) is None


@pytest.mark.parametrize(("country", "region"), [("NL", "Noord"), ("AT", "Wien"), ("PL", "Mazowieckie"), ("DE", "BY")])
def test_published_holidays_are_followed_in_each_country_that_has_them(country: str, region: str) -> None:
    first, end, until = dt.date(2022, 1, 1), dt.date(2023, 6, 20), dt.date(2023, 9, 20)
    law = published(country, region, first, until)
    panel = chain(country, region, first, end, law)
    assert {day for day, flag in ahead(panel, until).items() if flag} == {day for day in law if day > end}
    assert notice(panel, until) is None


def test_files_that_mark_no_school_holidays_are_not_told_of_any_ahead() -> None:
    first, end, until = dt.date(2022, 9, 15), dt.date(2022, 10, 20), dt.date(2023, 1, 20)
    assert published("DE", "BY", end, until), "which the past cannot contradict"
    panel = chain("DE", "BY", first, end, set())
    assert not any(ahead(panel, until).values())
    assert notice(panel, until) is None


def test_days_beyond_what_is_published_follow_the_year_before_and_it_is_said() -> None:
    first, end, until = dt.date(2029, 1, 1), dt.date(2030, 12, 1), dt.date(2031, 3, 31)
    panel = chain("NL", "Noord", first, end, published("NL", "Noord", first, end))
    flags = ahead(panel, until)
    assert flags[dt.date(2030, 12, 27)] == 1  # published
    assert flags[dt.date(2031, 1, 2)] == 1  # as in the year before
    repair = notice(panel, until)
    assert repair is not None
    assert repair.rows == 1
    assert repair.examples == ("NL-Noord: from 2031-01-01",)


def test_a_past_before_the_published_years_does_not_speak_against_them() -> None:
    first, end, until = dt.date(2016, 1, 1), dt.date(2018, 6, 20), dt.date(2018, 9, 10)
    summers = {dt.date(year, 7, 9) + dt.timedelta(days=k) for year in (2016, 2017) for k in range(54)}
    law = published("FR", "Zone A", dt.date(2018, 1, 1), until)
    flags = ahead(chain("FR", "Zone A", first, end, summers | law), until)
    assert {day for day, flag in flags.items() if flag} == {day for day in law if day > end}


def test_days_that_are_given_or_never_marked_need_no_word() -> None:
    first, end = dt.date(2022, 1, 1), dt.date(2023, 6, 20)
    until = end + dt.timedelta(days=14)
    assert notice(chain("CZ", "", first, end, set()), until) is None
    marked = chain("CZ", "", first, end, {dt.date(2022, 7, 4)})
    assert notice(extend(marked, until), until) is None
    repair = notice(marked, until)
    assert repair is not None
    assert repair.examples == ("CZ: from 2023-06-21",)


def test_check_says_that_school_holidays_follow_the_year_before(tmp_path: Path) -> None:
    panel = chain("CZ", "", dt.date(2022, 1, 1), dt.date(2023, 6, 20), {dt.date(2022, 7, 4)})
    days = panel.sales.join(panel.calendar, on=s.KEYS).select(*s.KEYS, s.SALES, s.SCHOOL_HOLIDAY)
    days.write_csv(tmp_path / "train.csv")
    (tmp_path / "storecast.toml").write_text('country = "CZ"\n', encoding="utf-8")
    assert any("CZ: from 2023-06-21" in notice for notice in check(tmp_path, horizon=14).notices)
    skipped = check(tmp_path, horizon=14, skip=("school_holidays_ahead",))
    assert not any("school" in notice for notice in skipped.notices)


def test_school_holidays_that_are_published_for_a_part_of_a_year_do_not_end_there() -> None:
    by_law = feasts("DE", "BY", dt.date(2028, 1, 1), dt.date(2029, 12, 31), "school")
    assert max(by_law) < dt.date(2029, 12, 1)
    days = [dt.date(2028, 1, 1) + dt.timedelta(days=k) for k in range(731)]
    given = np.full((1, 731), -1, np.int8)
    given[0, :600] = [day in by_law for day in days[:600]]  # until 2029-08-22
    grid = Grid(
        pl.DataFrame({s.STORE: [1], s.STATE: ["BY"]}),
        days[0],
        np.zeros((1, 731), np.float32),
        np.zeros((1, 731), np.float32),
        {},
        {},
        {},
    )
    flags = dict(zip(days[600:], school_holidays(grid, given, 599, "DE")[0][0], strict=True))
    assert flags[dt.date(2029, 9, 3)] == 1  # by law
    assert flags[dt.date(2029, 12, 27)] == 1  # as in the year before
