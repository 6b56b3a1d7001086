"""The budget: amounts by store and day, week or month, spread to store-days, so that a plan can be set beside it."""

import calendar
import datetime as dt
import re

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.arrays import I64
from storecast.data.dialect import TextTable
from storecast.data.numbers import read_numbers
from storecast.data.refuse_rows import refuse_values
from storecast.errors import DataError
from storecast.plan.overrides import PLAN
from storecast.plan.scopes import STORE, StoreGroups
from storecast.plan.spreading import spread_rows
from storecast.plan.store_days import CENT, StoreDays, weeks_of

AMOUNT = "Amount"
NONE = -1  # cents of a store-day without a budget
PERIODS = {
    "Date": "a day such as 2015-06-14",
    "Week": "a week such as 2015-W25, or its Monday",
    "Month": "a month such as 2015-06",
}
_PATTERNS = {
    "Date": re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    "Week": re.compile(r"(\d{4})-W(\d{2})"),
    "Month": re.compile(r"(\d{4})-(\d{2})"),
}
_COLUMN = s.Column(AMOUNT, "sales", "number", pl.Float64(), 0, 1e12)


def read_budget(table: TextTable) -> pl.DataFrame:
    """Read a budget: Store, one of Date, Week and Month, and Amount.

    Parameters
    ----------
    table : the file

    Returns
    -------
    store (text), first, last, amount

    Raises
    ------
    DataError
        where a column is missing, or a value has no meaning
    """
    names = table.frame.columns
    periods = [name for name in PERIODS if name in names]
    if len(periods) != 1 or s.STORE not in names or AMOUNT not in names:
        raise DataError(
            f"{table.name}: found {', '.join(names[:8])}; expected Store, one of Date, Week and Month, and {AMOUNT}."
        )
    cells = {name: table.frame[name].cast(pl.String).str.strip_chars() for name in (s.STORE, periods[0], AMOUNT)}
    for name, text in cells.items():
        expected = {s.STORE: "a store", AMOUNT: _COLUMN.expected}.get(name, PERIODS[periods[0]])
        refuse_values(table, name, text.fill_null(""), text.fill_null("") != "", expected)
    spans = [span_of(text) for text in cells[periods[0]].to_list()]
    fits = pl.Series([span is not None and _fits(span, periods[0]) for span in spans], dtype=pl.Boolean)
    refuse_values(table, periods[0], cells[periods[0]], fits, PERIODS[periods[0]])
    amount = read_numbers(table, _COLUMN, cells[AMOUNT], None)
    valid = amount.is_between(0, 1e12).fill_null(value=False)
    refuse_values(table, AMOUNT, cells[AMOUNT], valid, _COLUMN.expected)
    if periods[0] == "Week":
        spans = [span and (span[0], span[0] + dt.timedelta(days=6)) for span in spans]
    return pl.DataFrame(
        {
            "store": cells[s.STORE],
            "first": pl.Series([span[0] for span in spans if span], dtype=pl.Date),
            "last": pl.Series([span[1] for span in spans if span], dtype=pl.Date),
            "amount": amount,
        }
    )


def span_of(text: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day of a period; None where it is none.

    Examples
    --------
    >>> span_of("2015-W25")
    (datetime.date(2015, 6, 15), datetime.date(2015, 6, 21))
    """
    for kind, pattern in _PATTERNS.items():
        match = pattern.fullmatch(text)
        if match is None:
            continue
        numbers = [int(each) for each in match.groups()]
        try:
            if kind == "Date":
                day = dt.date.fromisoformat(text)
                return day, day
            if kind == "Week":
                monday = dt.date.fromisocalendar(numbers[0], numbers[1], 1)
                return monday, monday + dt.timedelta(days=6)
            year, month = numbers
            return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
        except (ValueError, IndexError):
            return None
    return None


def check_budget(budget: pl.DataFrame) -> None:
    """Refuse a budget in which a store has two amounts for one day.

    Raises
    ------
    DataError
        where it has
    """
    ordered = budget.sort("store", "first")
    again = ordered.filter((pl.col("first") <= pl.col("last").shift(1)).over("store").fill_null(value=False))
    if again.height:
        row = again.row(0, named=True)
        raise DataError(f"The budget has two amounts for days from {row['first']} of one store. Keep one of them.")


def budget_of(figures: StoreDays, budget: pl.DataFrame) -> I64:
    """Return the budget of each store-day of a version, (stores, days), in cents; `NONE` where there is none.

    An amount is spread by the forecast's own shape. Of a period that lies within the version in part, the share of its days counts.

    Parameters
    ----------
    figures : the forecast of the version
    budget : store (text), first, last, amount
    """
    cells = np.full((len(figures.stores), figures.days), NONE, np.int64)
    places = pl.DataFrame({"store": figures.stores.cast(pl.String)}).with_row_index("place")
    first, last = ((pl.col(name) - figures.first).dt.total_days() for name in ("first", "last"))
    begin, end = first.clip(lower_bound=0), (last + 1).clip(upper_bound=figures.days)
    share = (end - begin) / (last + 1 - first)
    inside = budget.join(places, on="store").select(
        "place", begin.alias("begin"), end.alias("end"), (pl.col("amount") * CENT * share).alias("cents")
    )
    for (start, stop), rows in inside.filter(pl.col("begin") < pl.col("end")).group_by("begin", "end"):
        stores, days = rows["place"].to_numpy(), slice(start, stop)
        shapes = figures.cents[s.FORECAST][stores, days]
        shapes = np.where(shapes.any(axis=1, keepdims=True), shapes, 1)
        cells[stores, days] = spread_rows(np.rint(rows["cents"].to_numpy()).astype(np.int64), shapes)
    return cells


def weeks_beside_budget(figures: StoreDays, budget: I64, groups: StoreGroups, level: str) -> pl.DataFrame:
    """Return the weeks of a plan beside its budget, summed by groups of stores.

    Parameters
    ----------
    figures : forecast and plan of the version, of all stores or of some
    budget : of the same stores, as `budget_of` returns it
    groups : of the same stores
    level : the groups that are wanted: chain, store, type, state, or one of the chain's own

    Returns
    -------
    DataFrame
        Key, Start, End, Forecast, Plan, Difference (plan less forecast), Budget and Variance (the plan of the store-days that
        have a budget, less the budget), null where no store-day has one; by key and week

    Raises
    ------
    DataError
        where there is no such level
    """
    groups.check_level(level)
    has_budget = budget != NONE
    cents = {name: figures.cents[name] for name in (s.FORECAST, PLAN)}
    cents["Budget"] = np.where(has_budget, budget, 0)
    cents["Variance"] = np.where(has_budget, figures.cents[PLAN] - budget, 0)
    cents["days"] = has_budget.astype(np.int64)
    sums = weeks_of(StoreDays(figures.stores, figures.first, cents), groups.groups[level])
    if level != STORE:  # stores are in the order of their ids, which are texts here
        sums = sums.sort("Key", "Start")
    known = pl.when(pl.col("days") > 0)
    difference = (pl.col(PLAN) - pl.col(s.FORECAST)).round(2).alias("Difference")
    named = [known.then(name).alias(name) for name in ("Budget", "Variance")]
    return sums.select("Key", "Start", "End", s.FORECAST, PLAN, difference, *named)


def budget_by_day(figures: StoreDays, budget: I64) -> pl.DataFrame:
    """Return the budget of the whole chain by day: Date and Budget, without the days on which a store that sells has none.

    Parameters
    ----------
    figures : the forecast of the version
    budget : of the same stores, as `budget_of` returns it
    """
    has_budget = budget != NONE
    whole = has_budget.any(axis=0) & (has_budget | (figures.cents[s.FORECAST] == 0)).all(axis=0)
    days = pl.date_range(figures.first, figures.last, eager=True).alias(s.DATE)
    sums = np.where(has_budget, budget, 0).sum(axis=0) / CENT
    return pl.DataFrame([days, pl.Series("Budget", sums)]).filter(pl.Series(whole))


def _fits(span: tuple[dt.date, dt.date], period: str) -> bool:
    """Say whether a span is of its column: a week may be written as its Monday."""
    days = (span[1] - span[0]).days + 1
    if period == "Week":
        return days == 7 or (days == 1 and span[0].weekday() == 0)
    return days == 1 if period == "Date" else days > 7
