"""The columns of the files, which become those of a Panel: weekdays, ids, and dates that stand as months, weeks and years."""

from dataclasses import replace

import polars as pl

from storecast import schema as s

SINCE_MONTH, SINCE_YEAR = "CompetitionOpenSinceMonth", "CompetitionOpenSinceYear"
PROMO2_WEEK, PROMO2_YEAR = "Promo2SinceWeek", "Promo2SinceYear"

_NUMBERS = (
    s.Column(s.DAY_OF_WEEK, "calendar", "number", pl.Int64(), 1, 7, meaning="weekday of Date, Monday 1 to Sunday 7"),
    s.Column(SINCE_MONTH, "stores", "number", pl.Int64(), 1, 12, meaning="month in which the competitor opened"),
    s.Column(SINCE_YEAR, "stores", "number", pl.Int64(), 1, 9999, meaning="year in which the competitor opened"),
    s.Column(PROMO2_WEEK, "stores", "number", pl.Int64(), 1, 53, meaning="ISO week since which the store takes part"),
    s.Column(
        PROMO2_YEAR, "stores", "number", pl.Int64(), s.FIRST_YEAR, s.LAST_YEAR,
        meaning="year since which the store takes part",
    ),
)  # fmt: skip
REPLACES = "Replaces"
COUNTRY = "Country"
_COUNTRY = s.Column(
    COUNTRY, "stores", "text", pl.String(), meaning="country of the store, or a region of it, as in DE-BY"
)
_REPLACES = s.Column(REPLACES, "stores", "id", pl.Int64(), meaning="id of the store whose place this one took")
FIRST, LAST, EXCLUDE, NAME = "First", "Last", "Exclude", "Name"
_EVENTS = (
    s.Column(FIRST, "calendar", "date", pl.Date(), s.FIRST_YEAR, s.LAST_YEAR, meaning="first day of an event"),
    s.Column(LAST, "calendar", "date", pl.Date(), s.FIRST_YEAR, s.LAST_YEAR, meaning="last day of an event"),
    s.Column(EXCLUDE, "calendar", "flag", pl.Int8(), meaning="models must not learn from the days of the event"),
    s.Column(NAME, "calendar", "text", pl.String(), meaning="what the event was"),
)
ID = s.Column(s.ID, "calendar", "text", pl.String(), meaning="id of a row of test.csv, kept as given")
STOCKOUT = s.Column(
    "Stockout",
    "sales",
    "flag",
    pl.Int8(),
    meaning="goods ran out, or staff were on strike: the sales are not what could be sold",
)
SALES = replace(s.BY_NAME[s.SALES], low=-s.MAX_MONEY)  # returns may leave less than nothing: the rule negative_sales
BY_NAME = {
    column.name: column for column in (*s.COLUMNS, *_NUMBERS, *_EVENTS, _REPLACES, _COUNTRY, ID, SALES, STOCKOUT)
}

STORE_FILE = (
    s.STORE_TYPE, s.ASSORTMENT, s.COMPETITION_DISTANCE, SINCE_MONTH, SINCE_YEAR, s.PROMO2, PROMO2_WEEK, PROMO2_YEAR,
    s.PROMO_INTERVAL,
)  # fmt: skip
_MADE_OF_OTHERS = (
    s.COMPETITION_SINCE,
    s.PROMO2_SINCE,
    s.STATE,
)  # months and years in files; states have a file of their own
MORE_ATTRIBUTES = tuple(  # of store.csv, where it has them
    column.name
    for column in s.COLUMNS
    if column.table == "stores" and column.name not in (*STORE_FILE, *_MADE_OF_OTHERS)
)
FACTS = (*STORE_FILE, *MORE_ATTRIBUTES, COUNTRY)  # of a store, all of them optional
FILE_COLUMNS = (
    s.STORE, s.DATE, s.SALES, s.CUSTOMERS, STOCKOUT.name, s.DAY_OF_WEEK, *s.KNOWN, s.ID, *FACTS, s.STATE, REPLACES,
    FIRST, LAST, EXCLUDE, NAME,
)  # fmt: skip


def free_texts(frame: pl.DataFrame) -> list[str]:
    """Return the columns of a file's table that hold text and that storecast does not use."""
    return [name for name in frame.columns if name not in FILE_COLUMNS and frame[name].dtype == pl.String]


def file_column(name: str) -> s.Column:
    """Return what a column of a file may hold; a name that storecast does not use itself is an own column of the chain."""
    return BY_NAME.get(name) or s.own_column(name)
