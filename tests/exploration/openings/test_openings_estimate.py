"""Openings and closings: what was planted is found, and what cannot be told is left out."""

import datetime as dt
import math

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.generate import ChainSpec, write_demo
from storecast.data.generate_effects import Effects
from storecast.data.panel import Panel
from storecast.exploration.openings.estimate import estimate_openings
from storecast.exploration.openings.parts import WHOLE_STATE, Absence, Closure, Part, Sundays
from storecast.exploration.shared.estimates import NotAnswerableError
from storecast.workflows import prepare
from support.panels import FIRST, make_panel, with_sales


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("chain")
    write_demo(folder, ChainSpec(stores=100, days=720, seed=7))
    return estimate_openings(prepare(folder, horizon=14, allow_longer_test=True).panel)


def line(table: pl.DataFrame, part: str, group: str, **where: object) -> dict[str, float]:
    rows = table.filter((pl.col("Part") == part) & (pl.col("Group") == group), **where)
    return rows.row(0, named=True)


def logs(result: dict[str, float]) -> tuple[float, float]:
    return math.log1p(result["Low"]), math.log1p(result["High"])


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def shut(panel: Panel, stores: list[int], first: dt.date, last: dt.date, *, rows: bool = True) -> Panel:
    """Close stores, or take their rows away."""
    away = pl.col(s.STORE).is_in(stores) & pl.col(s.DATE).is_between(first, last)
    if not rows:
        return Panel(panel.sales.filter(~away), panel.stores, panel.calendar.filter(~away))
    closed = pl.when(away).then(0).otherwise(s.OPEN).cast(pl.Int8).alias(s.OPEN)
    nothing = [pl.when(away).then(0.0).otherwise(name).alias(name) for name in (s.SALES, s.CUSTOMERS)]
    return Panel(panel.sales.with_columns(nothing), panel.stores, panel.calendar.with_columns(closed))


def on_sundays(panel: Panel, when: pl.Expr, level: float = 3000.0) -> Panel:
    """Open stores on some Sundays."""
    flag = (pl.col(s.DATE).dt.weekday() == 7) & when
    opened = pl.when(flag).then(1).otherwise(s.OPEN).cast(pl.Int8).alias(s.OPEN)
    sales = [pl.when(flag).then(value).otherwise(name).alias(name)
             for name, value in ((s.SALES, level), (s.CUSTOMERS, level / 9))]  # fmt: skip
    return Panel(panel.sales.with_columns(sales), panel.stores, panel.calendar.with_columns(opened))


@pytest.mark.parametrize(
    ("group", "truth"), [("Saturday", Effects().sunday_trading_saturday), ("Monday", Effects().sunday_trading_monday)]
)
def test_the_interval_of_sunday_trading_holds_the_truth(chain: pl.DataFrame, group: str, truth: float) -> None:
    low, high = logs(line(chain, Part.SUNDAY_TRADING, group, Measure="sales"))
    assert low < truth < high
    assert high < 0


def test_sunday_gains_more_than_its_neighbours_lose_in_the_generated_chain(chain: pl.DataFrame) -> None:
    three, whole = (line(chain, Part.WEEK_WITH_SUNDAY, group) for group in ("Saturday to Monday", "whole week"))
    assert three["Low"] > whole["Low"] > 0
    assert line(chain, Part.SUNDAY_ITSELF, "nearly all", Measure="sales")["High"] < 0


def test_stores_without_rows_for_months_sell_as_before(chain: pl.DataFrame) -> None:
    estimate = line(chain, Part.AROUND_ABSENCE, f"{Absence.NO_ROWS}: weeks 5 to 26", Measure="sales")
    assert estimate["Low"] < 0 < estimate["High"]
    assert line(chain, Part.ABSENCES, f"{Absence.NO_ROWS}, {WHOLE_STATE}")["Value"] == 0


def test_a_lasting_gain_after_a_closure_is_estimated() -> None:
    panel = make_panel(stores=12, days=700, seed=3)
    first, last = day(300), day(345)
    gained = pl.col(s.STORE).is_in([2, 5, 9]) & (pl.col(s.DATE) > last)
    panel = with_sales(panel, pl.when(gained).then(pl.col(s.SALES) * 1.3).otherwise(s.SALES))
    estimate = line(
        estimate_openings(shut(panel, [2, 5, 9], first, last)),
        Part.AROUND_ABSENCE,
        f"{Absence.SHUT}: weeks 5 to 26",
        Measure="sales",
    )
    assert estimate["Low"] < 0.3 < estimate["High"]
    assert estimate["Low"] > 0.2
    assert estimate["N"] == 3


def test_a_state_that_is_away_as_a_whole_is_one_case() -> None:
    panel = make_panel(stores=24, days=700)
    states = pl.Series(s.STATE, ["ABCDEFGH"[k // 3] for k in range(24)])
    panel = Panel(panel.sales, panel.stores.with_columns(states), panel.calendar)
    table = estimate_openings(shut(panel, [1, 2, 3], day(300), day(400), rows=False))
    assert line(table, Part.ABSENCES, f"{Absence.NO_ROWS}, {WHOLE_STATE}")["Value"] == 3
    estimate = line(table, Part.AROUND_ABSENCE, f"{Absence.NO_ROWS}: weeks 5 to 26", Measure="sales")
    assert estimate["Low"] < 0 < estimate["High"]


def test_the_rush_after_a_short_closure_is_estimated_on_its_day() -> None:
    panel = make_panel(stores=12, days=400)
    for store in range(1, 7):  # each on a Tuesday of its own
        closed = day(50 + 35 * store - day(50 + 35 * store).weekday() + 1)
        rush = (pl.col(s.STORE) == store) & (pl.col(s.DATE) == closed + dt.timedelta(days=1))
        panel = shut(
            with_sales(panel, pl.when(rush).then(pl.col(s.SALES) * 1.5).otherwise(s.SALES)), [store], closed, closed
        )
    table = estimate_openings(panel)
    assert line(table, Part.CLOSURES, Closure.ONE_DAY)["Value"] == 6
    after = line(table, Part.AROUND_CLOSURE, Closure.ONE_DAY, Measure="sales", Position=1.0)
    assert after["Low"] < 0.5 < after["High"]
    later = line(table, Part.AROUND_CLOSURE, Closure.ONE_DAY, Measure="sales", Position=6.0)
    assert abs(later["Value"]) < 0.1


def test_a_day_that_many_stores_lose_together_stands_apart() -> None:
    table = estimate_openings(shut(make_panel(stores=12), [1, 2, 3, 4, 5, 6], day(205), day(205)))
    groups = table.filter(pl.col("Part") == Part.CLOSURES)["Group"].to_list()
    assert groups == [Closure.ONE_DAY_SHARED]


def test_sundays_within_a_closure_are_no_trading_days_lost() -> None:
    monday = next(day(k) for k in range(100, 107) if day(k).weekday() == 0)
    panel = shut(make_panel(stores=12), [4], monday - dt.timedelta(days=1), monday + dt.timedelta(days=3))
    assert line(estimate_openings(panel), Part.CLOSURES, Closure.LONG)["Value"] == 1  # Monday to Thursday


def test_days_without_rows_are_gaps_in_the_data_and_no_closures() -> None:
    panel = make_panel(stores=12)
    for store in range(1, 9):
        tuesday = day(50 + 28 * store - day(50 + 28 * store).weekday() + 1)
        panel = shut(panel, [store], tuesday, tuesday, rows=False)
    panel = shut(panel, [9], day(150), day(160), rows=False)  # longer than a closure of days, shorter than an absence
    table = estimate_openings(panel)
    assert table.filter(pl.col("Part").is_in([Part.CLOSURES, Part.ABSENCES])).is_empty()


def test_a_day_on_which_goods_ran_out_is_no_closure() -> None:
    panel = make_panel(stores=12)
    saturdays = [
        day(k) for k in range(100, 200) if day(k).weekday() == 5
    ]  # before a Sunday, on which the store is shut
    ran_out = (pl.col(s.STORE) == 4) & pl.col(s.DATE).is_in(saturdays)
    unknown = Panel(panel.sales.filter(~ran_out), panel.stores, panel.calendar)
    assert estimate_openings(unknown).filter(pl.col("Part") == Part.CLOSURES).is_empty()


def test_a_closed_sunday_is_a_trading_day_lost_where_the_chain_trades_on_sundays() -> None:
    panel = on_sundays(make_panel(stores=12), pl.col(s.STORE) <= 10)
    sunday = next(day(k) for k in range(100, 107) if day(k).weekday() == 6)
    table = estimate_openings(shut(panel, [4], sunday, sunday))
    assert line(table, Part.CLOSURES, Closure.ONE_DAY)["N"] == 1, (
        "stores 11 and 12 never trade on Sundays, and lose none"
    )


def test_a_few_closures_have_no_figure() -> None:
    panel = make_panel(stores=12)
    for store in (1, 2):
        tuesday = day(50 + 28 * store - day(50 + 28 * store).weekday() + 1)
        panel = shut(panel, [store], tuesday, tuesday)
    table = estimate_openings(panel)
    assert line(table, Part.CLOSURES, Closure.ONE_DAY)["Value"] == 2
    assert table.filter(pl.col("Part") == Part.AROUND_CLOSURE).is_empty()


def test_the_first_day_after_holidays_is_grouped_by_the_days_closed() -> None:
    groups = (
        estimate_openings(make_panel(days=800)).filter(pl.col("Part") == Part.AROUND_CLOSED_DAYS)["Group"].to_list()
    )
    assert "2 days, the first day after" in groups  # 25 and 26 December


def test_stores_with_seasons_of_sundays_are_compared_with_themselves() -> None:
    panel = make_panel(stores=12, days=800)
    season = pl.col(s.STORE).is_in([1, 2, 3, 4]) & pl.col(s.DATE).dt.month().is_between(4, 9)
    lost = season & (pl.col(s.DATE).dt.weekday() == 6)
    panel = with_sales(panel, pl.when(lost).then(pl.col(s.SALES) * 0.9).otherwise(s.SALES))
    table = estimate_openings(on_sundays(panel, season))
    estimate = line(table, Part.SUNDAYS_ON_AND_OFF, "Saturday", Measure="sales")
    assert estimate["Low"] < -0.1 < estimate["High"] < 0
    assert line(table, Part.STORES_BY_SUNDAYS, Sundays.SOME)["Value"] == 4
    assert line(table, Part.STORES_BY_SUNDAYS, Sundays.SWITCHED_ONCE)["Value"] == 0


def test_a_store_that_begins_sundays_once_is_counted() -> None:
    table = estimate_openings(
        on_sundays(make_panel(stores=12, days=800), (pl.col(s.STORE) == 3) & (pl.col(s.DATE) > day(400)))
    )
    assert line(table, Part.STORES_BY_SUNDAYS, Sundays.SWITCHED_ONCE)["Value"] == 1
    assert line(table, Part.STORES_BY_SUNDAYS, Sundays.NEVER)["Value"] == 11


def test_without_sundays_there_is_no_answer_about_them() -> None:
    assert Part.STORES_BY_SUNDAYS not in estimate_openings(make_panel())["Part"]


def test_customers_are_not_needed() -> None:
    panel = shut(make_panel(stores=8), [3], day(200), day(240))
    empty = panel.sales.with_columns(pl.lit(None, pl.Float64).alias(s.CUSTOMERS))
    assert estimate_openings(Panel(empty, panel.stores, panel.calendar))["Measure"].unique().to_list() == ["sales"]


def test_one_store_is_compared_with_itself_alone() -> None:
    table = estimate_openings(shut(make_panel(stores=1, days=800), [1], day(300), day(340)))
    assert line(table, Part.ABSENCES, f"{Absence.SHUT}, all")["Value"] == 1
    assert line(table, Part.AROUND_ABSENCE, f"{Absence.SHUT}: weeks 5 to 26", Measure="sales")["Low"] is None


def test_unknown_states_and_types_are_answered() -> None:
    panel = on_sundays(make_panel(stores=12, days=400), pl.col(s.STORE) <= 3)
    blank = panel.stores.with_columns(pl.lit("").alias(s.STATE), pl.lit("").alias(s.STORE_TYPE))
    table = estimate_openings(Panel(panel.sales, blank, panel.calendar))
    assert line(table, Part.SUNDAY_TRADING, "Saturday", Measure="sales")["Low"] < 0.02


def test_a_chain_that_never_shuts_cannot_be_answered_for() -> None:
    panel = make_panel(days=110)
    later = panel.sales.filter(pl.col(s.DATE) > day(2))
    calendar = panel.calendar.filter(pl.col(s.DATE) > day(2)).with_columns(
        pl.when(pl.col(s.DATE).dt.weekday() == 7).then(0).otherwise(1).cast(pl.Int8).alias(s.OPEN),
        pl.lit("0").alias(s.STATE_HOLIDAY),
    )
    with pytest.raises(NotAnswerableError, match="no store was shut"):
        estimate_openings(Panel(later, panel.stores, calendar))


def test_a_store_that_is_open_and_sells_nothing_for_a_week_was_not_shut() -> None:
    panel = make_panel(stores=6, days=420, ahead=1)
    week = pl.col(s.DATE).is_between(FIRST + dt.timedelta(days=200), FIRST + dt.timedelta(days=206))
    nothing = (pl.col(s.STORE) == 2) & week
    unsold = with_sales(panel, pl.when(nothing).then(0.0).otherwise(pl.col(s.SALES)))
    opened = unsold.with_calendar(
        unsold.calendar.with_columns(Open=pl.when(nothing).then(1).otherwise(s.OPEN).cast(pl.Int8))
    )
    closed = unsold.with_calendar(
        unsold.calendar.with_columns(Open=pl.when(nothing).then(0).otherwise(s.OPEN).cast(pl.Int8))
    )

    def absences(chain: Panel) -> int:
        return estimate_openings(chain).filter(pl.col("Part") == Part.ABSENCES).height

    assert absences(closed) > absences(opened) == absences(panel)


def test_answers_are_the_same_twice() -> None:
    panel = make_panel(stores=8)
    again = make_panel(stores=8)
    assert estimate_openings(shut(panel, [3], day(200), day(240))).equals(
        estimate_openings(shut(again, [3], day(200), day(240)))
    )
