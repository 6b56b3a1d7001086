"""Competition: the nearest competitor's distance against sales, and what happens when one opens."""

import numpy as np
import numpy.typing as npt
import polars as pl
import statsmodels.api as sm
from scipy import stats

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.adjusted import Adjusted, adjusted
from storecast.questions.calendar import EXACT
from storecast.questions.levels import CUSTOMERS, SALES, Floats, Ints
from storecast.questions.staggered import NEVER, EventStudy, columns_of, event_study
from storecast.questions.tidy import CORRELATION, COUNT, Interval, Line, NotAnswerableError, change, tidy

OPENING, CURVE, DISTANCE, RANK, KNOWN, STORES = (
    "a competitor opens",
    "sales around an opening",
    "level by distance",
    "rank correlation with distance",
    "what is known",
    "stores",
)
NOT_YET, SETTLED, NEAR, FAR = "against stores not yet reached", "and stores long settled", "near", "far"
BINS = 6  # of 30 days before and after
LONG_AGO = 730  # days before the first day, from which a competitor's effect has settled
EDGES = (0, 100, 250, 500, 1000, 2500, 5000, 10_000, np.inf)  # metres
REFERENCE = "1 to 2.5 km"
NAMES = (
    "under 100 m",
    "100 to 250 m",
    "250 to 500 m",
    "0.5 to 1 km",
    "1 to 2.5 km",
    "2.5 to 5 km",
    "5 to 10 km",
    "over 10 km",
)
FEWEST_STORES = 5


def competition(panel: Panel) -> pl.DataFrame:
    """Measure what competitors go with, and what an opening does.

    Returns
    -------
    a competitor opens : Group tells what is compared; the mean of the 180 days after less the 180 days before, sales and customers
    sales around an opening : Position is the bin of 30 days from the opening
    level by distance : Group is the distance; usual sales against stores 1 to 2.5 km away of the same type, assortment and state
    rank correlation with distance, what is known : over all stores
    """
    found = adjusted(panel)
    seen = found.seen
    stores = seen.stores.select(s.STORE).join(panel.stores, on=s.STORE, how="left", maintain_order="left")
    distance = stores[s.COMPETITION_DISTANCE].to_numpy().astype(float)
    since = columns_of(stores[s.COMPETITION_SINCE].to_list(), seen.grid.first)
    if np.isnan(distance).all() and (since == NEVER).all():
        raise NotAnswerableError("neither a distance nor a date of any competitor is given")
    lines = [*_known(distance, since), *_openings(found, distance, since), *_levels(found, stores, distance)]
    return tidy(lines)


def _known(distance: Floats, since: Ints) -> list[Line]:
    count = {
        "all": len(distance),
        "distance known": int((~np.isnan(distance)).sum()),
        "date known": int((since != NEVER).sum()),
        "opened within the data": int(((since > 0) & (since != NEVER)).sum()),
    }
    return [Line(KNOWN, name, "stores", COUNT, float(value), n=value) for name, value in count.items()]


def _openings(found: Adjusted, distance: Floats, since: Ints) -> list[Line]:
    """Compare stores that get a competitor with those that get theirs later."""
    # A competitor without a date may have opened on any day: such a store is compared with nobody.
    starts = np.where((since == NEVER) & ~np.isnan(distance), -1, since)
    dated = since != NEVER
    settled = dated & (since < -LONG_AGO)
    begins = (starts > 0) & (starts != NEVER)
    far_away = distance[begins & ~np.isnan(distance)]
    near = distance <= (np.median(far_away) if len(far_away) else 0.0)
    variants = {
        NOT_YET: (starts, None),
        SETTLED: (starts, settled),
        NEAR: (np.where(begins & ~near, -1, starts), settled),
        FAR: (np.where(begins & near, -1, starts), settled),
    }
    lines = []
    for name, (days, extra) in variants.items():
        for measure in (m for m in (SALES, CUSTOMERS) if m in found.logs):
            study = event_study(found.logs[measure], days.astype(np.int64), bins=BINS, settled=extra)
            if study is not None:
                lines += _study(name, measure, study)
    return lines


def _study(name: str, measure: str, study: EventStudy) -> list[Line]:
    curve = [
        change(CURVE, name, measure, got, position=k, n=study.starts)
        for k, got in study.bins
        if name in (NOT_YET, SETTLED)
    ]
    return [
        change(OPENING, name, measure, study.effect, n=study.starts),
        change(OPENING, f"{name}: drift before", measure, study.drift, n=study.controls),
        *curve,
    ]


def _levels(found: Adjusted, stores: pl.DataFrame, distance: Floats) -> list[Line]:
    """Compare the levels of stores by distance, with stores of the same type, assortment and state (OLS, HC3)."""
    days = found.two_way[SALES].level[:, :6]
    there = ~np.isnan(days)
    level = np.where(
        there.any(axis=1), np.where(there, days, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1), np.nan
    )
    known = ~np.isnan(distance) & ~np.isnan(level)
    if known.sum() < 4 * FEWEST_STORES or np.ptp(distance[known]) == 0 or np.ptp(level[known]) < EXACT:
        return []
    place = np.searchsorted(EDGES, distance[known], side="right") - 1
    present = [k for k in range(len(NAMES)) if (place == k).sum() >= FEWEST_STORES]
    rank = stats.spearmanr(distance[known], level[known])
    z, half = (
        np.arctanh(np.clip(rank.statistic, -0.999, 0.999)),
        1.96 * 1.03 / np.sqrt(known.sum() - 3),
    )  # Fieller, Hartley and Pearson 1957
    low, high = (float(np.tanh(z + side * half)) for side in (-1, 1))
    lines = [Line(RANK, "all", SALES, CORRELATION, float(rank.statistic), low, high, n=int(known.sum()))]
    if NAMES.index(REFERENCE) not in present or len(present) < 2:
        return lines
    kept = np.isin(place, present)
    others = [k for k in present if NAMES[k] != REFERENCE]
    alike = stores.filter(pl.Series(known)).filter(pl.Series(kept))
    controls = [_dummies(alike[column].to_numpy()) for column in (s.STORE_TYPE, s.ASSORTMENT, s.STATE)]
    x = np.column_stack([np.ones(kept.sum()), *((place[kept] == k).astype(float) for k in others), *controls])
    fit = sm.OLS(level[known][kept], x).fit(cov_type="HC3", use_t=True)
    bounds = fit.conf_int()
    got = {NAMES[k]: Interval(float(fit.params[j]), *map(float, bounds[j])) for j, k in enumerate(others, start=1)}
    got[REFERENCE] = Interval(0.0)
    return lines + [
        change(DISTANCE, NAMES[k], SALES, got[NAMES[k]], position=float(k), n=int((place == k).sum())) for k in present
    ]


def _dummies(kinds: npt.NDArray[np.object_]) -> Floats:
    """Return a column for each kind but the most common; kinds of few stores are not told from it."""
    names, code, count = np.unique(kinds.astype(str), return_inverse=True, return_counts=True)
    told = (count >= FEWEST_STORES) & (np.arange(len(names)) != np.argmax(count))
    out: Floats = np.eye(len(names))[code][:, told]
    return out
