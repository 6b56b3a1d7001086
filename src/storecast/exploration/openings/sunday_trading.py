"""Sunday trading: what stores that open on Sundays sell on them, and what happens to their Saturdays and Mondays.

Two estimates that share no store. Stores that open on nearly all Sundays are compared with those that never do: a
Saturday, less the same store's Tuesdays to Fridays, on days without promotion. Stores that open on some Sundays and stay
shut on others are compared with themselves, less the change of the stores around them in the same weeks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storecast import schema as s
from storecast.arrays import F64, I64, Bool
from storecast.dates import SATURDAY, SUNDAY
from storecast.exploration.openings.parts import Part, Sundays
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.estimates import Estimate, Interval, Unit, from_interval, relative_change
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from storecast.exploration.shared.regression import CONFIDENCE, mean_interval, ols
from storecast.exploration.shared.two_way import group_codes

MIN_SHARE_NEARLY_ALL = 0.8  # of the Sundays with a row
MIN_SHARE_ONE_SWITCH = 0.95  # of the Sundays that one beginning, or one end, must explain
MIN_SUNDAYS = 20  # with sales, and as many without, of a store that opens on some
MIN_STORES_HC3 = 10  # Sunday stores; with fewer, the spread of all stores is taken
MIN_NEIGHBOURS = 5  # stores of the same state; with fewer, a store is compared with the whole chain
MIDWEEK = (1, 2, 3, 4)  # Tuesday to Friday
MONDAY = 0
DAYS = {"Saturday": SATURDAY, "Monday": MONDAY}
MIN_MIDWEEK_DAYS = 3  # with sales


@dataclass(frozen=True, eq=False)
class SundayStores:
    """Which stores trade on Sundays: flags by store.

    Attributes
    ----------
    nearly_all, some, never : by the Sundays they sold on
    switched_once : of some, those that began or ended once, and not season by season
    sold : stores × days, the Sundays with sales
    """

    nearly_all: Bool
    some: Bool
    never: Bool
    switched_once: Bool
    sold: Bool


def sunday_estimates(adjusted: Adjusted) -> list[Estimate]:
    """Measure Sunday trading; nothing where no store trades on Sundays, or all do."""
    stores = sunday_stores(adjusted)
    counts = (
        (Sundays.NEARLY_ALL, stores.nearly_all),
        (Sundays.SOME, stores.some),
        (Sundays.NEVER, stores.never),
        (Sundays.SWITCHED_ONCE, stores.switched_once),
    )
    estimates = [
        Estimate(Part.STORES_BY_SUNDAYS, name, SALES, Unit.COUNT, float(flags.sum()), n=len(flags))
        for name, flags in counts
    ]
    if not stores.nearly_all.any() and not stores.some.any():
        return []
    return [
        *estimates,
        *_compared(adjusted, stores),
        *_switched(adjusted, stores),
        *_sundays_themselves(adjusted, stores),
    ]


def sunday_stores(adjusted: Adjusted) -> SundayStores:
    """Sort stores by how many of their Sundays they sold on."""
    observed = adjusted.observed
    sunday = observed.weekday == SUNDAY
    traded = ~np.isnan(observed.logs[SALES])
    sold = traded & sunday[None, :]
    last = int(np.flatnonzero(traded.any(axis=0))[-1])
    sundays = (observed.grid.open >= 0) & sunday[None, :] & ~(observed.grid.holiday > 0)
    possible, count = sundays[:, : last + 1].sum(axis=1), sold.sum(axis=1)
    nearly_all = (count >= MIN_SHARE_NEARLY_ALL * possible) & (count >= MIN_SUNDAYS)
    some = (count >= MIN_SUNDAYS) & (possible - count >= MIN_SUNDAYS) & ~nearly_all
    return SundayStores(nearly_all, some, count == 0, some & _switched_once(sold[:, sunday]), sold)


def _switched_once(sold: Bool) -> Bool:
    """Whether one beginning, or one end, explains on which Sundays a store sold, but for a few."""
    padding = ((0, 0), (1, 0))
    before = np.pad(np.cumsum(sold, axis=1), padding)  # sold before each place
    shut = np.pad(np.cumsum(~sold, axis=1), padding)
    begins = shut + (before[:, -1:] - before)
    best = np.maximum(begins, sold.shape[1] - begins).max(axis=1)
    return np.asarray(best >= MIN_SHARE_ONE_SWITCH * sold.shape[1])


def _levels(adjusted: Adjusted, measure: str) -> F64:
    """Return stores × 7: the usual log of a weekday without promotion, net of holidays and of what all stores did that day."""
    observed = adjusted.observed
    logs = adjusted.logs[measure]
    rest = logs - _mean(logs, axis=0)[None, :]
    plain = ~np.isnan(rest) & (observed.grid.promo != 1)
    days = np.eye(7)[observed.weekday]
    count = plain @ days
    means = (np.where(plain, rest, 0.0) @ days) / np.where(count > 0, count, np.nan)
    return np.asarray(adjusted.two_way[measure].level + means, dtype=float)


def _compared(adjusted: Adjusted, stores: SundayStores) -> list[Estimate]:
    """Compare stores that open on nearly all Sundays with those that never do."""
    if not stores.nearly_all.any() or not stores.never.any():
        return []
    types, names = group_codes(adjusted.observed.attribute(s.STORE_TYPE))
    same_type = np.isin(types, np.intersect1d(types[stores.nearly_all], types[stores.never])) & (
        stores.nearly_all | stores.never
    )
    within = bool(same_type.any()) and len(names) > 1
    used = same_type if within else stores.nearly_all | stores.never
    types = types if within else np.zeros_like(types)
    estimates = [
        Estimate(
            Part.STORES_BY_SUNDAYS,
            Sundays.NEARLY_ALL_SAME_TYPE,
            SALES,
            Unit.COUNT,
            float((stores.nearly_all & same_type).sum()),
            n=int(stores.nearly_all.sum()),
        )
    ]
    for measure in (name for name in (SALES, CUSTOMERS) if name in adjusted.two_way):
        level = _levels(adjusted, measure)
        midweek = level[:, MIDWEEK].mean(axis=1)
        for name, day in DAYS.items():
            interval = _regressed(level[:, day] - midweek, stores.nearly_all, types, used)
            estimates.append(
                relative_change(Part.SUNDAY_TRADING, name, measure, interval, n=int((stores.nearly_all & used).sum()))
            )
        if measure == SALES:
            estimates += _weeks(level, stores, types, used)
    return estimates


def _weeks(level: F64, stores: SundayStores, types: I64, used: Bool) -> list[Estimate]:
    """Compare Saturday to Monday, and whole weeks, in money, relative to each store's Tuesday to Friday."""
    money = np.exp(level)
    midweek = money[:, MIDWEEK].mean(axis=1)
    three = money[:, SATURDAY] + money[:, MONDAY] + np.where(stores.nearly_all, money[:, SUNDAY], 0.0)
    n = int((stores.nearly_all & used).sum())
    return [
        relative_change(
            Part.WEEK_WITH_SUNDAY, name, SALES, _regressed(np.log(part / midweek), stores.nearly_all, types, used), n=n
        )
        for name, part in (("Saturday to Monday", three), ("whole week", three + len(MIDWEEK) * midweek))
    ]


def _regressed(y: F64, nearly: Bool, types: I64, used: Bool) -> Interval:
    """Regress on Sunday trading and store type; where Sunday stores are few, with the pooled variance of all stores."""
    used = used & np.isfinite(y)
    if not nearly[used].any() or nearly[used].all():
        return Interval(float("nan"))
    kinds = np.unique(types[used])
    matrix = np.column_stack([nearly[used], *(types[used] == kind for kind in kinds)]).astype(float)
    model = ols(y[used], matrix)
    if int(used.sum()) <= matrix.shape[1] + 1:
        return Interval(float(model.fit().params[0]))
    fit = model.fit(cov_type="nonrobust" if nearly[used].sum() < MIN_STORES_HC3 else "HC3", use_t=True)
    low, high = fit.conf_int(1 - CONFIDENCE)[0]
    return Interval(float(fit.params[0]), float(low), float(high))


def _switched(adjusted: Adjusted, stores: SundayStores) -> list[Estimate]:
    """Compare the weeks in which a store opens on the Sunday with those in which it stays shut."""
    rows = np.flatnonzero(stores.some)
    if not len(rows) or not stores.never.any():
        return []
    observed = adjusted.observed
    states = observed.attribute(s.STATE)
    estimates = []
    for measure in (name for name in (SALES, CUSTOMERS) if name in adjusted.logs):
        logs = np.where(observed.grid.promo == 1, np.nan, adjusted.logs[measure])
        for name, day in DAYS.items():
            # The Saturday before an open Sunday, against the days before it; the Monday after, against the days that follow.
            columns = np.flatnonzero(observed.weekday == day)
            columns = columns[(columns >= SATURDAY) & (columns < logs.shape[1] - len(MIDWEEK) - 1)]
            week = np.stack([logs[:, columns + k - day] for k in MIDWEEK])
            full = (~np.isnan(week)).sum(axis=0) >= MIN_MIDWEEK_DAYS
            y = np.where(full, logs[:, columns] - _mean(week, axis=0), np.nan)
            open_ = stores.sold[:, columns + (1 if day == SATURDAY else -1)]
            own = np.array(
                [_open_less_shut(row, y, open_[row], _neighbours(row, states, stores)) for row in map(int, rows)]
            )
            own = own[~np.isnan(own)]
            estimates.append(relative_change(Part.SUNDAYS_ON_AND_OFF, name, measure, mean_interval(own), n=len(own)))
    return estimates


def _neighbours(row: int, states: npt.NDArray[np.str_], stores: SundayStores) -> Bool:
    """Return the stores without Sundays of the same state, or of the whole chain where they are few."""
    near = stores.never & (states == states[row])
    return near if near.sum() >= MIN_NEIGHBOURS else stores.never


def _open_less_shut(row: int, y: F64, opened: Bool, others: Bool) -> float:
    """Return how much more a store sells in weeks with an open Sunday than in others, less the same of other stores."""
    own = y[row] - _mean(y[others], axis=0)
    on, off = own[opened & ~np.isnan(own)], own[~opened & ~np.isnan(own)]
    return float(on.mean() - off.mean()) if min(len(on), len(off)) >= MIN_SUNDAYS // 2 else float("nan")


def _sundays_themselves(adjusted: Adjusted, stores: SundayStores) -> list[Estimate]:
    """Compare Sundays with the store's Tuesdays to Fridays without promotion, and return their share of all sales."""
    estimates = []
    for measure in adjusted.two_way:
        level = _levels(adjusted, measure)
        for name, flags in ((Sundays.NEARLY_ALL, stores.nearly_all), (Sundays.SOME, stores.some)):
            own = (level[:, SUNDAY] - level[:, MIDWEEK].mean(axis=1))[flags]
            own = own[~np.isnan(own)]
            if len(own):
                estimates.append(relative_change(Part.SUNDAY_ITSELF, name, measure, mean_interval(own), n=len(own)))
    money = np.nan_to_num(np.where(np.isnan(adjusted.observed.logs[SALES]), 0.0, adjusted.observed.grid.sales))
    for name, flags in ((Sundays.NEARLY_ALL, stores.nearly_all), (Sundays.SOME, stores.some)):
        if flags.any():
            share = (money * stores.sold).sum(axis=1)[flags] / money.sum(axis=1)[flags]
            interval = mean_interval(share)
            estimates.append(from_interval(Part.SHARE_ON_SUNDAYS, name, SALES, Unit.SHARE, interval, n=len(share)))
    return estimates


def _mean(values: F64, axis: int) -> F64:
    """Return means without NaN; NaN where all values are."""
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    mean: F64 = np.where(known, values, 0.0).sum(axis=axis) / np.where(count > 0, count, np.nan)
    return mean
