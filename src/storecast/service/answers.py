"""The reply to a request for forecasts: what is stored is looked up, what differs from it goes the whole road."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import orjson
import polars as pl

from storecast import schema as s
from storecast.bundle.predictor import NEAR
from storecast.service.live.snapshot import Snapshot
from storecast.service.problems import invalid
from storecast.service.render import joined, json_columns, json_rows
from storecast.service.requests.forecast import ForecastQuery
from storecast.service.requests.rows import COLUMNS, store_rows
from storecast.service.table import Found, Table


def stored(snapshot: Snapshot, asked: ForecastQuery) -> tuple[Found, bytes | None]:
    """Find what is asked for and, where it all stands on the stored calendar, return the reply in JSON.

    For requests of rows alone (`ForecastQuery.plain`); a request that needs more gets None, and goes on to `answer`.
    """
    found = find(snapshot.table, asked)
    if found.changed or found.new:
        return found, None
    assumed = snapshot.table.assumed(found)
    return found, b'%b,"assumed":%b,"forecasts":[%b]}' % (
        snapshot.reply_head,
        orjson.dumps(assumed) if assumed else b"[]",
        b",".join(snapshot.table.reply_rows(found)),
    )


def find(table: Table, asked: ForecastQuery) -> Found:
    """Return where in a table the asked days are."""
    if asked.rows is None:
        assert asked.span is not None
        return Found(table.span(*asked.span))
    return table.find(asked.rows, _new(table, asked))


def answer(snapshot: Snapshot, asked: ForecastQuery) -> Iterable[bytes]:
    """Return the reply in JSON, in chunks."""
    table = snapshot.with_quantiles(asked.quantiles)
    found = find(table, asked)
    if found.changed or found.new or asked.layout == COLUMNS or asked.totals or asked.explain:
        rows, assumed = worked_out(snapshot, table, asked, found)
    else:
        rows, assumed = None, table.assumed(found)
    parts: list[Iterable[bytes]] = [[b'%b,"assumed":%b,"forecasts":' % (snapshot.reply_head, orjson.dumps(assumed))]]
    if rows is None:
        parts.append(_list(table.reply_rows(found)))
    elif asked.layout == COLUMNS:
        parts.append([json_columns(rows)])
    else:
        parts.append(_list(json_rows(rows)))
    if asked.totals and rows is not None:
        _only_of_the_chain(found, "totals")
        parts.append(chain([b',"totals":'], _list(json_rows(snapshot.predictor.totals(rows.drop(s.ID, strict=False))))))
    if asked.explain and rows is not None:
        parts.append(chain([b',"explanations":'], _list(json_rows(explained(snapshot, found, rows)))))
    parts.append([b"}"])
    return list(chain.from_iterable(parts))


def frame(snapshot: Snapshot, asked: ForecastQuery) -> pl.DataFrame:
    """Return the answered rows as a table."""
    table = snapshot.with_quantiles(asked.quantiles)
    return worked_out(snapshot, table, asked, find(table, asked))[0]


def worked_out(
    snapshot: Snapshot, table: Table, asked: ForecastQuery, found: Found
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Return the asked rows in their order, under the calendar that they say, and the days that rest on assumptions.

    A store is answered as a whole: what a row says of one day moves the days around it.
    """
    assumed = table.assumed(found)
    if not (found.changed or found.new):
        rows = table.frame[found.places]
    else:
        assert asked.rows is not None
        parts = []
        if found.changed:
            overlay = table.overlay(asked.rows, found, found.changed)
            parts.append(snapshot.predictor.predict(overlay, asked.quantiles)[0])
        if found.new:
            cold, guessed = _cold(snapshot, table, asked, found)
            parts.append(cold)
            assumed += guessed
        there = [p for p in found.places if p >= 0 and p // table.days not in found.changed]
        parts.append(table.frame[there])
        keys = pl.DataFrame(
            {
                s.STORE: pl.Series([row.Store for row in asked.rows], dtype=table.frame.schema[s.STORE]),
                s.DATE: pl.Series([row.Date for row in asked.rows], dtype=pl.Date),
            }
        )
        rows = keys.join(pl.concat(parts), on=s.KEYS, how="left", maintain_order="left")
    if found.ids is not None:
        kind = pl.Int64 if all(id_ is None or type(id_) is int for id_ in found.ids) else pl.String
        ids = found.ids if kind == pl.Int64 else [None if id_ is None else str(id_) for id_ in found.ids]
        rows = rows.select(pl.Series(s.ID, ids, dtype=kind), pl.all())
    return rows, assumed


def explained(snapshot: Snapshot, found: Found, rows: pl.DataFrame) -> pl.DataFrame:
    """Return what the asked forecasts are made of, in money that adds up to each."""
    _only_of_the_chain(found, "explain")
    if found.changed:
        raise invalid("explain", "tells of the stored calendar alone; send the rows as they are stored, or without it")
    made_of = snapshot.predictor.explain(rows[s.STORE].unique(maintain_order=True).to_list())
    return rows.select(s.KEYS).join(made_of, on=s.KEYS, how="left", maintain_order="left")


def _new(table: Table, asked: ForecastQuery) -> set[Any]:
    """Return the ids of the new stores whose attributes were sent."""
    new: set[Any] = set()
    for number, row in enumerate(asked.stores):
        if row.Store in table.store_at:
            raise invalid(f"stores[{number}]", "the chain holds this store; leave its attributes out")
        if row.Store in new:
            raise invalid(f"stores[{number}]", "names a store that stands before; expected each once")
        new.add(row.Store)
    return new


def _cold(
    snapshot: Snapshot, table: Table, asked: ForecastQuery, found: Found
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    assert asked.rows is not None
    rows = [asked.rows[k] for k in found.new]
    named = {row.Store for row in rows}
    stores = store_rows(table.kind).frame(asked.stores, "stores")
    stores = stores.filter(pl.col(s.STORE).is_in(list(named)))
    forecast, _ = snapshot.predictor.predict_new_stores(stores, table.calendar_of(rows), asked.quantiles)
    whole = {(row.Store, row.Date) for row in rows if all(getattr(row, name) is not None for name in s.KNOWN)}
    assumed = []
    for row in rows:
        near = (row.Date + dt.timedelta(days=k) for k in range(-NEAR, NEAR + 1))
        if any((row.Store, date) not in whole for date in near if date in table.day_at):
            assumed.append({s.STORE: row.Store, s.DATE: row.Date.isoformat()})
    return forecast, assumed


def _only_of_the_chain(found: Found, option: str) -> None:
    if found.new:
        raise invalid(option, "is of stores that the chain holds; ask for the new ones without it")


def _list(rows: Iterable[bytes]) -> Iterator[bytes]:
    return chain([b"["], joined(rows), [b"]"])
