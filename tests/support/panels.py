"""Small panels made on the spot: what is in them is known, and they take milliseconds."""

import datetime as dt

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.panel import Panel

FIRST = dt.date(2013, 1, 1)


def make_panel(stores: int = 6, days: int = 420, ahead: int = 48, seed: int = 1, *, noise: float = 0.05) -> Panel:
    """Return a chain with weekdays, promotions, a yearly wave and noise; closed on Sundays and on New Year's Day."""
    rng = np.random.default_rng(seed)
    total = days + ahead
    dates = [FIRST + dt.timedelta(days=k) for k in range(total)]
    weekday = np.array([day.weekday() for day in dates])
    promo = ((np.arange(total) // 7) % 2 == 0) & (weekday < 5)
    holiday = np.array([(day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)} for day in dates])
    opened = (weekday < 6) & ~holiday
    level = np.linspace(8.0, 9.0, stores)
    wave = 0.1 * np.sin(2 * np.pi * np.arange(total) / 365.25)
    logs = (
        level[:, None] + (0.25 * promo - 0.03 * weekday + wave)[None, :] + noise * rng.standard_normal((stores, total))
    )
    sales = np.where(opened, np.round(np.exp(logs)), 0.0)
    calendar = pl.DataFrame(
        {
            s.STORE: np.repeat(np.arange(1, stores + 1), total),
            s.DATE: pl.Series(dates * stores, dtype=pl.Date),
            s.OPEN: np.tile(opened, stores).astype(np.int8),
            s.PROMO: np.tile(promo, stores).astype(np.int8),
            s.STATE_HOLIDAY: np.tile(np.where(holiday, "a", "0"), stores),
            s.SCHOOL_HOLIDAY: np.tile(np.array([day.month == 8 for day in dates]), stores).astype(np.int8),
            s.ASSUMED: np.zeros(stores * total, bool),
        }
    )
    table = calendar.select(*s.KEYS).with_columns(
        pl.Series(s.SALES, sales.ravel()), pl.Series(s.CUSTOMERS, np.round(sales.ravel() / 9))
    )
    attributes = pl.DataFrame(
        {
            s.STORE: np.arange(1, stores + 1),
            s.STORE_TYPE: ["abcd"[k % 4] for k in range(stores)],
            s.ASSORTMENT: ["ac"[k % 2] for k in range(stores)],
            s.COMPETITION_DISTANCE: np.linspace(100, 5000, stores),
            s.COMPETITION_SINCE: pl.Series([dt.date(2013, 6, 1)] * stores, dtype=pl.Date),
            s.PROMO2: pl.Series([k % 2 for k in range(stores)], dtype=pl.Int8),
            s.PROMO2_SINCE: pl.Series([dt.date(2012, 1, 2) if k % 2 else None for k in range(stores)], dtype=pl.Date),
            s.PROMO_INTERVAL: ["Jan,Apr,Jul,Oct" if k % 2 else "" for k in range(stores)],
            s.STATE: ["BY" if k % 2 else "NW" for k in range(stores)],
        }
    )
    end = FIRST + dt.timedelta(days=days - 1)
    return Panel(table.filter(pl.col(s.DATE) <= end), attributes, calendar)


def with_sales(panel: Panel, sales: pl.Expr) -> Panel:
    """Return the panel with other sales."""
    return Panel(panel.sales.with_columns(sales.alias(s.SALES)), panel.stores, panel.calendar)
