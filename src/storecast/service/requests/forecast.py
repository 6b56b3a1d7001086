"""What a request for forecasts asks for, read from JSON or CSV. Days and stores are looked up later, in the model's table."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from storecast.config import MAX_NEW_STORES
from storecast.data.column_names import ColumnNames
from storecast.service.problems import invalid
from storecast.service.requests.bodies import ForecastRequest, check_quantiles
from storecast.service.requests.csv_rows import read_csv_rows
from storecast.service.requests.decode import check_size, decode
from storecast.service.requests.query import Query
from storecast.service.requests.rows import COLUMNS, ROWS, RowType


class CsvQuery(Query):
    """What a body in CSV cannot say."""

    model: Annotated[str, Meta(description="With CSV: the model that is to answer.")] = ""
    quantiles: Annotated[str, Meta(description="With CSV: quantiles to add, such as 0.1,0.5,0.9.")] | UnsetType = UNSET


@dataclass
class ForecastQuery:
    """What is asked for.

    Attributes
    ----------
    rows : structs of `day_rows`; None where a span of days is asked for
    span : store, first day and number of days
    layout : of the reply in JSON: rows or columns
    stores : structs of `store_rows`: stores that the chain does not hold
    """

    rows: list[Any] | None
    span: tuple[Any, dt.date | None, int | None] | None = None
    model: str = ""
    quantiles: tuple[float, ...] = ()
    totals: bool = False
    explain: bool = False
    layout: str = ROWS
    stores: list[Any] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        """Whether rows of the usual kind are asked for, and nothing else."""
        return not (self.quantiles or self.totals or self.explain or self.stores) and self.layout == ROWS

    @property
    def size(self) -> int:
        """How many rows are asked for, at least."""
        return 1 if self.rows is None else len(self.rows)


def read_json(body: bytes, days: RowType, stores: RowType, max_rows: int) -> ForecastQuery:
    """Read a request in JSON.

    Parameters
    ----------
    days, stores : the rows of the chain

    Raises
    ------
    Problem
        it cannot be read, or has no meaning
    """
    check_size(body, max_rows)
    request = decode(body, ForecastRequest)
    by_rows, by_columns = bool(bytes(request.rows)), bool(bytes(request.columns))
    query = ForecastQuery(None, model=request.model, totals=request.totals, explain=request.explain)
    if request.quantiles is not UNSET:
        query.quantiles = check_quantiles(request.quantiles)
    if bytes(request.stores):
        query.stores = stores.decode_list(request.stores, "stores")
        if len(query.stores) > MAX_NEW_STORES:
            raise invalid("stores", f"expected a list of at most {MAX_NEW_STORES} stores that the chain does not hold")
    if request.store is not UNSET:
        if by_rows or by_columns:
            raise invalid("body", "expected store, or rows, or columns, and one of them alone")
        query.span = request.store, request.start, request.days
    else:
        if request.start is not None or request.days is not None:
            raise invalid("body", "start and days go with a store; name one")
        query.rows = days.decode(request.rows, request.columns, max_rows)
    usual = ROWS if by_rows or query.span else COLUMNS
    query.layout = usual if request.layout is UNSET else str(request.layout)
    return query


def read_csv(body: bytes, query: CsvQuery, days: RowType, names: ColumnNames, max_rows: int) -> ForecastQuery:
    """Read a request in CSV.

    Parameters
    ----------
    body : CSV of days
    query : of the address
    days : the rows of the chain
    names : how its files are written
    max_rows : most rows of a request
    """
    forecasts = ForecastQuery(days.structs(read_csv_rows(body, days, names, max_rows).frame), model=query.model)
    if query.quantiles is not UNSET:
        try:
            forecasts.quantiles = check_quantiles([float(part) for part in query.quantiles.split(",")])
        except ValueError as error:
            raise invalid("query.quantiles", "expected numbers such as 0.1,0.5,0.9") from error
    return forecasts
