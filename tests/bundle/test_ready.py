"""Ready answers as the whole chain's forecast does, whatever part of it is asked, and under another calendar."""

import datetime as dt

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from panels import make_panel
from storecast import schema as s
from storecast.bundle.bundle import Bundle
from storecast.bundle.ready import Ready
from storecast.config import Task
from storecast.data.panel import Panel
from storecast.errors import DataError
from storecast.evaluate.calibration import calibrate
from storecast.evaluate.medians import forecast_medians
from storecast.features.rows import Memo
from storecast.models import create

HORIZON = 41


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel(stores=6, days=400, ahead=HORIZON)


@pytest.fixture(scope="module")
def ready(panel: Panel) -> Ready:
    window, memo = panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON), Memo()
    model = create("linear")
    model.fit(window.past, HORIZON, memo)
    past = forecast_medians(model, window, memo).join(window.actual(), on=s.KEYS)
    calibration = calibrate([past.with_columns(pl.lit(window.cutoff).alias(s.CUTOFF))], cold=3.0)
    model.fit(panel.until(panel.end), HORIZON, memo)
    return Ready.of(Bundle(model, calibration, Task(HORIZON)), panel)


def row(ready: Ready, ahead: int, **values: object) -> pl.DataFrame:
    return pl.DataFrame({s.STORE: [2], s.DATE: [ready.cutoff + dt.timedelta(days=ahead)], **values})


def test_the_forecast_is_the_bundles(ready: Ready, panel: Panel) -> None:
    assert_frame_equal(ready.forecast((0.1,)), ready.bundle.forecast(panel, Task(HORIZON, (0.1,))).rows)


def test_what_is_stored_is_a_part_of_the_forecast(ready: Ready) -> None:
    first, last = (ready.cutoff + dt.timedelta(days=day) for day in (3, 9))
    found = ready.stored([5, 2], first, last)
    assert_frame_equal(found, ready.forecast().join(found, on=s.KEYS, how="semi"))
    assert found.height == 14


def test_when_nothing_changes_then_the_answer_is_the_forecast(ready: Ready) -> None:
    found, _ = ready.under(row(ready, 3, Promo=[None]).cast({s.PROMO: pl.Int8}))
    assert_frame_equal(found, ready.forecast().filter(pl.col(s.STORE) == 2))


def test_a_closed_day_sells_nothing(ready: Ready) -> None:
    found, calendar = ready.under(row(ready, 3, Open=[0]))
    day = pl.col(s.DATE) == ready.cutoff + dt.timedelta(days=3)
    assert found.filter(day)[s.FORECAST].to_list() == [0.0]
    assert calendar.filter(day)[s.OPEN].to_list() == [0]
    assert (found.filter(~day)[s.FORECAST] > 0).any()


def test_what_cannot_be_answered_is_refused(ready: Ready) -> None:
    with pytest.raises(DataError, match="expected days ahead"):
        ready.under(row(ready, 0, Promo=[1]))
    with pytest.raises(DataError, match="no store '99'"):
        ready.stored([99], ready.last, ready.last)
    with pytest.raises(DataError, match="expected days from"):
        ready.stored([2], ready.cutoff, ready.last)
    with pytest.raises(DataError, match="holds the store '2'"):
        ready.cold(pl.DataFrame({s.STORE: [2]}))


def test_a_new_store_sells_what_stores_like_it_do_within_a_wider_interval(ready: Ready) -> None:
    found, calendar = ready.cold(pl.DataFrame({s.STORE: [77], s.STORE_TYPE: ["a"], s.STATE: ["NW"]}))
    assert found.height == calendar.height == HORIZON
    assert calendar[s.ASSUMED].all()
    width = (pl.col("Upper80") - pl.col("Lower80")) / pl.col(s.FORECAST)
    usual = ready.forecast().filter(pl.col(s.FORECAST) > 0).select(width.mean()).item()
    assert found.filter(pl.col(s.FORECAST) > 0).select(width.mean()).item() > 1.5 * usual


def test_totals_are_the_sums_of_the_rows(ready: Ready) -> None:
    found, _ = ready.under(row(ready, 3, Promo=[1]))
    sums = ready.totals(found)
    assert sums.filter(pl.col("Level") == "store-horizon")[s.FORECAST].item() == pytest.approx(
        found[s.FORECAST].sum(), abs=0.005
    )
