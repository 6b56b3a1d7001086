"""Feature rows know nothing of the days behind their origin, and are the same wherever they are made."""

import datetime as dt
import gc
import weakref
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storecast import schema as s
from storecast.config import FeatureConfig, LinearSettings
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.features.columns import encoder
from storecast.features.cutoff_state import FeatureRows
from storecast.features.similar_stores import MIN_STORES_FOR_ATTRIBUTES
from storecast.features.store import PLAIN, FeatureStore, PastRidge, block_days, feature_rows
from storecast.models.linear import Linear
from support.panels import make_panel, with_sales

HORIZON = 48
END_OF_SHARED_PAST = dt.date(2013, 9, 1)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel()


def cutoff(panel: Panel) -> dt.date:
    return panel.end - dt.timedelta(days=HORIZON)


def test_when_future_sales_change_then_no_feature_moves(panel: Panel) -> None:
    day = cutoff(panel)
    changed = with_sales(panel, pl.when(pl.col(s.DATE) > day).then(pl.col(s.SALES) * 7 + 1).otherwise(pl.col(s.SALES)))
    grids = [Grid.of(each) for each in (panel, changed)]
    before, after = (feature_rows(grid, grid.column(day), HORIZON) for grid in grids)
    assert_frame_equal(before.table, after.table)
    before, after = (training(each)[0] for each in (panel, changed))
    assert np.nanmax(np.abs(before.target - after.target)) > 1


def test_when_the_calendar_behind_the_horizon_changes_then_no_feature_moves(panel: Panel) -> None:
    day = cutoff(panel) - dt.timedelta(days=HORIZON)
    last = day + dt.timedelta(days=HORIZON)
    flipped = panel.with_calendar(
        panel.calendar.with_columns(
            pl.when(pl.col(s.DATE) > last).then(1 - pl.col(name)).otherwise(pl.col(name)).cast(pl.Int8).alias(name)
            for name in (s.OPEN, s.PROMO, s.SCHOOL_HOLIDAY)
        )
    )
    grids = [Grid.of(each) for each in (panel, flipped)]
    before, after = (feature_rows(grid, grid.column(day), HORIZON) for grid in grids)
    assert_frame_equal(before.table, after.table)


def test_when_a_past_sale_changes_then_features_move(panel: Panel) -> None:
    day = cutoff(panel)
    changed = with_sales(panel, pl.when(pl.col(s.DATE) == day).then(pl.col(s.SALES) * 3 + 1).otherwise(pl.col(s.SALES)))
    grids = [Grid.of(each) for each in (panel, changed)]
    before, after = (feature_rows(grid, grid.column(day), HORIZON) for grid in grids)
    assert not before.table.equals(after.table)


def training(past: Panel, config: FeatureConfig = PLAIN) -> list[FeatureRows]:
    return FeatureStore.of(past).training(past, HORIZON, config)


def test_rows_that_served_a_window_train_the_next_one(panel: Panel) -> None:
    window = panel.window(cutoff(panel), HORIZON)
    FeatureStore.of(window).ahead(window)
    shared, fresh = training(panel), training(replace(panel))
    for one, two in zip(shared, fresh, strict=True):
        np.testing.assert_array_equal(one.target, two.target)
    assert np.isfinite(shared[0].target).any()


def test_the_served_rows_are_the_rows_that_later_train(panel: Panel) -> None:
    window = panel.window(cutoff(panel), HORIZON)
    served = FeatureStore.of(window).ahead(window)
    trained = training(panel.window(panel.end, HORIZON).past)[0]
    # What the ridge knows of holidays when the forecast is made counts for all origins.
    late = ["ridge", "ridge_holiday"]
    assert_frame_equal(served.table.drop(late), trained.table.drop(late))
    assert np.isnan(served.target).all()
    assert np.isfinite(trained.target).any()


def test_unusual_last_days_of_the_chain_are_no_target(panel: Panel) -> None:
    first = panel.end - dt.timedelta(days=1)
    fallen = with_sales(panel, pl.when(pl.col(s.DATE) >= first).then(pl.col(s.SALES) * 0.4).otherwise(pl.col(s.SALES)))
    newest = training(fallen)[0]
    unusual = newest.day >= Grid.of(fallen).column(first)
    assert np.isfinite(training(panel)[0].target[unusual]).any()
    assert np.isnan(newest.target[unusual]).all()
    assert np.isfinite(newest.target[~unusual]).any()


def test_a_store_shared_by_windows_gives_the_rows_of_a_store_of_its_own(panel: Panel) -> None:
    training(panel.window(panel.end, HORIZON).past)  # the later window first
    window = panel.window(cutoff(panel), HORIZON)
    for shared, fresh in zip(training(window.past), training(replace(window.past)), strict=True):
        assert_frame_equal(shared.table, fresh.table)
        np.testing.assert_array_equal(shared.target, fresh.target)


def test_an_origin_knows_no_fact_of_a_later_day_however_late_the_past_ends() -> None:
    """A competitor that opens between two cutoffs would move what is expected of stores with little history."""
    panel = make_panel(MIN_STORES_FOR_ATTRIBUTES + 4)
    early, late = cutoff(panel), panel.end
    opens = pl.when(pl.col(s.STORE) % 2 == 0).then(pl.lit(early + dt.timedelta(days=10)))
    stores = panel.stores.with_columns(opens.alias(s.COMPETITION_SINCE), opens.alias(s.PROMO2_SINCE))
    new = pl.col(s.STORE).is_in([3, 6]) & (pl.col(s.DATE) <= early - dt.timedelta(days=80))
    chain = Panel(panel.sales.filter(~new), stores, panel.calendar.filter(~new))
    rows = [
        FeatureStore.of(each).training(each, HORIZON, origins=2)
        for each in (chain.window(late, HORIZON).past, replace(chain).window(early, HORIZON).past)
    ]
    later, earlier = rows[0][1], rows[1][0]
    assert later.origin == earlier.origin
    ridge = ["ridge", "ridge_holiday"]  # what the end of the past knows of holidays counts for all origins
    assert later.table.drop(ridge).equals(earlier.table.drop(ridge))
    assert later.parts.equals(earlier.parts)


def test_rows_of_one_window_serve_the_others(panel: Panel) -> None:
    chain = replace(panel)
    training(chain.window(cutoff(panel), HORIZON).past)
    with pytest.MonkeyPatch.context() as patch:
        days_asked: list[dt.date] = []
        original = feature_rows

        def spy(grid: Grid, origin: int, horizon: int, config: FeatureConfig = PLAIN) -> FeatureRows:
            days_asked.append(grid.day(origin))
            return original(grid, origin, horizon, config)

        patch.setattr("storecast.features.store.feature_rows", spy)
        training(chain.window(panel.end, HORIZON).past)
        assert days_asked == [cutoff(panel)]  # the only origin that the earlier window had not worked out


def test_accident_1_a_store_filled_by_one_chain_never_serves_another(panel: Panel) -> None:
    """Features kept by date once served any chain of the same dates: forecasts were 9% off, without a word."""
    recent = pl.col(s.DATE) > panel.end - dt.timedelta(days=60)
    other = with_sales(panel, pl.when(recent).then(pl.col(s.SALES) * 1.5).otherwise(pl.col(s.SALES)))
    window, other_window = panel.window(panel.end, HORIZON), other.window(other.end, HORIZON)
    filled = FeatureStore.of(window)
    filled.ahead(window)
    assert FeatureStore.of(other_window) is not filled
    assert FeatureStore.of(window.past) is filled
    assert not FeatureStore.of(other_window).ahead(other_window).table.equals(filled.ahead(window).table)
    for ask in (lambda: filled.ahead(other_window), lambda: filled.training(other_window.past, HORIZON)):
        with pytest.raises(ValueError, match="belongs to another Panel"):
            ask()


def test_a_changed_panel_has_a_store_of_its_own(panel: Panel) -> None:
    window = panel.window(cutoff(panel), HORIZON)
    changed = window.past.with_calendar(window.past.calendar)
    assert FeatureStore.of(changed) is not FeatureStore.of(window)


def test_a_window_over_a_cut_chain_does_not_see_the_calendar_behind_the_cut(panel: Panel) -> None:
    day = cutoff(panel)
    FeatureStore.of(panel.window(day, HORIZON)).ahead(panel.window(day, HORIZON))
    window = panel.window(day + dt.timedelta(days=10), HORIZON).past.window(day, HORIZON)
    rows = FeatureStore.of(window).ahead(window)
    assert rows.day.max() == Grid.of(panel).column(day) + 10


def test_a_store_goes_with_its_panel() -> None:
    panel = make_panel(stores=2, days=150, ahead=10)
    store = weakref.ref(FeatureStore.of(panel))
    del panel
    gc.collect()
    assert store() is None


@pytest.mark.parametrize("apart", [False, True])
def test_what_is_taken_off_for_holidays_is_put_back(panel: Panel, apart: bool) -> None:
    past = panel.until(panel.end)
    plain, apart_rows = training(past), training(past, FeatureConfig(holidays_apart=apart))
    for one, two in zip(plain, apart_rows, strict=True):
        np.testing.assert_allclose(two.target + two.offset, one.target, rtol=1e-5)
    assert any(np.abs(block.offset).max() > 0.01 for block in apart_rows) == apart


def test_gaps_are_filled_for_features_and_for_nothing_else(panel: Panel) -> None:
    day = cutoff(panel)
    gone = (pl.col(s.STORE) == 2) & pl.col(s.DATE).is_between(day - dt.timedelta(days=120), day - dt.timedelta(days=30))
    gappy = Panel(panel.sales.filter(~gone), panel.stores, panel.calendar.filter(~gone))
    grids = [Grid.of(each) for each in (panel, gappy)]
    whole, bare, filled = (
        feature_rows(grid, grid.column(day), HORIZON, FeatureConfig(impute=impute))
        for grid, impute in ((grids[0], False), (grids[1], False), (grids[1], True))
    )
    of = whole.store == 1
    error = [
        float((rows.table["mean_91"] - whole.table["mean_91"]).filter(pl.Series(of)).abs().mean())
        for rows in (bare, filled)
    ]
    assert error[1] < 0.02
    assert error[1] < error[0]
    np.testing.assert_array_equal(filled.store, bare.store)
    early = training(gappy.until(day), FeatureConfig(impute=True))[1]
    missing = [grids[1].sales[1, column] for column in early.day[early.store == 1]]
    assert np.isfinite(missing).all()


def test_training_rows_end_before_the_past_does(panel: Panel) -> None:
    past = panel.until(cutoff(panel))
    grid = Grid.of(past)
    for block in training(past):
        assert block.day.max() <= grid.column(past.end)


def test_a_competitor_that_opens_later_does_not_exist_yet(panel: Panel) -> None:
    grid = Grid.of(panel)
    early = feature_rows(grid, grid.column(dt.date(2013, 5, 1)), 20).table
    late = feature_rows(grid, grid.column(dt.date(2013, 8, 1)), 20).table
    assert early["competition_distance"].is_null().all()
    assert late["competition_distance"].is_not_null().all()
    past = panel.until(dt.date(2013, 5, 1)).stores
    assert past[s.COMPETITION_DISTANCE].is_null().all()


@pytest.mark.parametrize(("horizon", "days"), [(1, 41), (42, 41), (48, 48), (49, 48), (96, 96)])
def test_blocks_are_coprime_to_the_week(horizon: int, days: int) -> None:
    assert block_days(horizon) == days


def test_the_encoder_learns_categories_from_the_past_alone(panel: Panel) -> None:
    grid = Grid.of(panel)
    table = feature_rows(grid, grid.column(cutoff(panel)), HORIZON).table
    fitted = encoder(table.columns).fit(table.filter(pl.col(s.STORE_TYPE) != "d"))
    encoded = fitted.transform(table)
    assert encoded.dtype == np.float32
    unknown = encoded[(table[s.STORE_TYPE] == "d").to_numpy(), 0]
    assert (unknown == -1).all()


def test_linear_and_the_tree_models_fit_the_ridge_of_a_past_once(monkeypatch: pytest.MonkeyPatch) -> None:
    window = make_panel(stores=4, days=300, ahead=14).window(END_OF_SHARED_PAST, 14)
    fitted = []
    fit = PastRidge.fit
    monkeypatch.setattr(
        PastRidge,
        "fit",
        lambda known, *more: fitted.append((known.grid.day(known.grid.days - 1), *more)) or fit(known, *more),
    )
    Linear(LinearSettings()).fit(window.past, 14)
    for config in (PLAIN, FeatureConfig(holidays_apart=True)):
        FeatureStore.of(window).training(window.past, 14, config)
    own = LinearSettings(penalty=2.0)
    Linear(own).fit(window.past, 14)
    assert fitted == [(END_OF_SHARED_PAST,), (END_OF_SHARED_PAST, own, None)]


def test_the_shared_ridge_is_the_one_that_linear_would_fit_itself() -> None:
    window = make_panel(stores=4, days=300, ahead=14).window(END_OF_SHARED_PAST, 14)
    shared, own = Linear(LinearSettings()), Linear(LinearSettings())
    shared.fit(window.past, 14)
    own.learn(window.past, np.ones((window.past.end - window.past.first).days + 1))
    assert shared.state() == own.state()
