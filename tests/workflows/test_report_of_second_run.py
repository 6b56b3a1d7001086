"""The report of a second run says what moved since the first, and stands beside the budget of the home's database."""

import datetime as dt
from contextlib import closing
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from storecast.database.connect import Database, home_url
from storecast.database.plan_budget import replace_budget
from storecast.plan import workbook_layout as w
from storecast.plan.overrides import USUAL_REASONS
from storecast.workflows import run
from support.chain_files import FIRST, write_chain
from support.commands import leave_out_exploration
from support.german_texts import english_in, texts_of_page, texts_of_workbook


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("second")
    with pytest.MonkeyPatch.context() as patch:
        leave_out_exploration(patch)
        run(write_chain(out / "first", days=150), home=out / "home", models=["linear"], windows=1)
    first = FIRST + dt.timedelta(days=157)
    budget = pl.DataFrame({"store": ["1"], "first": [first], "last": [first + dt.timedelta(days=6)], "amount": [1e4]})
    with closing(Database.open(home_url(out / "home"))) as db, db.begin() as conn:
        replace_budget(conn, budget)
    run(write_chain(out / "second", days=157), home=out / "home", models=["linear"], windows=1, language="de")
    return out / "home"


def test_it_says_what_moved_which_drivers_and_how_the_days_between_came(home: Path) -> None:
    page = (home / "report.html").read_text(encoding="utf-8")
    assert "Seit der letzten Prognose" in page
    assert "In 4 untersuchten Filialen vor allem durch:" in page
    assert " gegenüber der Prognose." in page


def test_the_budget_of_the_database_stands_beside_it(home: Path) -> None:
    page = (home / "report.html").read_text(encoding="utf-8")
    assert "Gegenüber dem Budget" in page
    assert ", wo es ein Budget gibt." in page
    assert english_in(texts_of_page(page)) == []
    texts = texts_of_workbook((home / "plan.xlsx").read_bytes())
    assert english_in(text for text in texts if text not in USUAL_REASONS) == []
    weeks = openpyxl.load_workbook(home / "plan.xlsx", data_only=True)["Wochen"].values
    cells = [row for row in weeks if w.BUDGET in row or "1" in row[:1]]
    place = cells[0].index(w.BUDGET)
    assert sum(row[place] or 0.0 for row in cells[1:]) == pytest.approx(1e4)


def test_a_file_of_drivers_that_cannot_be_read_is_named_and_the_run_goes_on(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out_exploration(monkeypatch)
    (home / "drivers.parquet").write_text("broken")
    run(write_chain(tmp_path, days=150), home=home, models=["linear"], windows=1)
    assert "drivers.parquet of the run before cannot be read" in caplog.text
    assert "The reason is not known." in (home / "report.html").read_text(encoding="utf-8")
