"""Terms of the ridge are addressed by name and part: where a term stands among the others means nothing."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.arrays import F32
from storecast.config import FeatureConfig, LinearSettings
from storecast.data.grid import Grid
from storecast.data.panel import Window
from storecast.errors import ModelFileError
from storecast.features import ridge
from storecast.features.cutoff_state import CutoffState, FeatureRows
from storecast.features.ridge import Design
from storecast.features.ridge_fit import fit_ridge
from storecast.features.terms import Term, day_terms, store_terms
from storecast.models import create, linear
from support.panels import make_panel, with_sales

HORIZON = 41


@pytest.fixture(scope="module")
def window() -> Window:
    panel = make_panel(stores=4, days=400, ahead=HORIZON)
    return panel.window(panel.end - dt.timedelta(days=HORIZON), HORIZON)


def rows_of(window: Window) -> FeatureRows:
    grid = Grid.of(window.past, window.future)
    return CutoffState.fit(grid, grid.column(window.cutoff), HORIZON, FeatureConfig()).features()


def insert_empty_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a term that is 0 on every day in front of the terms of the date, and one before the trend."""

    def with_empty(grid: Grid, origin: int, *, months: bool = False) -> tuple[list[Term], F32]:
        terms, columns = day_terms(grid, origin, months=months)
        before_trend = next(k for k, term in enumerate(terms) if term.name == "trend")
        for place in (before_trend, 0):
            terms.insert(place, Term(f"empty {place}", "month", regional=place == 0))
            columns = np.insert(columns, place, np.float32(0), axis=0)
        return terms, columns

    monkeypatch.setattr(ridge, "day_terms", with_empty)
    monkeypatch.setattr(linear, "day_terms", with_empty)


def test_accident_2_a_term_inserted_before_the_trend_moves_no_feature(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_of(window)
    insert_empty_terms(monkeypatch)
    after = rows_of(window)
    for one, two in ((before.table, after.table), (before.parts, after.parts)):
        assert one.columns == two.columns
        for name in one.select(pl.selectors.numeric()).columns:
            np.testing.assert_allclose(two[name].to_numpy(), one[name].to_numpy(), atol=1e-4, err_msg=name)


def test_a_term_inserted_before_the_trend_moves_no_forecast_of_the_linear_model(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forecast() -> tuple[np.ndarray, np.ndarray]:
        # A panel of its own: the ridge of a panel's past is fitted once.
        fresh = replace(window.panel).window(window.cutoff, HORIZON)
        model = create("linear", fast=True)
        model.fit(fresh.past, HORIZON)
        features = model.features(fresh)
        rows = np.arange(features.height)
        return model.predict(features), model.contributions(features, rows, rows).by_driver

    before = forecast()
    insert_empty_terms(monkeypatch)
    for one, two in zip(before, forecast(), strict=True):
        np.testing.assert_allclose(two, one, atol=1e-4)


def test_a_linear_model_of_other_terms_is_refused(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    model, again = create("linear", fast=True), create("linear", fast=True)
    model.fit(window.past, HORIZON)
    again.restore(model.state())
    insert_empty_terms(monkeypatch)
    with pytest.raises(ModelFileError, match=r"fitted on other terms than those of this storecast\. Train it again"):
        again.features(window)


def test_accident_4_a_column_in_front_of_a_linear_models_features_moves_nothing(window: Window) -> None:
    model = create("linear", fast=True)
    model.fit(window.past, HORIZON)
    features = model.features(window)
    wider = features.select(pl.lit(9.0).alias("wind"), pl.all())
    rows = np.arange(features.height)
    np.testing.assert_array_equal(model.predict(wider), model.predict(features))
    one, two = (model.contributions(each, rows, rows).by_driver for each in (features, wider))
    np.testing.assert_array_equal(one, two)


def test_terms_of_store_and_day_say_that_they_are(window: Window) -> None:
    grid = Grid.of(window.past, window.future)
    assert not any(term.by_store for term in day_terms(grid, 0)[0])
    assert all(term.by_store for term in store_terms(grid)[0])
    columns = [term.column for term in Design.of(grid, grid.days - 1).terms]
    assert len(columns) == len(set(columns))


def test_promotion_weeks_are_told_apart_by_what_comes_before_and_after_them() -> None:
    panel = make_panel(stores=1, days=100, ahead=0)
    monday = dt.date(2013, 1, 7)
    promoted = [day for week in (0, 2, 3, 4, 7) for day in range(7 * week, 7 * week + 5)]
    is_promoted = pl.col(s.DATE).is_in([monday + dt.timedelta(days=k) for k in promoted])
    calendar = panel.calendar.with_columns(is_promoted.cast(pl.Int8).alias(s.PROMO))
    grid = Grid.of(panel.with_calendar(calendar))
    terms, columns = store_terms(grid)

    def weeks(kind: str, weekday: str) -> list[int]:
        (place,) = (k for k, term in enumerate(terms) if term.name == f"{kind} {weekday}")
        return [(grid.day(int(day)) - monday).days // 7 for day in np.flatnonzero(columns[place, 0])]

    for weekday in ("Mon", "Sat"):  # the Saturday of a promotion week is part of it, promoted or not
        assert weeks("first of two weeks of promo", weekday) == [2]
        assert weeks("later week of promo", weekday) == [3, 4]


def test_the_ridge_learns_what_a_later_promotion_week_does_on_its_mondays_alone() -> None:
    panel = make_panel(stores=6, days=500, ahead=0, noise=0.02)
    weeks = (pl.col(s.DATE) - dt.date(2012, 12, 31)).dt.total_days() // 7
    promo = ((weeks % 8).is_in([1, 2, 5])) & (pl.col(s.DATE).dt.weekday() < 6)
    panel = panel.with_calendar(panel.calendar.with_columns(promo.cast(pl.Int8).alias(s.PROMO)))
    monday = pl.col(s.DATE).dt.weekday() == 1
    fewer = with_sales(panel, pl.when((weeks % 8 == 2) & monday).then(0.8 * pl.col(s.SALES)).otherwise(s.SALES))
    fits = []
    for each in (panel, fewer):
        grid = Grid.of(each)
        design = Design.of(grid, grid.days - 1)
        fits.append(fit_ridge(grid, design, grid.days - 1, LinearSettings()).fitted(design, slice(0, grid.days)))
    days = pl.DataFrame({s.DATE: grid.dates()})
    moved = fits[1] - fits[0]
    later, first = (moved[:, days.select((weeks % 8 == k) & monday).to_series().to_numpy()].mean() for k in (2, 1))
    assert later < -0.07  # of .22: eight weeks in six stores are few
    assert abs(first) < 0.05
