"""Tools on what is served, the stores and their past sales."""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from typing import Any, Literal

from mcp.server.mcpserver.exceptions import ToolError

from storecast.client import Client
from storecast.client.replies import Row
from storecast.tool_server.bounds import check_rows, first_rows
from storecast.tool_server.results import History, Served, Sold, StoreId, StoreList

MOST_DAYS = 3700  # of a history, that are read to be summed


class ChainTools:
    """The tools.

    Parameters
    ----------
    client : of the service
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def what_is_served(self) -> Served:
        """Say what the service answers from: the model and its scores, the last day of known sales, the days ahead, the stores.

        Ask this first: forecasts are of the days ahead alone.
        """
        stores = list(self._client.stores())
        stored = self._client.stored_forecasts(stores[0]["Store"]).forecasts
        manifest = self._client.model(stored["model"])
        return Served(
            model=stored["model"],
            kind=manifest.get("kind"),
            cutoff=dt.date.fromisoformat(stored["cutoff"]),
            version=stored["version"],
            first_day=stored["forecasts"][0]["Date"],
            last_day=stored["forecasts"][-1]["Date"],
            figure=stored.get("target", "Sales"),
            unit=stored.get("unit", ""),
            stores=len(stores),
            attributes=[name for name in stores[0] if name != "Store"],
            scores=manifest.get("scores") or {},
        )

    def list_stores(
        self, where: dict[str, str | float] | None = None, after: StoreId | None = None, limit: int = 50
    ) -> StoreList:
        """List stores and what is known of them: type, assortment, state, competition and the like.

        Parameters
        ----------
        where : attributes that stores must have, as {"StoreType": "a"}; what_is_served names them; null: every store
        after : the store behind which the list goes on, as next of the list before; null: from the first
        limit : how many stores at most
        """
        stores = list(self._client.stores())
        wanted = where or {}
        if unknown := sorted(set(wanted) - set(stores[0])):
            raise ToolError(f"Stores have no attribute {unknown[0]!a}; expected some of {', '.join(stores[0])}.")
        fitting = [row for row in stores if all(_same(row[name], value) for name, value in wanted.items())]
        places = [place for place, row in enumerate(fitting) if _same(row["Store"], after)]
        if after is not None and not places:
            raise ToolError("after names no store of the list; take it from next of the list before.")
        rest = fitting[places[0] + 1 :] if places else fitting
        some, more = first_rows(rest, limit)
        return StoreList(stores=some, count=len(fitting), next=some[-1]["Store"] if more else None)

    def sales_history(
        self, store: StoreId, first: dt.date, last: dt.date, by: Literal["day", "week", "month"] = "week"
    ) -> History:
        """Return what a store sold in the past, by day, week or month, with its open days and its days on promotion.

        Parameters
        ----------
        store : its id, as list_stores names it
        first : the first day
        last : the last day
        by : day, week (from Monday) or month
        """
        days = (last - first).days + 1
        if not 1 <= days <= MOST_DAYS:
            raise ToolError(f"first and last are {days} days; expected 1 to {MOST_DAYS}.")
        rows = self._client.history(store, first, last)
        spans = [_sold(span) for _, span in groupby(rows, lambda row: _span_of(row, by))]
        check_rows(len(spans), f"{by}s", "Ask by week or month, or for fewer days.")
        return History(store=store, rows=spans)


def _same(value: Any, wanted: Any) -> bool:
    """Say whether an attribute is what is wanted, which may come as text."""
    return value == wanted or str(value) == str(wanted)


def _span_of(row: Row, by: str) -> tuple[int, ...] | str:
    """Return what the days of one span have in common."""
    if by == "week":
        return dt.date.fromisoformat(row["Date"]).isocalendar()[:2]
    return str(row["Date"]) if by == "day" else str(row["Date"])[:7]


def _sold(days: Iterable[Row]) -> Sold:
    rows = list(days)
    return Sold(
        first=rows[0]["Date"],
        last=rows[-1]["Date"],
        sales=round(sum(row["Sales"] or 0.0 for row in rows), 2),
        open_days=sum(row.get("Open") == 1 for row in rows),
        promotion_days=sum(row.get("Promo") == 1 for row in rows),
    )
