"""Sunday trading: what stores that open on Sundays sell on them, and what their Saturdays and Mondays do.

Two estimates that share no store. Stores that open on nearly all Sundays are compared with those that never do: a
Saturday, less the same store's Tuesdays to Fridays, on days without promotion. Stores that open on some Sundays and stay
shut on others are compared with themselves, less what the stores around them did in the same weeks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import statsmodels.api as sm

from storecast import schema as s
from storecast.questions.adjusted import Adjusted
from storecast.questions.estimate import LEVEL, mean_interval
from storecast.questions.levels import CUSTOMERS, SALES, SUNDAY, Floats, codes
from storecast.questions.tidy import COUNT, SHARE, Interval, Line, change

TRADING, SWITCHING, ITSELF, TOGETHER = "Sunday trading", "Sundays on and off", "Sunday itself", "week with Sunday"
TRADERS = "stores by their Sundays"
NEARLY, SOMETIMES, NEVER = "nearly all", "some", "none"
LIKE, ONCE = "nearly all, beside stores of their own type", "some, begun or ended once"
ON_SUNDAYS = "share of all sales made on Sundays"
NEARLY_ALL = 0.8  # of the Sundays with a row
ONE_STEP = 0.95  # of the Sundays
ENOUGH = 20  # Sundays with sales, and as many without, for a before and after
FEW = 10  # Sunday stores below which their spread cannot be told, and the spread of all stores is taken
NEIGHBOURS = 5  # stores of the same state, below which the whole chain is what a store is compared with
MIDDLE = (1, 2, 3, 4)  # Tuesday to Friday
MONDAY, SATURDAY = 0, 5
DAYS = {"Saturday": SATURDAY, "Monday": MONDAY}
FULL_MIDDLE = 3  # days of Tuesday to Friday that a week must have sold on

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Traders:
    """Which stores trade on Sundays: flags by store."""

    nearly: Flags
    some: Flags
    never: Flags
    once: Flags  # of some: those that began or ended, and did not do so season by season
    sold: Flags  # stores × days


def sunday_trading(found: Adjusted) -> list[Line]:
    """Measure Sunday trading; nothing where no store trades on Sundays, or all do."""
    who = traders(found)
    counts = ((NEARLY, who.nearly), (SOMETIMES, who.some), (NEVER, who.never), (ONCE, who.once))
    lines = [Line(TRADERS, name, SALES, COUNT, float(flags.sum()), n=len(flags)) for name, flags in counts]
    if not who.nearly.any() and not who.some.any():
        return []
    return [*lines, *_compared(found, who), *_switched(found, who), *_itself(found, who)]


def traders(found: Adjusted) -> Traders:
    """Sort stores by how many of their Sundays they sold on."""
    seen = found.seen
    sunday = seen.weekday == SUNDAY
    there = ~np.isnan(seen.logs[SALES])
    sold = there & sunday[None, :]
    held = ((seen.grid.open >= 0) & sunday[None, :] & ~(seen.grid.holiday > 0))[:, : _last(there) + 1].sum(axis=1)
    count = sold.sum(axis=1)
    nearly = (count >= NEARLY_ALL * held) & (count >= ENOUGH)
    some = (count >= ENOUGH) & (held - count >= ENOUGH) & ~nearly
    return Traders(nearly, some, count == 0, some & _one_step(sold[:, sunday]), sold)


def _one_step(sold: Flags) -> Flags:
    """Whether one beginning, or one end, tells nearly all of the Sundays on which a store sold."""
    edge = ((0, 0), (1, 0))
    before = np.pad(np.cumsum(sold, axis=1), edge)  # sold before each place
    shut = np.pad(np.cumsum(~sold, axis=1), edge)
    begins = shut + (before[:, -1:] - before)
    best = np.maximum(begins, sold.shape[1] - begins).max(axis=1)
    return np.asarray(best >= ONE_STEP * sold.shape[1])


def _last(there: Flags) -> int:
    return int(np.flatnonzero(there.any(axis=0))[-1])


def _levels(found: Adjusted, measure: str) -> Floats:
    """Return stores × 7: the usual log of a weekday without promotion, net of holidays and of what all stores did that day."""
    seen = found.seen
    logs = found.logs[measure]
    rest = logs - _mean(logs, axis=0)[None, :]
    plain = ~np.isnan(rest) & (seen.grid.promo != 1)
    days = np.eye(7)[seen.weekday]
    count = plain @ days
    means = (np.where(plain, rest, 0.0) @ days) / np.where(count > 0, count, np.nan)
    return np.asarray(found.two_way[measure].level + means, dtype=float)


def _compared(found: Adjusted, who: Traders) -> list[Line]:
    """Compare stores that open on nearly all Sundays with those that never do."""
    if not who.nearly.any() or not who.never.any():
        return []
    types, names = codes(found.seen.kinds(s.STORE_TYPE))
    alike = np.isin(types, np.intersect1d(types[who.nearly], types[who.never])) & (who.nearly | who.never)
    within = bool(alike.any()) and len(names) > 1
    used = alike if within else who.nearly | who.never
    types = types if within else np.zeros_like(types)
    lines = [Line(TRADERS, LIKE, SALES, COUNT, float((who.nearly & alike).sum()), n=int(who.nearly.sum()))]
    for measure in (name for name in (SALES, CUSTOMERS) if name in found.two_way):
        level = _levels(found, measure)
        middle = level[:, MIDDLE].mean(axis=1)
        for name, day in DAYS.items():
            got = _regressed(level[:, day] - middle, who.nearly, types, used)
            lines.append(change(TRADING, name, measure, got, n=int((who.nearly & used).sum())))
        if measure == SALES:
            lines += _weeks(level, who, types, used)
    return lines


def _weeks(level: Floats, who: Traders, types: npt.NDArray[np.int64], used: Flags) -> list[Line]:
    """Compare Saturday to Monday, and whole weeks, in money: each store's Tuesday to Friday are its measure."""
    money = np.exp(level)
    middle = money[:, MIDDLE].mean(axis=1)
    three = money[:, SATURDAY] + money[:, MONDAY] + np.where(who.nearly, money[:, SUNDAY], 0.0)
    n = int((who.nearly & used).sum())
    return [
        change(TOGETHER, name, SALES, _regressed(np.log(part / middle), who.nearly, types, used), n=n)
        for name, part in (("Saturday to Monday", three), ("whole week", three + len(MIDDLE) * middle))
    ]


def _regressed(y: Floats, nearly: Flags, types: npt.NDArray[np.int64], used: Flags) -> Interval:
    """Regress on Sunday trading and store type; a few Sunday stores borrow the spread of all others."""
    used = used & np.isfinite(y)
    if not nearly[used].any() or nearly[used].all():
        return Interval(float("nan"))
    kinds = np.unique(types[used])
    matrix = np.column_stack([nearly[used], *(types[used] == kind for kind in kinds)]).astype(float)
    model = sm.OLS(y[used], matrix)
    if int(used.sum()) <= matrix.shape[1] + 1:
        return Interval(float(model.fit().params[0]))
    fit = model.fit(cov_type="nonrobust" if nearly[used].sum() < FEW else "HC3", use_t=True)
    low, high = fit.conf_int(1 - LEVEL)[0]
    return Interval(float(fit.params[0]), float(low), float(high))


def _switched(found: Adjusted, who: Traders) -> list[Line]:
    """Compare the weeks in which a store opens on the Sunday with those in which it stays shut."""
    rows = np.flatnonzero(who.some)
    if not len(rows) or not who.never.any():
        return []
    seen = found.seen
    states = seen.kinds(s.STATE)
    lines = []
    for measure in (name for name in (SALES, CUSTOMERS) if name in found.logs):
        logs = np.where(seen.grid.promo == 1, np.nan, found.logs[measure])
        for name, day in DAYS.items():
            # The Saturday before an open Sunday, beside the days before it; the Monday after, beside the days that follow.
            columns = np.flatnonzero(seen.weekday == day)
            columns = columns[(columns >= SATURDAY) & (columns < logs.shape[1] - len(MIDDLE) - 1)]
            step = [k - day for k in MIDDLE]
            week = np.stack([logs[:, columns + k] for k in step])
            full = (~np.isnan(week)).sum(axis=0) >= FULL_MIDDLE
            y = np.where(full, logs[:, columns] - _mean(week, axis=0), np.nan)
            open_ = who.sold[:, columns + (1 if day == SATURDAY else -1)]
            own = np.array([_on_less_off(row, y, open_[row], _around(row, states, who)) for row in map(int, rows)])
            own = own[~np.isnan(own)]
            lines.append(change(SWITCHING, name, measure, mean_interval(own), n=len(own)))
    return lines


def _around(row: int, states: npt.NDArray[np.str_], who: Traders) -> Flags:
    """Return the stores without Sundays of the same state, or of the whole chain where they are few."""
    near = who.never & (states == states[row])
    return near if near.sum() >= NEIGHBOURS else who.never


def _on_less_off(row: int, y: Floats, opened: Flags, others: Flags) -> float:
    """Return what a store's weeks with an open Sunday have more than its others, beside what other stores did."""
    own = y[row] - _mean(y[others], axis=0)
    on, off = own[opened & ~np.isnan(own)], own[~opened & ~np.isnan(own)]
    return float(on.mean() - off.mean()) if min(len(on), len(off)) >= ENOUGH // 2 else float("nan")


def _itself(found: Adjusted, who: Traders) -> list[Line]:
    """Say what Sunday sells, in logs beside the store's Tuesdays to Fridays without promotion, and in money as a share."""
    lines = []
    for measure in found.two_way:
        level = _levels(found, measure)
        for name, flags in ((NEARLY, who.nearly), (SOMETIMES, who.some)):
            own = (level[:, SUNDAY] - level[:, MIDDLE].mean(axis=1))[flags]
            own = own[~np.isnan(own)]
            if len(own):
                lines.append(change(ITSELF, name, measure, mean_interval(own), n=len(own)))
    money = np.nan_to_num(np.where(np.isnan(found.seen.logs[SALES]), 0.0, found.seen.grid.sales))
    for name, flags in ((NEARLY, who.nearly), (SOMETIMES, who.some)):
        if flags.any():
            share = (money * who.sold).sum(axis=1)[flags] / money.sum(axis=1)[flags]
            got = mean_interval(share)
            lines.append(Line(ON_SUNDAYS, name, SALES, SHARE, got.value, got.low, got.high, n=len(share)))
    return lines


def _mean(values: Floats, axis: int) -> Floats:
    """Return means that skip what is not there; NaN where nothing is."""
    there = ~np.isnan(values)
    count = there.sum(axis=axis)
    out: Floats = np.where(there, values, 0.0).sum(axis=axis) / np.where(count > 0, count, np.nan)
    return out
