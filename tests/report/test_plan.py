"""plan.xlsx, read back: it adds up, compares like with like, and its formulas say what its cells show."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.data.panel import Panel
from storecast.report.plan import write_plan
from storecast.report.plan_layout import HEAD, SUMS, TOP
from storecast.uncertainty.totals import totals
from support.panels import make_panel

CREATED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
Ahead = Callable[..., pl.DataFrame]


def write(
    path: Path, panel: Panel, forecast: pl.DataFrame, sums: pl.DataFrame | None = None, *, generated: bool = False
) -> Path:
    sums = totals(forecast, panel.stores) if sums is None else sums
    write_plan(path, forecast, sums, panel, cutoff=panel.end, model="m", created=CREATED, generated=generated)
    return path


def shut_last_year(panel: Panel) -> Panel:
    """Return the panel without the first half of store 2's history."""
    remaining = ~((pl.col(s.STORE) == 2) & (pl.col(s.DATE) < panel.first + dt.timedelta(days=200)))
    return Panel(panel.sales.filter(remaining), panel.stores, panel.calendar)


def test_the_plan_adds_up_and_compares_like_with_like(tmp_path: Path, ahead: Ahead) -> None:
    panel = shut_last_year(make_panel(stores=3, days=400, ahead=14))
    forecast = ahead(panel)
    rows = list(openpyxl.load_workbook(write(tmp_path / "plan.xlsx", panel, forecast), data_only=True)["Plan"].values)
    now, before, change = (k for k, name in enumerate(rows[HEAD]) if name == "Total")
    each = forecast.filter(pl.col(s.STORE) == 1)[s.FORECAST].sum()
    assert [row[now] for row in rows[TOP:]] == pytest.approx([each] * 3)
    assert rows[SUMS][now] == pytest.approx(3 * each)
    day, year = panel.end + dt.timedelta(days=1), dt.timedelta(days=364)
    last = panel.sales.filter(pl.col(s.DATE).is_between(day - year, day - year + dt.timedelta(days=13)))
    sums = {store: last.filter(pl.col(s.STORE) == store)[s.SALES].sum() for store in (1, 3)}
    assert [row[before] for row in rows[TOP:]] == [sums[1], None, sums[3]]
    assert rows[SUMS][before] == sums[1] + sums[3]
    assert rows[SUMS][change] == pytest.approx(2 * each / (sums[1] + sums[3]) - 1)
    assert rows[TOP + 1][change] is None


def test_the_cells_show_what_their_formulas_say(tmp_path: Path, ahead: Ahead) -> None:
    panel = shut_last_year(make_panel(stores=3, days=400, ahead=14))
    path = write(tmp_path / "plan.xlsx", panel, ahead(panel))
    live, shown = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    count = 0
    for name in ("Plan", "Weeks"):
        for row in live[name].iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    count += 1
                    assert evaluated(cell.value, name, shown) == pytest.approx(shown[name][cell.coordinate].value)
    assert count > 30


def test_own_groups_stand_beside_the_stores_and_their_sums_are_formulas_over_them(tmp_path: Path, ahead: Ahead) -> None:
    panel = shut_last_year(make_panel(stores=4, days=400, ahead=14))
    own = Breakdown((StoreGroup("Region", {1: "<b*", 2: "<b*", 3: "=cmd"}), StoreGroup("Code", {1: "007"})))
    panel, forecast = replace(panel, breakdown=own), ahead(panel)
    sums = totals(forecast, panel.stores, breakdown=own)
    path = write(tmp_path / "plan.xlsx", panel, forecast, sums)
    live, shown = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    assert list(shown["Plan"].values)[HEAD][:6] == ("Store", "Type", "Assortment", "State", "Region", "Code")
    assert [row[4] for row in list(shown["Plan"].values)[TOP:]] == ["<b*", "<b*", "=cmd", "unknown"]
    lines = [row[:6] for row in list(shown["Groups"].values)[4:]]
    expected = [("Region", "<b*"), ("Region", "=cmd"), ("Region", "unknown"), ("Code", "007"), ("Code", "unknown")]
    assert [row[:2] for row in lines] == expected
    money = {row[:2]: row[2] for row in lines}
    for level, key, total in (
        sums.filter(pl.col("Level").is_in(["Region-horizon", "Code-horizon"]))
        .select("Level", "Key", s.FORECAST)
        .iter_rows()
    ):
        assert money[level.removesuffix("-horizon"), key] == pytest.approx(total)
    chain = list(shown["Weeks"].values)[-1]
    for column, whole in ((2, chain[2]), (3, chain[3]), (4, chain[4])):
        assert sum(row[column] for row in lines[:3]) == pytest.approx(whole)
    cells = {cell.coordinate: cell for row in live["Groups"].iter_rows(min_row=5) for cell in row}
    assert cells["B6"].data_type == "s"
    assert cells["C5"].value == "=SUMPRODUCT(EXACT(Plan!E7:E10,B5)*Plan!G7:I10)"
    assert cells["D5"].value == "=SUMPRODUCT(EXACT(Plan!E7:E10,B5)*ISNUMBER(Plan!K7:M10)*Plan!G7:I10)"
    assert (
        "Groups" not in openpyxl.load_workbook(write(tmp_path / "b.xlsx", make_panel(2, 400, 14), forecast)).sheetnames
    )


def evaluated(formula: str, sheet: str, shown: Any) -> float:
    """Work a formula out from the values of the cells: the four forms that the plan has."""

    def values(cells: str) -> list[Any]:
        place, _, area = cells.rpartition("!")
        match = shown[place or sheet][area]
        return [cell.value for row in match for cell in row] if isinstance(match, tuple) else [match.value]

    def term(text: str) -> float:
        if match := re.fullmatch(r"SUM\((.+)\)", text):
            return sum(value or 0 for value in values(match[1]))
        if match := re.fullmatch(r"SUMPRODUCT\(ISNUMBER\((.+)\)\*(.+)\)", text):
            pairs = zip(values(match[1]), values(match[2]), strict=True)
            return sum(now for before, now in pairs if before is not None)
        return values(text)[0] or 0

    if match := re.fullmatch(r"=(.+)/(.+)-1", formula):
        return term(match[1]) / term(match[2]) - 1
    return term(formula.removeprefix("="))


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "{=1+1}", "+1", "@x", "-2", "http://x.example", "007"])
def test_a_name_is_a_string_in_the_workbook(
    tmp_path: Path, name: str, named: Callable[..., Panel], ahead: Ahead
) -> None:
    panel = named(name)
    sheet = openpyxl.load_workbook(write(tmp_path / "plan.xlsx", panel, ahead(panel)))["Plan"]
    cell = next(row[0] for row in sheet.iter_rows(min_row=TOP + 1) if row[0].value == name)
    assert (cell.data_type, cell.quotePrefix, cell.hyperlink) == ("s", True, None)


def test_the_weeks_are_those_of_the_forecast_and_end_in_a_total(tmp_path: Path, ahead: Ahead) -> None:
    panel = make_panel(stores=2, days=400, ahead=14)
    forecast = ahead(panel)
    rows = list(openpyxl.load_workbook(write(tmp_path / "plan.xlsx", panel, forecast), data_only=True)["Weeks"].values)[
        4:
    ]
    assert rows[0][0] == str(forecast[s.DATE].min())
    assert rows[-2][1] == str(forecast[s.DATE].max())
    assert sum(row[2] for row in rows[:-1]) == pytest.approx(rows[-1][2])
    assert rows[-1][2] == pytest.approx(forecast[s.FORECAST].sum())


def test_the_weeks_have_the_bounds_of_the_totals(tmp_path: Path, ahead: Ahead) -> None:
    panel = make_panel(stores=2, days=400, ahead=14)
    forecast = ahead(panel)
    draws = np.random.default_rng(0).gamma(4, forecast[s.FORECAST].to_numpy()[:, None] / 4, (forecast.height, 50))
    for name, sums in {
        "with": totals(forecast, panel.stores, draws),
        "without": totals(forecast, panel.stores),
    }.items():
        path = write(tmp_path / f"{name}.xlsx", panel, forecast, sums)
        head, *rows = list(openpyxl.load_workbook(path, data_only=True)["Weeks"].values)[3:]
        assert head[6:] == ("Lower 80 %", "Upper 80 %", "Lower 95 %", "Upper 95 %")
        expected = sums.filter(pl.col("Level").is_in(["chain-week", "chain-horizon"]))
        if name == "with":
            assert [row[6:] for row in rows] == expected.select(pl.col("^(Lower|Upper).*$")).rows()
        else:
            assert all(row[6:] == (None,) * 4 for row in rows)


def test_a_plan_without_last_year_has_empty_cells(tmp_path: Path, ahead: Ahead) -> None:
    panel = make_panel(stores=1, days=100, ahead=14)
    book = openpyxl.load_workbook(write(tmp_path / "plan.xlsx", panel, ahead(panel)))
    row = next(book["Plan"].iter_rows(min_row=TOP + 1, values_only=True))
    weeks = (len(row) - 4) // 3
    assert all(value is None for value in row[4 + weeks :])


def test_read_me_says_generated_and_the_assumed_days(tmp_path: Path, ahead: Ahead) -> None:
    panel = make_panel(stores=2, days=100, ahead=14)
    day = panel.end + dt.timedelta(days=3)
    marked = panel.with_calendar(panel.calendar.with_columns((pl.col(s.DATE) == day).alias(s.ASSUMED)))
    sheet = openpyxl.load_workbook(write(tmp_path / "plan.xlsx", marked, ahead(panel), generated=True))["Read me"]
    text = "\n".join(str(row[0]) for row in sheet.values if row[0])
    assert text.startswith("This is a generated chain")
    assert f"{day}: the calendar of 2 stores is assumed" in text
    assert "2 of 28 store-days" in text


def test_the_same_plan_has_the_same_bytes(tmp_path: Path, ahead: Ahead) -> None:
    panel = make_panel(stores=2, days=100, ahead=14)
    one, two = (write(tmp_path / name, panel, ahead(panel)).read_bytes() for name in ("a.xlsx", "b.xlsx"))
    assert one == two
