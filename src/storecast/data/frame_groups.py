"""Take the columns by which totals are made, and that of the countries, out of a data frame of stores."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from storecast import schema as s
from storecast.data.breakdown import StoreGroup, check_group_names, tidy_values
from storecast.data.file_columns import COUNTRY
from storecast.data.frames import to_polars
from storecast.data.own_frames import OwnColumns
from storecast.errors import DataError, hint, quote


def take_groups(stores: Any, names: Sequence[str], own: OwnColumns) -> tuple[Any, tuple[StoreGroup, ...]]:
    """Return the frame of stores without the columns by which totals are to be made, and these.

    Parameters
    ----------
    stores : as in `Panel.from_frames`
    names : of the columns, as the frame has them
    own : further columns of the chain's own, and what the frames call ours

    Raises
    ------
    DataError
        where a column is missing
    """
    names = check_group_names(names, "groups")
    if not names:
        return stores, ()
    frame = pl.DataFrame() if stores is None else to_polars(stores, "stores")
    id_column = own.names.get(s.STORE, s.STORE)
    id_column = id_column if id_column in frame.columns else s.STORE
    missing = next((name for name in (id_column, *names) if name not in frame.columns), None)
    if missing is not None:
        raise DataError(
            f"groups: the frame stores has no column {quote(missing)}.{hint(missing, frame.columns)} Found "
            f"{quote(', '.join(frame.columns))}. Correct the name, or add the column."
        )
    values = frame.select(id_column, *(tidy_values(frame[name]) for name in names))
    for name in names:
        long = values.filter(pl.col(name).str.len_chars() > s.MAX_TEXT_LENGTH)
        if long.height:
            raise DataError(
                f"stores: {name} is {quote(long[name][0])}; expected a text of at most {s.MAX_TEXT_LENGTH} characters. Shorten it."
            )
    groups = tuple(StoreGroup(name, dict(values.select(id_column, name).drop_nulls().iter_rows())) for name in names)
    read_elsewhere = {*s.BY_NAME, COUNTRY, *own.facts, *own.names.values()}
    return frame.drop(name for name in names if name not in read_elsewhere), groups


def split_countries(stores: Any, columns: Mapping[str, str]) -> tuple[Any, dict[str, str], dict[str, str]]:
    """Return a frame of stores without its column Country, the names of the other columns, and the country of each store, as text.

    Parameters
    ----------
    stores : frame of Polars, pandas or Arrow; None where there is none
    columns : our name of a column = that of the frames
    """
    names = {name: in_frame for name, in_frame in columns.items() if name != COUNTRY}
    if stores is None:
        return None, names, {}
    frame = to_polars(stores, "stores")
    id_, country = columns.get(s.STORE, s.STORE), columns.get(COUNTRY, COUNTRY)
    if country not in frame.columns or id_ not in frame.columns:
        return frame, dict(columns), {}
    places = frame.select(pl.col(id_, country).cast(pl.String)).drop_nulls().filter(pl.col(country) != "")
    return frame.drop(country), names, dict(places.iter_rows())
