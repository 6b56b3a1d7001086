"""Predictor answers as the whole chain's forecast does, whatever part of it is asked, and under another calendar."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import polars as pl
import polars.selectors as cs
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.bundle.bundle import Bundle
from storecast.bundle.past_days import explain_day, explain_past_day, first_explained
from storecast.bundle.predictor import Predictor
from storecast.config import Task
from storecast.data.overlay import overlay_panel
from storecast.data.panel import Panel, Window
from storecast.errors import ConfigError, DataError, HistoryError
from storecast.models import create
from storecast.uncertainty.calibration import calibrate
from storecast.uncertainty.joint_errors import JointErrors
from storecast.uncertainty.point import point_forecasts
from storecast.uncertainty.totals import totals
from support.panels import make_panel

HORIZON = 41


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel(stores=6, days=400, ahead=HORIZON)


def made_ready(panel: Panel, name: str) -> Predictor:
    window = panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)
    model = create(name, fast=True)
    model.fit(window.past, HORIZON)
    past = point_forecasts(model, window).join(window.actual(), on=s.KEYS)
    calibration = calibrate([past.with_columns(pl.lit(window.cutoff).alias(s.CUTOFF))], cold=3.0)
    field = JointErrors((0.1, 0.1, 0.1, 0.2, 0.2, 0.3), (0.5, 0.4, 0.3), 8.0, 12, s.STATE)
    return Predictor.of(Bundle(model, calibration, Task(HORIZON), field), panel)


@pytest.fixture(scope="module")
def ready(panel: Panel) -> Predictor:
    return made_ready(panel, "linear")


@pytest.fixture(scope="module", params=["naive", "linear", "forest", "boosting", "blend"])
def any_ready(request: pytest.FixtureRequest, panel: Panel) -> Predictor:
    return made_ready(panel, request.param)


@pytest.mark.parametrize("back", [0, 7, 102])
def test_a_day_of_the_past_adds_up_and_knows_nothing_of_the_sales_after_its_cutoff(
    any_ready: Predictor, panel: Panel, back: int
) -> None:
    day = any_ready.cutoff - dt.timedelta(days=back)
    explained = explain_past_day(any_ready, [2, 5], day)
    cutoff = explained[s.CUTOFF][0]
    assert 0 < (day - cutoff).days <= 7
    cents = explained.drop(*s.KEYS, s.CUTOFF, cs.starts_with(s.COUNTERFACTUAL)).select((pl.all() * 100).round())
    drivers = cents.drop(s.FORECAST, s.SALES, s.UNEXPLAINED)
    assert drivers.sum_horizontal().to_list() == cents[s.FORECAST].to_list()
    assert (cents[s.FORECAST] + cents[s.UNEXPLAINED]).to_list() == cents[s.SALES].to_list()
    assert cents[s.FORECAST].min() > 0
    known = panel.sales.filter((pl.col(s.STORE) == 2) & (pl.col(s.DATE) == day))
    assert explained[s.SALES][0] == known[s.SALES][0]

    later = pl.col(s.DATE) > cutoff
    other = replace(panel, sales=panel.sales.with_columns(pl.when(later).then(17.0).otherwise(s.SALES).alias(s.SALES)))
    unaware = explain_past_day(Predictor.of(any_ready.bundle, other), [2, 5], day)
    assert_frame_equal(unaware.drop(s.SALES, s.UNEXPLAINED), explained.drop(s.SALES, s.UNEXPLAINED), check_exact=True)
    assert unaware[s.SALES].to_list() == [17.0, 17.0]


def test_a_closed_day_of_the_past_is_made_of_nothing(ready: Predictor) -> None:
    sunday = ready.cutoff - dt.timedelta(days=(ready.cutoff.weekday() + 1) % 7 + 7)
    closed = explain_past_day(ready, [2], sunday).row(0, named=True)
    assert {value for name, value in closed.items() if name not in (*s.KEYS, s.CUTOFF)} <= {0.0, None}


def test_a_day_without_history_or_without_a_row_cannot_be_explained(ready: Predictor) -> None:
    first = first_explained(ready)
    assert (first - ready.panel.first).days in range(28, 35)
    assert explain_day(ready, [2], first).height == 1
    with pytest.raises(HistoryError, match=f"expected a day from {first} on"):
        explain_day(ready, [2], first - dt.timedelta(days=1))
    with pytest.raises(ConfigError, match=f"beyond the forecast; expected a day from {first} to {ready.last}"):
        explain_day(ready, [2], ready.last + dt.timedelta(days=1))
    day = ready.cutoff - dt.timedelta(days=3)
    gone = (pl.col(s.STORE) == 2) & (pl.col(s.DATE) == day)
    chain = replace(ready.panel, calendar=ready.panel.calendar.filter(~gone), sales=ready.panel.sales.filter(~gone))
    with pytest.raises(DataError, match=f"no row of the store '2' on {day}"):
        explain_day(Predictor.of(ready.bundle, chain), [2], day)


def test_a_day_ahead_is_explained_as_all_days_are(ready: Predictor) -> None:
    day = ready.cutoff + dt.timedelta(days=5)
    of_day = ready.explain([2]).filter(pl.col(s.DATE) == day)
    assert_frame_equal(explain_day(ready, [2], day, counterfactuals=False), of_day)


def row(ready: Predictor, ahead: int, **values: object) -> pl.DataFrame:
    return pl.DataFrame({s.STORE: [2], s.DATE: [ready.cutoff + dt.timedelta(days=ahead)], **values})


def test_the_forecast_is_the_bundles(ready: Predictor, panel: Panel) -> None:
    assert_frame_equal(ready.forecast((0.1,)), ready.bundle.forecast(panel, Task(HORIZON, (0.1,))).rows)


def test_one_store_under_another_calendar_is_what_the_whole_chain_says_of_it(any_ready: Predictor) -> None:
    """Far enough ahead for no day of the past to see the change; the chain is worked out from the beginning."""
    days = [20, 21, 25, 40]
    given = pl.concat([row(any_ready, day, Promo=[day % 2], Open=[int(day != 25)], StateHoliday=["0"]) for day in days])
    forecast, calendar = any_ready.predict(given)
    other = overlay_panel(any_ready.panel, given, any_ready.last, "given")
    whole = any_ready.bundle.forecast(other).rows
    of = pl.col(s.STORE) == 2
    assert_frame_equal(forecast, whole.filter(of), check_exact=True)
    assert_frame_equal(calendar, other.window(other.end, HORIZON).future.filter(of))
    assert_frame_equal(any_ready.forecast().filter(~of), whole.filter(~of), check_exact=True)
    assert not forecast.equals(any_ready.forecast().filter(of))


@pytest.mark.parametrize("stores", [[2], [1, 5], [1, 2, 3, 4, 5, 6]], ids=len)
def test_a_stores_forecast_does_not_depend_on_the_other_stores_requested(
    any_ready: Predictor, stores: list[int]
) -> None:
    closed = row(any_ready, 2, Open=[0], Promo=[1])
    given = pl.concat([closed.with_columns(pl.lit(store, pl.Int64).alias(s.STORE)) for store in (1, 2, 3, 4, 5, 6)])
    together, _ = any_ready.predict(given)
    some = pl.col(s.STORE).is_in(stores)
    assert_frame_equal(any_ready.predict(given.filter(some))[0], together.filter(some), check_exact=True)


def test_only_a_store_that_changes_is_worked_out(ready: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    predicted_rows: list[int] = []
    design = ready.bundle.model.features

    def spy(window: Window, calendar: pl.DataFrame) -> pl.DataFrame:
        predicted_rows.extend(calendar[s.STORE].unique())
        return design(window, calendar)

    monkeypatch.setattr(ready.bundle.model, "features", spy)
    same = ready.future.filter(pl.col(s.STORE) == 3).drop(s.ASSUMED)
    other = same.with_columns(pl.lit(5, pl.Int64).alias(s.STORE), (1 - pl.col(s.PROMO)).alias(s.PROMO))
    forecast, _ = ready.predict(pl.concat([other, same]))
    assert predicted_rows == [5]
    assert_frame_equal(forecast.filter(pl.col(s.STORE) == 3), ready.forecast().filter(pl.col(s.STORE) == 3))
    assert forecast.select(s.KEYS).equals(forecast.select(s.KEYS).sort(s.KEYS))


def test_a_change_of_one_store_moves_no_other_in_a_scenario(ready: Predictor) -> None:
    differences = ready.scenario(row(ready, 2, Open=[0]))
    assert set(differences.filter(pl.col("Level") == "store-horizon")["Key"]) == {"2"}
    day = differences.filter(
        (pl.col("Level") == "store-day") & (pl.col("Start") == ready.cutoff + dt.timedelta(days=2))
    )
    assert day["Scenario"].to_list() == [0.0]
    under, _ = ready.predict(row(ready, 2, Open=[0]))
    assert differences.filter(pl.col("Level") == "store-horizon")["Scenario"].item() == pytest.approx(
        under[s.FORECAST].sum(), abs=0.01
    )


def test_threads_get_the_same_answers(any_ready: Predictor) -> None:
    calendars = [row(any_ready, ahead, Promo=[promo]) for ahead in range(1, 11) for promo in (0, 1)]
    alone = [any_ready.predict(given)[0] for given in calendars]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone, pool.map(lambda given: any_ready.predict(given)[0], calendars), strict=True):
            assert_frame_equal(one, other, check_exact=True)


def test_what_is_stored_is_a_part_of_the_forecast(ready: Predictor) -> None:
    first, last = (ready.cutoff + dt.timedelta(days=day) for day in (3, 9))
    rows = ready.lookup([5, 2], first, last)
    assert_frame_equal(rows, ready.forecast().join(rows, on=s.KEYS, how="semi"))
    assert rows.height == 14


def test_when_nothing_changes_then_the_answer_is_the_forecast(ready: Predictor) -> None:
    forecast, _ = ready.predict(row(ready, 3, Promo=[None]).cast({s.PROMO: pl.Int8}))
    assert_frame_equal(forecast, ready.forecast().filter(pl.col(s.STORE) == 2))


def test_a_closed_day_sells_nothing(ready: Predictor) -> None:
    forecast, calendar = ready.predict(row(ready, 3, Open=[0]))
    day = pl.col(s.DATE) == ready.cutoff + dt.timedelta(days=3)
    assert forecast.filter(day)[s.FORECAST].to_list() == [0.0]
    assert calendar.filter(day)[s.OPEN].to_list() == [0]
    assert (forecast.filter(~day)[s.FORECAST] > 0).any()


def test_what_cannot_be_answered_is_refused(ready: Predictor) -> None:
    with pytest.raises(DataError, match="expected days ahead"):
        ready.predict(row(ready, 0, Promo=[1]))
    with pytest.raises(DataError, match="no store '99'"):
        ready.lookup([99], ready.last, ready.last)
    with pytest.raises(DataError, match="expected days from"):
        ready.lookup([2], ready.cutoff, ready.last)
    with pytest.raises(DataError, match="holds the store '2'"):
        ready.predict_new_stores(pl.DataFrame({s.STORE: [2]}))


def test_a_new_store_sells_what_stores_like_it_do_within_a_wider_interval(ready: Predictor) -> None:
    forecast, calendar = ready.predict_new_stores(pl.DataFrame({s.STORE: [77], s.STORE_TYPE: ["a"], s.STATE: ["NW"]}))
    assert forecast.height == calendar.height == HORIZON
    assert calendar[s.ASSUMED].all()
    width = (pl.col("Upper80") - pl.col("Lower80")) / pl.col(s.FORECAST)
    usual = ready.forecast().filter(pl.col(s.FORECAST) > 0).select(width.mean()).item()
    assert forecast.filter(pl.col(s.FORECAST) > 0).select(width.mean()).item() > 1.5 * usual


def test_totals_are_those_of_the_forecast(ready: Predictor, panel: Panel) -> None:
    whole = ready.bundle.forecast(panel)
    assert_frame_equal(ready.totals(whole.rows), totals(whole.rows, panel.stores, whole.paths))


def test_sample_paths_are_those_behind_the_totals_and_end_where_days_are_closed(ready: Predictor, panel: Panel) -> None:
    paths = ready.bundle.sample_paths(panel)
    assert paths.columns == ["Store", "Date", "Path", "Sales"]
    assert paths.height == ready.medians.height * 300
    sums = paths.group_by("Path").agg(pl.col("Sales").sum())["Sales"]
    chain = ready.totals(ready.forecast()).filter(Level="chain-horizon")
    expected = chain["Forecast"][0]
    for share, bound in ((0.1, "Lower80"), (0.9, "Upper80")):
        moved = sums.quantile(share, "linear") * expected / sums.mean()
        assert moved == pytest.approx(chain[bound][0], rel=1e-6)
    closed = ready.medians.filter(pl.col(s.OPEN) == 0).select(*s.KEYS)
    assert paths.join(closed, on=s.KEYS, how="semi")["Sales"].max() == 0
    few = ready.bundle.sample_paths(panel, count=5)
    assert_frame_equal(few, paths.filter(pl.col("Path") <= 5))


def test_sample_paths_that_cannot_be_drawn_are_refused(ready: Predictor, panel: Panel) -> None:
    with pytest.raises(ConfigError, match="expected 1 to 300"):
        ready.bundle.sample_paths(panel, count=301)
    with pytest.raises(ConfigError, match="too short"):
        replace(ready.bundle, joint_errors=None).sample_paths(panel)


def test_totals_under_another_calendar_are_sums_with_intervals(ready: Predictor) -> None:
    sundays = [day for day in range(1, HORIZON + 1) if (ready.cutoff + dt.timedelta(days=day)).weekday() == 6]
    forecast, _ = ready.predict(pl.concat([row(ready, day, Open=[1]) for day in sundays]))
    assert (forecast[s.FORECAST] > 0).sum() > (ready.forecast().filter(pl.col(s.STORE) == 2)[s.FORECAST] > 0).sum()
    sums = ready.totals(forecast)
    horizon = sums.filter(pl.col("Level") == "store-horizon")
    assert horizon[s.FORECAST].item() == pytest.approx(forecast[s.FORECAST].sum(), abs=0.005)
    assert horizon["Lower80"].item() < horizon[s.FORECAST].item() < horizon["Upper80"].item()
    closed, _ = ready.predict(pl.concat([row(ready, day, Open=[0]) for day in range(1, HORIZON + 1)]))
    assert ready.totals(closed)["Upper95"].to_list() == [0.0] * ready.totals(closed).height


def test_days_whose_calendar_was_worked_out_are_named(panel: Panel) -> None:
    gap = panel.end + dt.timedelta(days=15)
    short = panel.with_calendar(panel.calendar.filter((pl.col(s.STORE) != 2) | (pl.col(s.DATE) != gap)))
    ready = made_ready(short, "naive")
    known = {s.OPEN: [1], s.PROMO: [0], s.STATE_HOLIDAY: ["0"], s.SCHOOL_HOLIDAY: [0]}
    calendar_rows = pl.concat([row(ready, day) for day in (7, 8, 15, 22, 23)])
    assert [day - ready.cutoff for day in ready.assumed(calendar_rows)[s.DATE]] == [
        dt.timedelta(days=k) for k in (8, 15, 22)
    ]
    other = calendar_rows.with_columns(pl.lit(3, pl.Int64).alias(s.STORE))
    assert ready.assumed(other).is_empty()
    given = pl.concat([row(ready, day, **known) for day in (8, 15)])
    assert ready.assumed(given).is_empty()
    partly = given.with_columns(pl.lit(None, pl.Int64).alias(s.PROMO))
    assert ready.assumed(partly).height == 2


def test_a_chain_with_other_columns_is_refused(ready: Predictor, panel: Panel) -> None:
    own = panel.with_calendar(panel.calendar.with_columns(pl.lit(1.0).alias("Leaflet")))
    with pytest.raises(ConfigError, match="Leaflet"):
        Predictor.of(replace(ready.bundle, known=()), own)
