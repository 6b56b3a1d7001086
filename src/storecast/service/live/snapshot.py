"""Snapshot: a model with the chain that it answers for. It never changes: a newer one takes its place."""

from collections import OrderedDict
from dataclasses import dataclass, field

import orjson

from storecast.bundle.predictor import Predictor
from storecast.service.table import Table

MAX_QUANTILE_TABLES = 4  # of one model

Quantiles = tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A model with the chain that it answers for.

    Attributes
    ----------
    predictor : the model at its cutoff
    version : of the chain in the database
    table : its forecast, laid out for looking up
    reply_head : how a reply in JSON begins
    """

    predictor: Predictor
    version: int
    table: Table
    reply_head: bytes
    _quantile_tables: "OrderedDict[Quantiles, Table]" = field(default_factory=OrderedDict)

    @classmethod
    def of(cls, predictor: Predictor, version: int) -> "Snapshot":
        """Make the snapshot of a model over a version of the chain: everything that a usual reply needs is made now."""
        target = orjson.dumps(predictor.panel.target.to_plain())[1:-1]
        head = f'{{"model":"{predictor.bundle.name}","cutoff":"{predictor.cutoff}","version":{version}'.encode()
        head += b"," + target if target else b""
        return cls(predictor, version, Table(predictor), head)

    @property
    def name(self) -> str:
        """The name of the model's file."""
        return self.predictor.bundle.name

    def with_quantiles(self, quantiles: Quantiles) -> Table:
        """Return the table with these quantiles beside the bounds; the last few are kept."""
        if not quantiles:
            return self.table
        table = self._quantile_tables.get(quantiles)
        if table is None:
            table = self._quantile_tables[quantiles] = Table(self.predictor, quantiles)
            while len(self._quantile_tables) > MAX_QUANTILE_TABLES:
                self._quantile_tables.popitem(last=False)
        return table
