"""Whether the days to be forecast are like the days to learn from, in all that is known ahead."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.estimate import mean_interval
from storecast.questions.levels import WEEKDAYS, Floats, Ints
from storecast.questions.tidy import COUNT, SHARE, Line, NotAnswerableError, tidy

SHARES, TEST, TELL, BY, FACTS, MISSING = "share", "test", "can a model tell", "told by", "facts", "not ahead"
PAST, AHEAD, SEASON = "past", "ahead", "same days of earlier years"
EFFECT, P_VALUE, PLACEBO = "Cramér's V", "p of the rows", "past windows that differ as much"
PLAIN, DATED, CONTROL = "without the season", "with the day of the year", "last window of the past, without the season"
DAY_COLUMNS = (s.PROMO, s.OPEN, s.STATE_HOLIDAY, s.SCHOOL_HOLIDAY, "Weekday", "Month")
STORE_COLUMNS = (s.STORE_TYPE, s.ASSORTMENT, s.STATE)
ROWS = 12_000  # of each kind that the classifier sees
FOLDS = 5
STEP = 7  # days between windows of the past
FEWEST_WINDOWS = 5
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
YEAR = 364  # days, so that weekdays stay


@dataclass(frozen=True, eq=False)
class Counts:
    """Store-days by day and by level of each column."""

    days: list[object]
    levels: dict[str, list[str]]
    counts: dict[str, Ints]  # days × levels
    past: int  # the days before the forecast begins


def alike(panel: Panel) -> pl.DataFrame:
    """Compare the days ahead that are given with the past.

    Returns
    -------
    share : Group is "column: level", Measure past, ahead, or the same days of earlier years
    test : Group is the column; Cramér's V, the p-value of a chi-squared test on rows, and the share of past windows of the same
        length that differ from the rest of the past as much or more
    can a model tell : cross-validated AUC (whole weeks left out); 0.5 is no, 1 is always
    told by : what the AUC loses when a column is shuffled
    not ahead : levels of the past that do not come ahead
    """
    rows = _rows(panel)
    past, ahead = rows.filter(~pl.col("ahead")), rows.filter("ahead")
    if ahead.is_empty():
        raise NotAnswerableError("no days ahead are given: there is no test.csv, or its calendar had to be worked out")
    counted = _counts(rows, past[s.DATE].n_unique())
    lines = [
        *_facts(past, ahead),
        *_shares(counted, ahead),
        *_tests(counted),
        *_missing(counted),
        *_classifier(rows),
    ]
    return tidy(lines)


def _rows(panel: Panel) -> pl.DataFrame:
    """Return every store-day, past and given ahead, with what is known ahead of it."""
    given = (pl.col(s.DATE) <= panel.end) | ~pl.col(s.ASSUMED)
    stores = panel.stores.select(s.STORE, *STORE_COLUMNS, s.COMPETITION_DISTANCE, s.PROMO2)
    return (
        panel.calendar.filter(given)
        .join(stores, on=s.STORE, how="left", maintain_order="left")
        .with_columns(
            (pl.col(s.DATE) > panel.end).alias("ahead"),
            pl.col(s.DATE).dt.weekday().cast(pl.Int64).alias("Weekday"),
            pl.col(s.DATE).dt.month().cast(pl.Int64).alias("Month"),
            pl.col(s.DATE).dt.ordinal_day().cast(pl.Float64).alias("Day of year"),
        )
        .sort(s.DATE, s.STORE)
    )


def _counts(rows: pl.DataFrame, past: int) -> Counts:
    days = rows[s.DATE].unique().sort()
    levels, counts = {}, {}
    for column in (*DAY_COLUMNS, *STORE_COLUMNS):
        if column in STORE_COLUMNS and rows[column].replace("", None).null_count() == rows.height:
            continue
        table = rows.group_by(s.DATE, column).len().pivot(column, index=s.DATE, values="len").sort(s.DATE).fill_null(0)
        names = sorted((name for name in table.columns if name != s.DATE), key=lambda name: (len(name), name))
        levels[column] = [_level(column, name) for name in names]
        counts[column] = table.select(names).to_numpy().astype(np.int64)
    return Counts(days.to_list(), levels, counts, past)


def _level(column: str, name: str) -> str:
    if column == "Weekday":
        return WEEKDAYS[int(name) - 1]
    if column == "Month":
        return MONTHS[int(name) - 1]
    return name or "?"


def _facts(past: pl.DataFrame, ahead: pl.DataFrame) -> list[Line]:
    found = {
        "days in the past": past[s.DATE].n_unique(),
        "days ahead": ahead[s.DATE].n_unique(),
        "stores in the past": past[s.STORE].n_unique(),
        "stores ahead": ahead[s.STORE].n_unique(),
    }
    return [Line(FACTS, name, "rows", COUNT, float(value), n=value) for name, value in found.items()]


def _shares(counted: Counts, ahead: pl.DataFrame) -> list[Line]:
    """Return the share of each level in the past, ahead, and on the same days of earlier years."""
    first, last = ahead[s.DATE].min(), ahead[s.DATE].max()
    days = np.array([np.datetime64(str(day), "D") for day in counted.days])
    begin, end = np.datetime64(str(first), "D"), np.datetime64(str(last), "D")
    same = np.zeros(len(days), bool)
    for back in range(1, 1 + int((days[0] < begin) * (begin - days[0]).astype(int)) // YEAR):
        same |= (days >= begin - YEAR * back) & (days <= end - YEAR * back)
    same[counted.past :] = False
    spans = {PAST: slice(0, counted.past), AHEAD: slice(counted.past, None)}
    lines = []
    for column, table in counted.counts.items():
        parts = {name: table[span].sum(axis=0) for name, span in spans.items()}
        if same.any():
            parts[SEASON] = table[same].sum(axis=0)
        for k, level in enumerate(counted.levels[column]):
            lines += [
                Line(SHARES, f"{column}: {level}", name, SHARE, float(part[k] / part.sum()), n=int(part[k]))
                for name, part in parts.items()
            ]
    return lines


def _tests(counted: Counts) -> list[Line]:
    """Test each column; beside the p-value of rows, ask how often windows of the past differ from the rest as much."""
    lines = []
    length = len(counted.days) - counted.past
    for column, table in counted.counts.items():
        before, after = table[: counted.past].sum(axis=0), table[counted.past :].sum(axis=0)
        seen = (before + after) > 0
        if seen.sum() < 2:
            continue
        effect = _cramers_v(before[seen], after[seen])
        p = float(stats.chi2_contingency(np.stack([before[seen], after[seen]])).pvalue)
        rows = int(after.sum())
        lines += [Line(TEST, column, EFFECT, "score", effect, n=rows), Line(TEST, column, P_VALUE, "score", p, n=rows)]
        windows = _windows(table[: counted.past], length)
        if len(windows) >= FEWEST_WINDOWS:
            as_much = [_cramers_v(before - window, window) >= effect - 1e-12 for window in windows]
            low, high = stats.binomtest(int(sum(as_much)), len(windows)).proportion_ci(method="wilson")
            lines.append(
                Line(TEST, column, PLACEBO, SHARE, float(np.mean(as_much)), float(low), float(high), n=len(windows))
            )
    return lines


def _windows(table: Ints, length: int) -> list[Ints]:
    total = np.concatenate([np.zeros((1, table.shape[1]), np.int64), np.cumsum(table, axis=0)])
    return [total[k + length] - total[k] for k in range(0, len(table) - length + 1, STEP)]


def _cramers_v(one: Ints, other: Ints) -> float:
    both = np.stack([one, other]).astype(float)
    both = both[:, both.sum(axis=0) > 0]
    expected = both.sum(axis=1, keepdims=True) * both.sum(axis=0) / both.sum()
    return float(np.sqrt(((both - expected) ** 2 / expected).sum() / both.sum()))


def _missing(counted: Counts) -> list[Line]:
    return [
        Line(
            MISSING,
            f"{column}: {level}",
            PAST,
            SHARE,
            float(table[: counted.past, k].sum() / table[: counted.past].sum()),
        )
        for column, table in counted.counts.items()
        for k, level in enumerate(counted.levels[column])
        if table[: counted.past, k].any() and not table[counted.past :, k].any()
    ]


def _classifier(rows: pl.DataFrame) -> list[Line]:
    """Train trees to tell days ahead from the past, on whole weeks left out; once more for the past's own last window."""
    columns = [*DAY_COLUMNS[:-1], *STORE_COLUMNS, s.COMPETITION_DISTANCE, s.PROMO2]
    codes = [
        pl.col(name).cast(pl.Categorical).to_physical().cast(pl.Float64) for name in (s.STATE_HOLIDAY, *STORE_COLUMNS)
    ]
    table = rows.with_columns(codes).with_columns(pl.col(name).cast(pl.Float64) for name in columns)
    ahead = table["ahead"].to_numpy()
    length = table.filter("ahead")[s.DATE].n_unique()
    weeks = (table[s.DATE].cast(pl.Int32) // 7).to_numpy()
    lines: list[Line] = []
    for name, used in ((PLAIN, columns), (DATED, [*columns, "Day of year"])):
        got = _auc(table.select(used).to_numpy(), ahead, weeks)
        if got is None:
            return lines
        folds, lost = got
        lines.append(_told(name, folds))
        if name == PLAIN:
            lines += [
                Line(BY, column, "AUC lost", "score", float(np.mean(values)), n=len(values))
                for column, values in zip(used, lost, strict=True)
            ]
    past = table.filter(~pl.col("ahead"))
    days = past[s.DATE].unique().sort()
    if len(days) > 2 * length:
        last = (past[s.DATE] > days[-length - 1]).to_numpy()
        got = _auc(past.select(columns).to_numpy(), last, (past[s.DATE].cast(pl.Int32) // 7).to_numpy())
        if got is not None:
            lines.append(_told(CONTROL, got[0]))
    return lines


def _told(name: str, folds: list[float]) -> Line:
    got = mean_interval(folds)
    low, high = (None if end is None else min(max(end, 0.0), 1.0) for end in (got.low, got.high))
    return Line(TELL, name, "AUC", "score", got.value, low, high, n=len(folds))


def _auc(X: Floats, ahead: npt.NDArray[np.bool_], weeks: Ints) -> tuple[list[float], list[list[float]]] | None:
    """Return the AUC of each fold of weeks, and what it loses by shuffling each column."""
    rng = np.random.default_rng(0)
    chosen = np.sort(np.concatenate([rng.permutation(np.flatnonzero(part))[:ROWS] for part in (ahead, ~ahead)]))
    X, y, groups = X[chosen], ahead[chosen], weeks[chosen]
    if min(len(np.unique(groups[y])), len(np.unique(groups[~y]))) < FOLDS:
        return None
    folds: list[float] = []
    lost: list[list[float]] = [[] for _ in range(X.shape[1])]
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=0).split(X, y, groups):
        if len(np.unique(y[test])) < 2 or len(np.unique(y[train])) < 2:
            continue
        model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=15, random_state=0).fit(X[train], y[train])
        folds.append(float(roc_auc_score(y[test], model.predict_proba(X[test])[:, 1])))
        few = test[rng.permutation(len(test))[:1500]]
        if len(np.unique(y[few])) == 2:
            found = permutation_importance(model, X[few], y[few], scoring="roc_auc", n_repeats=1, random_state=0)
            for k, value in enumerate(found.importances_mean):
                lost[k].append(float(value))
    return (folds, lost) if len(folds) > 1 and lost[0] else None
