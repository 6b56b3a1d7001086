"""The country of each store: from the settings or the column Country to State, where a Panel keeps it."""

import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import Work, store_name
from storecast.data.column_names import FILE, ColumnNames
from storecast.data.file_columns import COUNTRY
from storecast.data.notice_sentences import EXAMPLES
from storecast.data.store_countries import are_several, country_and_region, places_by_country, with_countries
from storecast.errors import DataError, quote


def place_stores_in_countries(work: Work, names: ColumnNames) -> str | None:
    """Write the country of each store to its State where there are several, and return them; None where none is named.

    Parameters
    ----------
    work : its table of stores is replaced
    names : what storecast.toml says of countries

    Returns
    -------
    str or None
        the ISO code of the country, or of several with commas, see `store_countries`

    Raises
    ------
    DataError
        where both storecast.toml and the stores name countries
    """
    column = work.stores.select(s.STORE, COUNTRY).filter(pl.col(COUNTRY).fill_null("") != "")
    if column.height and names.places:
        raise DataError(
            f"{FILE} has a table [country], and the stores have a column Country; expected one of them. Remove the other."
        )
    in_column = {str(store): place for store, place in column.iter_rows()}
    unknown = {store for store, place in in_column.items() if not _is_known(place)}
    strange = column.filter(pl.col(s.STORE).cast(pl.String).is_in(unknown))
    names_of_strange = [f"{store_name(store)}: {quote(place)}" for store, place in strange.iter_rows()]
    work.note("unknown_countries", "taken as of no country", strange.height, names_of_strange)
    places = {store: place for store, place in in_column.items() if store not in unknown} or dict(names.places)
    where = f"{FILE}, [country]" if names.places else COUNTRY
    work.stores, country = with_countries(work.stores, names.country, places, where)
    if country and are_several(country):
        by_country = places_by_country(work.stores, country)
        examples = [_count(code, work.stores[s.STORE].gather(places).to_list()) for code, places in by_country.items()]
        work.note("store_countries", "each keeps the holidays of its own", work.stores.height, examples)
    return country


def _is_known(place: str) -> bool:
    try:
        country_and_region(place, COUNTRY)
    except DataError:
        return False
    return True


def _count(code: str, stores: list[object]) -> str:
    such = ", ".join(store_name(store) for store in stores[:EXAMPLES])
    more = f" and {len(stores) - EXAMPLES} more" if len(stores) > EXAMPLES else ""
    return f"{code or 'no country'}: {such}{more}"
