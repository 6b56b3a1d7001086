"""Columns of what is known ahead that the files do without: openings are worked out from sales, of the others there are none."""

import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import Work
from storecast.data.past_openings import open_by_sales

NONE = {s.PROMO: 0, s.STATE_HOLIDAY: s.NO_HOLIDAY, s.SCHOOL_HOLIDAY: 0}


def fill_absent_columns(work: Work) -> None:
    """Fill the columns that train or test lacks as a whole, and say so.

    Parameters
    ----------
    work : its rows of sales and of days ahead are replaced
    """
    absent = [name for name in s.KNOWN if work.is_absent("train", name)]
    if absent:
        work.need("absent_columns", f"train has no column {absent[0]}", "Add it")
    none = [name for name in absent if name != s.OPEN]
    examples = [f"{', '.join(none)}: taken as none"] if none else []
    work.sales = work.sales.with_columns(pl.lit(NONE[name], s.BY_NAME[name].dtype).alias(name) for name in none)
    if s.OPEN in absent:
        work.sales = work.sales.with_columns(open_by_sales(work.sales))
        closed = int((work.sales[s.OPEN] == 0).sum())
        unsold = int((work.sales[s.SALES] == 0).sum())
        examples.insert(0, f"Open: worked out from sales, {closed} of {unsold} days without sales taken as closed")
    work.note("absent_columns", "an assumption", len(absent), examples)
    if work.ahead is not None:
        lacking = [name for name in NONE if work.is_absent("test", name)]
        work.ahead = work.ahead.with_columns(pl.lit(NONE[name], s.BY_NAME[name].dtype).alias(name) for name in lacking)
