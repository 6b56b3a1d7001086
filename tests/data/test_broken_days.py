"""Days whose sales cannot be are found by earlier days alone; what is extreme for a reason, or true for good, is learned."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.broken_days import slump_days
from storecast.data.clean import clean
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.data.read import read_chain
from support.chain_files import write_chain
from support.panels import make_panel, with_sales

PANEL = make_panel(stores=6, days=420)
LAST = PANEL.end


def broken(panel: Panel) -> pl.DataFrame:
    grid = Grid.of(panel)
    store, day = np.nonzero(grid.broken)
    return pl.DataFrame({s.STORE: grid.stores[s.STORE].gather(store), s.DATE: [grid.day(int(k)) for k in day]})


def changed(factor: float, days: pl.Expr) -> Panel:
    sales = PANEL.sales.with_columns(
        pl.when(days).then(pl.col(s.SALES) * factor).otherwise(pl.col(s.SALES)).alias(s.SALES)
    )
    return Panel(sales, PANEL.stores, PANEL.calendar)


def test_a_usual_chain_has_none() -> None:
    assert broken(PANEL).is_empty()


@pytest.mark.parametrize("factor", [0.01, 0.1, 8, 25, 100])
@pytest.mark.parametrize("back", [0, 3, 100])
def test_a_day_of_all_stores_that_cannot_be_is_found(factor: float, back: int) -> None:
    day = LAST - dt.timedelta(days=back)
    if PANEL.sales.filter((pl.col(s.DATE) == day) & (pl.col(s.SALES) > 0)).is_empty():
        day -= dt.timedelta(days=1)
    result = broken(changed(factor, pl.col(s.DATE) == day))
    sold = PANEL.sales.filter((pl.col(s.DATE) == day) & (pl.col(s.SALES) > 0))
    assert result.sort(s.KEYS).equals(sold.select(s.KEYS).sort(s.KEYS))


def test_a_week_of_one_store_in_cents_is_found_and_no_other_store() -> None:
    week = (pl.col(s.STORE) == 2) & pl.col(s.DATE).is_between(
        LAST - dt.timedelta(days=80), LAST - dt.timedelta(days=74)
    )
    result = broken(changed(100, week))
    assert set(result[s.STORE]) == {2}
    assert result.height == PANEL.sales.filter(week & (pl.col(s.SALES) > 0)).height


def test_a_true_change_of_that_size_counts_as_one_within_four_weeks() -> None:
    since = LAST - dt.timedelta(days=60)
    result = broken(changed(6, pl.col(s.DATE) > since))
    assert (result[s.DATE].max() - since).days <= 28


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.25, 2.5])
def test_what_sales_may_well_do_is_learned(factor: float) -> None:
    assert broken(changed(factor, pl.col(s.DATE) > LAST - dt.timedelta(days=30))).is_empty()


def test_what_is_said_of_a_day_never_changes_later() -> None:
    days = (pl.col(s.DATE).dt.ordinal_day() % 37 == 0) & (pl.col(s.STORE) < 4)
    panel = changed(30, days)
    whole = broken(panel)
    assert whole.height > 10
    for cutoff in (LAST - dt.timedelta(days=200), LAST - dt.timedelta(days=31)):
        assert broken(panel.until(cutoff)).equals(whole.filter(pl.col(s.DATE) <= cutoff))


def test_a_peak_that_recurs_each_year_is_learned_from_its_second_year_on() -> None:
    panel = make_panel(stores=6, days=800)
    first = panel.end - dt.timedelta(days=501)
    peaks = pl.col(s.DATE).is_in([first, first + dt.timedelta(days=364)])
    sales = panel.sales.with_columns(pl.when(peaks).then(pl.col(s.SALES) * 9).otherwise(pl.col(s.SALES)).alias(s.SALES))
    assert broken(Panel(sales, panel.stores, panel.calendar))[s.DATE].unique().to_list() == [first]


def test_stores_that_vary_by_themselves_are_not_broken() -> None:
    rng = np.random.default_rng(1)
    noise = pl.Series(np.exp(rng.normal(0, 1.0, PANEL.sales.height)))
    sales = PANEL.sales.with_columns((pl.col(s.SALES) * noise).alias(s.SALES))
    result = broken(Panel(sales, PANEL.stores, PANEL.calendar))
    assert result.height < 0.01 * PANEL.sales.height


def slump(panel: Panel) -> set[dt.date]:
    grid = Grid.of(panel)
    y = grid.log_sales()
    days = np.nonzero(slump_days(y).any(axis=0))[0]
    return {grid.day(int(k)) for k in days}


@pytest.mark.parametrize(("share", "weeks"), [(0.15, 8), (0.05, 4), (0.1, 12)])
def test_a_stretch_of_few_sales_that_is_over_is_found(share: float, weeks: int) -> None:
    begin = LAST - dt.timedelta(days=250)
    end = begin + dt.timedelta(days=7 * weeks - 1)
    slump_dates = slump(changed(share, pl.col(s.DATE).is_between(begin, end)))
    inside = {day for day in slump_dates if begin <= day <= end}
    assert len(inside) >= 7 * weeks - 7
    assert len(slump_dates - inside) <= 6


def test_a_short_stretch_at_a_third_that_begins_and_ends_at_once_is_found_and_a_season_is_not() -> None:
    begin = LAST - dt.timedelta(days=200)
    inside = pl.col(s.DATE).is_between(begin, begin + dt.timedelta(days=34))
    assert len({day for day in slump(changed(0.3, inside)) if begin <= day < begin + dt.timedelta(days=35)}) >= 28
    from_middle = (pl.col(s.DATE) - pl.lit(begin + dt.timedelta(days=42))).dt.total_days().abs()
    season = pl.when(from_middle < 84).then(0.3 + 0.7 * from_middle / 84).otherwise(1.0)
    assert slump(with_sales(PANEL, pl.col(s.SALES) * season)) == set()


@pytest.mark.parametrize("weeks_ago", [2, 3, 6])
def test_a_stretch_of_six_weeks_that_has_just_ended_is_found_as_a_whole(weeks_ago: int) -> None:
    end = LAST - dt.timedelta(days=7 * weeks_ago)
    begin = end - dt.timedelta(days=41)
    inside = {day for day in slump(changed(0.3, pl.col(s.DATE).is_between(begin, end))) if begin <= day <= end}
    assert len(inside) >= 36


def test_the_first_weeks_of_a_store_that_grows_are_no_slump() -> None:
    first = [900, 890, 800, 990, 800, 910, 950, 1020, *np.linspace(1200, 3500, 14)]
    sold = np.repeat(np.array([*first, *[3500] * 60]), 7).reshape(-1, 7)
    for week, days in enumerate((1, 1, 1, 2, 3, 4)):  # on which it opened
        sold[week, days:] = np.nan
    log_sales = np.concatenate([np.full(200, np.nan), np.log(sold.ravel())]).astype(np.float32)[None, :]
    for days in range(log_sales.shape[1] - 180, log_sales.shape[1]):
        assert not slump_days(log_sales[:, :days]).any()


@pytest.mark.parametrize("seed", [2, 3])
def test_weeks_of_stores_whose_sales_vary_so_much_are_no_slump(seed: int) -> None:
    logs = np.random.default_rng(seed).normal(4, 1.2, PANEL.sales.height)
    log_sales = Grid.of(with_sales(PANEL, pl.Series(s.SALES, np.exp(logs).round()))).log_sales()
    assert slump_days(log_sales)[np.isfinite(log_sales)].mean() < 0.01


@pytest.mark.parametrize(("factor", "weeks"), [(0.15, 6), (100, 1)])
def test_weeks_that_no_model_learns_are_named_and_the_usual_days_after_them_are_not(
    tmp_path: Path, factor: float, weeks: int
) -> None:
    folder = write_chain(tmp_path, days=243)  # up to a Sunday
    begin = dt.date(2014, 5, 12)
    end = begin + dt.timedelta(days=7 * weeks - 1)
    train = pl.read_csv(folder / "train.csv", schema_overrides={"StateHoliday": pl.String}, try_parse_dates=True)
    inside = pl.col("Date").is_between(begin, end) & (pl.col("Store") == 2)
    sales = pl.when(inside).then((pl.col("Sales") * factor).round().cast(pl.Int64)).otherwise("Sales")
    train.with_columns(sales.alias("Sales")).write_csv(folder / "train.csv")
    [repair] = [each for each in clean(read_chain(folder)).repairs if each.rule == "broken_days"]
    assert repair.rows == 6 * weeks
    assert repair.examples == (f"{begin} to {end - dt.timedelta(days=1)}: store 2",)


def test_a_stretch_before_half_a_year_without_rows_is_found() -> None:
    begin, end = LAST - dt.timedelta(days=320), LAST - dt.timedelta(days=265)
    panel = changed(0.15, pl.col(s.DATE).is_between(begin, end))
    away = (pl.col(s.STORE) == 2) & pl.col(s.DATE).is_between(end + dt.timedelta(days=7), LAST - dt.timedelta(days=70))
    grid = Grid.of(Panel(panel.sales.filter(~away), panel.stores, panel.calendar))
    assert slump_days(grid.log_sales())[1, grid.column(begin) : grid.column(end)].mean() > 0.95


def test_a_stretch_is_found_to_the_days_on_which_it_begins_and_ends() -> None:
    begin = LAST - dt.timedelta(days=200)
    for days in range(31, 38):
        end = begin + dt.timedelta(days=days - 1)
        inside = slump(changed(100, pl.col(s.DATE).is_between(begin, end)))
        assert (
            PANEL.sales.filter(pl.col(s.DATE).is_between(begin, end), ~pl.col(s.DATE).is_in(inside))[s.SALES].sum() == 0
        )


def test_a_stretch_that_ended_two_weeks_ago_is_known_and_the_days_since_are_learned() -> None:
    begin, end = LAST - dt.timedelta(days=41), LAST - dt.timedelta(days=16)
    panel = changed(0.05, pl.col(s.DATE).is_between(begin, end))
    assert len({day for day in slump(panel) if begin <= day <= end}) >= 18
    grid = Grid.of(panel)
    last = slice(grid.days - 62, grid.column(LAST) + 1)
    raw, learned = grid.log_sales()[:, last], grid.learnable_past(grid.column(LAST))[:, last]
    since = slice(grid.column(LAST) - 12 - last.start, None)
    assert np.isfinite(raw[:, since]).sum() == np.isfinite(learned[:, since]).sum()


@pytest.mark.parametrize(("factor", "weeks"), [(100, 5), (1000, 8), (25, 4)])
def test_weeks_in_another_unit_that_are_over_are_found(factor: float, weeks: int) -> None:
    begin = LAST - dt.timedelta(days=250)
    end = begin + dt.timedelta(days=7 * weeks - 1)
    rush_dates = slump(changed(factor, pl.col(s.DATE).is_between(begin, end)))
    assert len({day for day in rush_dates if begin <= day <= end}) >= 7 * weeks - 7


def test_a_season_of_ten_times_the_usual_is_no_other_unit() -> None:
    begin = LAST - dt.timedelta(days=250)
    assert slump(changed(10, pl.col(s.DATE).is_between(begin, begin + dt.timedelta(days=40)))) == set()


@pytest.mark.parametrize(("stores", "wrong"), [((2,), True), ((1, 2, 3, 4), False)])
def test_weeks_of_a_few_stores_with_a_digit_too_many_are_found(stores: tuple[int, ...], *, wrong: bool) -> None:
    begin = LAST - dt.timedelta(days=250)
    days = pl.col(s.STORE).is_in(stores) & pl.col(s.DATE).is_between(begin, begin + dt.timedelta(days=30))
    dates = slump(changed(10, days))
    assert len({day for day in dates if begin <= day <= begin + dt.timedelta(days=30)}) >= (31 if wrong else 0)
    assert wrong == bool(dates)


def test_a_season_of_a_few_stores_that_recurs_is_learned() -> None:
    panel = make_panel(stores=6, days=800)
    rush = (pl.col(s.STORE) == 2) & pl.col(s.DATE).dt.ordinal_day().is_between(100, 130)
    sales = panel.sales.with_columns(pl.when(rush).then(pl.col(s.SALES) * 10).otherwise(pl.col(s.SALES)).alias(s.SALES))
    assert slump(Panel(sales, panel.stores, panel.calendar)) == set()


def test_a_stretch_that_goes_on_is_what_the_store_sells_now() -> None:
    assert slump(changed(0.15, pl.col(s.DATE) > LAST - dt.timedelta(days=56))) == set()


def test_a_quiet_season_that_recurs_is_no_slump() -> None:
    panel = make_panel(stores=6, days=800)
    ordinal = pl.col(s.DATE).dt.ordinal_day()
    quiet = ordinal.is_between(100, 150)
    sales = panel.sales.with_columns(
        pl.when(quiet).then(pl.col(s.SALES) * 0.15).otherwise(pl.col(s.SALES)).alias(s.SALES)
    )
    assert len(slump(Panel(sales, panel.stores, panel.calendar))) <= 14


def test_days_after_a_slump_are_judged_beside_those_before_it() -> None:
    begin = LAST - dt.timedelta(days=250)
    days = pl.col(s.DATE).is_between(begin, begin + dt.timedelta(days=55))
    grid = Grid.of(changed(0.15, days))
    after = slice(grid.column(begin) + 63, grid.column(begin) + 84)
    raw, learned = grid.log_sales()[:, after], grid.learnable_past(grid.days - 1)[:, after]
    assert np.isfinite(raw).sum() == np.isfinite(learned).sum()
