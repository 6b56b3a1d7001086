"""Generated chains as panels, with the truth behind them, for questions whose answers are known."""

import datetime as dt
import tempfile
from functools import cache
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.generate import ChainSpec, write_demo
from storecast.data.panel import Panel
from storecast.exploration.registry import ask, questions
from storecast.workflows import prepare


def known_chain(stores: int = 150, seed: int = 1, days: int = 942) -> Panel:
    """Generate a chain and read it back as its user would."""
    with tempfile.TemporaryDirectory() as folder:
        write_demo(Path(folder), ChainSpec(stores=stores, days=days, seed=seed))
        return prepare(Path(folder), horizon=48, allow_longer_test=True).panel


@cache
def usual_chain() -> Panel:
    """Return one chain for all tests that only read it."""
    return known_chain()


@cache
def usual_answer(key: str) -> pl.DataFrame:
    """Return what that chain answers to a question, for all tests that only read it."""
    answer = ask(usual_chain(), questions()[key])
    assert isinstance(answer, pl.DataFrame), answer
    return answer


def without_customers(panel: Panel) -> Panel:
    """Return the chain as if nobody had counted customers."""
    return Panel(panel.sales.with_columns(pl.lit(None, pl.Float64).alias(s.CUSTOMERS)), panel.stores, panel.calendar)


def first_stores(panel: Panel, count: int) -> Panel:
    """Return the first stores of a chain."""
    few = panel.stores.head(count)
    return Panel(
        *(table.join(few.select(s.STORE), on=s.STORE, how="semi") for table in (panel.sales, few, panel.calendar))
    )


def last_days(panel: Panel, days: int) -> Panel:
    """Return the end of a chain's history."""
    since = panel.end - dt.timedelta(days=days)
    after = pl.col(s.DATE) > since
    return Panel(panel.sales.filter(after), panel.stores, panel.calendar.filter(after))
