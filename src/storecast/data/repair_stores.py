"""Repair the table of stores: when a competitor opened, since when Promo2 runs, which stores there are."""

import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import EARLIEST_COMPETITOR, Work, store_name, store_names
from storecast.data.file_columns import PROMO2_WEEK, PROMO2_YEAR, SINCE_MONTH, SINCE_YEAR
from storecast.data.notice_sentences import EXAMPLES
from storecast.errors import DataError


def date_competition(work: Work) -> None:
    """Make one date of the competitor's month and year; a year beyond belief is as good as none."""
    year, month = pl.col(SINCE_YEAR), pl.col(SINCE_MONTH)
    far = work.stores.filter(pl.col(s.COMPETITION_DISTANCE).is_null())
    unknown = 0 if work.is_absent("store", s.COMPETITION_DISTANCE) else far.height
    work.note("competition_distance", "kept as unknown", unknown, store_names(far))
    undated = work.stores.filter(pl.col(s.COMPETITION_DISTANCE).is_not_null() & (year.is_null() | month.is_null()))
    action = "taken to have been there before the sales begin"
    work.note("competition_date", action, undated.height, store_names(undated))
    early = year < EARLIEST_COMPETITOR
    odd = work.stores.filter(early)
    years = zip(odd[s.STORE].head(EXAMPLES), odd[SINCE_YEAR], strict=False)
    work.note(
        "competition_year",
        "date taken as unknown",
        odd.height,
        [f"{store_name(store)}: {year}" for store, year in years],
    )
    believed = year if "competition_year" in work.skip else pl.when(early).then(None).otherwise(year)
    work.stores = work.stores.with_columns(pl.date(believed, month, 1).alias(s.COMPETITION_SINCE))


def date_promo2(work: Work) -> None:
    """Make one date of Promo2's week and year; a store whose cells contradict each other takes no part."""
    if work.is_absent("store", s.PROMO2):
        work.stores = work.stores.with_columns(
            pl.lit(0, pl.Int8).alias(s.PROMO2), pl.lit(None, pl.Date).alias(s.PROMO2_SINCE)
        )
        return
    week, year = pl.col(PROMO2_WEEK), pl.col(PROMO2_YEAR)
    # 4 January lies in ISO week 1 of its year.
    since = (pl.date(year, 1, 4) + pl.duration(weeks=week - 1)).dt.truncate("1w")
    work.stores = work.stores.with_columns(since.alias(s.PROMO2_SINCE))
    joined, dated = pl.col(s.PROMO2) == 1, pl.col(s.PROMO2_SINCE).is_not_null()
    months = pl.col(s.PROMO_INTERVAL).is_not_null()
    odd = work.stores.filter(pl.col(s.PROMO2).is_null() | (joined != dated) | (~joined & months))
    if odd.height:
        work.need(
            "promo2",
            f"store.csv: Promo2 of {store_name(odd[s.STORE][0])} is empty, or contradicts its dates or months",
            "Mend the row",
        )
    work.note("promo2", "taken as not taking part", odd.height, store_names(odd))
    both = (joined & dated).fill_null(value=False)
    work.stores = work.stores.with_columns(
        both.cast(pl.Int8).alias(s.PROMO2),
        pl.when(both).then(s.PROMO2_SINCE).alias(s.PROMO2_SINCE),
        pl.when(both).then(s.PROMO_INTERVAL).alias(s.PROMO_INTERVAL),
    )


def add_unknown_stores(work: Work) -> None:
    """Give a store that has sales but no row in store.csv a row without attributes; refuse a store that nobody knows.

    Raises
    ------
    DataError
        where the test file asks for such a store
    """
    bare = work.sales.select(pl.col(s.STORE).unique()).join(work.stores, on=s.STORE, how="anti").sort(s.STORE)
    if bare.height:
        work.need(
            "unknown_attributes",
            f"store.csv has no row for {store_name(bare[s.STORE][0])}, which has sales",
            "Add the row",
        )
    bare = bare.with_columns(pl.lit(0, pl.Int8).alias(s.PROMO2))
    work.stores = pl.concat([work.stores, bare], how="diagonal").sort(s.STORE)
    work.note("unknown_attributes", "attributes unknown", bare.height, store_names(bare))
    if work.ahead is not None:
        strange = work.ahead.join(work.stores, on=s.STORE, how="anti")
        if strange.height:
            raise DataError(
                f"The test file asks for {store_name(strange[s.STORE][0])}, which stands neither in store.csv nor in the "
                "sales. Add it to store.csv, or remove its rows."
            )
