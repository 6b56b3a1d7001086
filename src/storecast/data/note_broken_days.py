"""Name the days whose sales no model learns, see `broken_days` and `unusual_last_days`."""

import numpy as np
import polars as pl

from storecast import schema as s
from storecast.data.cleaning_rules import Work, store_name
from storecast.data.grid import Grid
from storecast.dates import as_date


def note_broken_days(work: Work, grid: Grid) -> None:
    """Count the broken days of a chain and name those of most stores, with their dates.

    Parameters
    ----------
    work : takes the note
    grid : of the clean chain
    """
    store, day = np.nonzero(grid.broken if grid.excluded is None else grid.broken & ~grid.excluded)
    if not len(store):
        return
    broken = pl.DataFrame({s.STORE: grid.stores[s.STORE].gather(store), s.DATE: [grid.day(int(k)) for k in day]})
    by_day = broken.group_by(s.DATE).agg(pl.col(s.STORE).min(), pl.len().alias("stores"))
    examples = [
        f"{date}: {f'{count} stores' if count > 1 else store_name(first)}"
        for date, first, count in by_day.sort("stores", s.DATE, descending=True).iter_rows()
    ]
    work.note("broken_days", "kept; models do not learn from them", broken.height, examples)


def note_unusual_last_days(work: Work, grid: Grid) -> None:
    """Name the last days on which nearly all stores sold far from usual.

    Parameters
    ----------
    work : takes the note
    grid : of the clean chain
    """
    unusual = grid.unusual_last_days(grid.column(as_date(work.sales[s.DATE].max())))
    sold = (grid.sales > 0).sum(axis=0)
    examples = [
        f"{grid.day(int(column))}: {factor:.2g} times"
        for column, factor in zip(unusual.columns, unusual.factors, strict=True)
    ]
    work.note(
        "unusual_last_days",
        "kept; models do not learn from them until most days of two weeks are like them",
        int(sold[unusual.columns].sum()),
        examples,
    )
