"""What is known of a part before it is cleaned, and what the surveys of all parts decide for the whole chain.

A survey reads its part as any chain is read, and repairs single days; it keeps counts of days that add up over parts.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from storecast import schema as s
from storecast.data.breakdown import Breakdown
from storecast.data.clean import repaired
from storecast.data.column_names import ColumnNames
from storecast.data.end_of_sales import day_counts, sales_end
from storecast.data.file_columns import COUNTRY
from storecast.data.implied_country import country_of, marked_days
from storecast.data.read import RawChain, read_chain
from storecast.data.repair_holidays import marks_holidays
from storecast.data.totals_among_stores import CENTS, LEVELS, MIN_DAYS_OF_TOTAL, ROUNDING, SHARE_OF_DAYS
from storecast.data.whole_chain import WholeChain
from storecast.dates import as_date
from storecast.errors import DataError, quote

ATTRIBUTES = (s.STORE_TYPE, s.ASSORTMENT, s.STATE, s.PROMO_INTERVAL)  # categories of models


@dataclass(frozen=True, eq=False)
class Survey:
    """What is known of a part.

    Attributes
    ----------
    part : the name of its folder
    stores, rows : numbers of stores with sales, and of their rows
    openings_known : whether a column says which stores were open
    marks_holidays : whether StateHoliday marks any day
    days : as `end_of_sales.day_counts`
    sums : Date, Sales (of all stores), stores, of days on which sales are known
    marked : as `implied_country.marked_days`, of sales and days ahead
    countries : that the stores name
    categories : the values of each of `ATTRIBUTES` and of the chain's own groups, sorted
    last_requested : the last day of test.csv; None without rows of it
    largest : Store, Date, Sales of the store that sold most
    """

    part: str
    stores: int
    rows: int
    openings_known: bool
    marks_holidays: bool
    days: pl.DataFrame
    sums: pl.DataFrame
    marked: pl.DataFrame
    countries: tuple[str, ...]
    categories: dict[str, list[str]]
    last_requested: dt.date | None
    largest: pl.DataFrame


def read_part_files(folder: Path, names: ColumnNames) -> RawChain:
    """Read the files of a part as those of any chain.

    Parameters
    ----------
    folder : of the part
    names : what storecast.toml says, under our own names

    Raises
    ------
    DataError
        as `read_chain`, with the name of the part
    """
    try:
        return read_chain(folder, settings=names)
    except DataError as error:
        raise DataError(f"{folder.name}: {error}") from error


def survey_part(settings: tuple[ColumnNames, tuple[str, ...]], folder: Path) -> Survey:
    """Read a part and return what is known of it.

    Parameters
    ----------
    settings : what storecast.toml says, under our own names, and the cleaning rules that are switched off
    folder : of the part

    Raises
    ------
    DataError
        where it cannot be read or repaired, with the name of the part
    """
    names, skip = settings
    raw = read_part_files(folder, names)
    try:
        work, _ = repaired(raw, skip)
    except DataError as error:
        raise DataError(f"{folder.name}: {error}") from error
    known = not work.is_absent("train", s.OPEN)
    sold = work.sales.filter(pl.col(s.SALES).is_not_null())
    by_store = sold.group_by(s.STORE).agg(pl.col(s.SALES).sum()).sort(s.SALES, s.STORE, descending=[True, False])
    largest = sold.filter(pl.col(s.STORE).is_in(by_store[s.STORE].head(1).implode()))
    return Survey(
        part=folder.name,
        stores=work.sales[s.STORE].n_unique(),
        rows=raw.sales.height,
        openings_known=known,
        marks_holidays=any(marks_holidays(frame) for _, frame in raw_tables(raw)),
        days=day_counts(work.sales, openings_known=known),
        sums=sold.group_by(s.DATE).agg(pl.col(s.SALES).sum(), pl.len().alias("stores")),
        marked=marked_days(pl.concat([frame.select(s.DATE, s.STATE_HOLIDAY) for _, frame in work.tables()])),
        countries=tuple(raw.stores[COUNTRY].drop_nulls().unique().sort()),
        categories=_categories(work.stores, raw.breakdown),
        last_requested=None if raw.ahead is None or raw.ahead.is_empty() else as_date(raw.ahead[s.DATE].max()),
        largest=largest.select(s.STORE, s.DATE, s.SALES),
    )


def raw_tables(raw: RawChain) -> list[tuple[str, pl.DataFrame]]:
    """Return the tables with days as they were read, by the name of their file."""
    tables = [("train", raw.sales)]
    return tables if raw.ahead is None else [*tables, ("test", raw.ahead)]


def decide(surveys: Sequence[Survey], names: ColumnNames, skip: Collection[str]) -> WholeChain:
    """Return what all stores of a chain decide together.

    Parameters
    ----------
    surveys : of all parts
    names : what storecast.toml says
    skip : cleaning rules that are switched off

    Raises
    ------
    DataError
        where the parts do not agree on what cannot be decided for all of them, or the largest store is the total of the others
    """
    countries = sorted({country for survey in surveys for country in survey.countries})
    if len(countries) > 1 or names.places:
        raise DataError(
            "The stores stand in several countries, which a chain that is cut into parts cannot have. Partition the stores of each "
            "country by themselves, with country in storecast.toml."
        )
    if names.country is not None and len({survey.marks_holidays for survey in surveys}) > 1:
        part = next(survey.part for survey in surveys if not survey.marks_holidays)
        raise DataError(
            f"StateHoliday marks no day of the stores of {part}, and days of others; with country in storecast.toml it must mark "
            "them in all stores or in none. Fill the column, or remove the setting."
        )
    days = _added([survey.days for survey in surveys], rows="sum", sold="any", idle="any", holiday="all")
    sums = _added([survey.sums for survey in surveys], **{s.SALES: "sum", "stores": "sum"})
    _refuse_total(surveys, sums)
    known = all(survey.openings_known for survey in surveys)
    stores = sum(survey.stores for survey in surveys)
    end = sales_end(days, stores, openings_known=known, skip=skip)
    ends = [day for day in (end.sold, end.complete) if day is not None]
    known_days = sums.filter(pl.col(s.DATE) <= min(ends))[s.DATE] if ends else sums[s.DATE]
    categories = categories_of(surveys)
    regions = [region for region in categories.get(s.STATE, []) if region]
    marked = _added([survey.marked for survey in surveys], rows="sum", marked="sum")
    country = country_of(regions, marked) if names.country is None and not countries else None
    return WholeChain(
        first=as_date(known_days.min()),
        last=as_date(known_days.max()),
        end=end,
        country=country,
    )


def categories_of(surveys: Sequence[Survey]) -> dict[str, list[str]]:
    """Return the values of each attribute in any part, sorted: the one list that holds for all of them."""
    names = dict.fromkeys(name for survey in surveys for name in survey.categories)
    return {name: sorted({value for survey in surveys for value in survey.categories.get(name, ())}) for name in names}


def last_requested(surveys: Sequence[Survey]) -> dt.date | None:
    """Return the last day that test.csv asks for in any part; None without a test.csv."""
    return max((survey.last_requested for survey in surveys if survey.last_requested is not None), default=None)


def _categories(stores: pl.DataFrame, breakdown: Breakdown) -> dict[str, list[str]]:
    table = breakdown.with_columns(stores)
    names = [name for name in (*ATTRIBUTES, *breakdown.columns) if name in table.columns]
    return {name: table[name].fill_null("").unique().sort().to_list() for name in names}


def _added(frames: Sequence[pl.DataFrame], **how: str) -> pl.DataFrame:
    """Return counts of days of all parts, by the way in which each column adds up."""
    return (
        pl.concat(frames).group_by(s.DATE).agg(getattr(pl.col(name), way)() for name, way in how.items()).sort(s.DATE)
    )


def _refuse_total(surveys: Sequence[Survey], sums: pl.DataFrame) -> None:
    """Refuse a store that sells each day what all others of the chain do together: no part alone can see it."""
    if len(surveys) == 1:
        return  # reading has looked
    largest = max((survey.largest for survey in surveys), key=lambda rows: float(rows[s.SALES].sum()))
    days = largest.join(sums, on=s.DATE, suffix=" of all").filter(pl.col(s.SALES) > 0)
    others = pl.col(f"{s.SALES} of all") - pl.col(s.SALES)
    rounding = pl.max_horizontal(CENTS * pl.col("stores"), ROUNDING * others)
    for level in range(1, LEVELS + 1):
        same = days.select(((others - level * pl.col(s.SALES)).abs() <= rounding).mean()).item()
        if days.height >= MIN_DAYS_OF_TOTAL and same >= SHARE_OF_DAYS:
            raise DataError(
                f"The store {quote(largest[s.STORE][0])} sells on each day what the other stores sell together, so it is their "
                "total; expected stores alone. Leave its rows out: storecast adds stores up itself (totals.csv)."
            )
