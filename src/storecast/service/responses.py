"""The reply to a request for forecasts: stored days are looked up, days under another calendar are computed."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import orjson
import polars as pl

from storecast import schema as s
from storecast.bundle.assumed_days import NEAR
from storecast.service.live.snapshot import Snapshot
from storecast.service.lookup import Lookup, assumed_days, calendar_overlay, look_up, span
from storecast.service.problems import invalid
from storecast.service.rendering import joined, json_columns, json_rows
from storecast.service.requests.forecast import ForecastQuery
from storecast.service.requests.rows import COLUMNS, store_rows
from storecast.service.table import Table


def stored_reply(snapshot: Snapshot, query: ForecastQuery) -> tuple[Lookup, bytes | None]:
    """Find what is asked for and, where it all stands on the stored calendar, return the reply in JSON.

    For requests of rows alone (`ForecastQuery.plain`); a request that needs more gets None, and goes on to `answer`.
    """
    lookup = look_up_query(snapshot.table, query)
    if lookup.changed or lookup.new:
        return lookup, None
    assumed = assumed_days(snapshot.table, lookup)
    return lookup, b'%b,"assumed":%b,"forecasts":[%b]}' % (
        snapshot.reply_head,
        orjson.dumps(assumed) if assumed else b"[]",
        b",".join(snapshot.table.rendered.rows(lookup.places, lookup.ids)),
    )


def look_up_query(table: Table, query: ForecastQuery) -> Lookup:
    """Return where in a table the asked days are."""
    if query.rows is None:
        assert query.span is not None
        return Lookup(span(table, *query.span))
    return look_up(table, query.rows, _new(table, query))


def json_reply(snapshot: Snapshot, query: ForecastQuery) -> Iterable[bytes]:
    """Return the reply in JSON, in chunks."""
    table = snapshot.with_quantiles(query.quantiles)
    lookup = look_up_query(table, query)
    if lookup.changed or lookup.new or query.layout == COLUMNS or query.totals or query.explain:
        rows, assumed = worked_out(snapshot, table, query, lookup)
    else:
        rows, assumed = None, assumed_days(table, lookup)
    parts: list[Iterable[bytes]] = [[b'%b,"assumed":%b,"forecasts":' % (snapshot.reply_head, orjson.dumps(assumed))]]
    if rows is None:
        parts.append(_list(table.rendered.rows(lookup.places, lookup.ids)))
    elif query.layout == COLUMNS:
        parts.append([json_columns(rows)])
    else:
        parts.append(_list(json_rows(rows)))
    if query.totals and rows is not None:
        _only_of_the_chain(lookup, "totals")
        parts.append(chain([b',"totals":'], _list(json_rows(snapshot.predictor.totals(rows.drop(s.ID, strict=False))))))
    if query.explain and rows is not None:
        made_of, otherwise = explained(snapshot, lookup, rows)
        parts.append(chain([b',"explanations":'], _list(json_rows(made_of))))
        parts.append(chain([b',"counterfactuals":'], _list(json_rows(otherwise))))
    parts.append([b"}"])
    return list(chain.from_iterable(parts))


def frame(snapshot: Snapshot, query: ForecastQuery) -> pl.DataFrame:
    """Return the answered rows as a table."""
    table = snapshot.with_quantiles(query.quantiles)
    return worked_out(snapshot, table, query, look_up_query(table, query))[0]


def worked_out(
    snapshot: Snapshot, table: Table, query: ForecastQuery, lookup: Lookup
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Return the asked rows in their order, under the calendar that they say, and the days that rest on assumptions.

    A store is answered as a whole: what a row says of one day moves the days around it.

    Parameters
    ----------
    snapshot : that answers
    table : its rows, with the quantiles of the query
    query : the request
    lookup : where its rows are
    """
    assumed = assumed_days(table, lookup)
    if not (lookup.changed or lookup.new):
        rows = table.frame[lookup.places]
    else:
        assert query.rows is not None
        parts = []
        if lookup.changed:
            overlay = calendar_overlay(table, query.rows, lookup, lookup.changed)
            parts.append(snapshot.predictor.predict(overlay, query.quantiles)[0])
        if lookup.new:
            cold, guessed = _new_stores(snapshot, table, query, lookup)
            parts.append(cold)
            assumed += guessed
        unchanged = [p for p in lookup.places if p >= 0 and p // table.days not in lookup.changed]
        parts.append(table.frame[unchanged])
        keys = pl.DataFrame(
            {
                s.STORE: pl.Series([row.Store for row in query.rows], dtype=table.frame.schema[s.STORE]),
                s.DATE: pl.Series([row.Date for row in query.rows], dtype=pl.Date),
            }
        )
        rows = keys.join(pl.concat(parts), on=s.KEYS, how="left", maintain_order="left")
    if lookup.ids is not None:
        kind = pl.Int64 if all(id_ is None or type(id_) is int for id_ in lookup.ids) else pl.String
        ids = lookup.ids if kind == pl.Int64 else [None if id_ is None else str(id_) for id_ in lookup.ids]
        rows = rows.select(pl.Series(s.ID, ids, dtype=kind), pl.all())
    return rows, assumed


def explained(snapshot: Snapshot, lookup: Lookup, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the asked forecasts are made of, in money that adds up to each, and what they would be without a promotion.

    Parameters
    ----------
    snapshot : that answers
    lookup : where the rows are
    rows : of the forecast
    """
    _only_of_the_chain(lookup, "explain")
    if lookup.changed:
        raise invalid("explain", "tells of the stored calendar alone; send the rows as they are stored, or without it")
    stores = rows[s.STORE].unique(maintain_order=True).to_list()
    made_of = snapshot.predictor.explain(stores, counterfactuals=True)
    combined = rows.select(s.KEYS).join(made_of, on=s.KEYS, how="left", maintain_order="left")
    otherwise = [name for name in combined.columns if name.startswith(s.COUNTERFACTUAL)]
    return combined.drop(otherwise), combined.select(*s.KEYS, *otherwise)


def _new(table: Table, query: ForecastQuery) -> set[Any]:
    """Return the ids of the new stores whose attributes were sent."""
    new: set[Any] = set()
    for number, row in enumerate(query.stores):
        if row.Store in table.store_at:
            raise invalid(f"stores[{number}]", "the chain holds this store; leave its attributes out")
        if row.Store in new:
            raise invalid(f"stores[{number}]", "names a store that stands before; expected each once")
        new.add(row.Store)
    return new


def _new_stores(
    snapshot: Snapshot, table: Table, query: ForecastQuery, lookup: Lookup
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    assert query.rows is not None
    rows = [query.rows[k] for k in lookup.new]
    named = {row.Store for row in rows}
    stores = store_rows(table.kind).frame(query.stores, "stores")
    stores = stores.filter(pl.col(s.STORE).is_in(list(named)))
    forecast, _ = snapshot.predictor.predict_new_stores(stores, table.calendar_of(rows), query.quantiles)
    whole = {(row.Store, row.Date) for row in rows if all(getattr(row, name) is not None for name in s.KNOWN)}
    assumed = []
    for row in rows:
        near = (row.Date + dt.timedelta(days=k) for k in range(-NEAR, NEAR + 1))
        if any((row.Store, date) not in whole for date in near if date in table.day_at):
            assumed.append({s.STORE: row.Store, s.DATE: row.Date.isoformat()})
    return forecast, assumed


def _only_of_the_chain(lookup: Lookup, option: str) -> None:
    if lookup.new:
        raise invalid(option, "is of stores that the chain holds; ask for the new ones without it")


def _list(rows: Iterable[bytes]) -> Iterator[bytes]:
    return chain([b"["], joined(rows), [b"]"])
