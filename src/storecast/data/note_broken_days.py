"""Name the days whose sales no model learns, see `broken_days` and `unusual_last_days`."""

import numpy as np

from storecast import schema as s
from storecast.arrays import Bool
from storecast.data.cleaning_rules import LONGEST_CLOSURE, Work, store_name
from storecast.data.grid import Grid
from storecast.dates import as_date


def note_broken_days(work: Work, grid: Grid) -> None:
    """Count the days with sales that no model learns, slumps among them, and name those of most stores, with their dates.

    Parameters
    ----------
    work : takes the note
    grid : of the clean chain
    """
    last = grid.column(as_date(work.sales[s.DATE].max()))
    sold = np.isfinite(grid.log_sales()[:, : last + 1])
    left_out = grid.days_left_out(last) & sold
    if grid.excluded is not None:
        left_out &= ~grid.excluded[:, : last + 1]
    spans: dict[str, list[int]] = {}
    for store in np.flatnonzero(left_out.any(axis=1)):
        for span in _spans(grid, sold[store], left_out[store]):
            spans.setdefault(span, []).append(int(store))
    examples = [
        f"{span}: {f'{len(places)} stores' if len(places) > 1 else store_name(grid.stores[s.STORE][places[0]])}"
        for span, places in sorted(spans.items(), key=lambda each: (len(each[1]), each[0]), reverse=True)
    ]
    work.note("broken_days", "kept; models do not learn from them", int(left_out.sum()), examples)


def _spans(grid: Grid, sold: Bool, left_out: Bool) -> list[str]:
    """Return the spans of days of a store with sales of which no model learns any.

    Parameters
    ----------
    grid : of the clean chain
    sold, left_out : days of the store with sales, and those of them that are left out, (days,)
    """
    days = np.flatnonzero(sold)
    places = np.flatnonzero(left_out[days])
    apart = (np.diff(places) > 1) | (np.diff(days[places]) > LONGEST_CLOSURE)
    ends = [
        (grid.day(int(span[0])), grid.day(int(span[-1]))) for span in np.split(days[places], np.flatnonzero(apart) + 1)
    ]
    return [str(first) if first == last else f"{first} to {last}" for first, last in ends]


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
