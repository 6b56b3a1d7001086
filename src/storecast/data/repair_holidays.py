"""Holidays where the files mark none: those of the country that a setting names."""

import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import Work, store_name
from storecast.data.country_holidays import REGION, holiday_codes
from storecast.data.notice_sentences import EXAMPLES
from storecast.data.store_countries import codes_of, law_of, strange_regions
from storecast.dates import as_date
from storecast.errors import quote
from storecast.wording import in_words


def add_country_holidays(work: Work, country: str | None) -> None:
    """Mark the public holidays of the country where the files mark no day at all, and name the regions that it does not have.

    Parameters
    ----------
    work : the tables
    country : ISO code; None: nothing is marked
    """
    if country is None:
        return
    regions = work.stores.select(s.STORE, pl.col(s.STATE).fill_null(""))
    unknown = regions.filter(pl.col(s.STATE).is_in(strange_regions(regions[s.STATE], country)))
    names = [f"{store_name(store)}: {quote(region)}" for store, region in unknown.iter_rows()]
    work.note("unknown_regions", "taken as of the whole country", len(names), names)
    if not takes_holidays_of(work, country):
        return
    days = with_country_holidays(work.sales, work.stores, country)
    marked = days.filter(pl.col(s.STATE_HOLIDAY) != s.NO_HOLIDAY)
    work.note(
        "country_holidays",
        f"marked the public holidays of {in_words(codes_of(country))}",
        marked.height,
        latest_days(marked),
    )
    work.sales = days
    work.ahead = None if work.ahead is None else with_country_holidays(work.ahead, work.stores, country)


def takes_holidays_of(work: Work, country: str | None) -> bool:
    """Say whether a country's public holidays are marked: where one is named, and the files mark no day themselves."""
    if country is None or "country_holidays" in work.skip:
        return False
    return not any(marks_holidays(frame) for _, frame in work.tables())


def latest_days(days: pl.DataFrame) -> list[str]:
    """Return the last days of a frame, as text."""
    return [str(day) for day in days[s.DATE].unique().sort(descending=True).head(EXAMPLES)]


def marks_holidays(days: pl.DataFrame) -> bool:
    """Say whether any day is marked in StateHoliday."""
    return bool((days[s.STATE_HOLIDAY] != s.NO_HOLIDAY).any())


def with_country_holidays(days: pl.DataFrame, stores: pl.DataFrame, country: str) -> pl.DataFrame:
    """Return days with the public holidays of their store's region in StateHoliday.

    Parameters
    ----------
    days : Store, Date, StateHoliday and any other columns
    stores : Store, State
    country : ISO code, or several with commas, see `store_countries`
    """
    if days.is_empty():
        return days
    first, last = as_date(days[s.DATE].min()), as_date(days[s.DATE].max())
    regions = stores.select(s.STORE, pl.col(s.STATE).fill_null("").alias(REGION))
    laws = {state: law_of(state, country) for state in regions[REGION].unique().sort()}
    codes = pl.concat(
        holiday_codes(code, [region], first, last).with_columns(pl.lit(state).alias(REGION))
        for state, (code, region) in laws.items()
    )
    by_store = regions.join(codes, on=REGION).select(*s.KEYS, pl.col(s.STATE_HOLIDAY).alias("by law"))
    return (
        days.join(by_store, on=s.KEYS, how="left", maintain_order="left")
        .with_columns(pl.col("by law").fill_null(s.NO_HOLIDAY).alias(s.STATE_HOLIDAY))
        .drop("by law")
    )
