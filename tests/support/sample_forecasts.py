"""Forecasts made and what came, on the spot: as the database hands them to monitoring."""

import datetime as dt

import numpy as np
import polars as pl

from storecast import schema as s

CUTOFF = dt.date(2014, 6, 30)


def sample_forecasts(
    stores: int = 20,
    days: int = 42,
    *,
    cutoff: dt.date = CUTOFF,
    model: str = "model-a",
    bias: float = 0.0,
    spread: float = 0.1,
    come: int | None = None,
    seed: int = 1,
) -> pl.DataFrame:
    """Return forecasts of 1,000 with the intervals of a spread of 0.1; sales off by ``bias`` and ``spread`` (in logs).

    Parameters
    ----------
    come : days whose sales have come; None: all. Every seventh day is closed.
    """
    rng = np.random.default_rng(seed)
    ahead = np.tile(np.arange(1, days + 1), stores)
    is_open = ahead % 7 > 0
    sales = np.where(is_open, np.round(1000 * np.exp(spread * rng.standard_normal(stores * days) - bias), 2), 0.0)
    at = np.where(is_open, 1000.0, 0.0)
    return pl.DataFrame(
        {
            s.MODEL: [model] * len(ahead),
            s.CUTOFF: pl.Series([cutoff] * len(ahead), dtype=pl.Date),
            s.STORE: np.repeat(np.arange(1, stores + 1), days),
            s.DATE: pl.Series([cutoff + dt.timedelta(days=int(k)) for k in ahead], dtype=pl.Date),
            "Ahead": ahead,
            s.FORECAST: at,
            **{
                name: at * np.exp(0.1 * z)
                for name, z in (("Lower80", -1.2816), ("Upper80", 1.2816), ("Lower95", -1.96), ("Upper95", 1.96))
            },
            s.OPEN: is_open.astype(np.int8),
            s.PROMO: np.zeros(len(ahead), np.int8),
            s.SALES: sales,
        }
    ).with_columns(pl.when(pl.col("Ahead") <= (come or days)).then(pl.col(s.SALES)).alias(s.SALES))
