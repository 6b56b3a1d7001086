"""The country of each store of a chain: one for all, or several, and then `State` begins with it, as in CZ, DE-BY or CZ-Praha.

Several countries are one text, their codes in order with commas between them: "CZ,DE,HU". So the table of stores says whose
holidays a store keeps, in files, in the database and in a request for a new store.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.country_holidays import NO_COUNTRY, country_code, region_code, unknown_regions
from storecast.errors import DataError, hint, quote

BETWEEN, BEFORE_REGION = ",", "-"


def codes_of(country: str) -> tuple[str, ...]:
    """Return the ISO codes of a chain's countries, and "" for no country.

    Examples
    --------
    >>> codes_of("CZ,DE"), codes_of("EC"), codes_of("")
    (('CZ', 'DE'), ('EC',), ('',))
    """
    return tuple(country.split(BETWEEN))


def are_several(country: str) -> bool:
    """Say whether the stores of a chain stand in several countries."""
    return BETWEEN in country


def law_of(state: str, country: str) -> tuple[str, str]:
    """Return the country of a store and its region, as it is named.

    Parameters
    ----------
    state : of the store
    country : of the chain

    Examples
    --------
    >>> law_of("DE-BY", "CZ,DE"), law_of("CZ", "CZ,DE"), law_of("BY", "DE"), law_of("Wien", "CZ,DE")
    (('DE', 'BY'), ('CZ', ''), ('DE', 'BY'), ('', 'Wien'))
    """
    if not are_several(country):
        return country, state
    code, _, region = state.partition(BEFORE_REGION)
    return (code, region) if code in codes_of(country) else (NO_COUNTRY, state)


def places_by_country(stores: pl.DataFrame, country: str) -> dict[str, list[int]]:
    """Return the places of the stores of each country in their table, in the order of the codes.

    Parameters
    ----------
    stores : with the column State
    country : of the chain
    """
    codes = [law_of(state or "", country)[0] for state in stores[s.STATE]]
    order = sorted(range(len(codes)), key=lambda k: (codes[k], k))
    return {code: list(places) for code, places in groupby(order, key=lambda k: codes[k])}


def strange_regions(states: Iterable[str], country: str) -> list[str]:
    """Return the states whose country is known to have regions, but not this one.

    Parameters
    ----------
    states : of stores
    country : of the chain
    """
    return [state for state in states if unknown_regions(law_of(state, country)[0], [law_of(state, country)[1]])]


def country_and_region(value: str, where: str) -> tuple[str, str]:
    """Return the country and the region that a text names.

    Parameters
    ----------
    value : a country's code or name ("CZ", "Germany"), or the code of a region ("DE-BY")
    where : it stands, for the message

    Raises
    ------
    DataError
        where there is no such country or region
    """
    code, _, region = value.strip().partition(BEFORE_REGION)
    if region and len(code) == 2:
        country = country_code(code, where)
        if region_code(country, region) is None and unknown_regions(country, [region]):
            raise DataError(f"{where}: found {quote(value)}; {country} is not known to have such a region.")
        return country, region
    return country_code(value, where, by_name=True), ""


def with_countries(
    stores: pl.DataFrame, country: str | None, places: Mapping[str, str], where: str
) -> tuple[pl.DataFrame, str | None]:
    """Return stores whose State says in which country they stand, and the country of the chain, or its countries.

    Parameters
    ----------
    stores : Store, State and any other columns
    country : ISO code of the country of the stores that are not named; None: none, or the others' where they have but one
    places : by store, as text, a country or region as `country_and_region` reads it
    where : the places stand, for messages

    Raises
    ------
    DataError
        where there is no such store, country or region
    """
    if not places:
        return stores, country
    names = stores[s.STORE].cast(pl.String).to_list()
    unknown = sorted(set(places) - set(names))
    if unknown:
        raise DataError(f"{where}: there is no store {quote(unknown[0])}.{hint(unknown[0], names)}")
    read = {store: country_and_region(place, where) for store, place in places.items()}
    named = {code for code, _ in read.values()}
    rest = country or (next(iter(named)) if len(named) == 1 else NO_COUNTRY)
    codes = sorted({read.get(store, (rest, ""))[0] for store in names} - {NO_COUNTRY})
    several = len(codes) > 1
    states = []
    for store, state in zip(names, stores[s.STATE], strict=True):
        code, region = read.get(store, (rest, ""))
        own = (state or "").removeprefix(code + BEFORE_REGION) if state != code else ""
        parts = (code if several else "", own or region)
        states.append(BEFORE_REGION.join(part for part in parts if part))
    return stores.with_columns(pl.Series(s.STATE, states, pl.String)), BETWEEN.join(codes)


def read_places(lists: Mapping[Any, Any], where: str) -> dict[str, str]:
    """Return by store, as text, the country or region that lists it.

    Parameters
    ----------
    lists : by country or region, the ids of its stores
    where : they stand, for messages

    Raises
    ------
    DataError
        where there is no such country or region, its stores are no list of ids, or two list one store
    """
    places: dict[str, str] = {}
    for place, stores in lists.items():
        country_and_region(str(place), where)
        if not isinstance(stores, list | tuple) or not all(isinstance(store, int | str) for store in stores):
            raise DataError(
                f'{where}: found {quote(stores)} for {quote(place)}; expected a list of stores, such as ["Brno_1"].'
            )
        for store in map(str, stores):
            if store in places:
                raise DataError(f"{where}: the store {quote(store)} stands twice; expected it once.")
            places[store] = str(place)
    return places
