"""Rows in batches that keep stores together, and forecasts as frames."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from storecast.client.replies import Row

if TYPE_CHECKING:
    import polars as pl


def batch_positions(rows: Sequence[Mapping[str, Any]], batch: int) -> Iterator[list[int]]:
    """Yield positions of rows, whole stores together, at most ``batch`` where a store's rows allow it."""
    by_store: dict[Any, list[int]] = {}
    for position, row in enumerate(rows):
        by_store.setdefault(row.get("Store"), []).append(position)
    positions: list[int] = []
    for of_store in by_store.values():
        if positions and len(positions) + len(of_store) > batch:
            yield positions
            positions = []
        positions += of_store
    if positions:
        yield positions


def is_frame(rows: object) -> bool:
    """Return whether rows are a Polars frame, without importing Polars."""
    return hasattr(rows, "to_dicts") and hasattr(rows, "schema")


def as_frame(rows: list[Row], like: "pl.DataFrame") -> "pl.DataFrame":
    """Return forecasts as a Polars frame with dates; `like` gives the type of Store where there are no rows."""
    import polars as pl

    if not rows:
        return pl.DataFrame(
            schema={"Store": like.schema.get("Store", pl.Int64()), "Date": pl.Date(), "Forecast": pl.Float64()}
        )
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col("Date").str.to_date())
