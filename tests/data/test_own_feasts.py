"""Feasts of the user's own add to those of the country, replace them or drop them."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import storecast
from storecast import schema as s
from storecast.data.column_names import read_column_names
from storecast.data.own_feasts import OwnFeast, kept_feasts, read_own_feasts
from storecast.data.panel import Panel
from storecast.errors import DataError

SETTINGS = """[feasts]
"Town fair" = "2 Sunday 9"
"Sale" = ["2015-07-01 .. 2015-07-04", 2016-06-29]
"Black Friday" = { on = "4 Thursday 11 +1", run_up = 10 }
"Halloween" = false
"""


def test_a_table_in_the_settings_is_read(tmp_path: Path) -> None:
    (tmp_path / "storecast.toml").write_text(SETTINGS, encoding="utf-8")
    assert read_column_names(tmp_path).feasts == (
        OwnFeast("Town fair", ("2 Sunday 9",)),
        OwnFeast("Sale", ("2015-07-01 .. 2015-07-04", "2016-06-29")),
        OwnFeast("Black Friday", ("4 Thursday 11 +1",), 10),
        OwnFeast("Halloween", (), 0),
    )


def test_they_stand_beside_the_countrys_or_in_place_of_them(tmp_path: Path) -> None:
    own = read_own_feasts({"Town fair": "2 Sunday 9", "Black Friday": "11-20", "Halloween": False}, "feasts")
    feasts = {feast.name: feast for feast in kept_feasts("US", range(2015, 2017), own)}
    assert feasts["Town fair"].days == (dt.date(2015, 9, 13), dt.date(2016, 9, 11))
    assert feasts["Black Friday"].days == (dt.date(2015, 11, 20), dt.date(2016, 11, 20))
    assert "Halloween" not in feasts
    assert "Mother's Day" in feasts


def test_dates_of_one_year_stand_in_that_year_alone() -> None:
    feast = OwnFeast("Sale", ("2015-07-01 .. 2015-07-03", "2016-02-29", "02-29"))
    assert [str(day) for day in feast.days(range(2014, 2018))] == [
        "2015-07-01",
        "2015-07-02",
        "2015-07-03",
        "2016-02-29",
    ]


@pytest.mark.parametrize(
    "on", ["Whitsun", "6 Sunday 9", "2 Sunday 13", "2015-02-30", "", "09-15 ..", "Easter +1000", None, 3]
)
def test_days_that_have_no_meaning_are_refused(on: object) -> None:
    with pytest.raises(DataError, match=r"feasts, 'Fair': found .* expected days such as"):
        read_own_feasts({"Fair": on}, "feasts")


@pytest.mark.parametrize("country", ["DE", *(pytest.param(other, marks=pytest.mark.long) for other in (None, "EC"))])
def test_a_feast_of_ones_own_is_forecast_on_its_next_day(country: str | None) -> None:
    rng = np.random.default_rng(3)
    dates = [dt.date(2013, 1, 1) + dt.timedelta(days=k) for k in range(1345)]  # until 2016-09-06
    fair = OwnFeast("Christmas", ("2 Sunday 9",)).days(range(2013, 2016))  # its name is another feast's
    sales = 1000 * np.exp(0.5 * np.isin(np.array(dates), fair) + 0.03 * rng.standard_normal((8, len(dates))))
    frame = pl.DataFrame(
        {s.STORE: np.repeat(np.arange(1, 9), len(dates)), s.DATE: dates * 8, s.SALES: np.round(sales).ravel()}
    )
    panel = Panel.from_frames(frame, country=country, feasts={"Christmas": "2 Sunday 9"})
    forecast = storecast.fit(panel, "linear", horizon=14, fast=True).predict(panel)
    daily = dict(forecast.group_by(s.DATE).agg(pl.col("Forecast").mean()).iter_rows())
    assert daily[dt.date(2016, 9, 11)] > 1400
    assert daily[dt.date(2016, 9, 18)] < 1100
    assert panel.fingerprint != Panel.from_frames(frame, country=country).fingerprint
