"""Forecasts and scenarios: what the service is asked for most."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast, overload

from storecast.client.batches import as_frame, batch_positions, is_frame
from storecast.client.errors import UnavailableError
from storecast.client.replies import Explanation, Forecasts, Row, Scenario, StoreId
from storecast.client.request_parts import Day, Rows, forecast_options, query_of, without_none
from storecast.client.sending import Sender

if TYPE_CHECKING:
    import polars as pl

BATCH = 50_000  # rows of one request of `forecast_many`


class StoredForecasts(NamedTuple):
    """Forecasts as they are stored, and the ETag that stands for them."""

    forecasts: Forecasts
    etag: str


class ForecastsClient:
    """The forecasts of a service; `Client` is one, and says what is raised.

    Parameters
    ----------
    sender : of the client
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

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

    def stored_forecasts(
        self,
        store: StoreId,
        start: Day | None = None,
        days: int | None = None,
        *,
        known: StoredForecasts | None = None,
    ) -> StoredForecasts:
        """Return the stored forecasts of a store with their ETag; where nothing has changed, no figure is sent again.

        Parameters
        ----------
        store : id of the store
        start : first day; None: the first day after the cutoff
        days : number of days; None: to the end of the horizon
        known : what was returned before; it is returned itself where it still holds
        """
        query = query_of(store=store, start=start, days=days)
        reply = self._sender.get_if_changed("/v1/forecasts", query, known.etag if known else None)
        if reply is None:
            assert known is not None
            return known
        return StoredForecasts(cast("Forecasts", reply[0]), reply[1])

    def explanation(self, store: StoreId, date: Day) -> Explanation:
        """Return what the forecast of a day is made of; of a day of the past, what was sold stands beside it.

        Parameters
        ----------
        store : id of the store
        date : of the past or ahead

        Raises
        ------
        ClientError
            `InvalidError` for an unknown store, or a day that cannot be explained, and others of its tree
        """
        query = query_of(store=store, date=date)
        return cast("Explanation", self._sender.send("GET", "/v1/explanations", query=query, slow=True))

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

    def scenario(self, rows: Rows, *, model: str | None = None) -> Scenario:
        """Compare the forecast under another calendar with the one under the stored calendar.

        Parameters
        ----------
        rows : Store, Date, and the values that replace those of the stored calendar
        model : name of a model file; None: the promoted model
        """
        body = {"rows": [dict(row) for row in rows], "model": model}
        return cast("Scenario", self._sender.send("POST", "/v1/scenarios", body=without_none(body), slow=True))

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
