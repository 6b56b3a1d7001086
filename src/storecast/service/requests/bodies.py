"""The bodies of requests."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from storecast.config import MAX_HORIZON, MAX_QUANTILE, MAX_QUANTILES, MIN_QUANTILE, valid_quantile
from storecast.plan.scenarios import MAX_NAME
from storecast.plan.versions import MAX_NOTE
from storecast.service.problems import invalid
from storecast.service.requests.rows import RowType, calendar_rows, day_rows, sale_rows, store_rows

Quantile = Annotated[float, Meta(ge=MIN_QUANTILE, le=MAX_QUANTILE, extra_json_schema={"multipleOf": 0.01})]
Quantiles = Annotated[
    list[Quantile], Meta(min_length=1, max_length=MAX_QUANTILES, extra_json_schema={"uniqueItems": True})
]
Extra = dict[str, Any]
ROWS_OR_COLUMNS: Extra = {"oneOf": [{"required": ["rows"]}, {"required": ["columns"]}]}


class RowsBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Rows, as objects or as columns; `row_type` makes the type that decodes them."""

    schema_extra: ClassVar[Extra] = ROWS_OR_COLUMNS
    row_type: ClassVar[Callable[..., RowType]] = staticmethod(day_rows)
    rows: Raw = field(default_factory=Raw)
    columns: Raw = field(default_factory=Raw)


class ForecastRequest(RowsBody, forbid_unknown_fields=True, kw_only=True):
    """Days to forecast: as rows, as columns, or as a span of one store's days."""

    schema_extra: ClassVar[Extra] = {
        "oneOf": [{"required": ["rows"]}, {"required": ["columns"]}, {"required": ["store"]}],
        "dependentRequired": {"start": ["store"], "days": ["store"]},
    }
    store: int | str | UnsetType = UNSET
    start: dt.date | None = None
    days: Annotated[int, Meta(ge=1, le=MAX_HORIZON)] | None = None
    model: Annotated[str, Meta(description="The name of a model; without it, the promoted one.")] = ""
    quantiles: Quantiles | UnsetType = UNSET
    totals: Annotated[bool, Meta(description="Add sums over weeks and the whole span, with intervals.")] = False
    explain: Annotated[bool, Meta(description="Add what each forecast is made of.")] = False
    layout: Literal["rows", "columns"] | UnsetType = UNSET
    stores: Raw = field(default_factory=Raw)


class ScenarioRequest(RowsBody, forbid_unknown_fields=True, kw_only=True):
    """Days under another calendar."""

    model: str = ""


class SaveScenarioRequest(RowsBody, forbid_unknown_fields=True, kw_only=True):
    """Days under another calendar, and the name under which what they change is kept."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME, description="No other scenario may have it.")]
    note: Annotated[str, Meta(max_length=MAX_NOTE, description="A remark.")] = ""
    model: str = ""


class CalendarRequest(RowsBody, forbid_unknown_fields=True, kw_only=True):
    """Days ahead to write."""

    row_type: ClassVar[Callable[..., RowType]] = staticmethod(calendar_rows)


class ReplacingRequest(RowsBody, forbid_unknown_fields=True, kw_only=True):
    """Rows to write; `replace` allows other values than those that stand."""

    replace: Annotated[bool, Meta(description="Replace rows that stand with other values.")] = False


class SalesRequest(ReplacingRequest, forbid_unknown_fields=True, kw_only=True):
    """Sales to write."""

    row_type: ClassVar[Callable[..., RowType]] = staticmethod(sale_rows)


class StoresRequest(ReplacingRequest, forbid_unknown_fields=True, kw_only=True):
    """Stores to write."""

    row_type: ClassVar[Callable[..., RowType]] = staticmethod(store_rows)


def check_quantiles(quantiles: list[float]) -> tuple[float, ...]:
    """Return quantiles in their order, each a whole percent and given once."""
    if not (0 < len(set(quantiles)) == len(quantiles) <= MAX_QUANTILES and all(map(valid_quantile, quantiles))):
        expected = f"at most {MAX_QUANTILES} whole percents from {MIN_QUANTILE} to {MAX_QUANTILE}, each once"
        raise invalid("quantiles", f"expected {expected}, such as [0.1, 0.5, 0.9]")
    return tuple(quantiles)
