"""Client: a method for each thing that the service can be asked, in the words of its API."""

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, cast, overload

from storecast.client.batches import as_frame, batch_positions, is_frame
from storecast.client.errors import BadReplyError, UnavailableError
from storecast.client.jobs import JobsClient
from storecast.client.plan import PlanClient
from storecast.client.replies import (
    Accuracy,
    Forecasts,
    Health,
    Model,
    Promoted,
    Removed,
    Row,
    Scenario,
    StoreId,
    Undone,
    Written,
)
from storecast.client.request_parts import forecast_options, idempotency_header, path_segment, without_none
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
    Every method that asks the service raises a `ClientError` of the tree in `storecast.client.errors`: `UnreachableError` where
    it does not answer, `KeyRefusedError` and `NotAllowedError` for the key, `NotFoundError` for an unknown store, model or
    version, `InvalidError` for a value that cannot be used. A client may be shared by threads.
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
        self.plan = PlanClient(self._sender)
        self.jobs = JobsClient(self._sender, sleep)

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
        """Forecast days of one store under the stored calendar.

        Parameters
        ----------
        store : id of the store
        start : first day; None: the first day after the cutoff
        days : number of days; None: to the end of the horizon
        model : name of a model file; None: the promoted model
        quantiles : to add, such as 0.1
        totals, explain : add totals with intervals, and the contribution of each driver

        Returns
        -------
        model, cutoff, assumed (days whose calendar was worked out), forecasts (a dict per day), and what was asked for besides

        Raises
        ------
        ClientError
            `NotFoundError` for an unknown store or model, `InvalidError` for a day outside the horizon, and others of its tree
        """
        body = {"store": store, "start": start, "days": days}
        return self._forecasts({**body, **forecast_options(model, quantiles, totals=totals, explain=explain)})

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
        """Forecast rows like those of test.csv, in one request.

        Parameters
        ----------
        rows : Store, Date, and the values of Open, Promo, StateHoliday, SchoolHoliday and own columns that replace those of the
            stored calendar; an Id, where there is one, comes back with its row
        stores : attributes of new stores: Store, StoreType, Assortment, CompetitionDistance …
        model : name of a model file; None: the promoted model
        quantiles : to add, such as 0.1
        totals, explain : add totals with intervals, and the contribution of each driver

        Returns
        -------
        as `forecast`, the rows in their order

        Raises
        ------
        ClientError
            `InvalidError` names the row and the field that cannot be used
        """
        new_stores = [dict(store) for store in stores]
        body = {"rows": [dict(row) for row in rows], "stores": new_stores or None}
        return self._forecasts({**body, **forecast_options(model, quantiles, totals=totals, explain=explain)})

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
        """Forecast any number of rows in several requests, all by one model from one cutoff.

        Parameters
        ----------
        rows : as `forecast_rows` takes them, or a Polars frame of them
        model : name of a model file; None: the promoted model
        quantiles : to add, such as 0.1
        batch : most rows per request; the rows of a store stay together, since features look at neighbouring days

        Returns
        -------
        forecasts in the order of the rows: a list of dicts, or a Polars frame where one was handed in

        Raises
        ------
        UnavailableError
            where the model or the sales changed while the requests ran, twice in a row
        """
        frame_given = is_frame(rows)
        plain_rows: list[dict[str, Any]] = (
            cast("Any", rows).to_dicts() if frame_given else [dict(row) for row in cast("Rows", rows)]
        )
        options = forecast_options(model, quantiles)
        forecasts = self._batches(plain_rows, options, batch)
        if forecasts is None:  # new sales or a new model came in between; once more from the start
            forecasts = self._batches(plain_rows, options, batch)
        if forecasts is None:
            raise UnavailableError(503, title="The model or the sales changed while the rows were forecast; ask again")
        return as_frame(forecasts, cast("Any", rows)) if frame_given else forecasts

    def stores(self) -> Iterator[Row]:
        """Yield every store with its attributes, page by page."""
        return self._pages("/v1/stores", "stores")

    def store(self, store: StoreId) -> Row:
        """Return a store with its attributes."""
        return cast("Row", self._sender.send("GET", f"/v1/stores/{path_segment(store)}"))

    def history(self, store: StoreId, first: Day | None = None, last: Day | None = None) -> Iterator[Row]:
        """Yield a store's days in order: sales, customers and calendar.

        Parameters
        ----------
        store : id of the store
        first, last : first and last day, both included; None: from the beginning, to the end
        """
        query = {name: str(day) for name, day in (("first", first), ("last", last)) if day is not None}
        return self._pages(f"/v1/stores/{path_segment(store)}/history", "history", query)

    def scenario(self, rows: Rows, *, model: str | None = None) -> Scenario:
        """Compare the forecast under another calendar with the one under the stored calendar.

        Parameters
        ----------
        rows : Store, Date, and the values that replace those of the stored calendar
        model : name of a model file; None: the promoted model
        """
        body = {"rows": [dict(row) for row in rows], "model": model}
        return cast("Scenario", self._sender.send("POST", "/v1/scenarios", body=without_none(body), slow=True))

    def add_sales(self, rows: Rows, *, replace: bool = False, idempotency_key: str | None = None) -> Written:
        """Add sales of past days; the next forecast uses them.

        Parameters
        ----------
        rows : Store, Date, Sales and optional Customers, Open, Promo, StateHoliday, SchoolHoliday
        replace : overwrite stored rows that have other values; without it, those raise a `ConflictError`
        idempotency_key : makes repeated sends of the same write count once; None: a new key per call
        """
        return self._write("/v1/sales", {"rows": [dict(row) for row in rows], "replace": replace}, idempotency_key)

    def add_calendar(self, rows: Rows, *, idempotency_key: str | None = None) -> Written:
        """Set the calendar of days ahead: Store, Date and any of Open, Promo, StateHoliday, SchoolHoliday."""
        return self._write("/v1/calendar", {"rows": [dict(row) for row in rows]}, idempotency_key)

    def add_stores(self, rows: Rows, *, idempotency_key: str | None = None) -> Written:
        """Add stores, or attributes of stores: Store and any of its attributes."""
        return self._write("/v1/stores", {"rows": [dict(row) for row in rows]}, idempotency_key)

    def remove_sales(
        self,
        store: StoreId | None = None,
        first: Day | None = None,
        last: Day | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Removed:
        """Remove sales that were sent by mistake; name at least one of the three.

        Parameters
        ----------
        store : whose sales go; None: those of every store
        first, last : the first and the last day; None: no bound
        idempotency_key : makes repeated sends of the same removal count once; None: a new key per call
        """
        given = {"store": store, "first": first, "last": last}
        query = {name: str(value) for name, value in given.items() if value is not None}
        headers = idempotency_header(idempotency_key)
        return cast("Removed", self._sender.send("DELETE", "/v1/sales", query=query, headers=headers))

    def undo(self, version: int, *, idempotency_key: str | None = None) -> Undone:
        """Take a write back, by the version that its reply named."""
        headers = idempotency_header(idempotency_key)
        return cast("Undone", self._sender.send("DELETE", f"/v1/writes/{version}", headers=headers))

    def accuracy(self, by: Literal["model", "week", "store"] = "model", since: Day | None = None) -> Accuracy:
        """Return how accurate past forecasts were, and which scores and inputs have left their band.

        Parameters
        ----------
        by : one score per model, per model and week ahead, or per model and store
        since : first day that counts; None: all days
        """
        query = {"by": by, **({} if since is None else {"since": str(since)})}
        return cast("Accuracy", self._sender.send("GET", "/v1/accuracy", query=query))

    def models(self) -> list[Model]:
        """Return the models, newest first."""
        return cast("list[Model]", self._sender.send("GET", "/v1/models")["models"])

    def model(self, name: str) -> Row:
        """Return the manifest of a model: kind, cutoff, scores, versions."""
        return cast("Row", self._sender.send("GET", f"/v1/models/{path_segment(name)}"))

    def promote(self, name: str) -> Promoted:
        """Put a model into use; promoting it again changes nothing."""
        return cast(
            "Promoted",
            self._sender.send(
                "POST", f"/v1/models/{path_segment(name)}/promote", headers=idempotency_header(None), slow=True
            ),
        )

    def rollback(self) -> Promoted:
        """Put the previous model back into use. The request is never repeated: a second one would undo the first."""
        return cast(
            "Promoted",
            self._sender.send("POST", "/v1/rollback", headers=idempotency_header(None), again=False, slow=True),
        )

    def health(self) -> Health:
        """Return whether the service runs and can answer. It asks once, and raises only where no service answers."""
        self._sender.send("GET", "/health/live", again=False)
        reply = self._sender.send("GET", "/health/ready", again=False, accepted=(503,))
        status = reply if isinstance(reply, dict) else {}
        return {"live": True, "ready": status.get("status") == "ready", "detail": str(status.get("detail", ""))}

    def _forecasts(self, body: Mapping[str, Any]) -> Forecasts:
        return cast("Forecasts", self._sender.send("POST", "/v1/forecasts", body=without_none(body)))

    def _batches(self, rows: Sequence[Mapping[str, Any]], options: Mapping[str, Any], batch: int) -> list[Row] | None:
        """Forecast rows batch by batch; None where two batches are of different models, cutoffs or versions of the chain."""
        forecasts: dict[int, Row] = {}
        origins = set()
        for positions in batch_positions(rows, batch):
            reply = self._forecasts({"rows": [rows[position] for position in positions], **options})
            origins.add((reply["model"], reply["cutoff"], reply["version"]))
            if len(origins) > 1:
                return None
            forecasts.update(zip(positions, reply["forecasts"], strict=True))
        return [forecasts[position] for position in range(len(rows))]

    def _pages(self, path: str, name: str, query: Mapping[str, str] | None = None) -> Iterator[Row]:
        cursor: str | None = None
        while True:
            page_query = {**(query or {}), "limit": str(PAGE), **({} if cursor is None else {"cursor": cursor})}
            page = self._sender.send("GET", path, query=page_query)
            yield from page[name]
            before, cursor = cursor, page.get("next")
            if cursor is None:
                return
            if cursor == before:
                raise BadReplyError(f"{path}: found the same page twice; expected another, or no `next`.")

    def _write(self, path: str, body: Mapping[str, Any], key: str | None) -> Written:
        return cast("Written", self._sender.send("POST", path, body=body, headers=idempotency_header(key)))
