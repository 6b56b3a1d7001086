"""What the data can bear: the one rule by which every section decides what its sentences may say.

span    growth needs two years of sales, so that a year stands beside a year; a season needs every month twice
spread  the strongest, fastest or largest of some groups is named where the groups differ by more than chance, and only where it
        stands apart from those behind it
seen    a kind of day has a figure where it was seen on enough occasions, of which a chain of few stores needs more
one     a single effect whose interval holds 0 is told as one that chance alone could bring
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import special

from storecast.arrays import F64
from storecast.dates import SUNDAY, WEEKDAYS
from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import GROUP, HIGH, LOW, UNIT, VALUE, Estimate, Unit
from storecast.exploration.shared.observed import SALES, Observed
from storecast.exploration.shared.regression import NORMAL
from storecast.exploration.shared.wording import count_text, full_text
from storecast.wording import in_words

DAYS_FOR_GROWTH = 730  # two years
YEARS_OF_A_MONTH = 2
MIN_STORE_OCCASIONS = 5  # occasions times stores, below which one odd day of one store decides
TRADES_ON_SUNDAYS = "trades on Sundays"  # the part of a table that says that Sundays count like other days
WITHOUT_PROMOTIONS = (
    "without promotions"  # the part of a table that says that no promotion is marked on a day with sales
)
MAX_CHANCE = 0.01  # of differences as large between groups that are alike, below which groups differ
MIN_DIFFERENCE = 0.001  # between groups: what the rounding of a sentence shows; of their mean where they are no changes
MAX_NAMED = 3  # groups that share a place
SPAN = "span of the sales"  # a part of tables: the days from the first to the last sale

Row = dict[str, Any]


def sales_span(observed: Observed) -> int:
    """Return the days from the chain's first sale to its last one."""
    sold = np.flatnonzero((observed.grid.sales > 0).any(axis=0))
    return int(sold[-1] - sold[0] + 1)


def span_estimate(observed: Observed) -> Estimate:
    """Return the row of a table by which its section knows how long the sales are."""
    return Estimate(SPAN, "days", SALES, Unit.COUNT, float(sales_span(observed)))


def no_growth(estimates: EstimateTable) -> str:
    """Return the sentence that says why no growth is given; empty where the sales are long enough for one."""
    span = estimates.first(SPAN)
    if span is None or span[VALUE] >= DAYS_FOR_GROWTH:
        return ""
    return (
        f"No growth is given: a year must stand beside a year, which takes {DAYS_FOR_GROWTH} days of sales, and there are "
        f"{count_text(span[VALUE])}."
    )


def seen_in_enough_years(counts: Sequence[int]) -> bool:
    """Return whether every month of the year was seen often enough to tell a season from the events of one year.

    Parameters
    ----------
    counts : the years in which each month was seen
    """
    return len(counts) == 12 and min(counts) >= YEARS_OF_A_MONTH


def chance_of_no_difference(values: F64, errors: F64) -> float:
    """Return the probability of differences as large as these between groups that are all alike.

    Cochran's test of heterogeneity (Cochran, The combination of estimates from different experiments, Biometrics 10, 1954).

    Parameters
    ----------
    values, errors : of the groups, with their standard errors, (groups,)

    Returns
    -------
    1 where fewer than two groups have an error
    """
    known = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    if known.sum() < 2:
        return 1.0
    weight = 1 / errors[known] ** 2
    mean = float((weight * values[known]).sum() / weight.sum())
    return float(special.chdtrc(known.sum() - 1, (weight * (values[known] - mean) ** 2).sum()))


@dataclass(frozen=True)
class Ranking:
    """The groups that a sentence may name.

    Attributes
    ----------
    highest, lowest : rows of a tidy table: the first is at that end, and the others cannot be told from it; empty where the
        groups do not differ by more than chance, or too many share the place
    """

    highest: tuple[Row, ...] = ()
    lowest: tuple[Row, ...] = ()


def sunday_estimates(observed: Observed) -> list[Estimate]:
    """Return how many stores sell on Sundays, for sections to read, where Sundays count like other days; else nothing."""
    if not observed.trades_on_sundays:
        return []
    stores = int((~np.isnan(observed.logs[SALES][:, observed.weekday == SUNDAY])).any(axis=1).sum())
    return [Estimate(TRADES_ON_SUNDAYS, WEEKDAYS[SUNDAY], SALES, Unit.COUNT, float(stores), n=observed.stores.height)]


def compared_days(estimates: EstimateTable) -> str:
    """Return the days whose mean weekdays stand beside: all where the chain trades on Sundays."""
    return "all weekdays" if estimates.has(TRADES_ON_SUNDAYS) else "Monday to Saturday"


def promotion_estimates(observed: Observed) -> list[Estimate]:
    """Return how many days with sales there are, for sections to read, where none of them has a promotion; else nothing."""
    sold = ~np.isnan(observed.logs[SALES])
    if (observed.grid.promo[:, : sold.shape[1]] == 1)[sold].any():
        return []
    return [Estimate(WITHOUT_PROMOTIONS, "days with sales", SALES, Unit.COUNT, float(sold.sum()))]


def has_promotions(estimates: EstimateTable) -> bool:
    """Return whether the chain has promotions, so that a sentence must say how they were dealt with."""
    return not estimates.has(WITHOUT_PROMOTIONS)


def like_days(estimates: EstimateTable) -> str:
    """Return the days that a day stands beside: those of its weekday, and of its promotion where there are any."""
    return "the same weekday and promotion" if has_promotions(estimates) else "the same weekday"


def enough_occasions(occasions: int, stores: int) -> bool:
    """Return whether a kind of day was seen often enough for a figure: never is not, and a few times in one store is not."""
    return occasions * stores >= MIN_STORE_OCCASIONS


def rank(rows: pl.DataFrame) -> Ranking:
    """Rank groups as far as they can be told apart.

    Parameters
    ----------
    rows : of a tidy table, of one unit; those without an interval are left out
    """
    groups = [row for row in rows.iter_rows(named=True) if row[LOW] is not None and row[HIGH] is not None]
    values, errors = _on_scale(groups)
    if len(groups) < 2:
        return Ranking()
    ends = groups[int(np.argmin(values))], groups[int(np.argmax(values))]
    if not differ(*ends, chance_of_no_difference(values, errors)):
        return Ranking()
    order = np.argsort(-values, kind="stable")
    highest, lowest = (_at_the_end(ranks, values, errors) for ranks in (order, order[::-1]))
    if set(highest) & set(lowest):
        return Ranking()
    return Ranking(tuple(groups[k] for k in highest), tuple(groups[k] for k in lowest))


def differ(low: Row, high: Row, chance: float) -> bool:
    """Return whether groups differ by more than chance, and by more than the rounding of a sentence shows.

    Parameters
    ----------
    low, high : the lowest and the highest group, rows of a tidy table
    chance : as `chance_of_no_difference` returns it, for all groups
    """
    scale = 1.0 if low[UNIT] == Unit.CHANGE else (abs(low[VALUE]) + abs(high[VALUE])) / 2
    return chance < MAX_CHANCE and bool(high[VALUE] - low[VALUE] >= MIN_DIFFERENCE * scale)


def stands_out(row: Row, among: int = 1) -> bool:
    """Return whether an effect is more than chance.

    Parameters
    ----------
    row : of a tidy table; without an interval it does not
    among : how many effects it was picked from as the largest; its interval is widened for them (Bonferroni)
    """
    if row[LOW] is None or row[HIGH] is None:
        return False
    values, errors = _on_scale([row])
    return bool(abs(values[0]) > errors[0] * max(NORMAL, float(-special.ndtri(0.025 / among))))


def effect_text(row: Row) -> str:
    """Return an effect with its interval, and that chance alone may bring it where the interval holds 0; ends a clause."""
    text = full_text(row)
    return text if row[LOW] is None or stands_out(row) else f"{text}, which chance alone may bring"


def names_of(rows: Sequence[Row]) -> str:
    """Return the groups of some rows as words: "a", "a and b", "a, b and c"."""
    return in_words([str(row[GROUP]) for row in rows])


def _at_the_end(order: Sequence[int] | Any, values: F64, errors: F64) -> list[int]:
    """Return the first group of an order and those that cannot be told from it; none where they are too many to name."""
    first = order[0]
    same = [int(k) for k in order if abs(values[k] - values[first]) <= NORMAL * math.hypot(errors[k], errors[first])]
    return same if len(same) <= MAX_NAMED else []


def _on_scale(groups: Sequence[Row]) -> tuple[F64, F64]:
    """Return values and standard errors on the scale on which the intervals are even: logs for changes."""
    table = np.array([[row[VALUE], row[LOW], row[HIGH]] for row in groups], float).reshape(-1, 3)
    if groups and groups[0][UNIT] == Unit.CHANGE:
        table = np.log1p(table)
    return table[:, 0], (table[:, 2] - table[:, 1]) / (2 * NORMAL)
