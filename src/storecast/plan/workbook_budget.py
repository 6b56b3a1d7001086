"""Put the budget of single stores' weeks into a budget of days, weeks or months; what is not changed keeps its figures."""

import datetime as dt
from collections.abc import Iterator, Sequence

import polars as pl

from storecast.plan.budget import budget_of
from storecast.plan.store_days import CENT, StoreDays
from storecast.plan.workbook_changes import WorkbookChange, weeks_within

Amount = tuple[str, dt.date, dt.date, float]  # store, first, last, amount
ONE_DAY = dt.timedelta(days=1)


def with_store_weeks(budget: pl.DataFrame, changes: Sequence[WorkbookChange], figures: StoreDays) -> pl.DataFrame:
    """Return a budget in which some weeks of stores have other amounts.

    An amount of a longer period, such as a month, is cut: its other weeks in the version keep their figures to the cent, and of its
    days outside of the version the share of these days counts.

    Parameters
    ----------
    budget : store (text), first, last, amount
    changes : of the budget, each of a week of the version
    figures : the forecast of that version, by which amounts are spread
    """
    changed: dict[str, set[tuple[dt.date, dt.date]]] = {}
    for change in changes:
        changed.setdefault(change.store, set()).add((change.first, change.last))
    of_stores = budget["store"].is_in(list(changed))
    cells = budget_of(figures, budget)
    places = {store: place for place, store in enumerate(figures.stores.cast(pl.String).to_list())}
    columns = ("store", "first", "last", "amount")
    rows: list[Amount] = []
    for store, first, last, amount in budget.filter(of_stores).select(columns).iter_rows():
        if not any(begin <= last and end >= first for begin, end in changed[store]):
            rows.append((store, first, last, amount))
            continue
        for begin, end in _outside(first, last, figures):
            share = ((end - begin).days + 1) / ((last - first).days + 1)
            rows.append((store, begin, end, round(amount * share, 2)))
        for week in weeks_within(figures):
            begin, end = max(week[0], first), min(week[1], last)
            if begin <= end and week not in changed[store]:
                days = slice((begin - figures.first).days, (end - figures.first).days + 1)
                rows.append((store, begin, end, int(cells[places[store], days].sum()) / CENT))
    rows += [(each.store, each.first, each.last, each.after) for each in changes if each.after is not None]
    new = pl.DataFrame(rows, schema={name: budget.schema[name] for name in columns}, orient="row")
    return pl.concat([budget.filter(~of_stores).select(columns), new])


def _outside(first: dt.date, last: dt.date, figures: StoreDays) -> Iterator[tuple[dt.date, dt.date]]:
    """Yield the parts of a period before and after a version."""
    if first < figures.first:
        yield first, min(last, figures.first - ONE_DAY)
    if last > figures.last:
        yield max(first, figures.last + ONE_DAY), last
