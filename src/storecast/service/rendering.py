"""Tables as replies: rows or columns of JSON, or CSV. Money has two decimals, dates are ISO."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import orjson
import polars as pl
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from storecast.csv_files import escape_formulas
from storecast.errors import Message

JSON, CSV = "application/json", "text/csv; charset=utf-8"
AT_ONCE = 5_000  # rows of a chunk


def json_rows(table: pl.DataFrame) -> Iterator[bytes]:
    """Yield each row of a table as an object."""
    form = "{" + ",".join(f"{orjson.dumps(name).decode().replace('%', '%%')}:%s" for name in table.columns) + "}"
    for cells in zip(*(json_cells(table[name]) for name in table.columns), strict=True):
        yield (form % cells).encode()


def json_columns(table: pl.DataFrame) -> bytes:
    """Return a table as an object with a list for each column."""
    parts = (b"%b:[%b]" % (orjson.dumps(name), ",".join(json_cells(table[name])).encode()) for name in table.columns)
    return b"{" + b",".join(parts) + b"}"


def json_cells(column: pl.Series) -> list[str]:
    """Return the cells of a column as JSON."""
    if column.dtype.is_float():
        return ["null" if value is None or value != value else f"{value:.2f}" for value in column.to_list()]
    if column.dtype.is_temporal():
        return ["null" if value is None else f'"{value}"' for value in column.to_list()]
    if column.dtype.is_integer():
        return ["null" if value is None else str(value) for value in column.to_list()]
    return [orjson.dumps(value).decode() for value in column.to_list()]


def csv(table: pl.DataFrame) -> Iterator[bytes]:
    """Yield a table as CSV, whose text a spreadsheet takes as text."""
    safe = escape_formulas(table)
    for begin in range(0, max(1, table.height), AT_ONCE):
        yield safe.slice(begin, AT_ONCE).write_csv(include_header=begin == 0, float_precision=2).encode()


def joined(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Yield rows with commas between, in chunks."""
    some: list[bytes] = []
    first = True
    for row in rows:
        some.append(row)
        if len(some) >= AT_ONCE:
            yield b",".join(some) if first else b"," + b",".join(some)
            some, first = [], False
    if some:
        yield b",".join(some) if first else b"," + b",".join(some)


def json_reply(body: Any) -> "BytesResponse":
    """Return a reply of `replies`, or plain data, in JSON."""
    return BytesResponse(msgspec.json.encode(body, enc_hook=_plain))


def _plain(value: Any) -> str:
    """Return a text with a template of its own as text: msgspec 0.22 writes no subclass of str."""
    if isinstance(value, Message):
        return str(value)
    raise TypeError(f"{type(value)} is in no reply")


class BytesResponse(Response):
    """A reply whose body is there, at once; lean, for it is on the way of every forecast."""

    def __init__(self, body: bytes, media_type: str = JSON, status: int = 200) -> None:
        self.body = body
        self.status_code = status
        self.background = None
        self.raw_headers = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI calls it
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


class ChunkedResponse(BytesResponse):
    """A large reply, sent as fast as the client takes it."""

    def __init__(self, chunks: Iterable[bytes], media_type: str = JSON) -> None:
        super().__init__(b"", media_type)
        self.raw_headers = self.raw_headers[:1]
        self.chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI calls it
        """Send one chunk after the other."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for chunk in self.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
