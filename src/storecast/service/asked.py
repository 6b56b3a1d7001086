"""What a request for forecasts asks, read from JSON or CSV. Days and stores are checked later, against the model's table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from storecast import schema as s
from storecast.config import MAX_HORIZON, MAX_NEW_STORES, MAX_QUANTILE, MAX_QUANTILES, MIN_QUANTILE, valid_quantile
from storecast.service import json_in
from storecast.service.problems import invalid
from storecast.service.rows_in import COLUMNS, ROWS, csv_rows, fields_of, rows_of

OPTIONS = ("model", "quantiles", "totals", "explain", "layout", "stores")
FIELDS = (ROWS, COLUMNS, "store", "start", "days", *OPTIONS)
PARAMETERS = ("model", "quantiles")  # in the address, beside CSV
LAYOUTS = (ROWS, COLUMNS)


@dataclass
class Asked:
    """A request for forecasts.

    Attributes
    ----------
    rows : objects; None where a span of days is asked for
    span : store, first day and number of days
    layout : of the reply in JSON: rows or columns
    stores : attributes of stores that the chain does not hold
    """

    rows: list[Any] | None
    span: tuple[Any, str | None, int | None] | None = None
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


def from_json(body: bytes, limit: int) -> Asked:
    """Read a request in JSON.

    Raises
    ------
    Problem
        where it cannot be read, or has no meaning
    """
    json_in.check_size(body, limit)
    fields = json_in.read(body)
    if type(fields) is dict and len(fields) == 1 and type(fields.get(ROWS)) is list and 0 < len(fields[ROWS]) <= limit:
        return Asked(fields[ROWS])  # the usual request
    fields_of(fields, FIELDS)
    asked = Asked(None, **_options(fields))
    if "store" in fields:
        if ROWS in fields or COLUMNS in fields:
            raise invalid("body", "expected store, or rows, or columns, and one of them alone")
        asked.span = _span(fields)
    else:
        if "start" in fields or "days" in fields:
            raise invalid("body", "start and days go with a store; name one")
        asked.rows = rows_of(fields, limit)
        asked.layout = fields.get("layout", ROWS if ROWS in fields else COLUMNS)
    return asked


def from_csv(body: bytes, parameters: Mapping[str, str], known: Sequence[str], kind: type, limit: int) -> Asked:
    """Read a request in CSV.

    Parameters
    ----------
    parameters : of the address: model, and quantiles with commas between
    known : the chain's known-ahead columns
    kind : of its store ids
    """
    kinds: dict[str, type] = {name: int if name in _WHOLE else float for name in known}
    kinds |= {s.STORE: kind, s.DATE: str, s.STATE_HOLIDAY: str, s.DAY_OF_WEEK: int, s.ID: str}
    options: dict[str, Any] = dict(parameters)
    if "quantiles" in options:
        try:
            options["quantiles"] = [float(part) for part in parameters["quantiles"].split(",")]
        except ValueError as error:
            raise invalid("query.quantiles", "expected numbers such as 0.1,0.5,0.9") from error
    return Asked(csv_rows(body, kinds, limit), **_options(options))


_WHOLE = {s.OPEN, s.PROMO, s.SCHOOL_HOLIDAY}


def _options(fields: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "model" in fields:
        if not isinstance(fields["model"], str):
            raise invalid("model", "expected the name of a model, as GET /v1/models lists them")
        found["model"] = fields["model"]
    if "quantiles" in fields:
        found["quantiles"] = _quantiles(fields["quantiles"])
    for name in ("totals", "explain"):
        if name in fields:
            if not isinstance(fields[name], bool):
                raise invalid(name, "expected true or false")
            found[name] = fields[name]
    if "layout" in fields:
        if fields["layout"] not in LAYOUTS:
            raise invalid("layout", "expected rows or columns")
        found["layout"] = fields["layout"]
    if "stores" in fields:
        stores = fields["stores"]
        if not isinstance(stores, list) or len(stores) > MAX_NEW_STORES:
            raise invalid("stores", f"expected a list of at most {MAX_NEW_STORES} stores that the chain does not hold")
        found["stores"] = stores
    return found


def _quantiles(value: Any) -> tuple[float, ...]:
    expected = (
        f"expected at most {MAX_QUANTILES} whole percents from {MIN_QUANTILE} to {MAX_QUANTILE}, each once, "
        "such as [0.1, 0.5, 0.9]"
    )
    if not isinstance(value, list) or not 0 < len(value) <= MAX_QUANTILES:
        raise invalid("quantiles", expected)
    for each in value:
        if type(each) is not float or not valid_quantile(each):
            raise invalid("quantiles", expected)
    if len(set(value)) < len(value):
        raise invalid("quantiles", expected)
    return tuple(value)


def _span(fields: Mapping[str, Any]) -> tuple[Any, str | None, int | None]:
    start, days = fields.get("start"), fields.get("days")
    if start is not None and not isinstance(start, str):
        raise invalid("start", "expected a date such as 2015-06-14")
    if days is not None and (type(days) is not int or not 1 <= days <= MAX_HORIZON):
        raise invalid("days", "expected a whole number of days, from 1")
    return fields["store"], start, days
