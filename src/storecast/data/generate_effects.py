"""What moves the sales of a generated chain: the true effects, and how they add up, in logs, to sales."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
from dateutil.easter import easter

from storecast import schema as s
from storecast.arrays import F64, Bool, Days
from storecast.dates import SATURDAY, SUNDAY, weekday

NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Effects:
    """The true effects, in logs of sales: 0.1 is about ten per cent."""

    weekday: dict[str, float] = field(
        default_factory=lambda: dict(zip(NAMES, (0.12, 0.02, -0.03, -0.02, 0.03, -0.12, -0.3), strict=True))
    )
    promo: dict[str, float] = field(
        default_factory=lambda: dict(zip(NAMES[:5], (0.42, 0.33, 0.27, 0.23, 0.22), strict=True))
    )
    promo_customers_share: float = 0.6  # of the uplift that comes from more customers, the rest from larger baskets
    after_promo_week: float = -0.03  # each day of a week without promotion that follows one with
    pay_day_first: float = 0.08  # days 1 to 3 of a month
    pay_day_last: float = 0.06  # days 29 to 31
    before_holiday: dict[str, float] = field(default_factory=lambda: {"a": 0.12, "b": 0.25, "c": 0.1})
    after_holiday: dict[str, float] = field(default_factory=lambda: {"a": 0.06, "b": 0.05, "c": 0.03})
    easter_saturday: float = 0.15
    christmas: float = 0.35  # at its height on 24 December; rises evenly from the 1st
    season: float = 0.04  # half the height of a yearly wave, highest in July
    school_holiday: float = 0.02
    competition: float = -0.08  # from the month in which a competitor opens
    promo2: float = -0.01  # from the week in which a store joins
    promo2_round: float = 0.03  # added in the months of its PromoInterval
    sunday_trading_saturday: float = -0.05  # in stores that open on Sundays
    sunday_trading_monday: float = -0.07
    store_type: dict[str, float] = field(default_factory=lambda: {"a": 0.0, "b": 0.45, "c": 0.02, "d": -0.04})
    assortment: dict[str, float] = field(default_factory=lambda: {"a": 0.0, "b": 0.1, "c": 0.08})
    store_level: float = 0.3  # spread of the stores' levels
    trend_mean: float = 0.02  # a year
    trend_spread: float = 0.03  # of the stores' trends
    noise_store_day: float = 0.09  # on its own each store and day
    noise_store: float = 0.02  # a day's shock to a store ...
    noise_store_kept: float = 0.8  # ... and the share of it that is left the day after
    noise_chain: float = 0.02  # a day's shock to the whole chain
    noise_chain_kept: float = 0.6


def log_sales(
    rng: np.random.Generator,
    effects: Effects,
    stores: pl.DataFrame,
    dates: Days,
    *,
    trend: F64,
    promo: Bool,
    holiday: npt.NDArray[np.str_],
    school: Bool,
    opened: Bool,
) -> F64:
    """Return the log of sales of each store and day, as if it were open.

    Parameters
    ----------
    rng : random numbers
    effects : the true effects
    stores : a row per store
    dates : (days,)
    trend : yearly growth of each store, in logs, (stores,)
    promo, school, opened : flags, (stores, days)
    holiday : kind of holiday, (stores, days)
    """
    years = np.arange(len(dates)) / 365.25
    out = _levels(rng, effects, stores)[:, None] + trend[:, None] * years[None, :]
    out += _common(effects, dates, promo)[None, :] + promo_uplift(effects, dates, promo)[None, :]
    out += school * effects.school_holiday
    out += _around_holidays(effects, dates, holiday, opened)
    out += _of_the_store(effects, stores, dates, opened)
    out += _lasting(rng, (1, len(dates)), effects.noise_chain, effects.noise_chain_kept)
    out += _lasting(rng, out.shape, effects.noise_store, effects.noise_store_kept)
    out += rng.standard_normal(out.shape) * effects.noise_store_day
    return out


def promo_uplift(effects: Effects, dates: Days, promo: Bool) -> F64:
    """Return the uplift of each day, 0 without promotion.

    Parameters
    ----------
    effects : the true effects
    dates : (days,)
    promo : flags, (stores, days)
    """
    size = np.array([effects.promo.get(name, 0.0) for name in NAMES])
    out: F64 = np.where(promo, size[weekday(dates)], 0.0)
    return out


def _levels(rng: np.random.Generator, effects: Effects, stores: pl.DataFrame) -> F64:
    kinds = zip(stores[s.STORE_TYPE], stores[s.ASSORTMENT], strict=True)
    attributes = np.array([effects.store_type[kind] + effects.assortment[range_] for kind, range_ in kinds])
    out: F64 = 8.75 + effects.store_level * rng.standard_normal(stores.height) + attributes
    return out


def _common(effects: Effects, dates: Days, promo: Bool) -> F64:
    """Return what all stores share on a day, but the promotion."""
    days = [day.item() for day in dates]
    weekdays = weekday(dates)
    out = np.array(list(effects.weekday.values()))[weekdays]
    out += effects.season * np.sin(2 * np.pi * (np.array([day.timetuple().tm_yday for day in days]) - 100) / 365.25)
    month_day = np.array([day.day for day in days])
    out += (month_day <= 3) * effects.pay_day_first + (month_day >= 29) * effects.pay_day_last
    advent = np.array([day.day if day.month == 12 and day.day <= 24 else 0 for day in days])
    out += effects.christmas * advent / 24
    out += effects.easter_saturday * np.array([(day - easter(day.year)).days == -1 for day in days])
    week = np.cumsum(weekdays == 0)
    ran = np.bincount(week, weights=promo) > 0
    out += (np.r_[False, ran[:-1]] & ~ran)[week] * effects.after_promo_week
    return out


def _around_holidays(effects: Effects, dates: Days, holiday: npt.NDArray[np.str_], opened: Bool) -> F64:
    """Return what holidays on which a store shuts do to the day before and the day after; Sundays are shut anyhow."""
    shut = ~opened & (weekday(dates) < SUNDAY)[None, :]
    out = np.zeros(shut.shape)
    for kind in effects.before_holiday:
        of_kind = shut & (holiday == kind)
        out[:, :-1] += of_kind[:, 1:] * effects.before_holiday[kind]
        out[:, 1:] += of_kind[:, :-1] * effects.after_holiday[kind]
    return out


def _of_the_store(effects: Effects, stores: pl.DataFrame, dates: Days, opened: Bool) -> F64:
    """Return what competition, Promo2 and Sunday trading do."""
    weekdays = weekday(dates)
    rival = stores["opening"].to_numpy().astype("datetime64[D]")
    out: F64 = np.where(dates[None, :] >= rival[:, None], effects.competition, 0.0)
    joined = dates[None, :] >= stores["joining"].to_numpy().astype("datetime64[D]")[:, None]  # never, where null
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    in_round = np.array(
        [[name in (months or "").split(",") for name in s.PROMO_MONTHS] for months in stores[s.PROMO_INTERVAL]]
    )[:, month]
    out += joined * (effects.promo2 + effects.promo2_round * in_round)
    sundays = opened[:, weekdays == SUNDAY].any(axis=1)
    out += np.outer(sundays, weekdays == SATURDAY) * effects.sunday_trading_saturday
    out += np.outer(sundays, weekdays == 0) * effects.sunday_trading_monday
    return out


def _lasting(rng: np.random.Generator, shape: tuple[int, ...], size: float, persistence: float) -> F64:
    """Return noise of which a share is kept from day to day."""
    out = rng.standard_normal(shape) * size
    for day in range(1, shape[1]):
        out[:, day] += persistence * out[:, day - 1]
    return out
