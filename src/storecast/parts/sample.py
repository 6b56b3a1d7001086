"""A sample of the stores of all parts, in the layout of a part: what models of a large chain learn from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.errors import ConfigError
from storecast.parts.chain_file import ChainFile
from storecast.parts.scan import store_key

FOLDER = "sample"


def draw_stores(folder: Path, chain: ChainFile, count: int, seed: int) -> pl.Series:
    """Return the ids, as text, of stores with sales that are drawn from all parts, each as likely as any other.

    Parameters
    ----------
    folder : of the parts
    chain : its chain.json
    count : how many; all of them where there are no more
    seed : the same seed draws the same stores

    Raises
    ------
    ConfigError
        where the count is below 1
    """
    if count < 1:
        raise ConfigError(f"--sample-stores: found {count}; expected 1 or more.")
    ids = [
        pl.scan_parquet(folder / part.name / "train.parquet").select(store_key()).unique().sort(pl.all())
        for part in chain.parts
    ]
    stores = pl.concat(ids).collect(engine="streaming").to_series().drop_nulls()
    if count >= len(stores):
        return stores
    places = np.random.default_rng(seed).choice(len(stores), count, replace=False)
    return stores.gather(np.sort(places))


def write_sample(folder: Path, chain: ChainFile, stores: pl.Series, out: Path) -> None:
    """Write the rows of some stores in the layout of a part.

    Parameters
    ----------
    folder : of the parts
    chain : its chain.json
    stores : ids as text
    out : folder that takes the files
    """
    for name in sorted({name for part in chain.parts for name in part.sha256}):
        paths = [folder / part.name / name for part in chain.parts if name in part.sha256]
        rows = _of_stores(paths, stores)
        if not rows.is_empty():
            rows.write_parquet(out / name)


def _of_stores(paths: Sequence[Path], stores: pl.Series) -> pl.DataFrame:
    """Return the rows of some stores; those of no store, which stand in the file of every part, once."""
    frames = []
    for place, path in enumerate(paths):
        rows = pl.scan_parquet(path)
        if s.STORE in rows.collect_schema():
            chosen = store_key().is_in(stores.implode())
            rows = rows.filter(chosen | store_key().is_null() if place == 0 else chosen)
        elif place:
            continue
        frames.append(rows)
    return pl.concat(frames, how="diagonal").collect(engine="streaming")
