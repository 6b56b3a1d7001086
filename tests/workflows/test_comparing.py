"""A scenario asks only for what the past can answer."""

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.errors import DataError
from storecast.workflows.comparing import _refuse_unknown_effects
from support.panels import make_panel


def priced(past: pl.Expr, ahead: float) -> Panel:
    panel = make_panel(stores=2, days=60, ahead=14)
    price = pl.when(pl.col(s.DATE) > panel.end).then(ahead).otherwise(past).cast(pl.Float64)
    return panel.with_calendar(panel.calendar.with_columns(price.alias("Price")))


def test_another_value_of_a_column_that_has_never_changed_is_refused() -> None:
    steady = pl.col(s.STORE)
    with pytest.raises(
        DataError, match=r"days.csv changes 'Price', which has never changed in any store up to 2013-03-01"
    ):
        _refuse_unknown_effects(priced(steady, 2), priced(steady, 3), "days.csv")
    _refuse_unknown_effects(priced(steady, 2), priced(steady, 2), "days.csv")


def test_another_value_of_a_column_that_has_changed_is_compared() -> None:
    moving = pl.col(s.DATE).dt.day()
    _refuse_unknown_effects(priced(moving, 2), priced(moving, 3), "days.csv")
