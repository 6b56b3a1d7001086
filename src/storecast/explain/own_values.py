"""What another calendar asks of own columns: values that were never seen are named, columns that never changed refused."""

import polars as pl

from storecast import schema as s
from storecast.data.ahead_own import is_flag, never_changed, past_values
from storecast.data.panel import Panel
from storecast.errors import DataError, quote


def refuse_unknown_effects(panel: Panel, other: Panel, name: str) -> None:
    """Refuse another value of an own column that has never changed: a difference of 0 would be taken for an answer.

    Parameters
    ----------
    panel, other : the chain under its stored calendar and under the other
    name : of the other calendar, for messages

    Raises
    ------
    DataError
        with the column
    """
    for column in panel.known:
        if other.calendar[column].ne_missing(panel.calendar[column]).any() and never_changed(panel, column):
            raise DataError(
                f"{name} changes {quote(column)}, which has never changed in any store up to {panel.end}: no effect of it is "
                "known. Leave the column out."
            )


def unseen_values(panel: Panel, other: Panel) -> list[str]:
    """Say which values of another calendar lie beyond all that its store has had: effects there are extrapolated.

    A flag is looked at over the whole chain, since its effect is learned from all stores; a number, such as a price, by store.

    Parameters
    ----------
    panel, other : the chain under its stored calendar and under the other

    Returns
    -------
    a sentence for each own column with such values
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
                f"{column} leaves what was ever seen on {beyond.height} days of stores, such as store {row[s.STORE]} on "
                f"{row[s.DATE]}: {row[column]:g}, and {row['low']:g} to {row['high']:g} in the past. Its effect there "
                "is extrapolated, and carried no further than twice a large departure of the past."
            )
    return sentences
