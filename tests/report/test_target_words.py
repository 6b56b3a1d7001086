"""Where another figure than sales is forecast, the report and the workbook speak of it, in its unit, and of no money."""

import html
import re
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from storecast import schema as s
from storecast.workflows import run
from support.chain_files import write_chain

PAGE_WORDS = r"\b([Ss]ales|money|turnover|euros?|EUR)\b"
DEFINED = r"with(out)? sales|\|sales - sales a week before\|"  # the definitions of scores, which hold for any figure


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("customers")
    data = write_chain(folder / "data", days=150, ahead=14)
    (data / "storecast.toml").write_text('target = "Customers"\nunit = "visits"\nwhole_numbers = true\n')
    run(data, home=folder / "home", models=["linear"], windows=1, fast=True)
    return folder / "home"


def test_the_report_names_the_figure_and_its_unit_and_speaks_of_no_money(home: Path) -> None:
    page = re.sub(r"<(script|style).*?</\1>", "", (home / "report.html").read_text(), flags=re.DOTALL)
    text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))
    assert "Customers forecast," in text
    assert "Expected Customers" in text
    assert re.search(r"[\d,]+ visits actual", text)
    assert re.findall(f".{{30}}{PAGE_WORDS}", re.sub(DEFINED, "", text)) == []


def test_the_workbook_and_the_files_name_the_figure(home: Path) -> None:
    book = openpyxl.load_workbook(home / "plan.xlsx")
    assert str(book["Weeks"]["A2"].value).startswith("Customers (visits) by store and week.")
    assert '"target": "Customers"' in (home / "scores.json").read_text()
    assert pl.read_csv(home / "submission.csv").columns == ["Id", "Customers"]
    bounds = pl.read_csv(home / "forecast.csv").select(s.bound_columns(80))
    assert bounds.equals(bounds.select(pl.all().round()))
