"""CSV that a spreadsheet takes as text, and that can be read again."""

import datetime as dt
import re
from pathlib import Path

import polars as pl
import pytest

from storecast import schema as s
from storecast.csv_files import read_forecast, write_csv

NAMES = (
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "'; DROP TABLE x",
    "+1",
    "@x",
    "-2",
    "\t=1",
    "\r=1",
    "a,b",
    'q"q',
)


def forecast(name: str) -> pl.DataFrame:
    """Return a forecast of a store with this name, and of another."""
    days = [dt.date(2013, 1, 1), dt.date(2013, 1, 2)]
    rows = [(store, day, 1234.5) for store in (name, "other 2") for day in days]
    return pl.DataFrame(rows, schema=[*s.KEYS, s.FORECAST], orient="row")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_text_in_a_csv_and_can_be_read_again(tmp_path: Path, name: str) -> None:
    write_csv(forecast(name), tmp_path / "forecast.csv")
    text = (tmp_path / "forecast.csv").read_bytes().decode()
    assert not re.search(r'(^|\n)"?[=+\-@\t\r]', text)
    again = read_forecast(tmp_path / "forecast.csv", text_ids=True)
    assert again is not None
    assert set(again[s.STORE]) == {name, "other 2"}


def test_money_has_two_decimals_and_dates_are_iso(tmp_path: Path) -> None:
    write_csv(forecast("x").head(1), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "Store,Date,Forecast\nx,2013-01-01,1234.50\n"


def test_where_there_was_no_run_before_there_is_no_forecast_before(tmp_path: Path) -> None:
    assert read_forecast(tmp_path / "forecast.csv", text_ids=False) is None


@pytest.mark.parametrize(
    "spoilt", [b"", b"Store,Date\n1,2015-01-01\n", b"Store,Date,Forecast\nx,2015-01-01,1\n", b"\xff\xfe\x00"]
)
def test_a_spoilt_forecast_of_the_run_before_is_logged_and_fails_no_run(
    tmp_path: Path, spoilt: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "forecast.csv").write_bytes(spoilt)
    assert read_forecast(tmp_path / "forecast.csv", text_ids=False) is None
    assert "changes.csv is not made" in caplog.text
