"""The rows of a chain's files into the files of its parts, as streams: memory holds a few blocks of rows of each part."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
from polars.io.partition import FileProviderArgs

from storecast.data.file_columns import REPLACES
from storecast.data.file_layout import EVENTS, SALES_TABLES
from storecast.errors import DataError, quote
from storecast.parts.assign import PART
from storecast.parts.scan import KEY, ScannedFile, store_key

ROW_GROUP = 100_000  # rows of a part that are written at once: with the number of parts, this decides about memory


def part_name(part: int) -> str:
    """Return the name of a part's folder.

    Examples
    --------
    >>> part_name(7)
    'part-0007'
    """
    return f"part-{part:04d}"


def store_rows(tables: Mapping[str, Sequence[ScannedFile]]) -> pl.DataFrame:
    """Return every store of a chain with its rows of sales.

    Parameters
    ----------
    tables : the files, by their table

    Returns
    -------
    KEY, rows, each store once
    """
    counted = [
        file.frame.select(KEY, pl.lit(int(stem == "train")).alias("rows"))
        .drop_nulls()
        .group_by(KEY)
        .agg(pl.col("rows").sum())
        for stem, files in tables.items()
        if stem != EVENTS
        for file in files
    ]
    return pl.concat(counted).group_by(KEY).agg(pl.col("rows").sum()).sort(KEY).collect(engine="streaming")


def replaced_stores(tables: Mapping[str, Sequence[ScannedFile]]) -> dict[str, str]:
    """Return the store that took the place of another, by that other one, as the files of stores say.

    Parameters
    ----------
    tables : the files, by their table
    """
    replaced: dict[str, str] = {}
    for file in tables.get("store", ()):
        if REPLACES in file.frame.collect_schema():
            before = store_key(REPLACES).alias("before")
            rows = file.frame.select(before, KEY).drop_nulls().collect(engine="streaming")
            replaced |= dict(rows.iter_rows())
    return replaced


def split(tables: Mapping[str, Sequence[ScannedFile]], parts: pl.DataFrame, folder: Path) -> None:
    """Write the rows of every table into the folders of the parts.

    Parameters
    ----------
    tables : the files, by their table
    parts : KEY and PART of every store
    folder : takes a folder for each part

    Raises
    ------
    DataError
        where the stream cannot be read to its end
    """
    for part in parts[PART].unique():
        (folder / part_name(part)).mkdir(parents=True)
    for stem, files in tables.items():
        rows = pl.concat([file.frame for file in files], how="diagonal")
        try:
            if stem in SALES_TABLES:
                _stream(rows, parts, folder, stem)
            else:
                _write_small(rows.collect(engine="streaming"), parts, folder, stem)
        except pl.exceptions.PolarsError as error:
            names = ", ".join(file.name for file in files)
            raise DataError(f"{names} cannot be read to the end: {quote(error)}. Write it again.") from error


def _stream(rows: pl.LazyFrame, parts: pl.DataFrame, folder: Path, stem: str) -> None:
    def path(file: FileProviderArgs) -> Path:
        return Path(part_name(file.partition_keys.item())) / f"{stem}.parquet"  # within the folder

    places = pl.PartitionBy(
        folder, key=PART, include_key=False, file_path_provider=path, approximate_bytes_per_file=None
    )
    in_parts = rows.join(parts.lazy(), on=KEY, how="inner", maintain_order="left").drop(KEY)
    in_parts.sink_parquet(places, row_group_size=ROW_GROUP, engine="streaming")


def _write_small(rows: pl.DataFrame, parts: pl.DataFrame, folder: Path, stem: str) -> None:
    """Write a table of stores; a row of events that names no store holds for every part."""
    of_all = rows.filter(pl.col(KEY).is_null()) if stem == EVENTS and KEY in rows.columns else rows.clear()
    if KEY not in rows.columns:
        rows, of_all = rows.clear(), rows
        rows = rows.with_columns(pl.lit(None, pl.String).alias(KEY))
        of_all = of_all.with_columns(pl.lit(None, pl.String).alias(KEY))
    placed = rows.join(parts, on=KEY, how="inner", maintain_order="left")
    by_part = placed.partition_by(PART, as_dict=True)
    for part in parts[PART].unique():
        own = by_part.get((part,))
        both = of_all.drop(KEY) if own is None else pl.concat([of_all, own.drop(PART)]).drop(KEY)
        if both.height:
            both.write_parquet(folder / part_name(part) / f"{stem}.parquet")
