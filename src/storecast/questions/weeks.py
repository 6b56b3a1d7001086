"""Promotions by week: which weeks had one, in which spell, and what stores sold in them, like with like."""

from dataclasses import dataclass

import numpy as np

from storecast.questions.adjusted import Adjusted
from storecast.questions.levels import SUNDAY, Floats, Ints
from storecast.questions.tidy import NotAnswerableError

FEWEST = 4  # weeks with and weeks without a promotion


@dataclass(frozen=True, eq=False)
class Weeks:
    """The weeks of a chain, Monday to Sunday.

    Attributes
    ----------
    of_day : the week of each day
    on : stores × weeks, 1 where a promotion ran, 0 where none did, NaN where the store did not trade
    spell : of each week: counts up where a promotion begins; a spell and the weeks off that follow it are one
    in_spell : of each week: 1 in the first week of a promotion, 2 in the next; 0 in weeks off
    off : of each week: 1 in the first week after a promotion, 2 in the next; 0 with a promotion, and before the first one
    common : whether all stores have their promotions together
    weekdays : those on which promotions run
    """

    of_day: Ints
    on: Floats
    spell: Ints
    in_spell: Ints
    off: Ints
    common: bool
    weekdays: list[int]


def weeks(found: Adjusted) -> Weeks:
    """Read the promotions of a chain week by week.

    Raises
    ------
    NotAnswerableError
        where promotions ran always, never, or in too few weeks to compare.
    """
    seen = found.seen
    sold = ~np.isnan(found.logs["sales"])
    promo = (seen.grid.promo == 1) & sold
    offset = int(seen.weekday[0])
    of_day: Ints = (np.arange(seen.grid.days) + offset) // 7
    count = int(of_day[-1]) + 1
    ran = [k for k in range(7) if promo[:, seen.weekday == k].any()]
    usual = [k for k in ran if k != SUNDAY and promo[:, seen.weekday == k].sum() > 0.2 * promo.sum() / len(ran)]
    there = week_means(np.where(sold, promo, np.nan).astype(float), of_day, seen.weekday, usual, count)
    on = np.where(np.isnan(there), np.nan, (there > 0.5).astype(float))
    with np.errstate(invalid="ignore"):
        traded = ~np.isnan(on)
        share = np.where(traded.any(axis=0), np.nansum(on, axis=0) / np.maximum(traded.sum(axis=0), 1), 0.0)
    chain_on = share > 0.5
    if min(_weeks_of(on, 1.0), _weeks_of(on, 0.0)) < FEWEST:
        raise NotAnswerableError("promotions ran (nearly) always or never, so there is nothing to compare them with")
    begins = chain_on & ~np.r_[False, chain_on[:-1]]
    running = np.array(
        [np.argmin(chain_on[: k + 1][::-1]) if not chain_on[: k + 1].all() else k + 1 for k in range(count)]
    )
    idle = np.array([np.argmax(chain_on[: k + 1][::-1]) if chain_on[: k + 1].any() else 0 for k in range(count)])
    common = bool(((share < 0.05) | (share > 0.95)).mean() > 0.9)
    return Weeks(
        of_day, on, np.cumsum(begins), np.where(chain_on, running, 0), np.where(chain_on, 0, idle), common, usual
    )


def week_means(values: Floats, of_day: Ints, weekday: Ints, weekdays: list[int], count: int) -> Floats:
    """Average some weekdays over each week (stores × weeks); NaN where the store did not trade on all but one of them."""
    used = np.isin(weekday, weekdays)
    member = np.eye(count)[of_day[used]]
    part = values[:, used]
    there = ~np.isnan(part)
    number = there @ member
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = (np.where(there, part, 0.0) @ member) / number
    mean[number < max(len(weekdays) - 1, 1)] = np.nan
    return mean


def _weeks_of(on: Floats, value: float) -> int:
    return int((on == value).any(axis=0).sum())
