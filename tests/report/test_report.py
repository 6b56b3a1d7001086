"""What people read: totals to the cent, names that cannot run, one page that needs nothing else."""

import datetime as dt
import re
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panels import make_panel
from storecast import Task, backtest
from storecast import schema as s
from storecast.data.clean import Repair
from storecast.data.panel import Panel
from storecast.evaluate.promotion import choose
from storecast.evaluate.summary import summary
from storecast.report.page import ReportInput, render
from storecast.report.plan import write_plan
from storecast.report.tables import changes, forecast_table, submission, totals
from storecast.report.writers import read_forecast, write_csv

FIRST = dt.date(2014, 3, 5)  # a Wednesday
NAMES = ("=cmd|' /C calc'!A0", "<script>alert(1)</script>", "'; DROP TABLE x", "+1", "@x", "-2", "plain")


def forecast_of(cents: list[list[int]], stores: list[object]) -> pl.DataFrame:
    rows = [
        (store, FIRST + dt.timedelta(days=k), c / 100)
        for store, line in zip(stores, cents, strict=True)
        for k, c in enumerate(line)
    ]
    return pl.DataFrame(rows, schema=[s.STORE, s.DATE, s.FORECAST], orient="row")


@given(st.lists(st.lists(st.integers(0, 10**7), min_size=20, max_size=20), min_size=3, max_size=3))
def test_totals_are_the_sums_of_the_days_to_the_cent(cents: list[list[int]]) -> None:
    stores = pl.DataFrame({s.STORE: [1, 2, 3], s.STORE_TYPE: ["a", "b", "a"]})
    found = totals(forecast_of(cents, [1, 2, 3]), stores)
    whole = sum(map(sum, cents))
    for name in ("store", "type", "chain"):
        for part in ("week", "horizon"):
            lines = found.filter(pl.col("Level") == f"{name}-{part}")
            assert sum(round(value * 100) for value in lines[s.FORECAST]) == whole
    type_a = found.filter((pl.col("Level") == "type-horizon") & (pl.col("Key") == "a"))
    assert round(type_a[s.FORECAST][0] * 100) == sum(cents[0]) + sum(cents[2])


def test_weeks_run_from_monday_and_are_cut_at_the_ends() -> None:
    stores = pl.DataFrame({s.STORE: [1], s.STORE_TYPE: ["a"]})
    found = totals(forecast_of([[100] * 20], [1]), stores).filter(pl.col("Level") == "chain-week")
    assert found["Start"].to_list() == [FIRST, dt.date(2014, 3, 10), dt.date(2014, 3, 17), dt.date(2014, 3, 24)]
    assert found["End"].to_list() == [
        dt.date(2014, 3, 9),
        dt.date(2014, 3, 16),
        dt.date(2014, 3, 23),
        dt.date(2014, 3, 24),
    ]


def test_rows_come_as_they_were_asked() -> None:
    forecast = forecast_of([[100, 200], [300, 400]], [1, 2])
    asked = pl.DataFrame({s.ID: ["9", "8"], s.STORE: [2, 1], s.DATE: [FIRST, FIRST]})
    assert forecast_table(forecast, asked)[s.FORECAST].to_list() == [3.0, 1.0]
    assert submission(forecast, asked, 0.5).rows() == [("9", 1.5), ("8", 0.5)]


def test_changes_tell_what_moved_largest_first() -> None:
    before, now = forecast_of([[100, 200, 300]], [1]), forecast_of([[100, 250, 100]], [1])
    found = changes(before, now)
    assert found["Change"].to_list() == [-2.0, 0.5]
    assert found["ChangePercent"].to_list() == [-66.7, 25.0]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_text_in_every_spreadsheet(tmp_path: Path, name: str) -> None:
    panel = named(name)
    forecast = panel.calendar.filter(pl.col(s.DATE) > panel.end).select(*s.KEYS, pl.lit(5.0).alias(s.FORECAST))
    write_csv(forecast, tmp_path / "forecast.csv")
    text = (tmp_path / "forecast.csv").read_text(encoding="utf-8")
    assert not re.search(r'^"?[=+\-@]', text, re.MULTILINE)
    again = read_forecast(tmp_path / "forecast.csv", text_ids=True)
    assert again is not None
    assert name in again[s.STORE].to_list()
    write_plan(
        tmp_path / "plan.xlsx",
        forecast,
        panel,
        cutoff=panel.end,
        model="m",
        created=dt.datetime(2026, 1, 1),
        generated=False,
    )
    sheet = openpyxl.load_workbook(tmp_path / "plan.xlsx")["Plan"]
    cell = next(row[0] for row in sheet.iter_rows(min_row=2) if row[0].value == name)
    assert cell.data_type == "s"


def named(name: str) -> Panel:
    panel = make_panel(stores=2, days=400, ahead=14)
    rename = pl.when(pl.col(s.STORE) == 1).then(pl.lit(name)).otherwise(pl.lit("other")).alias(s.STORE)
    return Panel(
        *(getattr(panel, table).with_columns(rename).sort(s.STORE) for table in ("sales", "stores", "calendar"))
    )


def test_the_plan_adds_up_and_sets_last_year_beside(tmp_path: Path) -> None:
    panel = make_panel(stores=3, days=400, ahead=14)
    forecast = panel.calendar.filter(pl.col(s.DATE) > panel.end).select(*s.KEYS, pl.lit(5.25).alias(s.FORECAST))
    path = tmp_path / "plan.xlsx"
    write_plan(path, forecast, panel, cutoff=panel.end, model="m", created=dt.datetime(2026, 1, 1), generated=True)
    rows = list(openpyxl.load_workbook(path, data_only=True)["Plan"].iter_rows(values_only=True))
    head = rows[5]
    total = head.index("Total")
    assert [row[total] for row in rows[6:9]] == [14 * 5.25] * 3
    assert rows[4][total] == pytest.approx(3 * 14 * 5.25)
    day, year = panel.end + dt.timedelta(days=1), dt.timedelta(days=364)
    last = panel.sales.filter(
        (pl.col(s.STORE) == 1) & (pl.col(s.DATE) >= day - year) & (pl.col(s.DATE) < day - year + dt.timedelta(days=14))
    )
    assert rows[6][head.index("Total", total + 1)] == last[s.SALES].sum()
    read_me = openpyxl.load_workbook(path)["Read me"]
    assert "generated" in read_me["A1"].value


@pytest.fixture(scope="module")
def told() -> ReportInput:
    panel = named(NAMES[1])
    result = backtest(panel, ["linear"], [panel.end - dt.timedelta(days=14)], Task(14))
    ahead = panel.calendar.filter(pl.col(s.DATE) > panel.end).select(*s.KEYS)
    values = {name: pl.lit(5.0) for name in (s.FORECAST, "Lower80", "Upper80", "Lower95", "Upper95")}
    return ReportInput(
        forecast=ahead.with_columns(**values),
        panel=panel,
        scores=summary(result, panel, choose(result), version="0", generated=True),
        repairs=[Repair("rule", "<b>what</b>", "done", 3, ("<i>x</i>",))],
        backtest=result.forecasts,
        model="model-x.pkl",
        champion="linear",
        cutoff=panel.end,
        created=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )


def test_the_page_needs_nothing_else_and_escapes_what_it_is_told(told: ReportInput) -> None:
    page = render(told)
    assert len(page.encode()) < 8_000_000
    own = page[: page.index("<script>")] + page[page.index("</script>") :]
    assert not re.search(r'(src|href)\s*=\s*"?(https?:)?//', own)
    assert "<b>what</b>" not in page
    assert "&lt;b&gt;what&lt;/b&gt;" in page
    assert NAMES[1] not in own
    assert "generated" in own
    assert "measured" in own
    assert "guaranteed" not in own


def test_every_link_of_the_contents_has_its_section(told: ReportInput) -> None:
    page = render(told)
    for target in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{target}"' in page
