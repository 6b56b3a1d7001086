"""Write a Panel into the database, read it back, and read what changed in it since a version.

What is read is bit for bit what was written: the same rows in the same order, the same fingerprint. The calendar is stored as it
was given; days ahead that storecast works out itself are worked out again by the reader, from what is known then.
"""

import json
import logging
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.data.breakdown import Breakdown
from storecast.data.column_names import ColumnNames
from storecast.data.excluded_spans import ExcludedSpan
from storecast.data.own_feasts import OwnFeast
from storecast.data.panel import Panel
from storecast.data.target import TARGET, Target
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import NUMBER, TEXT, ChainInfo, existing_chain, lock_chain
from storecast.database.chain_settings import (
    BREAKDOWN,
    COUNTRY,
    EXCLUDED,
    FEASTS,
    WRITTEN,
    as_settings,
    read_breakdown,
    read_country,
    read_excluded,
    read_feasts,
    read_target_of_chain,
    replace_settings,
    spans_as_rows,
)
from storecast.database.connect import Database
from storecast.database.table_rows import (
    Selection,
    as_calendar,
    as_sales,
    as_stores,
    calendar_rows,
    calendar_selection,
    check_texts,
    sales_rows,
    sales_selection,
    stores_rows,
    stores_selection,
)
from storecast.database.undo import forget_overwritten
from storecast.database.writes import Written
from storecast.errors import ConflictError

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Changes:
    """The rows that were written after a version, in the form of a Panel's tables.

    Attributes
    ----------
    version : up to which these are all changes
    replaced : whether the chain was replaced whole; then these rows are all there are
    excluded : days that models should not learn from, as they are now
    country, feasts, breakdown, target : as in `Panel`
    """

    sales: pl.DataFrame
    calendar: pl.DataFrame
    stores: pl.DataFrame
    version: int
    replaced: bool = False
    excluded: tuple[ExcludedSpan, ...] = ()
    country: str | None = None
    feasts: tuple[OwnFeast, ...] = ()
    breakdown: Breakdown = Breakdown()  # noqa: RUF009 - it is frozen
    target: Target = Target()  # noqa: RUF009 - it is frozen


def write_panel(db: Database, panel: Panel, *, generated: bool = False, names: ColumnNames | None = None) -> int:
    """Replace the chain whole, in one transaction, and return its version; a chain that stands already stays as it is.

    Minus zero becomes zero, and a NaN of an own column null: SQLite knows neither.

    Parameters
    ----------
    db : the database
    panel : the chain
    generated : whether it is a generated one
    names : how its files are written, by which later ones are read; None: as storecast writes them
    """
    with db.begin() as conn:
        return replace_chain(conn, panel, generated=generated, names=names)


def fill_empty(conn: Connection, panel: Panel, names: ColumnNames) -> Written:
    """Put a chain into a database that holds none yet.

    Parameters
    ----------
    conn : from `Database.begin`
    panel : the chain
    names : how its files are written, by which later ones are read

    Raises
    ------
    ConflictError
        where it holds one by now
    """
    if lock_chain(conn).replaced:
        raise ConflictError(
            "The database holds a chain by now. Load the page again, and look at it before you add rows."
        )
    version = replace_chain(conn, panel, generated=False, names=names)
    return Written(inserted=panel.sales.height, same=0, replaced=0, version=version)


def replace_chain(conn: Connection, panel: Panel, *, generated: bool, names: ColumnNames | None) -> int:
    """Replace the chain whole, as `write_panel`, within a transaction; return its version.

    Parameters
    ----------
    conn : from `Database.begin`
    panel, generated, names : as for `write_panel`
    """
    text = panel.stores.schema[s.STORE] == pl.String
    values = {
        "generated": generated,
        "store_ids": TEXT if text else NUMBER,
        "known": json.dumps(list(panel.own)),
        "fingerprint": panel.fingerprint,
    }
    settings: dict[str, object] = {WRITTEN: as_settings(names)} if names else {}
    if panel.excluded:
        settings[EXCLUDED] = spans_as_rows(panel.excluded)
    if panel.country is not None:
        settings[COUNTRY] = panel.country
    if panel.feasts:
        settings[FEASTS] = [[feast.name, feast.on, feast.run_up] for feast in panel.feasts]
    if panel.breakdown:
        settings[BREAKDOWN] = panel.breakdown.as_setting()
    if panel.target != Target():
        settings[TARGET] = panel.target.to_plain()
    check_texts(panel.stores)
    chain = lock_chain(conn)
    if chain.replaced and chain.fingerprint == panel.fingerprint and chain.generated == generated:
        replace_settings(conn, settings)
        log.info("the database holds this chain already, version %d", chain.version)
        return chain.version
    if chain.replaced and chain.fingerprint is None:
        log.warning("rows that were written into the database since it was last filled are replaced too")
    version = chain.version + 1
    for table in (t.sales, t.calendar, t.stores):
        conn.execute(sa.delete(table))
    bulk.insert(conn, t.stores, stores_rows(panel.stores, version))
    bulk.insert(conn, t.calendar, calendar_rows(panel.calendar, panel.own, version))
    bulk.insert(conn, t.sales, sales_rows(panel.sales, version))
    replace_settings(conn, settings)
    forget_overwritten(conn, version)
    conn.execute(sa.update(t.chain).values(version=version, replaced=version, **values))
    log.info(
        "wrote %d rows of sales, %d of the calendar, version %d", panel.sales.height, panel.calendar.height, version
    )
    return version


def read_panel(db: Database) -> tuple[Panel, int]:
    """Return the chain and its version.

    Raises
    ------
    DatabaseError
        where the database holds none
    """
    panel, chain = read_panel_and_info(db)
    return panel, chain.version


def read_panel_and_info(db: Database) -> tuple[Panel, ChainInfo]:
    """Return the chain, and what holds for it as a whole."""
    with db.reading() as conn:
        chain = existing_chain(conn)
        sales, calendar, stores = _read(conn, chain, since=None)
        excluded = read_excluded(conn)
        country, feasts, breakdown = read_country(conn), read_feasts(conn), read_breakdown(conn)
        target = read_target_of_chain(conn)
    panel = Panel(
        sales, stores, calendar, excluded=excluded, country=country, feasts=feasts, breakdown=breakdown, target=target
    )
    return panel, chain


def changes_since(db: Database, version: int) -> Changes:
    """Return what was written after a version: the rows as they are now."""
    with db.reading() as conn:
        chain = existing_chain(conn)
        replaced = version < chain.replaced or version > chain.version  # a later one: of a state that was undone
        sales, calendar, stores = _read(conn, chain, since=None if replaced else version)
        excluded = read_excluded(conn)
        country, feasts, breakdown = read_country(conn), read_feasts(conn), read_breakdown(conn)
        target = read_target_of_chain(conn)
    return Changes(sales, calendar, stores, chain.version, replaced, excluded, country, feasts, breakdown, target)


def apply_changes(panel: Panel, changes: Changes) -> Panel:
    """Return the Panel as `read_panel` would give it at the version of the changes."""
    if changes.replaced:
        return Panel(
            changes.sales,
            changes.stores,
            changes.calendar,
            excluded=changes.excluded,
            country=changes.country,
            feasts=changes.feasts,
            breakdown=changes.breakdown,
            target=changes.target,
        )
    return Panel(
        sales=_overlay(panel.sales, changes.sales, s.KEYS),
        stores=_overlay(panel.stores, changes.stores, (s.STORE,)),
        calendar=_overlay(panel.calendar, changes.calendar, s.KEYS),
        excluded=changes.excluded,
        country=changes.country,
        feasts=changes.feasts,
        breakdown=changes.breakdown,
        target=changes.target,
    )


def _read(conn: Connection, chain: ChainInfo, since: int | None) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    def rows(table: sa.Table, selection: Selection) -> pl.DataFrame:
        columns, schema = selection
        statement = sa.select(*columns)
        return bulk.select(conn, statement if since is None else statement.where(table.c.version > since), schema)

    sales = as_sales(rows(t.sales, sales_selection()), chain).sort(s.KEYS)
    calendar = as_calendar(rows(t.calendar, calendar_selection(chain)), chain).sort(s.KEYS)
    stores = as_stores(rows(t.stores, stores_selection()), chain).sort(s.STORE)
    return sales, calendar, stores


def _overlay(frame: pl.DataFrame, rows: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    if rows.is_empty():
        return frame
    return pl.concat([frame.join(rows, on=keys, how="anti"), rows.select(frame.columns)]).sort(keys)
