"""Hiding stores tells what a new store's interval must be; a chain of a few stores is told a usual figure."""

import datetime as dt

import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.uncertainty.cold_start import UNMEASURED, cold_start_factor
from support.panels import make_panel


def test_hidden_stores_err_more() -> None:
    panel = make_panel(stores=20, days=300, ahead=0)
    assert cold_start_factor(panel.window(panel.end - dt.timedelta(days=30), 30)) > 2


def test_hidden_stores_may_be_the_only_ones_with_rows_of_the_last_days() -> None:
    panel = make_panel(stores=20, days=300, ahead=0)
    cutoff = panel.end - dt.timedelta(days=30)
    late = pl.col(s.DATE).is_between(cutoff - dt.timedelta(days=3), cutoff) & (pl.col(s.STORE) % 5 != 3)
    assert cold_start_factor(Panel(panel.sales.filter(~late), panel.stores, panel.calendar).window(cutoff, 30)) > 2


def test_a_chain_of_few_stores_takes_the_usual_figure() -> None:
    panel = make_panel(stores=3, days=200, ahead=0)
    assert cold_start_factor(panel.window(panel.end - dt.timedelta(days=30), 30)) == UNMEASURED
