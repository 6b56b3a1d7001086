"""Promotions by week: which weeks had one, in which spell, and what stores sold in them."""

from dataclasses import dataclass

import numpy as np

from storecast.arrays import F64, I64, Bool
from storecast.exploration.shared.adjusted import Adjusted
from storecast.exploration.shared.estimates import NotAnswerableError
from storecast.exploration.shared.observed import SALES

MIN_WEEKS = 4  # with, and without a promotion


@dataclass(frozen=True, eq=False)
class PromotionWeeks:
    """The weeks of a chain, Monday to Sunday.

    Attributes
    ----------
    week_of_day, weekday : of each day
    promoted : stores × weeks, 1 where a promotion ran, 0 where none did, NaN where the store did not trade
    spell : of each week: counts up where a promotion begins; a spell and the weeks off that follow it are one
    week_in_spell : of each week: 1 in the first week of a promotion, 2 in the next; 0 in weeks off
    weeks_off : of each week: 1 in the first week after a promotion, 2 in the next; 0 with a promotion, and before the first one
    all_together : whether all stores have their promotions in the same weeks
    weekdays : those on which promotions run
    """

    week_of_day: I64
    weekday: I64
    promoted: F64
    spell: I64
    week_in_spell: I64
    weeks_off: I64
    all_together: bool
    weekdays: list[int]

    @property
    def count(self) -> int:
        """The number of weeks."""
        return int(self.promoted.shape[1])

    def means(self, values: F64, weekdays: list[int] | None = None) -> F64:
        """Average some weekdays of each week, those with promotions where None: stores × days gives stores × weeks."""
        return week_means(values, self.week_of_day, self.weekday, weekdays or self.weekdays, self.count)


def promotion_weeks(adjusted: Adjusted) -> PromotionWeeks:
    """Arrange the promotions of a chain by week.

    Raises
    ------
    NotAnswerableError
        where promotions ran always, never, or in too few weeks to compare.
    """
    observed = adjusted.observed
    sold = ~np.isnan(adjusted.logs[SALES])
    promo = (observed.grid.promo == 1) & sold
    if not promo.any():
        raise NotAnswerableError("no promotion is marked on a day with sales")
    offset = int(observed.weekday[0])
    week_of_day: I64 = (np.arange(observed.grid.days) + offset) // 7
    count = int(week_of_day[-1]) + 1
    days = [k for k in range(7) if promo[:, observed.weekday == k].any()]
    common = 0.2 * promo.sum() / len(days)
    usual = [k for k in days if k in observed.usual_weekdays and promo[:, observed.weekday == k].sum() > common]
    share_of_days = week_means(np.where(sold, promo, np.nan).astype(float), week_of_day, observed.weekday, usual, count)
    promoted = np.where(np.isnan(share_of_days), np.nan, (share_of_days > 0.5).astype(float))
    with np.errstate(invalid="ignore"):
        traded = ~np.isnan(promoted)
        share = np.where(traded.any(axis=0), np.nansum(promoted, axis=0) / np.maximum(traded.sum(axis=0), 1), 0.0)
    if min(_weeks_with(promoted, 1.0), _weeks_with(promoted, 0.0)) < MIN_WEEKS:
        raise NotAnswerableError("promotions ran (nearly) always or never, so there is nothing to compare them with")
    chain = share > 0.5
    begins = chain & ~np.r_[False, chain[:-1]]
    all_together = bool(((share < 0.05) | (share > 0.95)).mean() > 0.9)
    weeks_off = np.where(begins.cumsum() > 0, _run_length(~chain), 0)
    return PromotionWeeks(
        week_of_day,
        observed.weekday,
        promoted,
        np.cumsum(begins),
        _run_length(chain),
        weeks_off,
        all_together,
        usual,
    )


def week_means(values: F64, week_of_day: I64, weekday: I64, weekdays: list[int], count: int) -> F64:
    """Average some weekdays over each week.

    Parameters
    ----------
    values : stores × days, NaN where the store did not trade
    week_of_day, weekday : of each day
    weekdays : those to average
    count : of weeks

    Returns
    -------
    stores × weeks; NaN where the store missed more than one of the weekdays
    """
    used = np.isin(weekday, weekdays)
    member = np.eye(count)[week_of_day[used]]
    part = values[:, used]
    sold = ~np.isnan(part)
    number = sold @ member
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: F64 = (np.where(sold, part, 0.0) @ member) / number
    mean[number < max(len(weekdays) - 1, 1)] = np.nan
    return mean


def _run_length(flags: Bool) -> I64:
    """Return how many flags in a row end at each place; 0 where there is none."""
    places = np.arange(1, len(flags) + 1)
    return places - np.maximum.accumulate(np.where(flags, 0, places))


def _weeks_with(promoted: F64, value: float) -> int:
    return int((promoted == value).any(axis=0).sum())
