"""Columns of one's own in data frames: known ahead, past only and facts of stores, with flags for texts as in files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from storecast import schema as s
from storecast.data.dialect import frame_as_text
from storecast.data.file_columns import STOCKOUT
from storecast.data.flag_words import read_both_words
from storecast.data.own_categories import MIN_LEVEL_DAYS, flags_of, is_text, levels_of, table_with_flags
from storecast.errors import DataError, hint, quote

FLAGS = (s.OPEN, s.PROMO, s.SCHOOL_HOLIDAY, s.STATE_HOLIDAY, s.PROMO2, STOCKOUT.name)
Levels = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class OwnColumns:
    """The columns of a user's frames that are no columns of storecast, and what theirs are called.

    Attributes
    ----------
    known : known ahead, in the frames of sales and calendar
    past : of the frame of sales, known of the past alone
    facts : of the frame of stores
    names : our name of a column: that of the frames
    """

    known: Sequence[str] = ()
    past: Sequence[str] = ()
    facts: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a list that is one text, a name of storecast's own, and one that stands twice."""
        for setting in ("known", "past", "facts"):
            if isinstance(getattr(self, setting), str):
                raise DataError(f'{setting}: expected a list of column names, such as ["{getattr(self, setting)}"].')
        own = [*self.known, *self.past, *self.facts]
        for name in own:
            if name in s.BY_NAME or own.count(name) > 1:
                what = (
                    "is a name that storecast uses itself"
                    if name in s.BY_NAME
                    else "stands twice in known, past and facts"
                )
                raise DataError(f"The column {quote(name)} {what}; expected own names, each once. Rename it.")

    def renamed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame under our names, with flags in words as 1 and 0."""
        frame = frame.rename({file_name: name for name, file_name in self.names.items() if file_name in frame.columns})
        flags = (*FLAGS, *self.known, *self.past, *self.facts)
        return frame.with_columns(_without_words(frame[name]) for name in flags if name in frame.columns)

    def need(self, frames: Mapping[str, pl.DataFrame | None]) -> None:
        """Refuse an own column that stands in none of its frames.

        Parameters
        ----------
        frames : sales, calendar and stores, under our names

        Raises
        ------
        DataError
            where none of them has it
        """
        for setting, places in (("known", ("sales", "calendar")), ("past", ("sales",)), ("facts", ("stores", "sales"))):
            columns = [name for place in places if (frame := frames[place]) is not None for name in frame.columns]
            for name in getattr(self, setting):
                if name not in columns:
                    raise DataError(
                        f"{setting}: there is no column {quote(name)} in {' or '.join(places)}.{hint(name, columns)} "
                        f"Found {quote(', '.join(dict.fromkeys(columns)))}."
                    )


def text_levels(frame: pl.DataFrame, names: Sequence[str], place: str, *, least: int = MIN_LEVEL_DAYS) -> Levels:
    """Return the levels of the text columns of a frame.

    Parameters
    ----------
    frame : of the past
    names : the own columns
    place : the name of the frame, for messages
    least : rows on which a text must stand
    """
    texts = [
        name for name in names if name in frame.columns and frame.schema[name] == pl.String and is_text(frame[name])
    ]
    table = frame_as_text(place, frame.select(texts))
    return {name: levels_of(table, name, least=least) for name in texts}


def with_flags(frame: pl.DataFrame, levels: Levels) -> pl.DataFrame:
    """Return a frame with a flag of each level in place of its text columns."""
    present = [name for name in levels if name in frame.columns]
    if not present:
        return frame
    flags = table_with_flags(frame_as_text("", frame.select(present)), levels).frame
    return frame.drop(present).with_columns(flags.cast(pl.Float64))


def facts_of_frames(
    sales: pl.DataFrame, stores: pl.DataFrame | None, names: Sequence[str]
) -> tuple[pl.DataFrame, list[str]]:
    """Return own facts of stores as numbers, a row per store, and the names of these columns.

    Parameters
    ----------
    sales, stores : under our names: a fact is looked for in the frame of stores, then in that of sales
    names : of the facts

    Raises
    ------
    DataError
        where a fact of the sales changes within a store
    """
    if not names:
        return pl.DataFrame(), []
    table = sales.select(pl.col(s.STORE).unique(maintain_order=True)) if stores is None else stores.select(s.STORE)
    for name in names:
        if stores is not None and name in stores.columns:
            table = table.with_columns(stores[name])
        else:
            table = table.join(_fact_of_sales(sales, name), on=s.STORE, how="left", maintain_order="left")
    levels = text_levels(table, names, "stores", least=1)
    return with_flags(table, levels), list(flags_of(names, levels))


def _fact_of_sales(sales: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return a fact that stands among the sales, a row for each store that has it."""
    values = sales.select(s.STORE, name).drop_nulls().unique(maintain_order=True)
    twice = values.filter(values[s.STORE].is_duplicated())
    if twice.height:
        store, first, second = twice[s.STORE][0], *twice.filter(pl.col(s.STORE) == twice[s.STORE][0])[name][:2]
        raise DataError(
            f"sales: {name} of store {quote(store)} is {quote(first)} on one day and {quote(second)} on another; expected one "
            "value a store. Correct it, or name the column in known or past."
        )
    return values


def _without_words(values: pl.Series) -> pl.Series:
    """Return flags in words, or as truth values, as 1 and 0; any other column as it is."""
    if values.dtype == pl.Boolean:
        return values.cast(pl.Int8)
    if values.dtype != pl.String:
        return values
    flags = read_both_words(values.str.strip_chars().replace("", None))
    if flags is None:
        return values
    return flags.cast(pl.String) if values.name == s.STATE_HOLIDAY else flags.alias(values.name)
