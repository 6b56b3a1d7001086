"""Parts of requests: headers, options and names as the service reads them."""

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from storecast.client.errors import RequestError
from storecast.client.replies import StoreId

Rows = Iterable[Mapping[str, Any]]
Day = str | dt.date


def idempotency_header(key: str | None) -> dict[str, str]:
    """Return the header that makes repeated sends of a write count once."""
    return {"Idempotency-Key": secrets.token_hex(16) if key is None else key}


def forecast_options(
    model: str | None, quantiles: Sequence[float], *, totals: bool = False, explain: bool = False
) -> dict[str, Any]:
    """Return the options of a request for forecasts; None where the service's default is meant.

    Parameters
    ----------
    model : name of a model file; None: the promoted one
    quantiles : to add to each row
    totals, explain : add sums, and what each forecast is made of
    """
    return {"model": model, "quantiles": list(quantiles) or None, "totals": totals or None, "explain": explain or None}


def without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out fields without a value: the service has its own defaults."""
    return {name: value for name, value in body.items() if value is not None}


def query_of(**values: object) -> dict[str, str]:
    """Return the parameters of a query as text; those without a value are left out."""
    return {name: str(value) for name, value in values.items() if value is not None}


def path_segment(name: StoreId) -> str:
    """Return a name as a segment of a path, quoted.

    Raises
    ------
    RequestError
        where it is no name that a path can hold
    """
    text = quote(str(name), safe="")
    if text in ("", ".", ".."):
        raise RequestError(f"Found {str(name)!a} for a name; the service cannot be asked for it.")
    return text
