"""Client: a method for each thing that the service can be asked, in the words of its API."""

import datetime as dt
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, cast, overload
from urllib.parse import quote

from storecast.client.errors import BadReplyError, RequestError, UnavailableError
from storecast.client.replies import Accuracy, Forecasts, Health, Model, Promoted, Row, Scenario, StoreId, Written
from storecast.client.retries import Retries
from storecast.client.sending import Sender

if TYPE_CHECKING:
    import httpx
    import polars as pl

Rows = Iterable[Mapping[str, Any]]
Day = str | dt.date

BATCH = 50_000  # rows of one request of `forecast_many`
PAGE = 1000  # rows of one page


class Client:
    """The service, asked from Python. Use it in a ``with`` block, or close it.

    Parameters
    ----------
    url : of the service, as ``https://storecast.example``
    key : what `storecast key create` printed; None where the service asks for none. It is sent in a header and nowhere else.
    timeout : seconds for each step of a request: connect, send, wait for more of the reply; at least 330 for scenarios and
        changes of the model, which take minutes
    retries : how often and after how long a request is sent again that met no service, or a busy one
    transport : in place of the network; tests put one here
    sleep : waits some seconds between retries

    Notes
    -----
    Errors are of the tree in `storecast.client.errors`. A client may be shared by threads.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 60.0,
        retries: Retries | None = None,
        transport: "httpx.BaseTransport | None" = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sender = Sender(url, key, timeout=timeout, retries=retries or Retries(), transport=transport, sleep=sleep)

    def __repr__(self) -> str:
        return f"Client({self._sender.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def forecast(
        self,
        store: StoreId,
        start: Day | None = None,
        days: int | None = None,
        *,
        model: str | None = None,
        quantiles: Sequence[float] = (),
        totals: bool = False,
        explain: bool = False,
    ) -> Forecasts:
        """Forecast days of a store under the stored calendar.

        Parameters
        ----------
        start : the first day; None: the first day ahead
        days : how many; None: to the end of the horizon
        model : the name of a model file; None: the promoted one
        quantiles : to add, such as 0.1
        totals, explain : add totals with intervals, and what each forecast is made of
        """
        asked = {"store": store, "start": start, "days": days}
        return self._forecasts({**asked, **_options(model, quantiles, totals=totals, explain=explain)})

    def forecast_rows(
        self,
        rows: Rows,
        *,
        stores: Rows = (),
        model: str | None = None,
        quantiles: Sequence[float] = (),
        totals: bool = False,
        explain: bool = False,
    ) -> Forecasts:
        """Forecast rows as in test.csv, in one request.

        Parameters
        ----------
        rows : Store, Date and what is to differ from the stored calendar of Open, Promo, StateHoliday, SchoolHoliday and own
            columns; optional Id, which is echoed
        stores : attributes of stores that the chain does not hold: Store, StoreType, Assortment, CompetitionDistance …
        """
        new = [dict(store) for store in stores]
        asked = {"rows": [dict(row) for row in rows], "stores": new or None}
        return self._forecasts({**asked, **_options(model, quantiles, totals=totals, explain=explain)})

    @overload
    def forecast_many(
        self, rows: "pl.DataFrame", *, model: str | None = None, quantiles: Sequence[float] = (), batch: int = BATCH
    ) -> "pl.DataFrame": ...

    @overload
    def forecast_many(
        self, rows: Rows, *, model: str | None = None, quantiles: Sequence[float] = (), batch: int = BATCH
    ) -> list[Row]: ...

    def forecast_many(
        self,
        rows: "Rows | pl.DataFrame",
        *,
        model: str | None = None,
        quantiles: Sequence[float] = (),
        batch: int = BATCH,
    ) -> "list[Row] | pl.DataFrame":
        """Forecast any number of rows, in as many requests as it takes, all by one model from one cutoff.

        Parameters
        ----------
        rows : as `forecast_rows` takes them, or a Polars frame of them
        batch : most rows of a request; a store's rows stay together, since its days look at one another

        Returns
        -------
        forecasts in the order of the rows: a list of dicts, or a Polars frame where one was handed in

        Raises
        ------
        UnavailableError
            where the model or the sales changed in between, twice
        """
        framed = _is_frame(rows)
        given: list[dict[str, Any]] = (
            cast("Any", rows).to_dicts() if framed else [dict(row) for row in cast("Rows", rows)]
        )
        options = _options(model, quantiles)
        found = self._batches(given, options, batch)
        if found is None:  # new sales or a new model came in between; once more from the start
            found = self._batches(given, options, batch)
        if found is None:
            raise UnavailableError(503, title="The model or the sales changed while the rows were forecast; ask again")
        return _framed(found, cast("Any", rows)) if framed else found

    def stores(self) -> Iterator[Row]:
        """Yield every store with its attributes, page by page."""
        return self._pages("/v1/stores", "stores")

    def store(self, store: StoreId) -> Row:
        """Return a store with its attributes."""
        return cast("Row", self._sender.send("GET", f"/v1/stores/{_part(store)}"))

    def history(self, store: StoreId, first: Day | None = None, last: Day | None = None) -> Iterator[Row]:
        """Yield a store's days in order: sales, customers and calendar.

        Parameters
        ----------
        first, last : the days between which it is wanted, both among them; None: all
        """
        query = {name: str(day) for name, day in (("first", first), ("last", last)) if day is not None}
        return self._pages(f"/v1/stores/{_part(store)}/history", "history", query)

    def scenario(self, rows: Rows, *, model: str | None = None) -> Scenario:
        """Compare a calendar that differs on some days with the stored one, for all stores together and each.

        Parameters
        ----------
        rows : Store, Date and what is to differ
        """
        body = {"rows": [dict(row) for row in rows], "model": model}
        return cast("Scenario", self._sender.send("POST", "/v1/scenarios", body=_given(body), slow=True))

    def add_sales(self, rows: Rows, *, replace: bool = False, idempotency_key: str | None = None) -> Written:
        """Add sales of days that have come; the next forecast uses them.

        Parameters
        ----------
        rows : Store, Date, Sales and optional Customers, Open, Promo, StateHoliday, SchoolHoliday
        replace : write over rows that stand with other values, which are a `ConflictError` otherwise
        idempotency_key : of a write that another process may send again; None: a new one for each call
        """
        return self._write("/v1/sales", {"rows": [dict(row) for row in rows], "replace": replace}, idempotency_key)

    def add_calendar(self, rows: Rows, *, idempotency_key: str | None = None) -> Written:
        """Say what is known of days ahead: Store, Date and some of Open, Promo, StateHoliday, SchoolHoliday."""
        return self._write("/v1/calendar", {"rows": [dict(row) for row in rows]}, idempotency_key)

    def add_stores(self, rows: Rows, *, idempotency_key: str | None = None) -> Written:
        """Add stores, or say more of them: Store and its attributes."""
        return self._write("/v1/stores", {"rows": [dict(row) for row in rows]}, idempotency_key)

    def accuracy(self, by: Literal["model", "week", "store"] = "model", since: Day | None = None) -> Accuracy:
        """Return how good the forecasts made have been, now that their sales are there, and what has left its band.

        Parameters
        ----------
        by : what the scores are told apart by, beside the model: nothing more, the week ahead, or the store
        since : the first day to look at; None: all
        """
        query = {"by": by, **({} if since is None else {"since": str(since)})}
        return cast("Accuracy", self._sender.send("GET", "/v1/accuracy", query=query))

    def models(self) -> list[Model]:
        """Return the models, newest first."""
        return cast("list[Model]", self._sender.send("GET", "/v1/models")["models"])

    def model(self, name: str) -> Row:
        """Return what a model says of itself."""
        return cast("Row", self._sender.send("GET", f"/v1/models/{_part(name)}"))

    def promote(self, name: str) -> Promoted:
        """Put a model into use. A second time changes nothing."""
        return cast(
            "Promoted", self._sender.send("POST", f"/v1/models/{_part(name)}/promote", headers=_once(None), slow=True)
        )

    def rollback(self) -> Promoted:
        """Put the model back into use that was in use before. It is sent once: a second time would undo the first."""
        return cast("Promoted", self._sender.send("POST", "/v1/rollback", headers=_once(None), again=False, slow=True))

    def health(self) -> Health:
        """Say whether the service is there and can answer. It asks once, and raises only where no service answers."""
        self._sender.send("GET", "/health/live", again=False)
        found = self._sender.send("GET", "/health/ready", again=False, taken=(503,))
        told = found if isinstance(found, dict) else {}
        return {"live": True, "ready": told.get("status") == "ready", "detail": str(told.get("detail", ""))}

    def _forecasts(self, body: Mapping[str, Any]) -> Forecasts:
        return cast("Forecasts", self._sender.send("POST", "/v1/forecasts", body=_given(body)))

    def _batches(self, rows: Sequence[Mapping[str, Any]], options: Mapping[str, Any], batch: int) -> list[Row] | None:
        """Forecast rows piece by piece; None where two pieces are of different models or cutoffs."""
        found: dict[int, Row] = {}
        origins = set()
        for places in _pieces(rows, batch):
            reply = self._forecasts({"rows": [rows[place] for place in places], **options})
            origins.add((reply["model"], reply["cutoff"]))
            if len(origins) > 1:
                return None
            found.update(zip(places, reply["forecasts"], strict=True))
        return [found[place] for place in range(len(rows))]

    def _pages(self, path: str, name: str, query: Mapping[str, str] | None = None) -> Iterator[Row]:
        cursor: str | None = None
        while True:
            asked = {**(query or {}), "limit": str(PAGE), **({} if cursor is None else {"cursor": cursor})}
            page = self._sender.send("GET", path, query=asked)
            yield from page[name]
            before, cursor = cursor, page.get("next")
            if cursor is None:
                return
            if cursor == before:
                raise BadReplyError(f"{path}: found the same page twice; expected another, or no `next`.")

    def _write(self, path: str, body: Mapping[str, Any], key: str | None) -> Written:
        return cast("Written", self._sender.send("POST", path, body=body, headers=_once(key)))


def _once(key: str | None) -> dict[str, str]:
    """Return the header that makes a write happen once, however often it is sent."""
    return {"Idempotency-Key": secrets.token_hex(16) if key is None else key}


def _options(
    model: str | None, quantiles: Sequence[float], *, totals: bool = False, explain: bool = False
) -> dict[str, Any]:
    return {"model": model, "quantiles": list(quantiles) or None, "totals": totals or None, "explain": explain or None}


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what was not given: the service has its own defaults."""
    return {name: value for name, value in body.items() if value is not None}


def _part(name: StoreId) -> str:
    """Return a name as a part of a path, whatever stands in it."""
    text = quote(str(name), safe="")
    if text in ("", ".", ".."):
        raise RequestError(f"Found {str(name)!a} for a name; the service cannot be asked for it.")
    return text


def _pieces(rows: Sequence[Mapping[str, Any]], batch: int) -> Iterator[list[int]]:
    """Yield places of rows, whole stores together, at most ``batch`` where a store's rows allow it."""
    by_store: dict[Any, list[int]] = {}
    for place, row in enumerate(rows):
        by_store.setdefault(row.get("Store"), []).append(place)
    piece: list[int] = []
    for places in by_store.values():
        if piece and len(piece) + len(places) > batch:
            yield piece
            piece = []
        piece += places
    if piece:
        yield piece


def _is_frame(rows: object) -> bool:
    return hasattr(rows, "to_dicts") and hasattr(rows, "schema")


def _framed(rows: list[Row], like: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl

    if not rows:
        return pl.DataFrame(
            schema={"Store": like.schema.get("Store", pl.Int64()), "Date": pl.Date(), "Forecast": pl.Float64()}
        )
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col("Date").str.to_date())
