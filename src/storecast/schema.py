"""The names and types of every column, in one place.

Three tables make a Panel, each sorted by its keys and free of double keys:

sales      Store, Date, Sales, Customers            a row per store and day that was observed
calendar   Store, Date, Open, Promo, StateHoliday,  a row per store and day, past and known ahead
           SchoolHoliday, Assumed, own columns
stores     Store and what does not change by day    a row per store
"""

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
STATE_HOLIDAYS = ("0", "a", "b", "c")  # none, public, Easter, Christmas

KEYS = (STORE, DATE)
KNOWN = (OPEN, PROMO, STATE_HOLIDAY, SCHOOL_HOLIDAY)

# Store is Int64, or String where the folder's storecast.toml says `store_ids = "text"`.
SALES_SCHEMA: dict[str, pl.DataType] = {SALES: pl.Float64(), CUSTOMERS: pl.Float64()}
CALENDAR_SCHEMA: dict[str, pl.DataType] = {
    OPEN: pl.Int8(),  # 0 or 1, never null
    PROMO: pl.Int8(),  # 0 or 1
    STATE_HOLIDAY: pl.String(),  # one of STATE_HOLIDAYS
    SCHOOL_HOLIDAY: pl.Int8(),  # 0 or 1
    ASSUMED: pl.Boolean(),  # worked out by storecast, not given
}
STORES_SCHEMA: dict[str, pl.DataType] = {
    STORE_TYPE: pl.String(),  # "" where unknown
    ASSORTMENT: pl.String(),
    COMPETITION_DISTANCE: pl.Float64(),  # metres; null where unknown
    COMPETITION_SINCE: pl.Date(),  # first day of the month; null where unknown
    PROMO2: pl.Int8(),  # 0 or 1
    PROMO2_SINCE: pl.Date(),  # Monday of the week; null without Promo2
    PROMO_INTERVAL: pl.String(),  # "Jan,Apr,Jul,Oct"; "" without
    STATE: pl.String(),  # "" where unknown
}


def quantile_column(quantile: float) -> str:
    """Name the column of a quantile in whole percents: ``0.1`` is ``Q10``."""
    return f"Q{round(quantile * 100):02d}"


def bound_columns(level: int) -> tuple[str, str]:
    """Name the two bounds of a central interval: ``80`` gives ``Lower80, Upper80``."""
    return f"Lower{level}", f"Upper{level}"
