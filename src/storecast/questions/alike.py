"""Whether the days to be forecast are like the days to learn from, in all that is known ahead."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.estimate import mean_interval
from storecast.questions.levels import WEEKDAYS, Floats, Ints
from storecast.questions.telling import Flags, Matrix, Telling, tell_apart
from storecast.questions.tidy import COUNT, SHARE, Line, NotAnswerableError, tidy

SHARES, TEST, TELL, BY, BY_DATED, FACTS, MISSING = (
    "share", "test", "can a model tell", "told by", "told by, with the day of the year", "facts", "not ahead",
)  # fmt: skip
PAST, AHEAD, SEASON = "past", "ahead", "same days of earlier years"
EFFECT, SEASON_EFFECT, P_VALUE, USUAL, PLACEBO = (
    "Cramér's V", "Cramér's V, same days of earlier years", "p of the rows", "Cramér's V of past windows",
    "past windows that differ as much",
)  # fmt: skip
PLAIN, DATED, CONTROL = "without the season", "with the day of the year", "window of the past from"
DAYS_PAST, DAYS_AHEAD, STORES_PAST, STORES_AHEAD, NEW_STORES, SEASONS, EMPTY = (
    "days in the past", "days ahead", "stores in the past", "stores ahead", "stores ahead that have no past",
    "earlier years that hold the same days", "store-days without a row on the same days of earlier years",
)  # fmt: skip
MONTH, DAY_OF_YEAR = "Month", "Day of year"
DAY_COLUMNS = (s.PROMO, s.OPEN, s.STATE_HOLIDAY, s.SCHOOL_HOLIDAY, "Weekday", MONTH)
STORE_COLUMNS = (s.STORE_TYPE, s.ASSORTMENT, s.STATE)
TOLD_COLUMNS = (*DAY_COLUMNS[:-1], *STORE_COLUMNS, s.COMPETITION_DISTANCE, s.PROMO2, DAY_OF_YEAR)
STEP = 7  # days from a window of the past to the next
FEWEST_WINDOWS = 20  # of the past, from which one in twenty can be told
CONTROLS = 7  # windows of the past, not overlapping, that a model is asked to tell too
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
YEAR = 364  # days, so that weekdays stay


@dataclass(frozen=True, eq=False)
class Counts:
    """Store-days by day and by level of each column."""

    levels: dict[str, list[str]]
    counts: dict[str, Ints]  # days × levels
    past: int  # the days before the forecast begins
    same: Flags  # the past days that are the same days of earlier years

    @property
    def ahead(self) -> int:
        """The days ahead."""
        return len(self.same) - self.past


def alike(panel: Panel) -> pl.DataFrame:
    """Compare the days ahead that are given with the past.

    Returns
    -------
    share : Group is "column: level", Measure past, ahead, or the same days of earlier years
    test : Group is the column; Cramér's V between ahead and the past, and between ahead and the same days of earlier years, as
        if there were as many rows of either; the p-value of a chi-squared test on rows; Cramér's V of past windows of the same
        length against the rest of the past (their median, and the bounds of 95 % of them), and the share of these windows that
        differ as much or more
    can a model tell : cross-validated AUC (whole days left out), 0.5 is guessing and 1 always right; with the day of the year,
        without it, and without it for windows of the past
    told by : what the AUC loses when a column is shuffled
    not ahead : levels of the past that do not come ahead
    facts : days, stores, and how often the past holds the same days of the year
    """
    rows = _rows(panel)
    days = rows[s.DATE].unique().sort().to_list()
    past = sum(day <= panel.end for day in days)
    if past == len(days):
        raise NotAnswerableError("no days ahead are given: there is no test.csv, or its calendar had to be worked out")
    counted = _counts(rows, past, _same_days(days, past))
    return tidy(
        [*_facts(rows, counted, days), *_shares(counted), *_tests(counted), *_missing(counted), *_told(rows, past)]
    )


def _rows(panel: Panel) -> pl.DataFrame:
    """Return every store-day, past and given ahead, with what is known ahead of it."""
    given = (pl.col(s.DATE) <= panel.end) | ~pl.col(s.ASSUMED)
    stores = panel.stores.select(s.STORE, *STORE_COLUMNS, s.COMPETITION_DISTANCE, s.PROMO2)
    return (
        panel.calendar.filter(given)
        .join(stores, on=s.STORE, how="left", maintain_order="left")
        .with_columns(
            (pl.col(s.DATE) > panel.end).alias("ahead"),
            pl.col(s.DATE).dt.weekday().alias("Weekday"),
            pl.col(s.DATE).dt.month().alias(MONTH),
            pl.col(s.DATE).dt.ordinal_day().alias(DAY_OF_YEAR),
        )
    )


def _same_days(days: list[dt.date], past: int) -> Flags:
    """Flag the days of the past that lie whole years of 52 weeks before the days ahead."""
    same = {day - back for day in days[past:] for back in _years(days)}
    return np.array([k < past and day in same for k, day in enumerate(days)])


def _years(days: list[dt.date]) -> list[dt.timedelta]:
    return [dt.timedelta(days=YEAR * back) for back in range(1, 1 + (days[-1] - days[0]).days // YEAR)]


def _counts(rows: pl.DataFrame, past: int, same: Flags) -> Counts:
    levels, counts = {}, {}
    for column in (*DAY_COLUMNS, *STORE_COLUMNS):
        if column in STORE_COLUMNS and (rows[column] == "").all():
            continue
        table = rows.group_by(s.DATE, column).len().pivot(column, index=s.DATE, values="len").sort(s.DATE).fill_null(0)
        names = sorted((name for name in table.columns if name != s.DATE), key=lambda name: (len(name), name))
        levels[column] = [_level(column, name) for name in names]
        counts[column] = table.select(names).to_numpy().astype(np.int64)
    return Counts(levels, counts, past, same)


def _level(column: str, name: str) -> str:
    if column == "Weekday":
        return WEEKDAYS[int(name) - 1]
    if column == MONTH:
        return MONTHS[int(name) - 1]
    return name or "?"


def _facts(rows: pl.DataFrame, counted: Counts, days: list[dt.date]) -> list[Line]:
    known = rows.group_by(s.STORE).agg((~pl.col("ahead")).any().alias(PAST), pl.col("ahead").any().alias(AHEAD))
    whole = sum(days[0] <= days[counted.past] - back for back in _years(days))
    found = {
        DAYS_PAST: counted.past,
        DAYS_AHEAD: counted.ahead,
        STORES_PAST: known.filter(PAST).height,
        STORES_AHEAD: known.filter(AHEAD).height,
        NEW_STORES: known.filter(pl.col(AHEAD) & ~pl.col(PAST)).height,
        SEASONS: whole,
    }
    lines = [Line(FACTS, name, "rows", COUNT, float(value), n=value) for name, value in found.items()]
    if counted.same.any():
        there = int(counted.counts[s.OPEN][counted.same].sum())
        full = int(counted.same.sum()) * found[STORES_PAST]
        lines.append(Line(FACTS, EMPTY, "rows", SHARE, 1 - there / full, n=full - there))
    return lines


def _shares(counted: Counts) -> list[Line]:
    """Return the share of each level in the past, on the same days of earlier years, and ahead."""
    lines = []
    for column, table in counted.counts.items():
        parts = {PAST: table[: counted.past], SEASON: table[counted.same], AHEAD: table[counted.past :]}
        for name, part in parts.items():
            if len(part):
                sums = part.sum(axis=0)
                lines += [
                    Line(SHARES, f"{column}: {level}", name, SHARE, float(count / sums.sum()), n=int(count))
                    for level, count in zip(counted.levels[column], sums, strict=True)
                ]
    return lines


def _tests(counted: Counts) -> list[Line]:
    """Test each column; beside the p-value of rows, ask how windows of the past differ from the rest of it."""
    lines = []
    for column, table in counted.counts.items():
        before, after = table[None, : counted.past].sum(axis=1), table[None, counted.past :].sum(axis=1)
        both, n = _both(before, after), int(after.sum())
        if both.shape[2] < 2:
            continue
        effect = float(_cramers_v(before, after)[0])
        p = float(stats.chi2_contingency(both[0]).pvalue)
        lines += [Line(TEST, column, EFFECT, "score", effect, n=n), Line(TEST, column, P_VALUE, "score", p, n=n)]
        if counted.same.any():
            season = float(_cramers_v(table[None, counted.same].sum(axis=1), after)[0])
            lines.append(Line(TEST, column, SEASON_EFFECT, "score", season, n=n))
        windows = _windows(table[: counted.past], counted.ahead)
        if len(windows) >= FEWEST_WINDOWS:
            usual = _cramers_v(before - windows, windows)
            middle, low, high = map(float, np.quantile(usual, (0.5, 0.025, 0.975)))
            as_much = float(np.mean(usual >= effect - 1e-12))
            lines += [
                Line(TEST, column, USUAL, "score", middle, low, high, n=len(windows)),
                Line(TEST, column, PLACEBO, SHARE, as_much, n=len(windows)),
            ]
    return lines


def _windows(table: Ints, length: int) -> Ints:
    """Return the counts of each window of the past: windows × levels."""
    total = np.concatenate([np.zeros((1, table.shape[1]), np.int64), np.cumsum(table, axis=0)])
    out: Ints = total[length::STEP] - total[:-length:STEP]
    return out


def _cramers_v(one: Ints, other: Ints) -> Floats:
    """Return Cramér's V between pairs of rows of counts, each array pairs × levels.

    Both rows of a pair weigh the same: else the few days ahead would look alike because they are few.
    """
    both = _both(one, other).astype(float)  # pairs × 2 × levels
    both /= both.sum(axis=2, keepdims=True)
    expected = np.broadcast_to(both.mean(axis=1, keepdims=True), both.shape)
    wide = len(both), -1
    chi = stats.chisquare(both.reshape(wide), expected.reshape(wide), axis=1).statistic
    out: Floats = np.sqrt(chi / 2)
    return out


def _both(one: Ints, other: Ints) -> Ints:
    """Return pairs of rows of counts, pairs × 2 × levels, without the levels that none has."""
    both = np.stack([one, other], axis=1)
    return both[:, :, both.any(axis=(0, 1))]


def _missing(counted: Counts) -> list[Line]:
    lines = []
    for column, table in counted.counts.items():
        before, after = table[: counted.past].sum(axis=0), table[counted.past :].sum(axis=0)
        lines += [
            Line(MISSING, f"{column}: {level}", PAST, SHARE, float(before[k] / before.sum()), n=int(before[k]))
            for k, level in enumerate(counted.levels[column])
            if before[k] and not after[k]
        ]
    return lines


def _told(rows: pl.DataFrame, past: int) -> list[Line]:
    """Ask a model to tell the days ahead from the past; and windows of the past from the rest of it, as a yardstick."""
    X, ahead = _matrix(rows), rows["ahead"].to_numpy()
    day = rows[s.DATE].cast(pl.Int32).to_numpy().astype(np.int64)
    lines: list[Line] = []
    for name, columns, part in ((PLAIN, X[:, :-1], BY), (DATED, X, BY_DATED)):
        got = tell_apart(columns, ahead, ~ahead, day, by_what=True)
        if got is None:
            return lines
        lines.append(_line(name, got))
        used = zip(TOLD_COLUMNS, got.lost, strict=False)
        lines += [Line(part, column, "AUC lost", "score", lost, n=len(got.folds)) for column, lost in used]
    length = len(np.unique(day[ahead]))
    spans = min(CONTROLS, past // length)
    for begin in np.linspace(0, past - length, spans if spans > 1 else 0).astype(int):
        start = int(day.min()) + int(begin)
        inside = ~ahead & (day >= start) & (day < start + length)
        got = tell_apart(X[:, :-1], inside, ~ahead & ~inside, day)
        if got is not None:
            lines.append(_line(f"{CONTROL} {dt.date(1970, 1, 1) + dt.timedelta(days=start)}", got))
    return lines


def _matrix(rows: pl.DataFrame) -> Matrix:
    words = {name: rows[name].unique().sort().to_list() for name in (s.STATE_HOLIDAY, *STORE_COLUMNS)}
    codes = [
        pl.col(name).replace_strict(levels, range(len(levels)), return_dtype=pl.Float32)
        for name, levels in words.items()
    ]
    out: Matrix = rows.with_columns(codes).select(pl.col(TOLD_COLUMNS).cast(pl.Float32)).to_numpy()
    return out


def _line(name: str, got: Telling) -> Line:
    """Return the mean AUC of the folds; for a window of the past without interval, since it is one of a set."""
    mean = mean_interval(got.folds)
    low, high = (None if end is None else min(max(end, 0.0), 1.0) for end in (mean.low, mean.high))
    if name.startswith(CONTROL):
        low = high = None
    return Line(TELL, name, "AUC", "score", mean.value, low, high, n=len(got.folds))
