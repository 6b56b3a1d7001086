"""Where another calendar leaves what was ever seen: the model answers there too, but by extrapolation.

promotions on a weekday   on which no store of the chain has had one
promotion days in a week  more than any store has had
openings on a weekday     on which the store has never been open
own columns               a number beyond all that its store has had; a flag beyond all that the chain has had
"""

import polars as pl

from storecast import schema as s
from storecast.data.ahead_own import is_flag, past_values
from storecast.data.panel import Panel
from storecast.dates import DAY_NAMES
from storecast.wording import in_words

WEEKDAY, WEEK, PROMOTED, COUNT = "weekday", "week", "promoted", "count"


def never_seen(panel: Panel, other: Panel) -> list[str]:
    """Say in which ways another calendar leaves what was ever seen, of the days that it changes.

    Parameters
    ----------
    panel, other : the chain under its stored calendar and under the other

    Returns
    -------
    a sentence for each way, with the number of days and an example; none where all was seen before
    """
    past, changed = _past_and_changed(panel, other)
    by_calendar = (
        _promotions_on_new_weekdays(past, changed),
        _more_promotion_days(past, changed, other),
        _openings_on_new_weekdays(past, changed),
    )
    return [*(sentence for sentence in by_calendar if sentence), *_own_values(panel, other)]


def _past_and_changed(panel: Panel, other: Panel) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the days of the past, and those whose opening or promotion is another one, each with the columns that rules need."""
    opening, promotion = (other.calendar[name].ne_missing(panel.calendar[name]) for name in (s.OPEN, s.PROMO))
    past = panel.calendar.filter(pl.col(s.DATE) <= panel.end)
    return _described(past), _described(other.calendar.filter(opening | promotion))


def _described(calendar: pl.DataFrame) -> pl.DataFrame:
    is_open = pl.col(s.OPEN) == 1
    return calendar.select(
        *s.KEYS,
        is_open.alias(s.OPEN),
        (is_open & (pl.col(s.PROMO) == 1)).alias(PROMOTED),
        pl.col(s.DATE).dt.weekday().alias(WEEKDAY),
        pl.col(s.DATE).dt.truncate("1w").alias(WEEK),
    )


def _promotions_on_new_weekdays(past: pl.DataFrame, changed: pl.DataFrame) -> str:
    seen = past.filter(PROMOTED)[WEEKDAY].unique()
    new = changed.filter(pl.col(PROMOTED) & ~pl.col(WEEKDAY).is_in(seen.implode())).sort(*s.KEYS)
    if new.is_empty():
        return ""
    return (
        f"Promotions on {_weekdays(new)}: {_days(new)}. No store has had a promotion on such a weekday; its effect there is "
        "taken from other weekdays."
    )


def _more_promotion_days(past: pl.DataFrame, changed: pl.DataFrame, other: Panel) -> str:
    by_week = [s.STORE, WEEK]
    most = past.filter(PROMOTED).group_by(by_week).len(COUNT).select(pl.col(COUNT).max()).item()
    if most is None:
        return ""
    weeks = changed.filter(PROMOTED).select(by_week).unique()
    whole_weeks = _described(other.calendar).filter(PROMOTED).join(weeks, on=by_week, how="semi")
    counts = whole_weeks.group_by(by_week).len(COUNT).sort(by_week)
    new = counts.filter(pl.col(COUNT) > most)
    if new.is_empty():
        return ""
    row = new.row(0, named=True)
    return (
        f"More promotion days in a week than ever: {_number(new, 'week')}, such as {row[COUNT]} of store {row[s.STORE]} in the "
        f"week of {row[WEEK]}. No store has had more than {most}; what further days bring is extrapolated."
    )


def _openings_on_new_weekdays(past: pl.DataFrame, changed: pl.DataFrame) -> str:
    opened = past.filter(s.OPEN)
    traded = changed.filter(s.OPEN).join(opened.select(s.STORE).unique(), on=s.STORE, how="semi")
    seen = opened.select(s.STORE, WEEKDAY).unique()
    new = traded.join(seen, on=(s.STORE, WEEKDAY), how="anti").sort(*s.KEYS)
    if new.is_empty():
        return ""
    return (
        f"Openings on {_weekdays(new)}: {_days(new)}. These stores have never been open on such a weekday; what it would sell is "
        "taken from other weekdays and stores."
    )


def _weekdays(days: pl.DataFrame) -> str:
    return in_words([f"{DAY_NAMES[number - 1]}s" for number in sorted(days[WEEKDAY].unique())])


def _days(days: pl.DataFrame) -> str:
    row = days.row(0, named=True)
    return f"{_number(days, 'day')}, such as store {row[s.STORE]} on {row[s.DATE]}"


def _number(rows: pl.DataFrame, what: str) -> str:
    return f"1 {what} of a store" if rows.height == 1 else f"{rows.height} {what}s of stores"


def _own_values(panel: Panel, other: Panel) -> list[str]:
    """Say which values of own columns lie beyond all that their stores have had, a sentence for each column.

    A flag is looked at over the whole chain, since its effect is learned from all stores; a number, such as a price, by store.
    """
    sentences = []
    for column in panel.known:
        changed = other.calendar.filter(other.calendar[column].ne_missing(panel.calendar[column])).select(
            *s.KEYS, column
        )
        past = past_values(panel, column)
        by = [pl.lit("the chain").alias("of")] if is_flag(past[column]) else [pl.col(s.STORE).alias("of")]
        seen = past.group_by(by).agg(pl.col(column).min().alias("low"), pl.col(column).max().alias("high"))
        beyond = (
            changed.with_columns(by)
            .join(seen, on="of", how="inner")
            .filter(~pl.col(column).is_between("low", "high"))
            .sort(*s.KEYS)
        )
        if beyond.height:
            row = beyond.row(0, named=True)
            sentences.append(
                f"{column} leaves what was ever seen on {_number(beyond, 'day')}, such as store {row[s.STORE]} on "
                f"{row[s.DATE]}: {row[column]:g}, and {row['low']:g} to {row['high']:g} in the past. Its effect there "
                "is extrapolated, and carried no further than twice a large departure of the past."
            )
    return sentences
