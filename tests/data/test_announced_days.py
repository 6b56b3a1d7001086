"""A day that an own column announces is no broken record, however much it sells."""

import datetime as dt

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.announced_days import announced_days
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from support.panels import make_panel

EVENT = dt.date(2013, 9, 13)


def columns(values: list[float]) -> list[np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    return [np.array([values], np.float32)]


def test_a_flag_that_is_set_announces_the_day_and_one_that_is_not_does_not() -> None:
    flag = [0.0] * 50
    flag[40] = 1
    assert np.flatnonzero(announced_days(columns(flag), (1, 50))).tolist() == [40]


def test_a_new_price_is_announced_until_it_is_usual() -> None:
    price = [2.0] * 35 + [3.0] * 35
    days = np.flatnonzero(announced_days(columns(price), (1, 70)))
    assert days.tolist() == list(range(35, 42)), "in its second week the weekdays before differ"


def test_a_number_that_is_another_each_day_announces_nothing() -> None:
    assert not announced_days(columns([float(day) for day in range(100)]), (1, 100)).any()


def test_days_without_values_or_with_too_few_before_announce_nothing() -> None:
    assert not announced_days(columns([np.nan] * 30 + [1.0] * 5), (1, 35)).any()
    assert not announced_days(columns([0.0] * 20 + [1.0]), (1, 21)).any()


def test_sales_of_an_event_are_learned_and_those_without_one_are_broken() -> None:
    panel = make_panel(stores=2, days=420)
    event = pl.col(s.DATE) == EVENT
    sales = panel.sales.with_columns(pl.col(s.SALES) * pl.when(event).then(30.0).otherwise(1.0))
    plain = Grid.of(Panel(sales, panel.stores, panel.calendar))
    flagged = panel.calendar.with_columns(event.cast(pl.Float64).alias("Event"))
    known = Grid.of(Panel(sales, panel.stores, flagged))
    day = plain.column(EVENT)
    assert plain.broken[:, day].all()
    assert not known.broken[:, day].any()
