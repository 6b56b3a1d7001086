"""The chain's totals, kept in the home: they take seconds to work out, and a service that starts again finds them there."""

import hashlib
import json
import logging
from pathlib import Path

import polars as pl

from storecast import __version__
from storecast.bundle.predictor import Predictor
from storecast.data.breakdown import Breakdown
from storecast.errors import ConfigError
from storecast.files import atomic_write

log = logging.getLogger(__name__)

FILE = "page-totals.json"
DAYS = ("Start", "End")


def totals_of_chain(predictor: Predictor, home: Path) -> pl.DataFrame:
    """Return the totals of the whole chain by day, week and over the horizon, as `Predictor.totals`.

    Parameters
    ----------
    predictor : the model at its cutoff
    home : in which those that were worked out last are kept
    """
    path, key = home / FILE, _key(predictor)
    totals = _read(path, key)
    if totals is None:
        totals = predictor.totals(predictor.forecast(), Breakdown(periods=("day",)), of_chain=True)
        _write(path, key, totals)
    return totals


def _key(predictor: Predictor) -> str:
    """Return a text that differs where anything differs that totals are made of."""
    panel = predictor.panel
    tables = (predictor.medians, panel.breakdown.with_columns(panel.stores))
    digest = hashlib.sha256(json.dumps([__version__, predictor.bundle.name]).encode())
    for table in tables:
        digest.update(table.rechunk().write_ipc(None).getvalue())
    return digest.hexdigest()


def _read(path: Path, key: str) -> pl.DataFrame | None:
    try:
        stored = json.loads(path.read_bytes())
        if stored["key"] != key:
            return None
        return pl.DataFrame(stored["totals"]).with_columns(pl.col(DAYS).str.to_date("%Y-%m-%d"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        log.info("%s cannot be read, and is written anew: %s", path.name, error)
        return None


def _write(path: Path, key: str, totals: pl.DataFrame) -> None:
    columns = totals.with_columns(pl.col(DAYS).dt.to_string("%Y-%m-%d")).to_dict(as_series=False)
    try:
        with atomic_write(path) as draft:
            draft.write_text(json.dumps({"key": key, "totals": columns}), encoding="utf-8")
    except (OSError, ConfigError) as error:  # a home that cannot be written to
        log.info("%s is not kept: %s", path.name, error)
