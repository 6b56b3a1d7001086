"""plan.xlsx of a run, read back: it adds up, compares like with like, and its formulas say what its cells show."""

import datetime as dt
import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import openpyxl
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.breakdown import Breakdown, StoreGroup
from storecast.data.panel import Panel
from storecast.plan import workbook_layout as w
from storecast.plan.overrides import USUAL_REASONS
from storecast.plan.workbook_writing import write_workbook
from storecast.uncertainty.forecast import Forecast
from storecast.uncertainty.totals import totals
from storecast.workflows.workbook_content import content_of_run
from support.german_texts import english_in, texts_of_workbook
from support.panels import make_panel

CREATED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
Ahead = Callable[..., pl.DataFrame]


def workbook(
    panel: Panel, rows: pl.DataFrame, sums: pl.DataFrame | None = None, *, generated: bool = False, **more: Any
) -> bytes:
    sums = totals(rows, panel.stores) if sums is None else sums
    forecast = Forecast(rows, panel.end, "m", None, None)
    content = content_of_run(rows, sums, panel, forecast, created=CREATED, generated=generated, **more)
    return write_workbook(content, CREATED)


def opened(data: bytes, *, values: bool = True) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


def table(sheet: Any, head: int = w.HEAD) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the cells above the titles of a sheet, and its rows, by title."""
    rows = list(sheet.values)
    titles = rows[head]
    return dict(zip(titles, rows[head - 1], strict=True)), [
        dict(zip(titles, row, strict=True)) for row in rows[head + 1 :] if row[0] is not None
    ]


def shut_last_year(panel: Panel) -> Panel:
    """Return the panel without the first half of store 2's history."""
    remaining = ~((pl.col(s.STORE) == 2) & (pl.col(s.DATE) < panel.first + dt.timedelta(days=200)))
    return Panel(panel.sales.filter(remaining), panel.stores, panel.calendar)


def test_the_budget_stands_beside_the_weeks_that_have_one(ahead: Ahead) -> None:
    panel = make_panel(stores=2, days=400, ahead=14)
    first = panel.end + dt.timedelta(days=1)
    days = {"first": [first], "last": [first + dt.timedelta(days=13)]}
    budget = pl.DataFrame({"store": ["2"], **days, "amount": [1400.1]})
    sums, rows = table(opened(workbook(panel, ahead(panel), budget=budget))["Weeks"])
    assert {row["Budget"] for row in rows if row["Store"] == "1"} == {None}
    of_second = [row["Budget"] for row in rows if row["Store"] == "2"]
    assert sum(of_second) == sums["Budget"] == pytest.approx(1400.1)
    assert all(of_second)
    without, _ = table(opened(workbook(panel, ahead(panel)))["Weeks"])
    assert not without["Budget"]


def test_the_plan_adds_up_and_compares_like_with_like(ahead: Ahead) -> None:
    panel = shut_last_year(make_panel(stores=3, days=400, ahead=14))
    forecast = ahead(panel)
    book = opened(workbook(panel, forecast))
    sums, rows = table(book["Stores"])
    each = forecast.filter(pl.col(s.STORE) == 1)[s.FORECAST].sum()
    assert [row["Forecast, all weeks"] for row in rows] == pytest.approx([each] * 3)
    assert sums["Forecast, all weeks"] == pytest.approx(3 * each)
    day, year = panel.end + dt.timedelta(days=1), dt.timedelta(days=364)
    last = panel.sales.filter(pl.col(s.DATE).is_between(day - year, day - year + dt.timedelta(days=13)))
    before = {store: last.filter(pl.col(s.STORE) == store)[s.SALES].sum() for store in (1, 3)}
    assert [row["Last year"] for row in rows] == [before[1], None, before[3]]
    weeks_sums, weeks = table(book["Weeks"])
    for line in (sums, weeks_sums):
        assert line["Last year"] == before[1] + before[3]
        assert line["Change"] == pytest.approx(2 * each / (before[1] + before[3]) - 1)
    assert not rows[1]["Change"]
    assert {type(row[title]) for row in weeks for title in ("From", "To")} == {dt.datetime}
    assert [row["Last year"] for row in weeks if row["Store"] == "2"] == [None] * 3
    open_days = panel.calendar.filter(pl.col(s.DATE) > panel.end, pl.col(s.OPEN) == 1)
    assert weeks_sums["Days open"] == open_days.height
    assert weeks_sums["Promotion days"] == open_days.filter(pl.col(s.PROMO) == 1).height


def test_the_cells_show_what_their_formulas_say(ahead: Ahead) -> None:
    panel = shut_last_year(make_panel(stores=3, days=400, ahead=14))
    data = workbook(panel, ahead(panel))
    live, shown = opened(data, values=False), opened(data)
    kinds: set[str] = set()
    for sheet in ("Chain", "Groups", "Stores", "Weeks"):
        for row in live[sheet].iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    value = shown[sheet][cell.coordinate].value
                    kind, expected = evaluated(cell.value.removeprefix("="), sheet, shown)
                    kinds.add(kind)
                    assert (value or None) == (expected if expected is None else pytest.approx(expected)) or (
                        value == expected == 0
                    ), cell.value
    assert kinds == {"sum", "subtotal", "sumifs", "sumproduct", "ratio", "if", "difference"}


def values_of(cells: str, sheet: str, shown: Any) -> list[Any]:
    place, _, area = cells.replace("$", "").rpartition("!")
    match = shown[place or sheet][area]
    return [cell.value for row in match for cell in row] if isinstance(match, tuple) else [match.value]


def evaluated(formula: str, sheet: str, shown: Any) -> tuple[str, float | None]:
    """Work a formula out from the values of the cells: the forms that the workbook has; None: an empty text."""

    def values(cells: str) -> list[Any]:
        return values_of(cells, sheet, shown)

    def known(cells: str) -> list[float]:
        return [value for value in values(cells) if isinstance(value, (int, float))]

    if match := re.fullmatch(r'IF\((?:SUBTOTAL\(102,|COUNT\()(.+?)\)=0,"",SUBTOTAL\(109,\1\)\)', formula):
        return "subtotal", sum(known(match[1])) if known(match[1]) else None
    if match := re.fullmatch(r'IF\(COUNTIFS\((.+?),(.+?),(.+?),">=-1E\+300"\)=0,"",SUMIFS\(\3,\1,\2\)\)', formula):
        [day] = values(match[2])
        of_day = [value for key, value in zip(values(match[1]), values(match[3]), strict=True) if key == day]
        numbers = [value for value in of_day if isinstance(value, (int, float))]
        return "sumifs", sum(numbers) if numbers else None
    if match := re.fullmatch(r"SUMPRODUCT\(EXACT\((.+),(.+)\)\*(.+)\)", formula):
        [key] = values(match[2])
        pairs = zip(values(match[1]), values(match[3]), strict=True)
        return "sumproduct", sum(value or 0 for text, value in pairs if text == key)
    if match := re.fullmatch(r"SUM\((.+)\)", formula):
        return "sum", sum(known(match[1]))
    if match := re.fullmatch(r'IF\((?:N|SUBTOTAL)\((?:109,)?(.+?)\)>0,(.+)/(.+)-1,""\)', formula):
        parts = [re.sub(r"^SUBTOTAL\(109,(.+)\)$", r"\1", part) for part in match.groups()[1:]]
        above, below = (sum(known(part)) for part in parts)
        return "ratio", above / below - 1 if below else None
    if match := re.fullmatch(r'IF\(ISNUMBER\((.+?)\),(.+?),(.+?|"")\)', formula):
        chosen = match[2] if known(match[1]) else match[3]
        if chosen == '""':
            return "difference", None
        return "if", values(chosen)[0]
    above, below = re.fullmatch(r"(.+)/(.+)-1", formula).groups()  # type: ignore[union-attr]
    return "ratio", values(above)[0] / values(below)[0] - 1


def test_own_groups_stand_beside_the_stores_and_their_sums_are_formulas_over_them(ahead: Ahead) -> None:
    panel = shut_last_year(make_panel(stores=4, days=400, ahead=14))
    own = Breakdown((StoreGroup("Region", {1: "<b*", 2: "<b*", 3: "=cmd"}), StoreGroup("Code", {1: "007"})))
    panel, forecast = replace(panel, breakdown=own), ahead(panel)
    sums = totals(forecast, panel.stores, breakdown=own)
    data = workbook(panel, forecast, sums)
    live, shown = opened(data, values=False), opened(data)
    _, stores = table(shown["Stores"])
    assert [row["Region"] for row in stores] == ["<b*", "<b*", "=cmd", "unknown"]
    _, lines = table(shown["Groups"], head=3)
    money = {(row["Level"], row["Group"]): row for row in lines if row["Level"] in ("Region", "Code")}
    expected = [("Region", "<b*"), ("Region", "=cmd"), ("Region", "unknown"), ("Code", "007"), ("Code", "unknown")]
    assert list(money) == expected
    for level, key, total in (
        sums.filter(pl.col("Level").is_in(["Region-horizon", "Code-horizon"]))
        .select("Level", "Key", s.FORECAST)
        .iter_rows()
    ):
        assert money[level.removesuffix("-horizon"), key]["Forecast"] == pytest.approx(total)
    [*_, chain] = [row for row in table(shown["Chain"], head=3)[1] if row["Week"] == "All weeks"]
    for title in ("Forecast", "Last year", "New plan"):
        assert sum(money[place][title] or 0 for place in expected[:3]) == pytest.approx(chain[title])
    cells = [cell for row in live["Groups"].iter_rows(min_row=5) for cell in row if cell.value == "=cmd"]
    assert [cell.data_type for cell in cells] == ["s"]


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "{=1+1}", "+1", "@x", "-2", "http://x.example", "007"])
def test_a_name_is_a_string_in_the_workbook(name: str, named: Callable[..., Panel], ahead: Ahead) -> None:
    panel = named(name)
    book = opened(workbook(panel, ahead(panel)), values=False)
    for sheet in (book["Stores"], book["Weeks"]):
        cell = next(row[0] for row in sheet.iter_rows(min_row=w.TOP + 1) if row[0].value == name)
        assert (cell.data_type, cell.quotePrefix, cell.hyperlink) == ("s", True, None)


def test_the_weeks_are_those_of_the_forecast_and_end_in_a_total_and_a_chart(ahead: Ahead) -> None:
    panel = make_panel(stores=2, days=400, ahead=14)
    forecast = ahead(panel)
    book = opened(workbook(panel, forecast))
    *weeks, chain = table(book["Chain"], head=3)[1]
    assert weeks[0]["From"].date() == forecast[s.DATE].min()
    assert weeks[-1]["To"].date() == forecast[s.DATE].max()
    assert weeks[0]["Week"] == f"{weeks[0]['From']:%G-W%V}"
    assert sum(row["Forecast"] for row in weeks) == pytest.approx(chain["Forecast"])
    assert chain["Forecast"] == pytest.approx(forecast[s.FORECAST].sum())
    assert chain["Budget"] in ("", None), "a budget that is not known is no 0"
    assert len(opened(workbook(panel, forecast), values=False)["Chain"]._charts) == 1
    for sheet, total in (("Chain", "All weeks"), ("Stores", "Rows shown"), ("Weeks", "Rows shown")):
        printed = book[sheet][book[sheet].print_area.replace("$", "").rpartition("!")[2]]
        assert total in {row[0].value for row in printed}, "what is printed holds its total"


def test_bounds_are_those_of_the_totals_and_left_out_where_there_are_none(ahead: Ahead) -> None:
    panel = make_panel(stores=2, days=400, ahead=14)
    forecast = ahead(panel)
    draws = np.random.default_rng(0).gamma(4, forecast[s.FORECAST].to_numpy()[:, None] / 4, (forecast.height, 50))
    sums = totals(forecast, panel.stores, draws)
    book = opened(workbook(panel, forecast, sums))
    for sheet, head, level in (
        ("Chain", 3, "chain-week"),
        ("Stores", w.HEAD, "store-horizon"),
        ("Weeks", w.HEAD, "store-week"),
    ):
        rows = table(book[sheet], head)[1]
        expected = sums.filter(pl.col("Level").is_in([level, "chain-horizon"] if sheet == "Chain" else [level]))
        assert [(row["Lower80"], row["Upper80"]) for row in rows] == expected.select("Lower80", "Upper80").rows()
    without = opened(workbook(panel, forecast))
    assert "Lower80" not in table(without["Chain"], 3)[0]
    assert {row["Lower80"] for row in table(without["Weeks"])[1]} == {None}


def test_a_plan_without_last_year_has_empty_cells(ahead: Ahead) -> None:
    panel = make_panel(stores=1, days=100, ahead=14)
    book = opened(workbook(panel, ahead(panel)))
    for row in (*table(book["Weeks"])[1], *table(book["Chain"], 3)[1], *table(book["Stores"])[1]):
        assert not row["Last year"]
        assert not row["Change"]
        assert row["Last year"] != 0


def test_about_says_generated_and_the_assumed_days(ahead: Ahead) -> None:
    panel = make_panel(stores=2, days=100, ahead=14)
    day = panel.end + dt.timedelta(days=3)
    marked = panel.with_calendar(panel.calendar.with_columns((pl.col(s.DATE) == day).alias(s.ASSUMED)))
    sheet = opened(workbook(marked, ahead(panel), generated=True, notices=["Look here."]))["About"]
    lines = [str(row[1]) for row in sheet.values if row[1]]
    assert lines[5:7] == [
        "This is a generated chain, not a real one: its figures say nothing of a real business.",
        "Look here.",
    ]
    assert lines[7].startswith("Of the calendar of 2 of 28 store-days")
    assert f"{day} (2 stores)" in lines[7]


def test_the_workbook_is_written_in_german(ahead: Ahead) -> None:
    panel = make_panel(stores=2, days=400, ahead=14)
    calendar = panel.calendar.with_columns((pl.col(s.DATE) == panel.end + dt.timedelta(days=3)).alias(s.ASSUMED))
    panel = replace(panel.with_calendar(calendar), breakdown=Breakdown((StoreGroup("Grund", {1: "Nord", 2: "Süd"}),)))
    forecast = ahead(panel)
    draws = np.random.default_rng(0).gamma(4, forecast[s.FORECAST].to_numpy()[:, None] / 4, (forecast.height, 50))
    sums = totals(forecast, panel.stores, draws, panel.breakdown)
    notices = ["The past marks no school holidays, and none are assumed."]
    english, german = (
        workbook(panel, forecast, sums, generated=True, notices=notices, language=language) for language in ("en", "de")
    )
    book = opened(german)
    assert book.sheetnames == ["Kette", "Gruppen", "Filialen", "Wochen", "Hinweise", "Gründe"]
    first = forecast[s.DATE].min()
    assert isinstance(first, dt.date)
    assert (book["Kette"]["A5"].value, book["Kette"]["B5"].number_format) == (f"KW {first:%V/%G}", "dd.mm.yyyy")
    assert (
        book["Kette"]["A1"].value
        == f"Prognose einer erzeugten, nicht wirklichen Kette, Datenstand {panel.end:%d.%m.%Y}"
    )
    head = [cell.value for cell in book["Wochen"][w.HEAD + 1]]
    assert ("Grund (Gruppe)" in head, "Grund" in head, "Untergrenze 80 %" in head) == (True, True, True)
    texts = [text for text in texts_of_workbook(german) if text not in USUAL_REASONS]
    assert english_in(texts) == []
    same = {"Budget", "Plan", "Version", "Revision", "Grund", "Nord", "Süd", "m", "1", "2", "a", "b", "BY", "NW"}
    assert set(texts) & set(texts_of_workbook(english)) - same == set()
    cells = [
        {
            cell.coordinate: cell.value
            for row in opened(data)[sheet].iter_rows()
            for cell in row
            if cell.data_type == "n"
        }
        for data, sheet in ((english, "Weeks"), (german, "Wochen"))
    ]
    assert cells[0] == cells[1]


def test_the_same_plan_has_the_same_bytes(ahead: Ahead) -> None:
    panel = make_panel(stores=2, days=100, ahead=14)
    assert workbook(panel, ahead(panel)) == workbook(panel, ahead(panel))
