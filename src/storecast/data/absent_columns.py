"""Columns of what is known ahead that the files lack: openings are worked out from sales, and there is nothing of the others."""

import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import Work
from storecast.data.past_openings import open_by_sales
from storecast.data.repair_holidays import takes_holidays_of
from storecast.data.store_countries import codes_of
from storecast.wording import in_words

NAMES = {s.PROMO: "promotions", s.STATE_HOLIDAY: "public holidays", s.SCHOOL_HOLIDAY: "school holidays"}
NONE = {s.PROMO: 0, s.STATE_HOLIDAY: s.NO_HOLIDAY, s.SCHOOL_HOLIDAY: 0}


def fill_absent_columns(work: Work, country: str | None = None) -> None:
    """Fill the columns that train or test lacks as a whole, and say so.

    Parameters
    ----------
    work : its rows of sales and of days ahead are replaced
    country : ISO code of the country whose holidays are marked where the files mark none, or several; None: of none
    """
    absent = [name for name in s.KNOWN if work.is_absent("train", name)]
    if absent:
        work.need("absent_columns", f"train has no column {absent[0]}", "Add it")
    filled = [name for name in absent if name != s.OPEN]
    work.sales = work.sales.with_columns(pl.lit(NONE[name], s.BY_NAME[name].dtype).alias(name) for name in filled)
    if s.OPEN in absent:
        work.sales = work.sales.with_columns(open_by_sales(work.sales))
    if work.ahead is not None:
        lacking = [name for name in NONE if work.is_absent("test", name)]
        work.ahead = work.ahead.with_columns(pl.lit(NONE[name], s.BY_NAME[name].dtype).alias(name) for name in lacking)
    by_country = takes_holidays_of(work, country)
    assumptions = [_openings_in_words(work.sales)] if s.OPEN in absent else []
    if s.STATE_HOLIDAY in absent and by_country:
        assumptions.append(f"the public holidays are those of {in_words(codes_of(country or ''))}")
    none = [NAMES[name] for name in filled if not (name == s.STATE_HOLIDAY and by_country)]
    if none:
        assumptions.append(f"there are no {in_words(none, 'or')}")
    if absent:
        action = f"it is assumed that {in_words(assumptions)}"
        work.note("absent_columns", action, len(absent), [in_words(absent, "or")])


def _openings_in_words(sales: pl.DataFrame) -> str:
    unsold = int((sales[s.SALES] == 0).sum())
    if not unsold:
        return "stores were open on all days that have a row"
    closed = int((sales[s.OPEN] == 0).sum())
    return f"stores were closed on {closed:,} of the {unsold:,} days without sales"
