"""The ridge finds what was put into a panel, and its scaler and coefficients know the past alone."""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.config import LinearSettings
from storecast.data.grid import Grid
from storecast.features.ridge import Design, Ridge
from storecast.features.ridge_fit import _row_median, fit_ridge
from support.panels import make_panel, with_sales


def fit(grid: Grid, origin: int) -> tuple[Ridge, Design]:
    known = grid.truncate(origin, 48)
    design = Design.of(known, origin)
    return fit_ridge(known, design, origin, LinearSettings()), design


def test_the_ridge_recovers_the_uplift_of_the_generated_promotion() -> None:
    grid = Grid.of(make_panel(noise=0.02))
    ridge, design = fit(grid, 400)
    days = slice(0, 401)
    promotion = ridge.part(design, days, "promotion")
    weekday = np.array([grid.day(k).weekday() for k in range(401)])
    on, off = (grid.promo[0, :401] == 1) & (weekday < 5), (grid.promo[0, :401] == 0) & (weekday < 5)
    uplift = promotion[:, on].mean() - promotion[:, off].mean()
    assert abs(uplift - 0.25) < 0.05


def test_one_wild_day_hardly_moves_the_fit() -> None:
    panel = make_panel()
    day = panel.end.replace(day=1)
    wild = with_sales(
        panel, pl.when((pl.col(s.DATE) == day) & (pl.col(s.SALES) > 0)).then(10.0).otherwise(pl.col(s.SALES))
    )
    fits = []
    for each in (panel, wild):
        grid = Grid.of(each)
        ridge, design = fit(grid, grid.column(panel.end))
        fits.append(ridge.fitted(design, slice(grid.column(panel.end) + 1, None)))
    assert np.abs(fits[0] - fits[1]).mean() < 0.02


def test_the_scaler_is_fitted_on_the_past_alone() -> None:
    panel = make_panel()
    grid = Grid.of(panel)
    origin = 300
    shut = panel.calendar.with_columns(
        pl.when(pl.col(s.DATE) > grid.day(origin)).then(0).otherwise(pl.col(s.OPEN)).cast(pl.Int8).alias(s.OPEN)
    )
    other = Grid.of(panel.with_calendar(shut))
    # The week of the origin may look ahead by its own days; the horizon's closures must not reach the scale otherwise.
    scales = [Design.of(each.truncate(origin, 48), origin).scales.counts for each in (grid, other)]
    weeks = [Design.of(each.truncate(origin - 10, 5), origin - 10).scales.counts for each in (grid, other)]
    np.testing.assert_array_equal(weeks[0], weeks[1])
    assert np.abs(scales[0] - scales[1]).max() < 0.2


def test_a_store_without_sales_takes_the_level_of_its_kind() -> None:
    panel = make_panel()
    bare = with_sales(panel, pl.when(pl.col(s.STORE) == 1).then(0.0).otherwise(pl.col(s.SALES)))
    grid = Grid.of(bare)
    ridge, design = fit(grid, 400)
    assert np.isfinite(ridge.fitted(design, slice(401, None))).all()
    alike = ridge.level[4]  # store 5 has the type and assortment of store 1
    assert ridge.level[0] == alike


def test_a_store_without_sales_takes_what_is_peculiar_to_its_state() -> None:
    panel = make_panel(stores=12)
    slow = (pl.col(s.STORE) % 2 == 1) & (pl.col(s.DATE).dt.weekday() == 6)  # Saturdays in the state NW
    sales = pl.when(slow).then(pl.col(s.SALES) * 0.4).otherwise(pl.col(s.SALES))
    grid = Grid.of(with_sales(panel, pl.when(pl.col(s.STORE).is_in([5, 6])).then(0.0).otherwise(sales)))
    ridge, design = fit(grid, 400)
    fitted = ridge.fitted(design, slice(0, 401))
    weekday = np.array([grid.day(k).weekday() for k in range(401)])
    drop = fitted[:, weekday == 5].mean(axis=1) - fitted[:, weekday == 4].mean(axis=1)
    assert drop[4] < drop[5] - 0.5, "the hidden store of NW has slow Saturdays, the one of BY has not"
    assert abs(drop[4] - drop[6]) < 0.25


def test_the_row_median_is_numpys_where_a_row_has_gaps_and_one_place_lower_where_it_has_none() -> None:
    values = np.random.default_rng(3).normal(size=(40, 11)).astype(np.float32)
    values[np.arange(40), np.arange(40) % 11] = np.nan  # at least one gap in each row
    values[::3, :5] = np.nan
    np.testing.assert_allclose(_row_median(values), np.nanmedian(values, axis=1), rtol=1e-6)

    odd, even = np.float32([[5, 1, 3]]), np.float32([[4, 1, 3, 2]])
    assert _row_median(odd)[0] == 2  # half way between the first and the middle of 1, 3, 5
    assert _row_median(even)[0] == 2  # the lower of 2 and 3
    assert np.isinf(_row_median(np.full((1, 4), np.nan, np.float32)))[0]
