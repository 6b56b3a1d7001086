"""What needs a look in the plan, ranked by money at stake, and who looks after it."""

import datetime as dt
from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar

import polars as pl
from sqlalchemy import Connection

from storecast import schema as s
from storecast.data.excluded_spans import without_excluded
from storecast.database.chain_settings import read_excluded
from storecast.database.connect import Database
from storecast.database.current_plan import read_current_plan, read_writes
from storecast.database.plan_exceptions import Handled, handle_exception, read_handling
from storecast.database.plan_history import forecast_days
from storecast.database.plan_versions import all_versions
from storecast.database.recent_days import recent_sales, special_days
from storecast.dates import as_date
from storecast.errors import Write
from storecast.plan.comparison import Comparison
from storecast.plan.data_exceptions import DAYS_READ, WINDOW, broken_records, missing_reports
from storecast.plan.exceptions import (
    OPEN,
    large_changes,
    out_of_band,
    ranked,
    stale_overrides,
    wide_intervals,
    with_handling,
)
from storecast.workflows.planning import compare_in, shown_overrides

RECENT = dt.timedelta(weeks=6)  # of sales, in which the last week lies
Result = TypeVar("Result")


class Remember(Protocol):
    """Returns what a function makes of the chain and of the forecasts that were published, or what it made of them before."""

    def __call__(self, name: Hashable, work: Callable[[], Result], /) -> Result:
        """Return a result by its name, with all that it depends on beside the chain and the versions; nobody changes it."""


def at_once(_name: Hashable, work: Callable[[], Result]) -> Result:
    """Work a result out: the `Remember` of whoever asks once."""
    return work()


def show_exceptions(
    db: Database, today: dt.date, *, everything: bool = False, write: Write = str, remember: Remember = at_once
) -> pl.DataFrame:
    """Return the exceptions of the newest version, the most money at stake first.

    Parameters
    ----------
    db : the database
    today : on which one that is snoozed may be open again
    everything : those that are done or snoozed, too
    write : a message in the language of its reader
    remember : keeps what no override changes

    Returns
    -------
    Exception (its name), Kind, Key, Start, End, Stake, Text, State, Owner, Until, Note, By

    Raises
    ------
    MissingError
        where nothing has been published yet
    """
    with db.reading() as conn:
        compared = compare_with_previous(conn, remember=remember)
        rows = with_handling(_exceptions(conn, compared, write, remember), read_handling(conn), today)
    return rows if everything else rows.filter(pl.col("State") == OPEN)


def open_exceptions(
    conn: Connection, today: dt.date, compared: Comparison | None, write: Write = str, remember: Remember = at_once
) -> pl.DataFrame:
    """Return the open exceptions of the newest version, as `show_exceptions` does.

    Parameters
    ----------
    conn : open connection
    today : on which one that is snoozed may be open again
    compared : the newest version with the one before; None: they have no days in common
    write : a message in the language of its reader
    remember : keeps what no override changes
    """
    rows = with_handling(_exceptions(conn, compared, write, remember), read_handling(conn), today)
    return rows.filter(pl.col("State") == OPEN)


def handle(
    conn: Connection,
    name: str,
    *,
    state: str,
    by: str,
    owner: str = "",
    until: dt.date | None = None,
    note: str = "",
    remember: Remember = at_once,
) -> Handled:
    """Say how an exception is handled.

    Parameters
    ----------
    conn : from `Database.begin`
    name, state, by, owner, until, note : as for `database.plan_exceptions.handle_exception`
    remember : keeps what no override changes
    """
    exceptions = _exceptions(conn, compare_with_previous(conn, remember=remember), remember=remember)
    return handle_exception(conn, exceptions, name, state=state, by=by, owner=owner, until=until, note=note)


def compare_with_previous(
    conn: Connection, version: int | None = None, *, remember: Remember = at_once
) -> Comparison | None:
    """Compare a version with the one before; None: there is none, or it has no day in common.

    Parameters
    ----------
    conn : open connection
    version : its number; None: the newest
    remember : keeps what no override changes
    """
    upto = [each for each in all_versions(conn) if version is None or each.version <= version]
    if len(upto) < 2 or upto[1].last < upto[0].first or upto[1].first > upto[0].last:
        return None
    before, after = upto[1].version, upto[0].version
    return remember(("compared", before, after), lambda: compare_in(conn, before, after))


def _exceptions(
    conn: Connection, compared: Comparison | None, write: Write = str, remember: Remember = at_once
) -> pl.DataFrame:
    current = read_current_plan(conn)
    since = current.version.cutoff - RECENT
    parts = [
        wide_intervals(current.figures, write),
        stale_overrides(shown_overrides(current, read_writes(conn), write), write),
        out_of_band(remember(("forecast days", since), lambda: forecast_days(conn, since)), write),
    ]
    sales = remember("recent sales", lambda: recent_sales(conn, DAYS_READ))
    if not sales.is_empty():
        end = as_date(sales[s.DATE].max())
        first = end - dt.timedelta(days=WINDOW - 1)
        closed, holidays = remember(("special days", first, end), lambda: special_days(conn, first, end))
        learned = without_excluded(sales, read_excluded(conn))
        parts += [missing_reports(sales, closed, holidays, write), broken_records(learned, holidays, write)]
    if compared is not None:
        parts.append(large_changes(compared, write))
    return ranked(parts)
