"""Promotions: what they add to sales, customers and spend per customer, where it comes from and what it borrows.

``Promo`` runs by the week. Weeks with a promotion are compared with weeks without one, store by store and weekday by weekday,
like with like. A chain that promotes in all its stores at once has as many observations as it had spells, and not as many
as it has rows: errors hang together within a spell (and the weeks off that follow it) and within a store.

``Promo2`` begins at different times in different stores: see `storecast.questions.staggered`.
"""

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
from linearmodels.panel import PanelOLS
from scipy import stats

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.adjusted import Adjusted, adjusted
from storecast.questions.calendar import AFTER
from storecast.questions.estimate import clustered, within
from storecast.questions.levels import CUSTOMERS, SALES, SPEND, SUNDAY, WEEKDAYS, Floats, Ints
from storecast.questions.staggered import BIN, columns_of, event_study
from storecast.questions.tidy import COUNT, SHARE, Interval, Line, NotAnswerableError, change, tidy
from storecast.questions.weeks import Weeks, week_means, weeks

UPLIFT, BY, DAY, NEW, BORROWED, FACTS = (
    "uplift",
    "uplift by",
    "uplift by day",
    "share of new customers",
    "borrowed",
    "facts",
)
JOINING, AROUND, ROUND = "Promo2 begins", "sales around the start of Promo2", "months of a Promo2 round"
ALL, FIRST, LATER = "all weekdays", "first week", "later weeks"
ATTRIBUTES = (s.STORE_TYPE, s.ASSORTMENT, s.STATE)
NEXT = "first week after a promotion"
BINS = 6
FEWEST_STORES = 3
FEWEST_WEEKS = 3
TOO_ALIKE = 0.05  # spread of a term below which it cannot be told from stores and months
FEWEST_CLUSTERS = 10  # stores, below which clusters of spells alone are counted
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def promotions(panel: Panel) -> pl.DataFrame:
    """Measure what promotions do.

    Returns
    -------
    uplift : Group is a weekday, or all of them alike
    uplift by StoreType, Assortment, State : all weekdays alike
    uplift by day : the first week of a spell and the weeks that follow it without a break, by weekday
    share of new customers : of the uplift in sales (logs); the rest is larger baskets
    borrowed : the week after a promotion against weeks further from one; the Saturday after against other Saturdays
    facts : spells, weeks with and without promotion
    Promo2 begins, sales around the start of Promo2, months of a Promo2 round : the second, continuing promotion
    """
    found = adjusted(panel)
    lines: list[Line] = []
    try:
        ran = weeks(found)
    except NotAnswerableError:
        ran = None
    if ran is not None:
        lines += [*_facts(ran), *_uplifts(found, ran), *_borrowed(found, ran)]
    lines += _promo2(found, panel)
    if not lines:
        raise NotAnswerableError("promotions ran (nearly) always or never, and no store began Promo2 within these days")
    return tidy(lines)


def _facts(ran: Weeks) -> list[Line]:
    on = ran.in_spell > 0
    found = {
        "spells": int(ran.spell.max()),
        "weeks with a promotion": int(on.sum()),
        "weeks without": int((~on).sum()),
        "all stores together": int(ran.common),
    }
    return [Line(FACTS, name, SALES, COUNT, float(value)) for name, value in found.items()]


def _uplifts(found: Adjusted, ran: Weeks) -> list[Line]:
    count, weekday = ran.on.shape[1], found.seen.weekday
    lines: list[Line] = []
    overall: dict[str, Interval] = {}
    for measure, logs in found.logs.items():
        mean = week_means(logs, ran.of_day, weekday, ran.weekdays, count)
        overall[measure] = _compare(mean, ran, ran.on[..., None])[0]
        lines.append(change(UPLIFT, ALL, measure, overall[measure], n=int(ran.spell.max())))
        for k in ran.weekdays:
            day = week_means(logs, ran.of_day, weekday, [k], count)
            lines.append(change(UPLIFT, WEEKDAYS[k], measure, _compare(day, ran, ran.on[..., None])[0], position=k))
            lines += _by_week_of_spell(day, ran, measure, k)
        for column in ATTRIBUTES:
            lines += _by_attribute(found, ran, mean, measure, column)
    low, high = overall[SALES].low, overall[SALES].high
    if SPEND in overall and low is not None and high is not None and low * high > 0:  # a share of nothing means nothing
        lines.append(_new_customers(overall))
    return lines


def _compare(mean: Floats, ran: Weeks, x: Floats, rows: npt.NDArray[np.bool_] | None = None) -> list[Interval]:
    """Compare weeks within stores.

    Parameters
    ----------
    mean : stores × weeks
    x : stores × weeks × terms
    rows : of stores; None: all
    """
    kept = ~np.isnan(mean) & ~np.isnan(x).any(axis=-1)
    if rows is not None:
        kept &= rows[:, None]
    store, week = np.nonzero(kept)
    y, terms = within(mean[kept], store), within(x[kept], store)
    clusters = [ran.spell[week] if ran.common else week]
    if len(np.unique(store)) >= FEWEST_CLUSTERS:
        clusters.append(store)
    return clustered(y, terms, *clusters)


def _by_week_of_spell(day: Floats, ran: Weeks, measure: str, weekday: int) -> list[Line]:
    """Tell the first week of a spell from the weeks that follow it without a break."""
    first, later = ran.in_spell == 1, ran.in_spell > 1
    if min(first.sum(), later.sum()) < FEWEST_WEEKS:
        return []
    x = np.stack([ran.on * first, ran.on * later], axis=-1)
    got = _compare(day, ran, x)
    return [
        change(DAY, f"{WEEKDAYS[weekday]}, {name}", measure, one, position=weekday + 7 * k, n=int(weeks_.sum()))
        for k, (name, one, weeks_) in enumerate(zip((FIRST, LATER), got, (first, later), strict=True))
    ]


def _by_attribute(found: Adjusted, ran: Weeks, mean: Floats, measure: str, column: str) -> list[Line]:
    kinds = found.seen.kinds(column)
    names = [str(name) for name in np.unique(kinds) if name != "?" and (kinds == name).sum() >= FEWEST_STORES]
    if len(names) < 2:
        return []
    of = {name: kinds == name for name in names}
    return [
        change(f"{BY} {column}", name, measure, _compare(mean, ran, ran.on[..., None], rows)[0], n=int(rows.sum()))
        for name, rows in of.items()
    ]


def _new_customers(overall: dict[str, Interval]) -> Line:
    """Divide the uplift in customers by the uplift in sales; the error by the delta method.

    Sales are customers times spend, so that the covariance follows from the three variances.
    """
    total, part = overall[SALES].value, overall[CUSTOMERS].value
    share = part / total
    half = {name: None if got.high is None else got.high - got.value for name, got in overall.items()}
    sales, customers, spend = half[SALES], half[CUSTOMERS], half[SPEND]
    if sales is None or customers is None or spend is None:
        return Line(NEW, ALL, CUSTOMERS, SHARE, share)
    shared = (sales**2 + customers**2 - spend**2) / 2
    width = math.sqrt(max(customers**2 - 2 * share * shared + share**2 * sales**2, 0.0)) / abs(total)
    return Line(NEW, ALL, CUSTOMERS, SHARE, share, share - width, share + width)


def _borrowed(found: Adjusted, ran: Weeks) -> list[Line]:
    """Compare weeks off next to a promotion with others, and days that no promotion reaches in weeks with and without one."""
    count, weekday = ran.on.shape[1], found.seen.weekday
    lines = [
        change(BORROWED, NEXT, measure, got, n=int((ran.off > 1).sum()))
        for measure, fit in found.fits.items()
        for term, got in fit.intervals.items()
        if term.family == AFTER
    ]
    free = [k for k in range(SUNDAY) if k not in ran.weekdays]
    for measure, logs in found.logs.items() if free else ():
        mean = week_means(logs, ran.of_day, weekday, free[-1:], count)
        got = _compare(mean, ran, ran.on[..., None])[0]
        lines.append(
            change(BORROWED, f"{WEEKDAYS[free[-1]]} of a week with a promotion", measure, got, n=int(ran.spell.max()))
        )
    return lines


def _promo2(found: Adjusted, panel: Panel) -> list[Line]:
    """Measure what joining Promo2 does, and what its months do in stores that have joined."""
    seen = found.seen
    stores = seen.stores.select(s.STORE).join(panel.stores, on=s.STORE, how="left", maintain_order="left")
    starts = columns_of(stores[s.PROMO2_SINCE].to_list(), seen.grid.first)
    lines = []
    for measure in (m for m in (SALES, CUSTOMERS) if m in found.logs):
        study = event_study(found.logs[measure], starts, bins=BINS)
        if study is not None:
            lines += [change(AROUND, "joined", measure, got, position=k * BIN, n=study.starts) for k, got in study.bins]
            lines.append(change(JOINING, "joined", measure, study.effect, n=study.starts))
            lines.append(change(JOINING, "drift before", measure, study.drift, n=study.controls))
        got = _rounds(found, stores, starts, measure)
        if got is not None:
            joined = int((starts < seen.grid.days).sum())
            lines.append(change(ROUND, "months of the round", measure, got, n=joined))
    return lines


def _rounds(found: Adjusted, stores: pl.DataFrame, starts: Ints, measure: str) -> Interval | None:
    """Compare months of a store's round with its other months, with effects of stores and months (two-way, clustered)."""
    seen, logs = found.seen, found.logs[measure]
    month = seen.dates.astype("datetime64[M]").astype(np.int64)
    first = int(month[0])
    member = np.eye(int(month[-1]) - first + 1)[month - first]
    there = ~np.isnan(logs) & (np.arange(seen.grid.days)[None, :] >= starts[:, None])
    number = there @ member
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.where(there, logs, 0.0) @ member) / number
    names = [MONTH_NAMES[(first + k) % 12] for k in range(member.shape[1])]
    rounds = [text.replace("Sept", "Sep").split(",") for text in stores[s.PROMO_INTERVAL].fill_null("")]
    x = np.array([[float(name in of) for name in names] for of in rounds])
    kept = number >= 10
    store, at = np.nonzero(kept)
    if (
        len(np.unique(store)) < 3 * FEWEST_STORES
        or len({tuple(of) for of in np.array(rounds, object)[np.unique(store)]}) < 2
    ):
        return None
    rest = x[kept]
    for _ in range(20):  # what stores and months leave of the term: none where all stores have the same months
        rest = within(within(rest, store), at)
    if rest.std() < TOO_ALIKE:
        return None
    index = pd.MultiIndex.from_arrays([store, at], names=["store", "month"])
    model = PanelOLS(
        pd.Series(mean[kept], index=index, name="y"),
        pd.DataFrame({"round": x[kept]}, index=index),
        entity_effects=True,
        time_effects=True,
    )
    fit = model.fit(cov_type="clustered", cluster_entity=True)
    half = stats.t.ppf(0.975, len(np.unique(store)) - 1) * float(fit.std_errors["round"])
    value = float(fit.params["round"])
    return Interval(value, value - half, value + half)
