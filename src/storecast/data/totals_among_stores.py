"""Totals among the stores of a chain, which would count the others twice: they are refused."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.errors import DataError, quote

MIN_DAYS_OF_TOTAL = 14  # on which a store must sell what the others do
SHARE_OF_DAYS = 0.95  # of them
CENTS = 0.01  # a store, by which rounded sales may differ from their total
ROUNDING = 1e-4  # of the sales, by which rounding may set them apart
NEARLY = 0.05  # of all sales, by which totals may differ from the others over all days
MOST_TOTALS = 20  # of regions
SAME_SHARE = 1e-3  # of the sales of a store, by which its share of the others may differ from day to day
ROUNDED_SHARE = 0.5  # money, by which rounding to whole figures may
ROUNDED_FRACTION = 0.005  # and by which that to two digits may
MIN_SALES_OF_SHARE = 1000  # times that, below which rounding hides whether the share is the same
MIN_STORES_OF_SHARE = 3  # with fewer, two stores may well sell alike
LEVELS = 3  # of totals: stores, regions, countries
MAX_STORES_OF_PART = 200  # of a chain in which totals of some stores are looked for
LARGEST = 5  # stores that are looked at: a total sells more than any of its parts
DAYS_A_STORE = 3  # that say what it is the total of
WHOLE = 0.02  # by which a coefficient may differ from 0 or 1
REMEDY = "expected stores alone. Leave its rows out: storecast adds stores up itself (totals.csv)."


def refuse_totals(name: str, sales: pl.DataFrame) -> None:
    """Refuse stores that sell each day what all others do together: they are totals, and would count the others twice.

    The largest store alone may be the total of all, or of all and of their regions; the largest few may be totals of regions.

    Parameters
    ----------
    name : of the file
    sales : a row a store and day

    Raises
    ------
    DataError
        where there are such stores
    """
    sums = sales.group_by(s.STORE).agg(pl.col(s.SALES).sum()).sort(s.SALES, s.STORE, descending=True)
    largest = sums[s.SALES].cum_sum()
    whole = float(largest[-1])
    for count in range(1, min(MOST_TOTALS, sums.height - 1) + 1):
        levels = range(1, LEVELS + 1 if count == 1 else 2)
        near = any(abs(whole - (level + 1) * largest[count - 1]) <= NEARLY * whole for level in levels)
        if near and _are_totals(sales, sums[s.STORE][:count], levels):
            stores = ", ".join(quote(store) for store in sums[s.STORE][: min(count, LEVELS)])
            raise DataError(
                f"{name}: {f'store {stores} sells' if count == 1 else f'stores such as {stores} sell'} on each day what the other "
                f"stores sell together, so {'it is their total' if count == 1 else 'they are totals'}; {REMEDY}"
            )
    _refuse_share_of_all(name, sales)
    _refuse_total_of_some(name, sales, sums[s.STORE])


def _refuse_total_of_some(name: str, sales: pl.DataFrame, largest: pl.Series) -> None:
    """Refuse one of the largest stores that sells each day what some others do together: the total of a region among its stores.

    Which others these are, a regression of its sales on theirs says: their coefficients are then 1, and all others 0.
    """
    if not 2 < len(largest) <= MAX_STORES_OF_PART:
        return
    days = sales.pivot(on=s.STORE, index=s.DATE, values=s.SALES, aggregate_function="sum").sort(s.DATE)
    days = days.drop(s.DATE).fill_null(0.0)
    for store in largest.head(LARGEST):
        sold_days = days.filter(pl.col(str(store)) > 0).tail(DAYS_A_STORE * len(largest) + MIN_DAYS_OF_TOTAL)
        if sold_days.height < max(2 * len(largest), MIN_DAYS_OF_TOTAL):
            continue
        others = sold_days.drop(str(store))
        total, parts = sold_days[str(store)].to_numpy(), others.to_numpy()
        coefficients = np.linalg.lstsq(parts, total, rcond=None)[0]
        members = np.abs(coefficients - 1) < WHOLE
        if members.sum() < 2 or (np.abs(coefficients[~members]) > WHOLE).any():
            continue
        together = parts[:, members].sum(axis=1)
        same = np.abs(total - together) <= np.maximum(CENTS * members.sum(), ROUNDING * together)
        if same.mean() >= SHARE_OF_DAYS and len(np.unique(total)) > 1:
            names = [quote(other) for other, member in zip(others.columns, members, strict=True) if member]
            listed = ", ".join(names[:LEVELS]) + (f" and {len(names) - LEVELS} more" if len(names) > LEVELS else "")
            raise DataError(
                f"{name}: store {quote(store)} sells on each day what the stores {listed} sell together, so it is their "
                f"total; {REMEDY}"
            )


def _refuse_share_of_all(name: str, sales: pl.DataFrame) -> None:
    """Refuse the only store that sells the same share of all others each day: their total without tax, or their mean."""
    days = sales.select(*s.KEYS, s.SALES, (pl.col(s.SALES).sum().over(s.DATE) - pl.col(s.SALES)).alias("others"))
    days = days.filter((pl.col(s.SALES) > 0) & (pl.col("others") > 0))
    share = (pl.col(s.SALES).sum() / pl.col("others").sum()).over(s.STORE)
    whole = (pl.col(s.SALES) == pl.col(s.SALES).round()).all().over(s.STORE)
    rounding = pl.when(whole).then(ROUNDED_SHARE).otherwise(ROUNDED_FRACTION)
    same = (pl.col(s.SALES) - share * pl.col("others")).abs() <= rounding + SAME_SHARE * pl.col(s.SALES)
    stores = (
        days.with_columns(same.alias("same"), share.alias("share"), rounding.alias("rounding"))
        .group_by(s.STORE)
        .agg(
            pl.col("same").mean() >= SHARE_OF_DAYS,
            pl.col("share").first(),
            (
                (pl.len() >= MIN_DAYS_OF_TOTAL)
                & (pl.col(s.SALES).median() >= MIN_SALES_OF_SHARE * pl.col("rounding").first())
            ).alias("enough"),
            pl.col(s.SALES).n_unique().alias("values"),
        )
    )
    alike = stores.filter("same")
    if stores.height > MIN_STORES_OF_SHARE and alike.height == 1 and alike["enough"][0] and alike["values"][0] > 1:
        store, share_of_others = alike.select(s.STORE, "share").row(0)
        raise DataError(
            f"{name}: store {quote(store)} sells the same share ({share_of_others:.4g}) of what the others sell together on each "
            f"day, so it is their total or their mean in another unit; {REMEDY}"
        )


def _are_totals(sales: pl.DataFrame, stores: pl.Series, levels: Iterable[int]) -> bool:
    """Return whether some stores sell on nearly each day what the others do, once or for each level of totals among them."""
    chosen = pl.col(s.STORE).is_in(stores.implode())
    days = sales.group_by(s.DATE).agg(
        pl.col(s.SALES).filter(chosen).sum().alias("total"),
        pl.col(s.SALES).filter(chosen).max().alias("largest total"),
        pl.col(s.SALES).filter(~chosen).sum().alias("others"),
        pl.col(s.SALES).filter(~chosen).max().alias("largest"),
        pl.len().alias("stores"),
    )
    days = days.filter((pl.col("total") > 0) & (pl.col("others") > 0))
    if days.height < MIN_DAYS_OF_TOTAL or days["total"].n_unique() == 1:
        return False
    apart = days.select((pl.col("largest total") > pl.col("largest")).mean() >= SHARE_OF_DAYS).item()
    if not apart and sales[s.STORE].n_unique() > 2:
        return False  # stores that sell alike
    rounding = pl.max_horizontal(CENTS * pl.col("stores"), ROUNDING * pl.col("others"))
    same = ((pl.col("others") - level * pl.col("total")).abs() <= rounding for level in levels)
    return any(days.select(each.mean()).item() >= SHARE_OF_DAYS for each in same)
