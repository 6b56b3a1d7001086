"""The chain: its stores and their days, out of the service and into it."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from storecast.client.paging import pages
from storecast.client.replies import Removed, Row, StoreId, Undone, Written
from storecast.client.request_parts import Day, Rows, idempotency_header, path_segment, query_of
from storecast.client.sending import Sender


class ChainClient:
    """The chain of a service; `Client` is one, and says what is raised.

    Parameters
    ----------
    sender : of the client
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def stores(self) -> Iterator[Row]:
        """Yield every store with its attributes, page by page."""
        for page in pages(self._sender, "/v1/stores"):
            yield from page["stores"]

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
        for page in pages(self._sender, f"/v1/stores/{path_segment(store)}/history", query_of(first=first, last=last)):
            yield from page["history"]

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
        query = query_of(store=store, first=first, last=last)
        headers = idempotency_header(idempotency_key)
        return cast("Removed", self._sender.send("DELETE", "/v1/sales", query=query, headers=headers))

    def undo(self, version: int, *, idempotency_key: str | None = None) -> Undone:
        """Take a write back, by the version that its reply named."""
        headers = idempotency_header(idempotency_key)
        return cast("Undone", self._sender.send("DELETE", f"/v1/writes/{version}", headers=headers))

    def _write(self, path: str, body: Mapping[str, Any], key: str | None) -> Written:
        return cast("Written", self._sender.send("POST", path, body=body, headers=idempotency_header(key)))
