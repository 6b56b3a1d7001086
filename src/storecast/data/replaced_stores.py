"""Stores that moved or were renumbered: what the old one sold becomes the history of the store that replaces it."""

from dataclasses import replace

import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import Work, store_name
from storecast.data.file_columns import REPLACES
from storecast.dates import as_date
from storecast.errors import DataError

Id = int | str
MIN_RENUMBERED = 3  # stores that end, and that begin
MAX_DAYS_BETWEEN = 31
RULE = "replaced_stores"
_AGE, _SELLS, _OLD = "replacements to come", "sells", "store before"


def join_replaced_stores(work: Work) -> None:
    """Give the rows of replaced stores to those that replace them, over several steps, too; the old ones are no stores any more.

    A day that both have is taken from the one that sold something: a system that writes every store and day goes on with zeros.

    Parameters
    ----------
    work : its sales, stores and excluded days are replaced

    Raises
    ------
    DataError
        where both sold something on a day, replacements run in a circle, or test.csv asks for a replaced store
    """
    if REPLACES not in work.stores.columns:
        return
    rows = work.stores.filter(pl.col(REPLACES).is_not_null()).select(REPLACES, s.STORE)
    work.stores = work.stores.drop(REPLACES)
    if rows.is_empty() or RULE in work.skip:
        return
    successors = _successors(rows, {*work.stores[s.STORE], *work.sales[s.STORE]})
    newest = {old: _newest(old, successors) for old in successors}
    ids = work.sales.schema[s.STORE]
    ages = {old: steps for old, (_, steps) in newest.items()}
    names = work.replaced = {old: store for old, (store, _) in newest.items()}
    days = work.sales.with_columns(
        pl.col(s.STORE).alias(_OLD),
        pl.col(s.STORE).replace_strict(names, default=pl.col(s.STORE), return_dtype=ids),
        pl.col(s.STORE).replace_strict(ages, default=0, return_dtype=pl.Int64).alias(_AGE),
        (pl.col(s.SALES) != 0).alias(_SELLS),
    )
    _refuse_days_of_both(days)
    joined = days.sort(*s.KEYS, _SELLS, _AGE, descending=[False, False, True, False]).unique(
        s.KEYS, keep="first", maintain_order=True
    )
    _note(work, joined.filter(pl.col(_AGE) > 0))
    work.sales = joined.select(work.sales.columns)
    work.stores = work.stores.filter(~pl.col(s.STORE).is_in(list(names)))
    work.excluded = tuple(
        span if span.store is None else replace(span, store=names.get(span.store, span.store)) for span in work.excluded
    )
    requested = None if work.ahead is None else work.ahead.filter(pl.col(s.STORE).is_in(list(names)))
    if requested is not None and requested.height:
        old = requested[s.STORE][0]
        raise DataError(
            f"The test file asks for {store_name(old)}, which {store_name(names[old])} replaces; expected the stores of today. "
            f"Ask for {store_name(names[old])}, or remove the rows."
        )


def refuse_renumbered_stores(work: Work) -> None:
    """Refuse stores that all end by one day while as many others begin after it, and none goes on: they have got other ids.

    Raises
    ------
    DataError
        where no store has sales both before and after that day
    """
    sold = work.sales.filter(pl.col(s.SALES) != 0)
    spans = sold.group_by(s.STORE).agg(pl.col(s.DATE).min().alias("first"), pl.col(s.DATE).max().alias("last"))
    early = spans.filter(pl.col("last") < spans["first"].max())
    if early.height < MIN_RENUMBERED:
        return
    last = as_date(early["last"].max())
    old, new = spans.filter(pl.col("last") <= last), spans.filter(pl.col("first") > last)
    if old.height + new.height < spans.height or new.height < max(MIN_RENUMBERED, old.height / 2):
        return
    begin = as_date(new["first"].min())
    if (begin - last).days <= MAX_DAYS_BETWEEN:
        raise DataError(
            f"train: {old.height} stores, such as {store_name(old[s.STORE].min())}, end by {last}, and {new.height} others, such "
            f"as {store_name(new[s.STORE].min())}, begin on {begin} or later; none has sales before and after. Expected one id of "
            f"each store: write the same in all rows, name the old id in the column {REPLACES} of store.csv, or leave the old rows "
            "out."
        )


def _successors(rows: pl.DataFrame, known: set[Id]) -> dict[Id, Id]:
    """Return the store that replaces each old one."""
    successors: dict[Id, Id] = {}
    for old, new in rows.iter_rows():
        if old not in known:
            raise DataError(
                f"store, column {REPLACES}: {store_name(new)} replaces {store_name(old)}, which has neither sales nor a row in the "
                "file of stores; expected a store of the chain. Correct the id, or empty the cell."
            )
        if old in successors:
            raise DataError(
                f"store, column {REPLACES}: {store_name(successors[old])} and {store_name(new)} both replace {store_name(old)}; "
                "expected one of them. Empty the other cell."
            )
        successors[old] = new
    return successors


def _newest(old: Id, successors: dict[Id, Id]) -> tuple[Id, int]:
    """Return the store that stands at the end of a row of replacements, and how many there are up to it."""
    store, steps = old, 0
    while store in successors:
        store, steps = successors[store], steps + 1
        if store == old or steps > len(successors):
            raise DataError(
                f"store, column {REPLACES}: {store_name(old)} is replaced in a circle; expected a store of today at the end. "
                "Empty one of the cells."
            )
    return store, steps


def _refuse_days_of_both(days: pl.DataFrame) -> None:
    sold = days.filter(_SELLS).sort(*s.KEYS, _AGE)
    twice = sold.filter(sold.select(pl.struct(s.KEYS).is_duplicated()).to_series())
    if twice.height:
        new, old = twice[_OLD][:2]
        both = twice.filter(pl.col(s.STORE) == twice[s.STORE][0])[s.DATE]
        raise DataError(
            f"{store_name(new)} replaces {store_name(old)}, and both have sales on {both.n_unique()} days, such as {both[0]}; "
            f"expected sales of one of them on a day. Correct {REPLACES} in the file of stores, or remove the rows of one of them."
        )


def _note(work: Work, rows: pl.DataFrame) -> None:
    spans = (
        rows.group_by(s.STORE, _OLD).agg(pl.len().alias("days"), pl.col(s.DATE).max().alias("last")).sort(s.STORE, _OLD)
    )
    examples = [
        f"{store_name(new)} replaces {store_name(old)}: {days} days up to {last}"
        for new, old, days, last in spans.iter_rows()
    ]
    work.note(
        RULE, "its days are those of the store that replaces it; it is not forecast itself", rows.height, examples
    )
