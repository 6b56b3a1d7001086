"""Guess which other columns say what a store is: facts of a chain's own, and the columns by which totals could be made."""

from collections.abc import Sequence

import polars as pl

from storecast import schema as s
from storecast.data.column_synonyms import OF_THE_DATE, name_words, plain
from storecast.data.file_columns import FILE_COLUMNS
from storecast.data.guess_columns import LikelyColumns
from storecast.data.own_categories import IS, MAX_LEVELS, is_text

MAX_GROUP_SHARE = 1 / 3  # of the stores: a text with more different values hardly groups them
_NO_FACTS = "id nr no nbr num number nummer code key plz zip zipcode postcode postal phone telefon lat latitude lon lng longitude"
NO_FACTS = frozenset(_NO_FACTS.split())  # words of numbers that measure nothing, and of places that only a map can use


def likely_own_facts(parts: Sequence[LikelyColumns]) -> tuple[list[str], list[str]]:
    """Return the facts of stores among the columns of which nobody knows what they are, and those that group the stores.

    A fact never changes within a store, and differs between stores: a number, or a text with some stores to each value.

    Parameters
    ----------
    parts : the files of the stores, or those of the sales, of the same columns

    Returns
    -------
    the numbers and texts that models can learn from, and the texts by which totals could be made
    """
    first = parts[0]
    if s.STORE not in first.names or first.wide:
        return [], []
    free = [name for name in first.unused if all(name in each.unused for each in parts) and not _is_strange(name)]
    if not free:
        return [], []
    filled = [pl.col(name).str.strip_chars().replace("", None) for name in free]
    rows = pl.concat([each.table.frame.select(pl.col(each.names[s.STORE]).alias(s.STORE), *filled) for each in parts])
    values = rows.group_by(s.STORE, maintain_order=True).agg(pl.col(free).drop_nulls().unique())
    steady = [name for name in free if (values[name].list.len() <= 1).all()]
    stores = values.select(pl.col(steady).list.first())
    counts = {name: stores[name].drop_nulls().n_unique() for name in steady}
    groups = [name for name in steady if is_text(stores[name]) and 2 <= counts[name] <= values.height * MAX_GROUP_SHARE]
    numbers = frozenset.intersection(*(each.numbers for each in parts))
    facts = [name for name in steady if name in groups or name in numbers]
    return [name for name in facts if counts[name] >= 2 and (name in numbers or counts[name] <= MAX_LEVELS)], groups


def _is_strange(name: str) -> bool:
    """Return whether a name is taken, follows from the date, or is that of a number which measures nothing."""
    return name in FILE_COLUMNS or IS in name or plain(name) in OF_THE_DATE or bool({*name_words(name)} & NO_FACTS)
