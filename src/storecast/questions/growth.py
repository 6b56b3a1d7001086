"""Each store's growth a year, like for like: the chain's trend, and how far the store departs from it."""

from dataclasses import dataclass

import numpy as np

from storecast.questions.adjusted import Adjusted
from storecast.questions.calendar import TREND, YEAR
from storecast.questions.levels import Floats
from storecast.questions.tidy import Interval

SHORTEST = 300  # days between a store's first and last sale, from which a growth a year means something


@dataclass(frozen=True, eq=False)
class Growth:
    """Growth a year on logs: of the chain, and of each store with its standard error (NaN where it traded too briefly)."""

    chain: Interval
    stores: Floats
    errors: Floats


def growth(found: Adjusted, measure: str) -> Growth:
    """Fit a line through what the chain's days leave of each store, month by month.

    A month's departure lasts: the errors are widened by what the chain's stores keep of it from month to month.
    """
    chain = next(
        (got for term, got in found.fits[measure].intervals.items() if term.family == TREND), Interval(0.0, 0.0, 0.0)
    )
    rest = found.two_way[measure].rest
    month = found.seen.dates.astype("datetime64[M]").astype(np.int64)
    member = np.eye(int(np.ptp(month)) + 1)[month - month[0]]
    there = ~np.isnan(rest)
    number = there @ member
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.where(there, rest, 0.0) @ member) / number
    weights = np.where(number >= 5, 1.0, 0.0)
    mean = np.where(weights > 0, np.nan_to_num(mean), 0.0)
    count = np.maximum(weights.sum(axis=1), 1.0)
    time = np.arange(member.shape[1])[None, :] * (YEAR / 12) / YEAR
    apart = (time - ((weights * time).sum(axis=1) / count)[:, None]) * weights
    spread = np.maximum((apart**2).sum(axis=1), 1e-9)
    slope = (apart * mean).sum(axis=1) / spread
    left = (mean - (mean.sum(axis=1) / count)[:, None] - slope[:, None] * apart) * weights
    kept = (left[:, 1:] * left[:, :-1]).sum() / max((left**2).sum(), 1e-9)  # of a month's departure, in the month after
    unrest = (1 + kept) / (1 - kept) if kept > 0 else 1.0
    error = np.sqrt(unrest * (left**2).sum(axis=1) / np.maximum(count - 2, 1.0) / spread)
    enough = (weights.sum(axis=1) >= SHORTEST / 30) & (
        np.ptp(np.where(weights > 0, time, np.nan_to_num(time.mean())), axis=1) > 0
    )
    return Growth(chain, np.where(enough, chain.value + slope, np.nan), np.where(enough, error, np.nan))


def of_group(found: Growth, stores: Floats) -> Interval | None:
    """Average the growth of some stores; the interval holds their spread and the chain's own error."""
    values = stores[~np.isnan(stores)]
    if len(values) < 3:
        return None
    own = 1.96 * float(values.std(ddof=1)) / np.sqrt(len(values))
    common = 0.0 if found.chain.high is None else found.chain.high - found.chain.value
    half = float(np.hypot(own, common))
    value = float(values.mean())
    return Interval(value, value - half, value + half)
