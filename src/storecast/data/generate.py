"""A generated chain: the files of a real one, with its oddities, and the true effects beside them.

What is put in is known, so that tests can ask whether models and exploration find it. Nothing here is drawn from real
sales; the sizes of the effects are round figures of the order that drugstores show. It is called generated wherever it is
shown: `truth.json` beside the files says so.

generate_calendar   holidays, school holidays, promotions
generate_effects    the true effects, and how they add up to sales
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from storecast import schema as s
from storecast.arrays import Days
from storecast.data.file_columns import PROMO2_WEEK, PROMO2_YEAR, SINCE_MONTH, SINCE_YEAR
from storecast.data.generate_calendar import STATES, promotions, school_holidays, state_holidays
from storecast.data.generate_effects import Effects, log_sales, promo_uplift
from storecast.dates import SUNDAY, weekday
from storecast.errors import ConfigError
from storecast.files import atomic_write

SHORTEST = 72  # days of history
ROUNDS = ("Jan,Apr,Jul,Oct", "Feb,May,Aug,Nov", "Mar,Jun,Sept,Dec")
ODD_STORE = 20  # its competitor opened in an impossible year
IMPOSSIBLE = 1900
YEARS = range(1950, 2200)  # in which a chain may begin: the laws on holidays are known


@dataclass(frozen=True)
class ChainSpec:
    """How large a chain, and which one."""

    stores: int = 150
    days: int = 942  # in all; the last `horizon` are to be forecast
    seed: int = 1  # the same seed gives the same bytes
    horizon: int = 48  # days that go to test.csv
    first: dt.date = dt.date(2013, 1, 1)

    def __post_init__(self) -> None:
        """Refuse a chain too small to be one."""
        if not 1 <= self.stores <= 200_000:
            raise ConfigError(f"--stores: found {self.stores}; expected 1 to 200000.")
        if not 1 <= self.horizon <= 366:
            raise ConfigError(f"horizon: found {self.horizon}; expected 1 to 366 days.")
        shortest = SHORTEST + self.horizon
        if not shortest <= self.days <= 5000:
            raise ConfigError(
                f"--days: found {self.days}; expected {shortest} to 5000, of which {self.horizon} lie ahead."
            )
        if self.seed < 0:
            raise ConfigError(f"--seed: found {self.seed}; expected 0 or more.")
        if self.first.year not in YEARS:
            raise ConfigError(f"first: found {self.first}; expected a day from {YEARS.start} to {YEARS.stop - 1}.")


@dataclass(frozen=True, eq=False)
class GeneratedChain:
    """The tables of a chain, in the layout of its files, and the truth behind them."""

    train: pl.DataFrame
    test: pl.DataFrame
    stores: pl.DataFrame
    states: pl.DataFrame
    truth: dict[str, Any]


def write_demo(out: Path, spec: ChainSpec) -> None:
    """Write a generated chain: train.csv, test.csv, store.csv, store_states.csv and truth.json."""
    write_chain(out, generate(spec))


def write_chain(out: Path, chain: GeneratedChain) -> None:
    """Write the files of a generated chain, as `write_demo` does."""
    _write(chain.train, out / "train.csv", texts=(s.STATE_HOLIDAY, s.SCHOOL_HOLIDAY))
    _write(chain.test, out / "test.csv", texts=(s.STATE_HOLIDAY, s.SCHOOL_HOLIDAY))
    _write(chain.stores, out / "store.csv", texts=(s.STORE_TYPE, s.ASSORTMENT, s.PROMO_INTERVAL))
    with atomic_write(out / "store_states.csv") as draft:  # made by other people than the rest, and it shows
        chain.states.write_csv(draft, quote_style="never", line_terminator="\r\n")
    with atomic_write(out / "truth.json") as draft:
        draft.write_text(json.dumps(chain.truth, indent=1) + "\n", encoding="utf-8")


def generate(spec: ChainSpec) -> GeneratedChain:
    """Generate a chain.

    Examples
    --------
    >>> chain = generate(ChainSpec(stores=3, days=200))
    >>> chain.train.height + chain.test.height
    600
    """
    rng = np.random.default_rng(spec.seed)
    effects = Effects()
    dates = np.datetime64(spec.first) + np.arange(spec.days)
    weekdays = weekday(dates)
    stores = _stores(rng, spec)
    holiday = state_holidays(stores[s.STATE], dates)
    school = school_holidays(stores[s.STATE], dates)
    promo = promotions(rng, dates)
    on_sundays, on_holidays = rng.random((2, spec.stores, 1)) < np.array([0.03, 0.02])[:, None, None]
    opened = ((weekdays < SUNDAY) | on_sundays) & ((holiday == s.NO_HOLIDAY) | on_holidays)
    trend = effects.trend_mean + effects.trend_spread * rng.standard_normal(spec.stores)
    logs = log_sales(
        rng, effects, stores, dates, trend=trend, promo=promo, holiday=holiday, school=school, opened=opened
    )
    spend = np.log(9.0) + 0.15 * rng.standard_normal((spec.stores, 1))
    spend = spend + (1 - effects.promo_customers_share) * promo_uplift(effects, dates, promo)
    lame = rng.random(opened.shape) < 5e-5  # open, and nothing sold: a broken till, a flood
    table = pl.DataFrame(
        {
            s.STORE: np.repeat(np.arange(1, spec.stores + 1), spec.days),
            s.DAY_OF_WEEK: np.tile(weekdays + 1, spec.stores),
            s.DATE: np.tile(dates, spec.stores),
            s.SALES: _whole_numbers(logs, opened & ~lame),
            s.CUSTOMERS: _whole_numbers(logs - spend, opened & ~lame),
            s.OPEN: opened.ravel().astype(np.int64),
            s.PROMO: np.tile(promo, spec.stores).astype(np.int64),
            s.STATE_HOLIDAY: holiday.ravel(),
            s.SCHOOL_HOLIDAY: school.ravel().astype(np.int64),
        }
    ).sort(s.DATE, s.STORE, descending=[True, False])
    cut = dates[-spec.horizon - 1]
    rebuilt = _refurbished(rng, spec, dates)
    past = table.filter(pl.col(s.DATE) <= cut).join(rebuilt, on=s.STORE, how="left", maintain_order="left")
    away = (pl.col(s.DATE) >= pl.col("from")) & (pl.col(s.DATE) <= pl.col("to"))
    ahead = table.filter(pl.col(s.DATE) > cut).drop(s.SALES, s.CUSTOMERS).with_row_index(s.ID, offset=1)
    return GeneratedChain(
        train=past.filter(~away.fill_null(value=False)).drop("from", "to"),
        test=ahead,
        stores=stores.drop(s.STATE, "opening", "joining"),
        states=stores.select(s.STORE, s.STATE),
        truth={
            "generated": True,
            "note": "A generated chain, no real one. Effects are in logs of sales: 0.1 is about ten per cent.",
            "spec": {**asdict(spec), "first": spec.first.isoformat()},
            "effects": asdict(effects),
            "trend_by_store": [round(float(value), 6) for value in trend],
            "sunday_stores": (np.flatnonzero(on_sundays) + 1).tolist(),
            "holiday_stores": (np.flatnonzero(on_holidays) + 1).tolist(),
            "refurbished_stores": rebuilt[s.STORE].to_list(),
        },
    )


def _stores(rng: np.random.Generator, spec: ChainSpec) -> pl.DataFrame:
    """Draw attributes, with the gaps and the one impossible year that real files have.

    Two columns are not for the files: ``opening``, since when a competitor is there, and ``joining``, since when Promo2 runs.
    """
    count, days = spec.stores, spec.days - spec.horizon
    distance = np.clip(np.round(np.exp(rng.normal(7.5, 1.2, count)), -1), 20, 75_000)
    known = rng.random(count) < 0.68
    if count >= ODD_STORE:
        distance[rng.choice(count, max(1, round(count / 370)), replace=False)] = np.nan
        known[ODD_STORE - 1] = True
    opening = [_later(spec.first, day).replace(day=1) for day in rng.integers(-2500, days, count)]
    joined = rng.random(count) < 0.5
    joining = [_later(spec.first, day) for day in rng.integers(-1200, days, count)]
    joining = [day - dt.timedelta(days=day.weekday()) for day in joining]  # files name the week
    rounds = rng.choice(ROUNDS, count)
    out = pl.DataFrame(
        {
            s.STORE: np.arange(1, count + 1),
            s.STORE_TYPE: rng.choice(list("abcd"), count, p=[0.54, 0.02, 0.13, 0.31]),
            s.ASSORTMENT: rng.choice(list("abc"), count, p=[0.53, 0.01, 0.46]),
            s.COMPETITION_DISTANCE: pl.Series(distance).fill_nan(None).cast(pl.Int64),
            "opening": pl.Series(opening, dtype=pl.Date),
            "joining": pl.Series(joining, dtype=pl.Date),
            "known": known,
            s.PROMO2: joined.astype(np.int64),
            s.PROMO_INTERVAL: rounds,
            s.STATE: rng.choice(STATES, count),
        }
    )
    # A competitor without a date, or with an impossible one, was there before the chain's first day.
    impossible = pl.col(s.STORE) == ODD_STORE
    opened, join = pl.col("opening"), pl.col("joining")
    takes_part = pl.col(s.PROMO2) == 1
    year = pl.when(impossible).then(IMPOSSIBLE).otherwise(opened.dt.year())
    return out.select(
        s.STORE,
        s.STORE_TYPE,
        s.ASSORTMENT,
        s.COMPETITION_DISTANCE,
        pl.when("known").then(opened.dt.month()).alias(SINCE_MONTH),
        pl.when("known").then(year).alias(SINCE_YEAR),
        s.PROMO2,
        pl.when(takes_part).then(join.dt.week()).alias(PROMO2_WEEK),
        pl.when(takes_part).then(join.dt.iso_year()).alias(PROMO2_YEAR),
        pl.when(takes_part).then(s.PROMO_INTERVAL).otherwise(pl.lit("")).alias(s.PROMO_INTERVAL),
        s.STATE,
        pl.when(pl.col("known") & ~impossible).then(opened).otherwise(dt.date(IMPOSSIBLE, 1, 1)).alias("opening"),
        pl.when(takes_part).then(join).alias("joining"),
    )


def _refurbished(rng: np.random.Generator, spec: ChainSpec, dates: Days) -> pl.DataFrame:
    """Choose stores that vanish for half a year, where there is history enough for it."""
    days = spec.days - spec.horizon
    drawn = np.flatnonzero(rng.random(spec.stores) < 0.16) + 1
    chosen = drawn if days >= 500 and spec.stores > 1 else drawn[:0]
    begin, end = dates[max(0, days - 348)], dates[max(0, days - 165)]
    return pl.DataFrame(
        {s.STORE: chosen, "from": np.full(len(chosen), begin), "to": np.full(len(chosen), end)},
        schema_overrides={s.STORE: pl.Int64, "from": pl.Date, "to": pl.Date},
    )


def _whole_numbers(logs: npt.NDArray[np.float64], sold: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    return np.where(sold, np.maximum(np.round(np.exp(logs)), 1), 0).astype(np.int64).ravel()


def _later(first: dt.date, days: int) -> dt.date:
    return first + dt.timedelta(days=int(days))


def _write(table: pl.DataFrame, path: Path, texts: tuple[str, ...]) -> None:
    """Write with quotes about the header and about texts, as the real files have them; numbers and dates are bare."""
    quoted = table.with_columns(pl.format('"{}"', pl.col(name)).alias(name) for name in texts)
    with atomic_write(path) as draft:
        quoted.rename(lambda name: f'"{name}"').write_csv(draft, quote_style="never")
