"""Rendered rows: the rows of a forecast as JSON, each rendered when it is first asked for and kept as bytes."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import polars as pl

from storecast import schema as s

MAX_RENDERED = 300_000  # rows kept as bytes


class RenderedRows:
    """The rows of a forecast as JSON.

    Parameters
    ----------
    frame : the forecast, a row for each store and day in their order
    dates : of the days, as ISO text
    stores : ids in their order
    """

    def __init__(self, frame: pl.DataFrame, dates: Sequence[str], stores: Sequence[Any]) -> None:
        names = [name for name in frame.columns if name not in s.KEYS]
        self._dates = dates
        self._values = frame.select(names).to_numpy(order="c")
        self._form = _row_form(names)
        self._store_json = [orjson.dumps(store).decode() for store in stores]
        self._rendered: dict[int, bytes] = {}

    def row(self, place: int) -> bytes:
        """Return a row as JSON."""
        rendered = self._rendered.get(place)
        if rendered is None:
            if len(self._rendered) >= MAX_RENDERED:
                self._rendered.clear()
            at, day = divmod(place, len(self._dates))
            text = self._form % (self._store_json[at], self._dates[day], *self._values[place].tolist())
            rendered = self._rendered[place] = text.encode()
        return rendered

    def rows(self, places: Sequence[int], ids: Sequence[Any] | None) -> Iterable[bytes]:
        """Return rows as JSON.

        Parameters
        ----------
        places : of the rows
        ids : that came with them, one or None for each; None where no row came with one
        """
        if ids is None:
            return map(self.row, places)
        return (
            self.row(place) if id_ is None else b'{"Id":%b,%b' % (orjson.dumps(id_), self.row(place)[1:])
            for place, id_ in zip(places, ids, strict=True)
        )


def _row_form(names: Iterable[str]) -> str:
    """Return the form of a row in JSON, money with two decimals."""
    return '{"Store":%s,"Date":"%s",' + ",".join(f'"{name}":%.2f' for name in names) + "}"
