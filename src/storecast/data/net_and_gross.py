"""Rows of a store and day that state the same sales twice, net and gross of tax: added up, they would count twice.

They are known by their names, in a column of the file that the chain does not use, or by their ratio: no two tills, shifts or
departments sell in the same ratio every day.
"""

import polars as pl

from storecast import schema as s
from storecast.data.dialect import TextTable
from storecast.data.file_columns import free_texts
from storecast.errors import DataError, quote

NET = {
    "net",
    "netto",
    "ht",
    "hors taxe",
    "hors taxes",
    "excl. vat",
    "excl vat",
    "ex vat",
    "without tax",
    "ohne mwst",
    "neto",
}
GROSS = {"gross", "brutto", "ttc", "incl. vat", "incl vat", "inc vat", "with tax", "mit mwst", "bruto", "lordo"}
MIN_DAYS = 14  # of stores, that hold two amounts
SHARE = 0.95  # of them, on which the two have the same ratio
SMALLEST, LARGEST = 1.01, 1.5  # ratio of gross to net: taxes on sales are 1 to 50%
ROUNDING = 0.001  # of the larger amount ...
CENT = 0.01  # ... and of either, by which rounding may set the ratio apart; 1 where sales are whole numbers


def refuse_net_and_gross(table: TextTable, frame: pl.DataFrame) -> None:
    """Refuse rows of a store and day of which one is the other with tax.

    Parameters
    ----------
    table : the file, with every column as text
    frame : its columns in their types

    Raises
    ------
    DataError
        with the column that tells them apart, or the ratio of the two
    """
    rows = frame.select(*s.KEYS, s.SALES).filter(pl.col(s.SALES) > 0)
    for name in free_texts(table.frame):
        values = set(table.frame[name].unique().str.strip_chars().str.to_lowercase().drop_nulls()) - {""}
        if len(values) == 2 and values & NET and values & GROSS:
            raise _refusal(
                table, f"the column {quote(name)} has rows of {' and '.join(map(quote, sorted(values)))} sales"
            )
    amounts = rows.group_by(s.KEYS).agg(
        pl.len().alias("rows"), pl.col(s.SALES).min().alias("net"), pl.col(s.SALES).max().alias("gross")
    )
    pairs = amounts.filter(pl.col("rows") == 2)
    if pairs.height < MIN_DAYS or pairs.height < SHARE * amounts.height:
        return
    ratio = float(pairs.select((pl.col("gross") / pl.col("net")).median()).item())
    step = 1.0 if rows.select((pl.col(s.SALES) == pl.col(s.SALES).round()).all()).item() else CENT
    apart = (pl.col("gross") - ratio * pl.col("net")).abs()
    same = pairs.select((apart <= ROUNDING * pl.col("gross") + step * (1 + ratio) / 2).mean()).item()
    if SMALLEST <= ratio <= LARGEST and same >= SHARE:
        raise _refusal(table, f"of the two rows of a store and day, one is {ratio:.3g} times the other throughout")


def _refusal(table: TextTable, what: str) -> DataError:
    return DataError(
        f"{table.name}: {what}. They seem to be the same sales net and gross of tax; added up, they would count twice. "
        "Leave one of the two out."
    )
