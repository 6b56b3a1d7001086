"""A generated chain: the files of a real one, with its oddities, and the true effects beside them.

What is put in is known, so that tests can ask whether models and exploration find it. Nothing here is drawn from real
sales; the sizes of the effects are round figures of the order that drugstores show. It is called generated wherever it is
shown: `truth.json` beside the files says so.
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import holidays
import numpy as np
import numpy.typing as npt
import polars as pl
from dateutil.easter import easter

from storecast import schema as s
from storecast.errors import ConfigError
from storecast.files import whole

AHEAD = 48  # days at the end that go to test.csv
SHORTEST = 120
TRUTH = {
    "weekday": {"Mon": 0.12, "Tue": 0.02, "Wed": -0.03, "Thu": -0.02, "Fri": 0.03, "Sat": -0.12, "Sun": -0.3},
    "promo": {"Mon": 0.42, "Tue": 0.33, "Wed": 0.27, "Thu": 0.23, "Fri": 0.22},
    "promo_customers_share": 0.6,  # of the uplift in logs that comes from more customers
    "after_promo_week": -0.03,
    "pay_day": {"1-3": 0.08, "29-31": 0.06},
    "december": 0.35,  # at its height, the days before Christmas
    "before_easter": 0.15,  # Thursday and Saturday before Easter
    "day_before_closure": 0.12,
    "day_after_closure": 0.06,
    "school_holiday": 0.02,
    "competition_opening": -0.08,
    "promo2": -0.01,
    "sunday_trading_saturday": -0.05,
    "sunday_trading_monday": -0.07,
    "type_level": {"a": 0.0, "b": 0.45, "c": 0.02, "d": -0.04},
    "assortment_level": {"a": 0.0, "b": 0.1, "c": 0.08},
    "season": 0.04,
    "noise_day": 0.09,
    "noise_store_day": 0.02,
    "noise_chain_day": 0.02,
}
STATES = ("NW", "BY", "SH", "HE", "BE", "BW", "SN", "ST", "TH", "RP", "HH", "HB")
SUMMER = {"NW": 185, "BY": 212, "BW": 210, "SH": 190, "HE": 205}  # day of year on which the long school holidays begin
ROUNDS = ("Jan,Apr,Jul,Oct", "Feb,May,Aug,Nov", "Mar,Jun,Sept,Dec")

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ChainSpec:
    """How large a chain, and which one."""

    stores: int = 150
    days: int = 942  # in all; the last `AHEAD` are to be forecast
    seed: int = 1  # the same seed gives the same bytes
    first: dt.date = dt.date(2013, 1, 1)

    def __post_init__(self) -> None:
        """Refuse a chain too small to be one."""
        if not 1 <= self.stores <= 200_000:
            raise ConfigError(f"--stores: found {self.stores}; expected 1 to 200000.")
        if not SHORTEST <= self.days <= 5000:
            raise ConfigError(f"--days: found {self.days}; expected {SHORTEST} to 5000, of which {AHEAD} lie ahead.")


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
    chain = generate(spec)
    for name, table in (
        ("train", chain.train),
        ("test", chain.test),
        ("store", chain.stores),
        ("store_states", chain.states),
    ):
        with whole(out / f"{name}.csv") as draft:
            table.write_csv(draft, quote_style="non_numeric")
    with whole(out / "truth.json") as draft:
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
    dates = np.datetime64(spec.first) + np.arange(spec.days)
    weekday = (dates.astype(np.int64) + 3) % 7
    stores = _stores(rng, spec)
    holiday = _holidays(stores["State"], dates)
    school = _school(stores["State"], dates)
    promo = _promo(rng, spec.days, weekday)
    sunday_store = rng.random(spec.stores) < 0.03
    opened = ((weekday < 6) | sunday_store[:, None]) & ((holiday == "0") | (rng.random((spec.stores, 1)) < 0.02))
    share = TRUTH["promo_customers_share"]
    assert isinstance(share, float)
    uplift = np.where(promo, [_of("promo", day) for day in weekday], 0.0)
    logs = (
        _levels(rng, spec, stores)
        + _common(rng, dates, weekday, promo)[None, :]
        + _own(stores, dates, weekday, opened, school)
    )
    logs = logs + uplift[None, :] + _noise(rng, spec)
    basket = np.log(9.0) + 0.15 * rng.standard_normal((spec.stores, 1)) + (1 - share) * uplift[None, :]
    customers = np.where(opened, np.maximum(np.round(np.exp(logs - basket)), 1), 0).astype(np.int64)
    sales = np.where(opened, np.maximum(np.round(np.exp(logs)), 1), 0).astype(np.int64)
    lame = opened & (rng.random(opened.shape) < 5e-5)  # open, and nothing sold: a broken till, a flood
    sales[lame], customers[lame] = 0, 0
    table = pl.DataFrame(
        {
            s.STORE: np.repeat(np.arange(1, spec.stores + 1), spec.days),
            s.DAY_OF_WEEK: np.tile(weekday + 1, spec.stores),
            s.DATE: np.tile(dates, spec.stores),
            s.SALES: sales.ravel(),
            s.CUSTOMERS: customers.ravel(),
            s.OPEN: opened.ravel().astype(np.int64),
            s.PROMO: np.tile(promo, spec.stores).astype(np.int64),
            s.STATE_HOLIDAY: holiday.ravel(),
            s.SCHOOL_HOLIDAY: school.ravel().astype(np.int64),
        }
    ).sort(s.DATE, s.STORE, descending=[True, False])
    cut = dates[-AHEAD - 1]
    rebuilt = _refurbished(rng, spec, dates)
    past = table.filter(pl.col(s.DATE) <= cut).join(rebuilt, on=s.STORE, how="left", maintain_order="left")
    away = (pl.col(s.DATE) >= pl.col("from")) & (pl.col(s.DATE) <= pl.col("to"))
    ahead = table.filter(pl.col(s.DATE) > cut).drop(s.SALES, s.CUSTOMERS).with_row_index(s.ID, offset=1)
    return GeneratedChain(
        train=past.filter(~away.fill_null(value=False)).drop("from", "to"),
        test=ahead,
        stores=stores.drop("State", "opening"),
        states=stores.select(s.STORE, "State"),
        truth={
            "generated": True,
            "note": "A generated chain. Effects are in logs of sales.",
            "spec": {**asdict(spec), "first": spec.first.isoformat()},
            "effects": TRUTH,
            "sunday_stores": (np.flatnonzero(sunday_store) + 1).tolist(),
            "refurbished_stores": rebuilt[s.STORE].to_list(),
        },
    )


def _stores(rng: np.random.Generator, spec: ChainSpec) -> pl.DataFrame:
    """Draw attributes, with the gaps and the one impossible year that real files have."""
    count = spec.stores
    days = spec.days - AHEAD
    distance = np.clip(np.round(np.exp(rng.normal(7.5, 1.2, count)), -1), 20, 75_000)
    opening = rng.integers(-2500, days, count)
    known = rng.random(count) < 0.68
    date = [spec.first + dt.timedelta(days=int(day)) for day in opening]
    joined = rng.random(count) < 0.5
    week = [spec.first + dt.timedelta(days=int(day)) for day in rng.integers(-1200, days, count)]
    no_distance = np.zeros(count, bool)
    no_distance[: count // 300] = True
    years = [day.year if k else None for day, k in zip(date, known, strict=True)]
    months = [day.month if k else None for day, k in zip(date, known, strict=True)]
    if count >= 20:
        years[19], months[19] = 1900, 1
    return pl.DataFrame(
        {
            s.STORE: np.arange(1, count + 1),
            s.STORE_TYPE: rng.choice(list("abcd"), count, p=[0.54, 0.02, 0.13, 0.31]),
            s.ASSORTMENT: rng.choice(list("abc"), count, p=[0.53, 0.01, 0.46]),
            s.COMPETITION_DISTANCE: pl.Series(np.where(rng.permutation(no_distance), np.nan, distance))
            .fill_nan(None)
            .cast(pl.Int64),
            "CompetitionOpenSinceMonth": months,
            "CompetitionOpenSinceYear": years,
            s.PROMO2: joined.astype(np.int64),
            "Promo2SinceWeek": [day.isocalendar().week if j else None for day, j in zip(week, joined, strict=True)],
            "Promo2SinceYear": [day.isocalendar().year if j else None for day, j in zip(week, joined, strict=True)],
            s.PROMO_INTERVAL: [str(r) if j else None for r, j in zip(rng.choice(ROUNDS, count), joined, strict=True)],
            "State": rng.choice(STATES, count),
            # A competitor without a date, or with an impossible one, was there before the chain's first day.
            "opening": [
                day if k and y != 1900 else dt.date(2000, 1, 1) for day, k, y in zip(date, known, years, strict=True)
            ],
        },
        schema_overrides={"CompetitionOpenSinceMonth": pl.Int64, "CompetitionOpenSinceYear": pl.Int64},
        strict=False,
    )


def _holidays(states: pl.Series, dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.str_]:
    days = [day.item() for day in dates]
    years = sorted({day.year for day in days})
    kinds = {}
    for state in states.unique():
        law = holidays.country_holidays("DE", subdiv=state, years=years)
        kinds[state] = np.array([_kind(day) if day in law else "0" for day in days])
    return np.stack([kinds[state] for state in states])


def _kind(day: dt.date) -> str:
    if (day - easter(day.year)).days in (-2, 0, 1):
        return "b"
    return "c" if (day.month, day.day) in {(12, 25), (12, 26)} else "a"


def _school(states: pl.Series, dates: npt.NDArray[np.datetime64]) -> Flags:
    """Six weeks in summer, by state; two around Christmas, Easter and in autumn."""
    days = [day.item() for day in dates]
    out = {}
    for state in states.unique():
        summer = SUMMER.get(state, 195)
        out[state] = np.array(
            [
                summer <= day.timetuple().tm_yday < summer + 43
                or (day.month, day.day) >= (12, 23)
                or (day.month, day.day) <= (1, 6)
                or -8 <= (day - easter(day.year)).days <= 6
                or 285 <= day.timetuple().tm_yday < 299
                for day in days
            ]
        )
    return np.stack([out[state] for state in states]) & ((dates.astype(np.int64) + 3) % 7 < 5)[None, :]


def _promo(rng: np.random.Generator, days: int, weekday: npt.NDArray[np.int64]) -> Flags:
    """Every other week, Monday to Friday, the same for all stores; now and then two weeks in a row."""
    week = np.cumsum(weekday == 0)
    on = np.zeros(week.max() + 2, bool)
    k = 1
    while k < len(on):
        on[k] = True
        double = rng.random() < 0.15
        if double and k + 1 < len(on):
            on[k + 1] = True
        k += 3 if double else 2
    out: Flags = on[week] & (weekday < 5) & (np.arange(days) >= 6)
    return out


def _levels(rng: np.random.Generator, spec: ChainSpec, stores: pl.DataFrame) -> Floats:
    """Return level and trend of each store, (stores, days)."""
    kind = [
        _of("type_level", k) + _of("assortment_level", a)
        for k, a in zip(stores[s.STORE_TYPE], stores[s.ASSORTMENT], strict=True)
    ]
    level = 8.75 + 0.3 * rng.standard_normal(spec.stores) + np.array(kind)
    trend = 0.02 + 0.03 * rng.standard_normal(spec.stores)
    years = np.arange(spec.days) / 365.25
    out: Floats = level[:, None] + trend[:, None] * years[None, :]
    return out


def _common(
    rng: np.random.Generator, dates: npt.NDArray[np.datetime64], weekday: npt.NDArray[np.int64], promo: Flags
) -> Floats:
    """Return what all stores share on a day: weekday, season, pay day, Christmas, Easter, the chain's own noise."""
    days = [day.item() for day in dates]
    year_day = np.array([day.timetuple().tm_yday for day in days])
    month_day = np.array([day.day for day in days])
    out = np.array([_of("weekday", day) for day in weekday])
    out += _size("season") * np.sin(2 * np.pi * (year_day - 100) / 365.25)
    out += np.where(month_day <= 3, _of("pay_day", "1-3"), 0) + np.where(month_day >= 29, _of("pay_day", "29-31"), 0)
    until = np.array([(dt.date(day.year, 12, 25) - day).days for day in days])
    out += np.where((until > 0) & (until <= 24), _size("december") * (1 - until / 25), 0)
    from_easter = np.array([(day - easter(day.year)).days for day in days])
    out += np.where(np.isin(from_easter, (-3, -1)), _size("before_easter"), 0)
    weeks = np.cumsum(weekday == 0)
    ran = np.array([promo[weeks == week].any() for week in range(weeks.max() + 1)])
    after = np.r_[False, ran[:-1]] & ~ran
    out += np.where(after[weeks], _size("after_promo_week"), 0)
    shock = rng.standard_normal(len(days)) * _size("noise_chain_day")
    for k in range(1, len(shock)):
        shock[k] += 0.6 * shock[k - 1]
    return out + shock


def _own(
    stores: pl.DataFrame,
    dates: npt.NDArray[np.datetime64],
    weekday: npt.NDArray[np.int64],
    opened: Flags,
    school: Flags,
) -> Floats:
    """Return what depends on store and day: closures around, school holidays, competition, Promo2, Sunday trading."""
    shut = ~opened & (weekday < 6)[None, :]
    out = np.where(np.c_[shut[:, 1:], shut[:, :1] & False], _size("day_before_closure"), 0.0)
    out += np.where(np.c_[shut[:, :1] & False, shut[:, :-1]], _size("day_after_closure"), 0.0)
    out += school * _size("school_holiday")
    opening = stores["opening"].to_numpy().astype("datetime64[D]")
    out += (dates[None, :] >= opening[:, None]) * _size("competition_opening")
    out += (stores[s.PROMO2].to_numpy() == 1)[:, None] * _size("promo2")
    sundays = opened[:, weekday == 6].any(axis=1)
    out += np.outer(sundays, weekday == 5) * _size("sunday_trading_saturday")
    out += np.outer(sundays, weekday == 0) * _size("sunday_trading_monday")
    return out


def _noise(rng: np.random.Generator, spec: ChainSpec) -> Floats:
    """Return noise of store and day, part of it lasting."""
    lasting = rng.standard_normal((spec.stores, spec.days)) * _size("noise_store_day")
    for k in range(1, spec.days):
        lasting[:, k] += 0.8 * lasting[:, k - 1]
    out: Floats = lasting + rng.standard_normal((spec.stores, spec.days)) * _size("noise_day")
    return out


def _refurbished(rng: np.random.Generator, spec: ChainSpec, dates: npt.NDArray[np.datetime64]) -> pl.DataFrame:
    """Choose stores that vanish for half a year, where there is history enough for it."""
    days = spec.days - AHEAD
    drawn = np.flatnonzero(rng.random(spec.stores) < 0.16) + 1
    chosen = drawn if days >= 500 and spec.stores > 1 else drawn[:0]
    begin, end = dates[max(0, days - 348)], dates[max(0, days - 165)]
    return pl.DataFrame(
        {s.STORE: chosen, "from": np.full(len(chosen), begin), "to": np.full(len(chosen), end)},
        schema_overrides={s.STORE: pl.Int64, "from": pl.Date, "to": pl.Date},
    )


def _of(effect: str, key: object) -> float:
    """Return one value of an effect; weekdays may be named by number."""
    table = TRUTH[effect]
    assert isinstance(table, dict)
    if isinstance(key, int | np.integer):
        return list(table.values())[int(key)] if int(key) < len(table) else 0.0
    return float(table[str(key)])


def _size(effect: str) -> float:
    size = TRUTH[effect]
    assert isinstance(size, float)
    return size
