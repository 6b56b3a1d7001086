"""The columns of a Panel, declared once: name, table, kind, bounds, unit, and whether they are known ahead.

Three tables make a Panel, each sorted by its keys and free of double keys:

sales      Store, Date, Sales, Customers            a row per store and day that was observed
calendar   Store, Date, Open, Promo, StateHoliday,  a row per store and day, past and known ahead
           SchoolHoliday, Assumed, own columns
stores     Store and what does not change by day    a row per store
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

STORE = "Store"
DATE = "Date"
SALES = "Sales"
CUSTOMERS = "Customers"
DAY_OF_WEEK = "DayOfWeek"
OPEN = "Open"
PROMO = "Promo"
STATE_HOLIDAY = "StateHoliday"
SCHOOL_HOLIDAY = "SchoolHoliday"
ASSUMED = "Assumed"
ID = "Id"

STORE_TYPE = "StoreType"
ASSORTMENT = "Assortment"
COMPETITION_DISTANCE = "CompetitionDistance"
COMPETITION_SINCE = "CompetitionSince"
PROMO2 = "Promo2"
PROMO2_SINCE = "Promo2Since"
PROMO_INTERVAL = "PromoInterval"
STATE = "State"

FORECAST = "Forecast"
MODEL = "Model"
CUTOFF = "Cutoff"

NO_HOLIDAY = "0"
PUBLIC_HOLIDAY = "a"
STATE_HOLIDAYS = ("0", "a", "b", "c")  # none, public, Easter, Christmas

KEYS = (STORE, DATE)
KNOWN = (OPEN, PROMO, STATE_HOLIDAY, SCHOOL_HOLIDAY)

MAX_MONEY = 1e9  # of a store and day; more is a wrong unit or a broken value
MAX_METRES = 1e7
MAX_STORE_ID = 10**18 - 1
MAX_ID_LENGTH = 100  # characters of a store's id, where ids are text
MAX_TEXT_LENGTH = 100  # characters of an attribute
FIRST_YEAR, LAST_YEAR = 1990, 2100
FIRST_YEAR_OF_STORES = 1900  # in which a competitor may have opened, or a lasting promotion begun
PROMO_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")  # of PromoInterval

Kind = Literal["id", "date", "number", "flag", "category", "text", "months"]
Table = Literal["keys", "sales", "calendar", "stores"]


@dataclass(frozen=True)
class Column:
    """What a column of a Panel may hold. Every door (files, HTTP, database) checks values by this declaration.

    Attributes
    ----------
    name : as in files, frames and JSON
    table : where it stands
    kind : id, date, number, flag (0 or 1), category (one of `categories`), text, or months ("Jan,Apr,Jul,Oct")
    dtype : in frames
    low, high : least and most of a number; of a date, its first and last year
    categories : of a category
    unit : of a number
    known_ahead : given for days to come; what is not is known of the past only
    required : never null in a Panel
    default : stands for an unknown value in a Panel
    meaning : one phrase for people
    whole : whether a number has no fractions, though its type could hold them
    """

    name: str
    table: Table
    kind: Kind
    dtype: pl.DataType
    low: float | None = None
    high: float | None = None
    categories: tuple[str, ...] = ()
    unit: str = ""
    known_ahead: bool = False
    required: bool = False
    default: str | int | bool | None = None
    meaning: str = ""
    whole: bool = False

    @property
    def expected(self) -> str:
        """What a value must be, as messages say it: ``0 or 1``, ``a number from 0 to 1e+09``."""
        if self.kind == "flag":
            return "0 or 1"
        if self.kind == "category":
            return "one of " + ", ".join(f'"{category}"' for category in self.categories)
        if self.kind == "date":
            return f"a date such as 2015-06-14, from {self.low:g} to {self.high:g}"
        if self.kind == "months":
            return f"months with commas between, of {' '.join(PROMO_MONTHS)}"
        if self.kind == "text":
            return f"a text of at most {MAX_TEXT_LENGTH} characters"
        if self.kind == "id":
            return f"a whole number from 0 to {MAX_STORE_ID:g}, or a text of at most {MAX_ID_LENGTH} characters"
        whole = "whole " if self.whole or self.dtype.is_integer() else ""
        return f"a {whole}number from {self.low:g} to {self.high:g}" + (f" {self.unit}" if self.unit else "")

    def invalid(self, dtype: pl.DataType | None = None) -> pl.Expr:
        """Return an expression that marks the values that have no meaning; an unknown value (null) is never marked.

        Parameters
        ----------
        dtype : of the column at hand, where it differs from the one in a Panel (ids that are text)
        """
        column = pl.col(self.name)
        if self.kind == "flag":
            valid = (column == 0) | (column == 1)
        elif self.kind == "number":
            valid = column.is_between(self.low, self.high)
            if self.whole:
                valid &= column == column.round()
        elif self.kind == "category":
            valid = column.is_in(self.categories)
        elif self.kind == "date":
            valid = column.dt.year().is_between(self.low, self.high)
        elif self.kind == "months":
            valid = (column == "") | column.str.split(",").list.eval(pl.element().is_in(PROMO_MONTHS)).list.all()
        elif self.kind == "text":
            valid = (column.str.len_chars() <= MAX_TEXT_LENGTH) & ~column.str.contains("\x00", literal=True)
        elif (dtype or self.dtype) == pl.String():
            valid = column.str.len_chars().is_between(1, MAX_ID_LENGTH)
        else:
            valid = column.is_between(0, MAX_STORE_ID)
        return ~valid.fill_null(value=True)


PAST_ONLY = "past: "  # begins the name of an own column that is known of the past alone, in the calendar of a Panel


def own_column(name: str) -> Column:
    """Declare a chain's own known-ahead column: any number."""
    return Column(
        name,
        "calendar",
        "number",
        pl.Float64(),
        -MAX_MONEY,
        MAX_MONEY,
        known_ahead=True,
        meaning="own known-ahead column",
    )


# Store is Int64, or String where the folder's storecast.toml says `store_ids = "text"`.
COLUMNS: tuple[Column, ...] = (
    Column(STORE, "keys", "id", pl.Int64(), required=True, meaning="id of the store"),
    Column(DATE, "keys", "date", pl.Date(), FIRST_YEAR, LAST_YEAR, required=True, meaning="day"),
    Column(SALES, "sales", "number", pl.Float64(), 0, MAX_MONEY, required=True, meaning="sales of the day, or the target"),
    Column(CUSTOMERS, "sales", "number", pl.Float64(), 0, MAX_MONEY, meaning="customers of the day; null where not counted"),
    Column(OPEN, "calendar", "flag", pl.Int8(), known_ahead=True, required=True, meaning="open for business"),
    Column(PROMO, "calendar", "flag", pl.Int8(), known_ahead=True, required=True, meaning="a promotion runs"),
    Column(
        STATE_HOLIDAY, "calendar", "category", pl.String(), categories=STATE_HOLIDAYS, known_ahead=True, required=True,
        meaning="no holiday, a public holiday, Easter or Christmas",
    ),
    Column(SCHOOL_HOLIDAY, "calendar", "flag", pl.Int8(), known_ahead=True, required=True, meaning="schools are closed"),
    Column(ASSUMED, "calendar", "flag", pl.Boolean(), required=True, meaning="worked out by storecast, not given"),
    Column(STORE_TYPE, "stores", "text", pl.String(), default="", meaning="kind of store"),
    Column(ASSORTMENT, "stores", "text", pl.String(), default="", meaning="kind of assortment"),
    Column(
        COMPETITION_DISTANCE, "stores", "number", pl.Float64(), 0, MAX_METRES, unit="metres",
        meaning="distance of the nearest competitor",
    ),
    Column(
        COMPETITION_SINCE, "stores", "date", pl.Date(), FIRST_YEAR_OF_STORES, LAST_YEAR,
        meaning="first day of the month in which it opened",
    ),
    Column(PROMO2, "stores", "flag", pl.Int8(), default=0, meaning="takes part in the lasting promotion"),
    Column(
        PROMO2_SINCE, "stores", "date", pl.Date(), FIRST_YEAR_OF_STORES, LAST_YEAR,
        meaning="Monday of the week since which it takes part",
    ),
    Column(PROMO_INTERVAL, "stores", "months", pl.String(), default="", meaning="months in which its rounds begin"),
    Column(STATE, "stores", "text", pl.String(), default="", meaning="region whose holidays the store keeps"),
)  # fmt: skip
BY_NAME = {column.name: column for column in COLUMNS}


TABLE_KEYS: dict[Table, tuple[str, ...]] = {"sales": KEYS, "calendar": KEYS, "stores": (STORE,)}


def columns_of(table: Table) -> tuple[Column, ...]:
    """Return the columns of a table of a Panel, its keys first."""
    return tuple(column for column in COLUMNS if column.table == table or column.name in TABLE_KEYS[table])


def _schema(table: Table) -> dict[str, pl.DataType]:
    return {column.name: column.dtype for column in COLUMNS if column.table == table}


SALES_SCHEMA = _schema("sales")
STORES_SCHEMA = _schema("stores")


def quantile_column(quantile: float) -> str:
    """Name the column of a quantile in whole percents: ``0.1`` is ``Q10``."""
    return f"Q{round(quantile * 100):02d}"


COUNTERFACTUAL = "If "  # begins columns of forecasts without a promotion and the like
UNEXPLAINED = "Unexplained"  # by how much sales exceed a forecast of them
OUTCOME = (CUTOFF, SALES, UNEXPLAINED)  # columns of an explanation of a past day beside those of a day ahead


def bound_columns(level: int) -> tuple[str, str]:
    """Name the two bounds of a central interval: ``80`` gives ``Lower80, Upper80``."""
    return f"Lower{level}", f"Upper{level}"
