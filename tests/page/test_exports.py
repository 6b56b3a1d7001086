"""The tables of every view as files: values where the view has values, and nothing that a spreadsheet would run."""

import base64
import csv
import datetime as dt
import io
import json
import zipfile
from typing import Any

import openpyxl
import polars as pl
import pytest
from dash import html

from storecast import schema as s
from storecast.database.connect import Database
from storecast.database.forecasts import MadeForecast
from storecast.database.plan_comments import add_comment
from storecast.database.plan_overrides import add_overrides, change_reasons
from storecast.database.plan_publishing import publish_version
from storecast.page import exports, tables
from storecast.page.addresses import BASE
from storecast.page.language import Words
from storecast.page.tables import Table
from support.page_client import PageClient, callback
from support.served_home import Client

BUTTONS = {"xlsx": '{"name":"xlsx","type":"export"}.n_clicks', "csv": '{"name":"csv","type":"export"}.n_clicks'}
FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", '=HYPERLINK("http://elsewhere.example/","x")')
SCRIPT = "<script>alert(1)</script>"
MONDAY = dt.date(2015, 6, 15)


def download(browser: PageClient, kind: str, path: str, search: str = "", language: str = "en") -> tuple[str, bytes]:
    values = {
        "url.pathname": path,
        "url.search": search,
        "preferences.data": {"language": language},
        BUTTONS[kind]: 1,
    }
    answer = browser.post({**callback("export.data", values), "changedPropIds": [BUTTONS[kind]]})
    assert answer.status_code == 200, answer.text
    file = json.loads(answer.text)["response"]["export"]["data"]
    return file["filename"], base64.b64decode(file["content"])


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


@pytest.fixture(scope="module")
def planned(client: Client, database: Database) -> None:
    """Publish a plan with names like formulas and scripts in it, and a budget."""
    predictor = client.service.live.snapshot.predictor
    rows = predictor.forecast()
    span = {"first": rows[s.DATE].min(), "last": rows[s.DATE].min(), "kind": "figure", "value": 5.0}
    overrides = [
        {"level": "store", "key": str(store), **span, "reason": "=1+1", "note": note}
        for store, note in ((1, SCRIPT), (2, "@SUM(1)"))
    ]
    with database.begin() as conn:
        change_reasons(conn, ["=1+1"])
        for number, factor in enumerate((0.9, 1.0)):
            forecast = rows.with_columns((pl.col(s.FORECAST) * factor).round(2))
            publish_version(conn, MadeForecast(f"{number}.pkl", predictor.cutoff, 1, forecast), None, by="+1")
        add_overrides(conn, pl.DataFrame(overrides), by="-1+1")
        add_comment(conn, SCRIPT, by="=1+1", store="1")


@pytest.mark.parametrize(
    ("path", "search", "titles", "header"),
    [
        ("/app/", "", ["By week", "Day by day", "Exceptions", "Figures"], "At stake"),
        ("/app/store", "?store=2", ["Day by day", "The past, day by day", "Overrides"], "Day"),
        ("/app/plan", "?level=store", ["Plan", "Beside the budget, all stores"], "Plan less forecast"),
        ("/app/plan", "?part=overrides", ["Overrides"], "Reason"),
        ("/app/plan", "?part=moves", ["The forecast of all stores"], "Before"),
        ("/app/plan", "?part=queue", ["What needs a look"], "At stake"),
        ("/app/plan", "?part=comments", ["Comments"], "Comment"),
        ("/app/plan", "?part=versions", ["States"], "State"),
        ("/app/scenarios", "", ["The calendar as it is"], "Stores open"),
        ("/app/promotions", "?budget=3", ["The days of the plan"], "Gain"),
        ("/app/explore", "?question=stores", ["Stores"], "Value"),
        ("/app/accuracy", "", ["Models of the home"], "Kind"),
        ("/app/data", "", ["Figures"], "Figure"),
    ],
)
@pytest.mark.usefixtures("planned")
def test_every_table_of_a_view_is_a_sheet_of_its_workbook(
    browser: PageClient, path: str, search: str, titles: list[str], header: str
) -> None:
    assert "Download the tables of this view as Excel" in browser.draw(path, search)
    name, content = download(browser, "xlsx", path, search)
    assert name == f"storecast-{path.removeprefix(BASE) or 'home'}.xlsx"
    by_title = {sheet.partition(" ")[2]: rows for sheet, rows in sheets(content).items()}
    assert set(titles) <= set(by_title)
    assert header in {name for title in titles for name in by_title[title][0]}
    assert all(len(by_title[title]) > 1 for title in titles)


@pytest.mark.usefixtures("planned")
def test_the_chart_of_the_chain_is_in_the_file_day_by_day(browser: PageClient, client: Client) -> None:
    header, *days = next(
        rows for title, rows in sheets(download(browser, "xlsx", "/app/")[1]).items() if title.endswith("Day by day")
    )
    forecast = client.service.live.snapshot.predictor.forecast()
    by_day = forecast.group_by(s.DATE).agg(pl.col(s.FORECAST).sum()).sort(s.DATE)
    assert [row[0].date() for row in days] == by_day[s.DATE].to_list()
    column = {name: [row[place] for row in days] for place, name in enumerate(header)}
    assert column["Forecast"] == pytest.approx(by_day[s.FORECAST].to_list(), abs=0.02)
    moved = [
        number
        for number, (of_plan, own) in enumerate(zip(column["Plan"], column["Forecast"], strict=True))
        if abs(of_plan - own) > 0.1
    ]
    assert moved == [0], "the overrides are of the first day"
    assert "Budget" not in column


@pytest.mark.usefixtures("planned")
def test_numbers_and_days_are_values_in_each_language(browser: PageClient) -> None:
    _, content = download(browser, "xlsx", "/app/store", "?store=2", "de")
    days = next(rows for title, rows in sheets(content).items() if title.endswith("Tag für Tag"))
    assert days[0][:2] == ("Tag", "Prognose")
    assert isinstance(days[1][0], dt.datetime)
    assert all(isinstance(row[1], int | float) for row in days[1:])
    _, content = download(browser, "xlsx", "/app/plan", "?level=store")
    grid = sheets(content)["2 Plan"]
    assert grid[-1][0] == "All stores"
    for column in range(1, len(grid[0])):
        assert sum(row[column] for row in grid[1:-1]) == pytest.approx(grid[-1][column])


@pytest.mark.usefixtures("planned")
def test_texts_of_people_are_text_in_both_files_and_buttons_are_no_column(browser: PageClient) -> None:
    _, content = download(browser, "xlsx", "/app/plan", "?part=overrides")
    header, *rows = sheets(content)["2 Overrides"]
    assert "Withdraw" not in header
    assert {row[header.index("Reason")] for row in rows} == {f"=1+1; {SCRIPT}", "=1+1; @SUM(1)"}
    name, content = download(browser, "csv", "/app/plan", "?part=overrides", "de")
    assert name == "storecast-plan-csv.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["1 Zahlen.csv", "2 Anpassungen.csv"]
        lines = list(csv.reader(io.StringIO(archive.read("2 Anpassungen.csv").decode("utf-8-sig"))))
    cells = [cell for line in lines[1:] for cell in line]
    assert f"'=1+1; {SCRIPT}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-"))]


def test_a_cell_is_a_value_or_a_text_that_no_spreadsheet_runs() -> None:
    words = Words("de")
    shown = [words.day(MONDAY), words.signed(-1234.567), words.percent(0.1234), words.number(7), "–", None]
    table = Table("=1+1/[x]:*?", ["Tag", "=1+1", "Anteil", "Anzahl", "leer", "leer"], [shown, [*FORMULAS]])
    first, second = list(csv.reader(io.StringIO(exports.as_csv(table).decode("utf-8-sig"))))[1:]
    assert first == ["2015-06-15", "-1234.57", "0.123", "7", "–", ""]
    assert second == [f"'{text}" for text in FORMULAS]
    content = exports.as_workbook([table, table])
    (title, rows), (other, _) = sheets(content).items()
    assert (title, other) == ("1 =1+1 x", "2 =1+1 x")
    assert rows[0][1] == "=1+1"
    assert rows[1] == (dt.datetime(2015, 6, 15), -1234.567, 0.1234, 7, "–", None)
    assert rows[2] == FORMULAS


def test_a_view_without_a_table_has_nothing_to_download() -> None:
    assert exports.control(html.Div([html.H1("Plan"), html.P("–")]), Words()) is None
    shown = html.Div(html.Details(tables.table(["Store"], [["1"]])))
    assert exports.control(shown, Words()) is not None


def test_a_question_without_an_answer_has_no_rows(browser: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storecast.page.views.explore._answer_table", lambda *_: "There are no sales.")
    values = {"url.pathname": "/app/explore", BUTTONS["csv"]: 1}
    answer = browser.post(callback("export.data", values))
    assert answer.json()["response"] == {}
