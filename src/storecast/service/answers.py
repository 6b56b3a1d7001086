"""The reply to a request for forecasts: what is stored is looked up, what differs from it goes the whole road."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import orjson
import polars as pl

from storecast import schema as s
from storecast.bundle.predictor import NEAR
from storecast.service.asked import Asked
from storecast.service.attributes import attributes
from storecast.service.live.snapshot import Snapshot
from storecast.service.problems import invalid
from storecast.service.render import joined, json_columns, json_rows
from storecast.service.rows_in import COLUMNS
from storecast.service.table import Found, Table


def stored(snapshot: Snapshot, asked: Asked) -> tuple[Found, bytes | None]:
    """Find what is asked for and, where it all stands on the stored calendar, return the reply in JSON.

    For requests of rows alone (`Asked.plain`); a request that needs more gets None, and goes on to `answer`.
    """
    found = find(snapshot.table, asked)
    if found.changed or found.new:
        return found, None
    assumed = snapshot.table.assumed(found)
    return found, b'%b,"assumed":%b,"forecasts":[%b]}' % (
        snapshot.reply_head,
        orjson.dumps(assumed) if assumed else b"[]",
        b",".join(snapshot.table.rows(found)),
    )


def find(table: Table, asked: Asked) -> Found:
    """Return where in a table the asked days are."""
    if asked.rows is None:
        assert asked.span is not None
        return Found(table.span(*asked.span))
    return table.find(asked.rows, _new(table, asked))


def answer(snapshot: Snapshot, asked: Asked) -> Iterable[bytes]:
    """Return the reply in JSON, in chunks."""
    table = snapshot.with_quantiles(asked.quantiles)
    found = find(table, asked)
    if found.changed or found.new or asked.layout == COLUMNS or asked.totals or asked.explain:
        rows, assumed = worked_out(snapshot, table, asked, found)
    else:
        rows, assumed = None, table.assumed(found)
    parts: list[Iterable[bytes]] = [[b'%b,"assumed":%b,"forecasts":' % (snapshot.reply_head, orjson.dumps(assumed))]]
    if rows is None:
        parts.append(_list(table.rows(found)))
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


def frame(snapshot: Snapshot, asked: Asked) -> pl.DataFrame:
    """Return the answered rows as a table."""
    table = snapshot.with_quantiles(asked.quantiles)
    return worked_out(snapshot, table, asked, find(table, asked))[0]


def worked_out(
    snapshot: Snapshot, table: Table, asked: Asked, found: Found
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
                s.STORE: pl.Series([row[s.STORE] for row in asked.rows], dtype=table.frame.schema[s.STORE]),
                s.DATE: pl.Series([dt.date.fromisoformat(row[s.DATE]) for row in asked.rows], dtype=pl.Date),
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


def _new(table: Table, asked: Asked) -> dict[Any, int] | None:
    """Return the new stores whose attributes were sent."""
    if not asked.stores:
        return None
    new: dict[Any, int] = {}
    for number, row in enumerate(asked.stores):
        if isinstance(row, dict) and type(row.get(s.STORE)) is table.kind:
            if row[s.STORE] in table.store_at:
                raise invalid(f"stores[{number}]", "the chain holds this store; leave its attributes out")
            new[row[s.STORE]] = number
    return new


def _cold(snapshot: Snapshot, table: Table, asked: Asked, found: Found) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    assert asked.rows is not None
    rows = [asked.rows[k] for k in found.new]
    named = {row[s.STORE] for row in rows}
    stores = attributes(asked.stores, table.kind, table.frame.schema[s.STORE], "stores")
    stores = stores.filter(pl.col(s.STORE).is_in(list(named)))
    forecast, _ = snapshot.predictor.predict_new_stores(stores, table.calendar_of(rows), asked.quantiles)
    whole = {(row[s.STORE], row[s.DATE]) for row in rows if all(row.get(name) is not None for name in s.KNOWN)}
    assumed = []
    for row in rows:
        day = table.day_at[row[s.DATE]]
        near = table.dates[max(0, day - NEAR) : day + NEAR + 1]
        if any((row[s.STORE], date) not in whole for date in near):
            assumed.append({s.STORE: row[s.STORE], s.DATE: row[s.DATE]})
    return forecast, assumed


def _only_of_the_chain(found: Found, option: str) -> None:
    if found.new:
        raise invalid(option, "is of stores that the chain holds; ask for the new ones without it")


def _list(rows: Iterable[bytes]) -> Iterator[bytes]:
    return chain([b"["], joined(rows), [b"]"])
