"""Whether the days to be forecast are like the days to learn from, in all that is known ahead: column by column."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from storecast import schema as s
from storecast.arrays import F64, I64, Bool
from storecast.data.panel import Panel
from storecast.dates import MONTHS, WEEKDAYS
from storecast.exploration.covariate_shift.parts import DAY_OF_YEAR, MONTH, WEEKDAY, ColumnTest, Fact, Part, Span
from storecast.exploration.covariate_shift.separability import model_estimates
from storecast.exploration.shared.estimates import Estimate, NotAnswerableError, Unit, tidy_table

DAY_COLUMNS = (s.PROMO, s.OPEN, s.STATE_HOLIDAY, s.SCHOOL_HOLIDAY, WEEKDAY, MONTH)
STORE_COLUMNS = (s.STORE_TYPE, s.ASSORTMENT, s.STATE)
WINDOW_STEP = 7  # days from a window of the past to the next
MIN_WINDOWS = 20  # of the past; with fewer, one in twenty cannot be seen
YEAR_DAYS = 364  # so that weekdays agree


@dataclass(frozen=True, eq=False)
class DayCounts:
    """Store-days by day and by level of each column.

    Attributes
    ----------
    levels : of each column, as text
    counts : of each column, days × levels
    past : the number of days before the forecast begins
    same_days : flags of the past days that are the same days of earlier years
    """

    levels: dict[str, list[str]]
    counts: dict[str, I64]
    past: int
    same_days: Bool

    @property
    def ahead(self) -> int:
        """The number of days ahead."""
        return len(self.same_days) - self.past


def estimate_covariate_shift(panel: Panel) -> pl.DataFrame:
    """Compare the days ahead that are given with the past.

    Returns
    -------
    the parts of `Part`

    Raises
    ------
    NotAnswerableError
        where no days ahead are given.
    """
    rows = _store_days(panel)
    days = rows[s.DATE].unique().sort().to_list()
    past = sum(day <= panel.end for day in days)
    if past == len(days):
        raise NotAnswerableError("no days ahead are given: there is no test.csv, or its calendar had to be worked out")
    counts = _count(rows, past, _same_days(days, past))
    return tidy_table(
        [
            *_facts(rows, counts, days),
            *_shares(counts),
            *_tests(counts),
            *_not_ahead(counts),
            *model_estimates(rows, past),
        ]
    )


def _store_days(panel: Panel) -> pl.DataFrame:
    """Return every store-day, past and given ahead, with what is known ahead of it."""
    given = (pl.col(s.DATE) <= panel.end) | ~pl.col(s.ASSUMED)
    stores = panel.stores.select(s.STORE, *STORE_COLUMNS, s.COMPETITION_DISTANCE, s.PROMO2)
    return (
        panel.calendar.filter(given)
        .join(stores, on=s.STORE, how="left", maintain_order="left")
        .with_columns(
            (pl.col(s.DATE) > panel.end).alias("ahead"),
            pl.col(s.DATE).dt.weekday().alias(WEEKDAY),
            pl.col(s.DATE).dt.month().alias(MONTH),
            pl.col(s.DATE).dt.ordinal_day().alias(DAY_OF_YEAR),
        )
    )


def _same_days(days: list[dt.date], past: int) -> Bool:
    """Flag the days of the past that lie whole years of 52 weeks before the days ahead."""
    same = {day - back for day in days[past:] for back in _whole_years(days)}
    return np.array([k < past and day in same for k, day in enumerate(days)])


def _whole_years(days: list[dt.date]) -> list[dt.timedelta]:
    return [dt.timedelta(days=YEAR_DAYS * back) for back in range(1, 1 + (days[-1] - days[0]).days // YEAR_DAYS)]


def _count(rows: pl.DataFrame, past: int, same_days: Bool) -> DayCounts:
    levels, counts = {}, {}
    for column in (*DAY_COLUMNS, *STORE_COLUMNS):
        if column in STORE_COLUMNS and (rows[column] == "").all():
            continue
        table = rows.group_by(s.DATE, column).len().pivot(column, index=s.DATE, values="len").sort(s.DATE).fill_null(0)
        names = sorted((name for name in table.columns if name != s.DATE), key=lambda name: (len(name), name))
        levels[column] = [_level(column, name) for name in names]
        counts[column] = table.select(names).to_numpy().astype(np.int64)
    return DayCounts(levels, counts, past, same_days)


def _level(column: str, name: str) -> str:
    if column == WEEKDAY:
        return WEEKDAYS[int(name) - 1]
    if column == MONTH:
        return MONTHS[int(name) - 1]
    return name or "?"


def _facts(rows: pl.DataFrame, counts: DayCounts, days: list[dt.date]) -> list[Estimate]:
    known = rows.group_by(s.STORE).agg(
        (~pl.col("ahead")).any().alias(Span.PAST), pl.col("ahead").any().alias(Span.AHEAD)
    )
    facts = {
        Fact.DAYS_PAST: counts.past,
        Fact.DAYS_AHEAD: counts.ahead,
        Fact.STORES_PAST: known.filter(Span.PAST).height,
        Fact.STORES_AHEAD: known.filter(Span.AHEAD).height,
        Fact.NEW_STORES: known.filter(pl.col(Span.AHEAD) & ~pl.col(Span.PAST)).height,
        Fact.YEARS_WITH_SAME_DAYS: sum(days[0] <= days[counts.past] - back for back in _whole_years(days)),
    }
    estimates = [Estimate(Part.FACTS, name, "rows", Unit.COUNT, float(value), n=value) for name, value in facts.items()]
    if counts.same_days.any():
        present = int(counts.counts[s.OPEN][counts.same_days].sum())
        possible = int(counts.same_days.sum()) * facts[Fact.STORES_PAST]
        missing = possible - present
        estimates.append(Estimate(Part.FACTS, Fact.WITHOUT_ROW, "rows", Unit.SHARE, 1 - present / possible, n=missing))
    return estimates


def _shares(counts: DayCounts) -> list[Estimate]:
    """Return the share of each level in the past, on the same days of earlier years, and ahead."""
    estimates = []
    for column, table in counts.counts.items():
        spans = {
            Span.PAST: table[: counts.past],
            Span.SAME_DAYS: table[counts.same_days],
            Span.AHEAD: table[counts.past :],
        }
        for span, part in spans.items():
            if len(part):
                sums = part.sum(axis=0)
                estimates += [
                    Estimate(
                        Part.SHARES, f"{column}: {level}", span, Unit.SHARE, float(count / sums.sum()), n=int(count)
                    )
                    for level, count in zip(counts.levels[column], sums, strict=True)
                ]
    return estimates


def _tests(counts: DayCounts) -> list[Estimate]:
    """Test each column, and compare the difference with that of windows of the past: a placebo test."""
    estimates = []
    for column, table in counts.counts.items():
        before, after = table[None, : counts.past].sum(axis=1), table[None, counts.past :].sum(axis=1)
        pair, n = _pairs(before, after), int(after.sum())
        if pair.shape[2] < 2:
            continue
        effect = float(_cramers_v(before, after)[0])
        p = float(stats.chi2_contingency(pair[0]).pvalue)
        estimates += [
            Estimate(Part.TEST, column, ColumnTest.CRAMERS_V, Unit.SCORE, effect, n=n),
            Estimate(Part.TEST, column, ColumnTest.P_VALUE, Unit.SCORE, p, n=n),
        ]
        if counts.same_days.any():
            season = float(_cramers_v(table[None, counts.same_days].sum(axis=1), after)[0])
            estimates.append(Estimate(Part.TEST, column, ColumnTest.CRAMERS_V_SAME_DAYS, Unit.SCORE, season, n=n))
        windows = _windows(table[: counts.past], counts.ahead)
        if len(windows) >= MIN_WINDOWS:
            usual = _cramers_v(before - windows, windows)
            median, low, high = map(float, np.quantile(usual, (0.5, 0.025, 0.975)))
            as_different = float(np.mean(usual >= effect - 1e-12))
            n = len(windows)
            estimates += [
                Estimate(Part.TEST, column, ColumnTest.CRAMERS_V_WINDOWS, Unit.SCORE, median, low, high, n=n),
                Estimate(Part.TEST, column, ColumnTest.SHARE_AS_DIFFERENT, Unit.SHARE, as_different, n=n),
            ]
    return estimates


def _windows(table: I64, length: int) -> I64:
    """Return the counts of each window of the past: windows × levels."""
    total = np.concatenate([np.zeros((1, table.shape[1]), np.int64), np.cumsum(table, axis=0)])
    windows: I64 = total[length::WINDOW_STEP] - total[:-length:WINDOW_STEP]
    return windows


def _cramers_v(one: I64, other: I64) -> F64:
    """Return Cramér's V between pairs of rows of counts, each array pairs × levels.

    Both rows of a pair have the same weight: otherwise the few days ahead would look alike because they are few.
    """
    pairs = _pairs(one, other).astype(float)  # pairs × 2 × levels
    pairs /= pairs.sum(axis=2, keepdims=True)
    expected = np.broadcast_to(pairs.mean(axis=1, keepdims=True), pairs.shape)
    wide = len(pairs), -1
    chi = stats.chisquare(pairs.reshape(wide), expected.reshape(wide), axis=1).statistic
    v: F64 = np.sqrt(chi / 2)
    return v


def _pairs(one: I64, other: I64) -> I64:
    """Return pairs of rows of counts, pairs × 2 × levels, without the levels that none has."""
    pairs = np.stack([one, other], axis=1)
    return pairs[:, :, pairs.any(axis=(0, 1))]


def _not_ahead(counts: DayCounts) -> list[Estimate]:
    estimates = []
    for column, table in counts.counts.items():
        before, after = table[: counts.past].sum(axis=0), table[counts.past :].sum(axis=0)
        estimates += [
            Estimate(
                Part.NOT_AHEAD,
                f"{column}: {level}",
                Span.PAST,
                Unit.SHARE,
                float(before[k] / before.sum()),
                n=int(before[k]),
            )
            for k, level in enumerate(counts.levels[column])
            if before[k] and not after[k]
        ]
    return estimates
