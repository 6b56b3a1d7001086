"""A chain's own known-ahead columns on the days ahead that nobody gave a value for.

A flag is taken as it mostly was on that weekday of the store's last eight weeks: a leaflet of every Friday goes on, an event of
last Friday does not. So is a number that changes from day to day, by the median. A number that mostly stays the same from one day
to the next, such as a price, keeps the store's last value. Where values recur after some weeks, they go on so (`own_rhythm`).
"""

from collections.abc import Mapping

import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import RULES, Repair
from storecast.data.notice_sentences import EXAMPLES
from storecast.data.own_categories import column_of_flag, flag_name, levels_of_flags
from storecast.data.own_rhythm import USUAL_WEEKS, rhythm
from storecast.data.panel import Panel
from storecast.dates import WEEK

STEADY_SHARE = 0.8  # of the days on which a steady number is that of the day before
RULE = "own_columns_ahead"
OF_WEEKDAY = "as on most such weekdays of the last eight weeks"
LAST = "the last value of the store"
_PHASE = "days in the rhythm"


def with_own_columns(rows: pl.DataFrame, panel: Panel, lags: Mapping[str, int]) -> pl.DataFrame:
    """Add the chain's own columns to rows that are worked out.

    Parameters
    ----------
    rows : Store and Date of days without a row in the calendar
    panel : the chain
    lags : days after which the values of a column recur, see `rhythms`
    """
    weekday = pl.col(s.DATE).dt.weekday().alias(s.DAY_OF_WEEK)
    rows = rows.with_columns(weekday).sort(s.DATE, s.STORE)
    levels = levels_of_flags(panel.known)
    for name in panel.known:
        lag = lags.get(column_of_flag(name))
        known = _known_values(panel, name).with_columns(weekday)
        by = [s.STORE]
        if lag is not None:
            by = [s.STORE, _PHASE]
            known, rows = (
                frame.with_columns((pl.col(s.DATE).dt.epoch("d") % lag).alias(_PHASE)) for frame in (known, rows)
            )
        elif not is_steady(panel, name):
            by = [s.STORE, s.DAY_OF_WEEK]
            known = known.with_columns(_usual(name, share=column_of_flag(name) in levels).over(by))
        rows = rows.join_asof(
            known.select(s.DATE, *by, name), on=s.DATE, by=by, strategy="backward", check_sortedness=False
        )
    for column, texts in levels.items():
        if column not in lags:
            rows = _with_most_frequent(rows, [flag_name(column, text) for text in texts])
    return rows


def rhythms(panel: Panel) -> dict[str, int]:
    """Return the days after which the values of a column recur, of each column of which they do.

    Parameters
    ----------
    panel : the chain
    """
    names: dict[str, list[str]] = {}
    for name in panel.known:
        names.setdefault(column_of_flag(name), []).append(name)
    lags = {column: rhythm(panel, flags, steady=is_steady(panel, flags[0])) for column, flags in names.items()}
    return {column: lag for column, lag in lags.items() if lag is not None}


def is_steady(panel: Panel, name: str) -> bool:
    """Say whether a column is no flag, and mostly keeps its value from one day to the next."""
    past = past_values(panel, name).sort(s.KEYS)
    next_day = (pl.col(s.DATE).diff() == pl.duration(days=1)) & (pl.col(s.STORE) == pl.col(s.STORE).shift())
    steps = past.select(same=pl.col(name) == pl.col(name).shift(), counts=next_day).filter("counts")
    return not is_flag(past[name]) and steps.height > 0 and steps["same"].sum() >= STEADY_SHARE * steps.height


def past_values(panel: Panel, name: str) -> pl.DataFrame:
    """Return the days of the past with a value of a column: Store, Date and the column, by date."""
    return _known_values(panel, name).filter(pl.col(s.DATE) <= panel.end)


def is_flag(values: pl.Series) -> bool:
    """Say whether all values of a column are 0 or 1."""
    return bool(values.is_in([0.0, 1.0]).all())


def never_changed(panel: Panel, name: str) -> bool:
    """Say whether a column has never changed in any store: then no effect of it is known, whatever it is ahead.

    Parameters
    ----------
    panel : the chain
    name : of the column
    """
    past = past_values(panel, name)
    lowest, highest = pl.col(name).min(), pl.col(name).max()
    return bool(past.group_by(s.STORE).agg((lowest == highest).alias("same"))["same"].all())


def own_columns_repair(panel: Panel, lacking: Mapping[str, int], lags: Mapping[str, int]) -> Repair | None:
    """Return the line that says how own columns were worked out; None where the chain has none, or each day is given.

    Parameters
    ----------
    panel : the chain
    lacking : store-days ahead without a value, by column
    lags : by which the columns were worked out, see `rhythms`
    """
    worked_out = [name for name, days in lacking.items() if days and not never_changed(panel, name)]
    if not worked_out:
        return None
    how = list(dict.fromkeys(f"{column_of_flag(name)}: {_rule(panel, name, lags)}" for name in worked_out))
    action = "Give the values in the test file"
    return Repair(RULE, RULES[RULE], action, max(lacking[name] for name in worked_out), tuple(how[:EXAMPLES]))


def _rule(panel: Panel, name: str, lags: Mapping[str, int]) -> str:
    """Say how a column is worked out."""
    lag = lags.get(column_of_flag(name))
    if lag is not None:
        return f"as {lag // WEEK} weeks before, in its rhythm"
    return LAST if is_steady(panel, name) else OF_WEEKDAY


def _usual(name: str, *, share: bool) -> pl.Expr:
    """Return the median of the last values of a column, or the share of them that are 1."""
    if share:
        return pl.col(name).rolling_mean(window_size=USUAL_WEEKS, min_samples=1)
    return pl.col(name).rolling_quantile(0.5, "lower", window_size=USUAL_WEEKS, min_samples=1)


def _with_most_frequent(rows: pl.DataFrame, flags: list[str]) -> pl.DataFrame:
    """Return the flags of a text column with 1 for the level of the largest share, if any holds as often as none does."""
    share = pl.max_horizontal(flags)
    none = 1 - pl.sum_horizontal(flags)
    best = pl.when(share >= none).then(pl.concat_list(flags).list.arg_max())
    chosen = rows.select(best.alias("best"))["best"]
    return rows.with_columns(
        (chosen == k).fill_null(value=False).cast(pl.Float64).alias(flag) for k, flag in enumerate(flags)
    )


def _known_values(panel: Panel, name: str) -> pl.DataFrame:
    """Return the days with a value, given ahead ones among them, by date."""
    values = panel.calendar.filter(pl.col(name).is_not_null() & pl.col(name).is_not_nan())
    return values.select(*s.KEYS, name).sort(s.DATE, s.STORE)
