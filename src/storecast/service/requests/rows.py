"""Rows of requests, made from the declared columns of `schema.COLUMNS`: as objects, as columns, or as a table."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from keyword import iskeyword
from types import GenericAlias
from typing import Annotated, Any, Literal

import msgspec
import polars as pl
from msgspec import Meta, Raw, Struct

from storecast import schema as s
from storecast.data.file_columns import SALES, STOCKOUT
from storecast.data.panel import Panel
from storecast.service.problems import invalid
from storecast.service.requests.decode import decode_part, refuse, too_many

ROWS, COLUMNS = "rows", "columns"
MAX_ROW_ID = 2**53 - 1
MAX_ROW_ID_LENGTH = 64
StoreText = Annotated[str, Meta(min_length=1, max_length=s.MAX_ID_LENGTH)]
StoreNumber = Annotated[int, Meta(ge=0, le=s.MAX_STORE_ID)]
StoreId = StoreNumber | StoreText
RowId = Annotated[int, Meta(ge=-MAX_ROW_ID, le=MAX_ROW_ID)] | Annotated[str, Meta(max_length=MAX_ROW_ID_LENGTH)]
_ROW_FIELDS: dict[str, Any] = {
    s.ID: RowId | None,
    s.DAY_OF_WEEK: Annotated[int, Meta(ge=1, le=7, description="Must agree with Date: 1 is Monday.")] | None,
}


@dataclass(frozen=True, eq=False)
class RowType:
    """The rows of one kind of body over one chain.

    Attributes
    ----------
    struct : of a row, for decoding and for the schema
    columns_struct : of rows that are sent as columns
    columns : the declared columns among the fields
    store_dtype : of a chain's store ids
    required : columns that no row may lack
    """

    struct: type[Struct]
    columns_struct: type[Struct]
    columns: dict[str, s.Column]
    store_dtype: pl.DataType
    required: tuple[str, ...] = ()

    def decode(self, rows: Raw, columns: Raw, max_rows: int) -> list[Any]:
        """Decode the rows of a body that holds them as rows or as columns; each is a `struct`.

        Parameters
        ----------
        rows : JSON of a list of objects, or empty
        columns : JSON of an object of lists, or empty
        max_rows : most rows of a request
        """
        given_rows, given_columns = bytes(rows), bytes(columns)
        if bool(given_rows) == bool(given_columns):
            raise invalid("body", f"expected either {ROWS} or {COLUMNS}")
        if given_rows:
            decoded: list[Any] = decode_part(given_rows, _list_of(self.struct), ROWS)
        else:
            table = decode_part(given_columns, self.columns_struct, COLUMNS)
            lists = {name: cells for name, cells in msgspec.structs.asdict(table).items() if cells is not None}
            if len({len(cells) for cells in lists.values()}) > 1:
                raise invalid(COLUMNS, "expected lists of one length")
            decoded = [
                self.struct(**dict(zip(lists, cells, strict=True))) for cells in zip(*lists.values(), strict=True)
            ]
        return _bounded(decoded, max_rows)

    def decode_list(self, rows: Raw, where: str) -> list[Any]:
        """Decode a list of rows that stands under another name."""
        decoded: list[Any] = decode_part(rows, _list_of(self.struct), where)
        return decoded

    def structs(self, frame: pl.DataFrame) -> list[Any]:
        """Return the rows of a table; each is a `struct`."""
        try:
            rows: list[Any] = msgspec.convert(frame.to_dicts(), _list_of(self.struct), strict=False)
        except msgspec.ValidationError as error:
            refuse(error, ROWS, _list_of(self.struct))
        return rows

    def frame(self, rows: list[Any], where: str = ROWS) -> pl.DataFrame:
        """Return rows as a table of the columns that some row has, every value checked by its declaration.

        Raises
        ------
        Problem
            at the first value that has no meaning
        """
        cells = dict(
            zip(
                self.struct.__struct_encode_fields__, zip(*map(msgspec.structs.astuple, rows), strict=True), strict=True
            )
        )
        table: dict[str, pl.Series] = {}
        for name, column in self.columns.items():
            values = cells[name]
            if name not in s.KEYS and not any(value is not None for value in values):
                continue
            dtype = self.store_dtype if name == s.STORE else column.dtype
            table[name] = pl.Series(name, values, dtype=pl.Float64() if dtype == pl.Int8() else dtype)
        frame = pl.DataFrame(table)
        self.check(frame, lambda row, name: f"{where}[{row}].{name}")
        return frame.cast({name: pl.Int8 for name in table if self.columns[name].dtype == pl.Int8()})

    def check(self, frame: pl.DataFrame, place: Callable[[int, str], str]) -> None:
        """Refuse the first value that has no meaning, or that no row may lack.

        Parameters
        ----------
        frame : some of the columns
        place : says of a row's number and a column where they stand in the request

        Raises
        ------
        Problem
            where there is one
        """
        for name, column in self.columns.items():
            if name in frame.columns:
                wrong = frame.select(column.invalid(frame.schema[name])).to_series()
                if name in self.required:
                    wrong |= frame[name].is_null()
                if wrong.any():
                    raise invalid(place(int(wrong.arg_max() or 0), name), f"expected {column.expected}")


def id_type(panel: Panel) -> type:
    """Return the type of a chain's store ids in JSON: int or str."""
    return str if panel.stores.schema[s.STORE] == pl.String else int


def day_rows(store: type | None = None, own: tuple[str, ...] = ()) -> RowType:
    """Return the rows of a request for forecasts: days, and what is given of their calendar."""
    return _row_type("Day", (*s.KNOWN, *own), s.KEYS, (s.ID, s.DAY_OF_WEEK), store)


def sale_rows(store: type | None = None, own: tuple[str, ...] = (), *, whole_numbers: bool = False) -> RowType:
    """Return the rows of sales that are sent in.

    Parameters
    ----------
    store : int or str, as the chain's ids are; None: either, for the document
    own : the chain's own columns
    whole_numbers : whether a fraction of the sales, which are the target, is refused
    """
    rows = _row_type("Sale", (s.SALES, s.CUSTOMERS, STOCKOUT.name, *s.KNOWN, *own), (*s.KEYS, s.SALES), (), store)
    if not whole_numbers:
        return rows
    return replace(rows, columns={**rows.columns, s.SALES: replace(rows.columns[s.SALES], whole=True)})


def calendar_rows(store: type | None = None, own: tuple[str, ...] = ()) -> RowType:
    """Return the rows of days ahead that are sent in."""
    return _row_type("CalendarDay", (*s.KNOWN, *own), s.KEYS, (), store)


def store_rows(store: type | None = None) -> RowType:
    """Return the rows of stores: what is known of each."""
    return _row_type("NewStore", tuple(s.STORES_SCHEMA), (s.STORE,), (), store)


def json_type(column: s.Column, store: type | None) -> Any:
    """Return the type of a column's values in JSON, from which they are decoded and described.

    Parameters
    ----------
    column : as it is declared
    store : int or str, as the chain's ids are; None: either, for the document
    """
    about = column.meaning
    if column.kind == "id":
        return StoreNumber if store is int else StoreText if store is str else StoreId
    if column.kind == "date":
        return dt.date
    if column.kind == "flag":  # as a number: 1.0 is 1, and is what data frames send
        return Annotated[float, Meta(ge=0, le=1, description=about, extra_json_schema={"enum": [0, 1]})]
    if column.kind == "number":
        return Annotated[float, Meta(ge=column.low, le=column.high, description=about)]
    if column.kind == "category":
        return Literal[column.categories]
    return Annotated[str, Meta(max_length=s.MAX_TEXT_LENGTH, description=about)]


@cache
def _row_type(
    title: str, names: tuple[str, ...], required: tuple[str, ...], more: tuple[str, ...], store: type | None
) -> RowType:
    """Make the types of rows.

    Parameters
    ----------
    names : of columns beside the keys
    required : columns that no row may lack
    more : fields that are no columns of a chain
    store : int or str, as the chain's ids are; None: either, for the document
    """
    keys = tuple(name for name in s.KEYS if name in required)
    declared = {**s.BY_NAME, STOCKOUT.name: STOCKOUT, SALES.name: SALES}
    columns = {name: declared.get(name) or s.own_column(name) for name in (*keys, *names)}
    types = {name: json_type(column, store) for name, column in columns.items()}
    fields = [(name, types[name]) if name in required else (name, types[name] | None, None) for name in columns]
    fields += [(name, _ROW_FIELDS[name], None) for name in more]
    lists = [(name, _list_of(kind), *default) for name, kind, *default in fields if name in required]
    lists += [(name, _list_of(kind) | None, None) for name, kind, *_ in fields if name not in required]
    # A field is an identifier; a chain's own column may have any name.
    names_of_fields = {f"column_{k}": name for k, name in enumerate(columns) if not _is_identifier(name)}
    fields_of_names = {name: field for field, name in names_of_fields.items()}

    def struct(title: str, parts: Iterable[tuple[Any, ...]]) -> type[Struct]:
        renamed = [(fields_of_names.get(name, name), *rest) for name, *rest in parts]
        return msgspec.defstruct(title, renamed, forbid_unknown_fields=True, rename=names_of_fields)

    return RowType(
        struct(title, fields),
        struct(f"{title}Columns", lists),
        columns,
        pl.String() if store is str else pl.Int64(),
        required,
    )


def _is_identifier(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _list_of(kind: Any) -> Any:
    return GenericAlias(list, (kind,))


def _bounded(rows: list[Any], max_rows: int) -> list[Any]:
    if not rows:
        raise invalid(ROWS, "expected a list with at least one row")
    if len(rows) > max_rows:
        raise too_many(max_rows)
    return rows
