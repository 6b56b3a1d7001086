"""Where the sales end: the last day that is nearly complete.

Stores report at different times, and a single row that comes early must not start the forecast of the whole chain later. A day is
complete where at least two thirds of the stores have a row that had one on that weekday lately. Incomplete days after the last
complete one are left out of the sales; what they say of openings and promotions stays in the calendar. A store counts as trading
until it has sold nothing for six weeks (`active_stores`), so days of a few stores count once the others are silent for so long.

Files also hold days ahead among the sales, with zeros where nothing is known yet. Days at the end on which no store sold anything
though stores were open are such days, unless the chain has had one like them lately.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from storecast import schema as s
from storecast.data.active_stores import SILENT_DAYS
from storecast.data.cleaning_rules import LONGEST_CLOSURE, Work
from storecast.dates import as_date

COMPLETE_SHARE = 2 / 3  # of the stores that usually have a row on that weekday
# Weeks back that show how many stores usually have a row: the second most of them, which six weeks of few do not change.
USUAL_WEEKS = 8
MIN_STORES = 2


@dataclass(frozen=True)
class SalesEnd:
    """Where the sales of a chain end.

    Attributes
    ----------
    sold : the last day before days on which no store sold anything; None: there are none at the end
    complete : the last day that is complete; None: nobody asks whether days are
    """

    sold: dt.date | None = None
    complete: dt.date | None = None


def day_counts(sales: pl.DataFrame, *, openings_known: bool) -> pl.DataFrame:
    """Return what is to be known of each day; the counts of several groups of stores add up to those of all of them.

    Parameters
    ----------
    sales : Store, Date, Sales, Open, StateHoliday
    openings_known : whether a column says which stores were open

    Returns
    -------
    Date, rows, sold (whether any store sold something), idle (whether any store that was open did not), holiday (of all stores)
    """
    idle = (pl.col(s.SALES) == 0) & ((pl.col(s.OPEN) == 1) if openings_known else pl.lit(value=True))
    return sales.group_by(s.DATE).agg(
        pl.len().alias("rows"),
        (pl.col(s.SALES) > 0).any().alias("sold"),
        idle.any().alias("idle"),
        (pl.col(s.STATE_HOLIDAY) != s.NO_HOLIDAY).all().alias("holiday"),
    )


def sales_end(days: pl.DataFrame, stores: int, *, openings_known: bool, skip: Collection[str]) -> SalesEnd:
    """Return where the sales end, by what is known of their days.

    Parameters
    ----------
    days : as `day_counts` returns them, of the whole chain
    stores : with sales
    openings_known : whether a column says which stores were open
    skip : rules that are switched off
    """
    sold = None if "unsold_days" in skip else _sold_end(days, openings_known=openings_known)
    days = days if sold is None else days.filter(pl.col(s.DATE) <= sold)
    if "incomplete_days" in skip or stores < MIN_STORES:
        return SalesEnd(sold)
    counts = dict(days.select(s.DATE, "rows").iter_rows())
    return SalesEnd(sold, complete_end(counts, set(days.filter("holiday")[s.DATE])))


def _sold_end(days: pl.DataFrame, *, openings_known: bool) -> dt.date | None:
    """Return the last day before those at the end on which nobody sold anything, though stores were open; None without any."""
    if not days["sold"].any():
        return None
    last_sold = as_date(days.filter("sold")[s.DATE].max())
    unsold_days = days.filter("idle", ~pl.col("sold"))[s.DATE]
    ahead = unsold_days.filter(unsold_days > last_sold)
    lately = (unsold_days < last_sold) & (unsold_days > last_sold - dt.timedelta(weeks=USUAL_WEEKS))
    if len(ahead) <= (0 if openings_known else LONGEST_CLOSURE) or (openings_known and lately.any()):
        return None
    return as_date(ahead.min()) - dt.timedelta(days=1)


def end_sales(work: Work, end: SalesEnd) -> None:
    """Leave the days after the end out of the sales; what they say of openings and promotions stays in the calendar."""
    if end.sold is not None:
        unsold = work.sales.filter(pl.col(s.DATE) > end.sold)
        work.sales = work.sales.filter(pl.col(s.DATE) <= end.sold)
        if not work.is_absent("train", s.OPEN):  # else nothing says whether stores will be open on these days
            work.late = unsold
        examples = [str(day) for day in unsold[s.DATE].unique().sort()]
        work.note("unsold_days", f"left out of the sales, which end on {end.sold}", unsold.height, examples)
    if end.complete is not None:
        _leave_out_incomplete_days(work, end.complete)


def note_closed_last_days(work: Work) -> None:
    """Say that all stores are closed at the end of the sales for longer than over holidays: these days may lie ahead."""
    sold = work.sales.filter(pl.col(s.SALES) > 0)
    if sold.is_empty():
        return
    last_sold, last = (as_date(frame[s.DATE].max()) for frame in (sold, work.sales))
    if (last - last_sold).days > LONGEST_CLOSURE:
        closed = work.sales.filter(pl.col(s.DATE) > last_sold)
        first = as_date(closed[s.DATE].min())
        action = "kept, and forecasts begin after them; leave these rows out if the days lie ahead"
        work.note("closed_last_days", action, closed.height, [f"{first} to {last}"])


def _leave_out_incomplete_days(work: Work, end: dt.date) -> None:
    late = work.sales.filter(pl.col(s.DATE) > end)
    if late.is_empty():
        return
    work.sales = work.sales.filter(pl.col(s.DATE) <= end)
    work.late = late if work.late is None else pl.concat([work.late, late])
    stores = work.sales.filter(pl.col(s.DATE) > end - dt.timedelta(weeks=USUAL_WEEKS))[s.STORE].n_unique()
    days = late.group_by(s.DATE).agg(pl.len()).sort(s.DATE)
    examples = [f"{day}: {count} of {stores} stores" for day, count in days.iter_rows()]
    action = f"left out of the sales, which end on {end}; skip this rule if the other stores have closed"
    work.note("incomplete_days", action, late.height, examples)


def complete_end(counts: Mapping[dt.date, int], holidays: set[dt.date]) -> dt.date:
    """Return the last complete day; the last day with rows where that lies so far back that the other stores have ended.

    Parameters
    ----------
    counts : rows of each day
    holidays : days that are no sign of late reports, however few rows they have
    """
    last = as_date(max(counts))
    for day in sorted(counts, reverse=True):
        if (last - day).days >= SILENT_DAYS:
            return last
        if day in holidays:
            continue
        usual = sorted(counts.get(day - dt.timedelta(weeks=week), 0) for week in range(1, USUAL_WEEKS + 1))[-2]
        if counts[day] >= COMPLETE_SHARE * usual - 1e-9:
            late = any(later > day and later not in holidays for later in counts)
            return as_date(day) if usual and late else last
    return last
