"""A Panel in and out of the database, and what changed in it since a version.

What is read is bit for bit what was written: the same rows in the same order, the same fingerprint. The calendar is kept as it was
given; days ahead that are worked out are worked out again by whoever reads, from what is then known.
"""

import json
import logging
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.errors import DatabaseError, quote

log = logging.getLogger(__name__)

TEXT, NUMBER = "text", "number"  # what store ids are

STORES = {"store": s.STORE} | {
    "store_type": s.STORE_TYPE,
    "assortment": s.ASSORTMENT,
    "competition_distance": s.COMPETITION_DISTANCE,
    "competition_since": s.COMPETITION_SINCE,
    "promo2": s.PROMO2,
    "promo2_since": s.PROMO2_SINCE,
    "promo_interval": s.PROMO_INTERVAL,
    "state": s.STATE,
}
KEYS = {"store": s.STORE, "date": s.DATE}
SALES = {**KEYS, "sales": s.SALES, "customers": s.CUSTOMERS}
CALENDAR = {
    **KEYS,
    "open": s.OPEN,
    "promo": s.PROMO,
    "state_holiday": s.STATE_HOLIDAY,
    "school_holiday": s.SCHOOL_HOLIDAY,
    "assumed": s.ASSUMED,
}
OWN = "own"
_TYPES = {s.STORE: pl.String(), s.DATE: pl.Date(), **s.SALES_SCHEMA, **s.CALENDAR_SCHEMA, **s.STORES_SCHEMA}


@dataclass(frozen=True)
class ChainInfo:
    """What holds for a chain as a whole.

    Attributes
    ----------
    version : counted up by every write
    replaced : the version at which the chain was last replaced whole; 0 where there is none yet
    known : the chain's own known-ahead columns
    fingerprint : of the Panel that was written whole; None once rows were changed
    """

    version: int
    replaced: int
    generated: bool
    store_ids: str
    known: tuple[str, ...]
    fingerprint: str | None

    @property
    def store_type(self) -> pl.DataType:
        """The type of Store in frames."""
        return pl.String() if self.store_ids == TEXT else pl.Int64()


@dataclass(frozen=True, eq=False)
class Changes:
    """The rows that were written after a version, in the form of a Panel's tables.

    Attributes
    ----------
    version : up to which these are all changes
    replaced : whether the chain was replaced whole; then these rows are all there are
    """

    sales: pl.DataFrame
    calendar: pl.DataFrame
    stores: pl.DataFrame
    version: int
    replaced: bool = False


def write_panel(db: Database, panel: Panel, *, generated: bool = False) -> int:
    """Replace the chain whole, in one transaction, and return its version; a chain that stands already stays as it is.

    Minus zero becomes zero, and a NaN of an own column null: SQLite knows neither.
    """
    text = panel.stores.schema[s.STORE] == pl.String
    values = {
        "generated": generated,
        "store_ids": TEXT if text else NUMBER,
        "known": json.dumps(list(panel.known)),
        "fingerprint": panel.fingerprint,
    }
    check_texts(panel.stores)
    with db.begin() as conn:
        chain = lock_chain(conn)
        if chain.replaced and chain.fingerprint == panel.fingerprint and chain.generated == generated:
            log.info("the database holds this chain already, version %d", chain.version)
            return chain.version
        if chain.replaced and chain.fingerprint is None:
            log.warning("rows that were written into the database since it was last filled are replaced too")
        version = chain.version + 1
        for table in (t.sales, t.calendar, t.stores):
            conn.execute(sa.delete(table))
        bulk.insert(conn, t.stores, stores_rows(panel.stores, version))
        bulk.insert(conn, t.calendar, calendar_rows(panel.calendar, panel.known, version))
        bulk.insert(conn, t.sales, sales_rows(panel.sales, version))
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
    return Panel(sales, stores, calendar), chain


def version(db: Database) -> int:
    """Return the version of the chain; 0 where there is none. A servant asks it every second."""
    with db.reading() as conn:
        return int(conn.execute(sa.select(t.chain.c.version)).scalar_one())


def changes_since(db: Database, version: int) -> Changes:
    """Return what was written after a version: the rows as they are now."""
    with db.reading() as conn:
        chain = existing_chain(conn)
        replaced = version < chain.replaced or version > chain.version  # a later one: of a state that was undone
        sales, calendar, stores = _read(conn, chain, since=None if replaced else version)
    return Changes(sales, calendar, stores, chain.version, replaced)


def apply_changes(panel: Panel, changes: Changes) -> Panel:
    """Return the Panel as `read_panel` would give it at the version of the changes."""
    if changes.replaced:
        return Panel(changes.sales, changes.stores, changes.calendar)
    return Panel(
        sales=_laid_over(panel.sales, changes.sales, s.KEYS),
        stores=_laid_over(panel.stores, changes.stores, (s.STORE,)),
        calendar=_laid_over(panel.calendar, changes.calendar, s.KEYS),
    )


def read_info(conn: Connection) -> ChainInfo:
    """Return what holds for the chain; ``replaced`` is 0 where there is none yet."""
    return _chain(conn, sa.select(t.chain))


def existing_chain(conn: Connection) -> ChainInfo:
    """Return what holds for the chain, and refuse a database without one."""
    return _held(read_info(conn))


def lock_chain(conn: Connection) -> ChainInfo:
    """Wait for other writers, and keep them waiting until this transaction ends."""
    return _chain(conn, sa.select(t.chain).with_for_update())


def lock_existing_chain(conn: Connection) -> ChainInfo:
    """Do the same, and refuse a database without a chain."""
    return _held(lock_chain(conn))


def stores_rows(stores: pl.DataFrame, version: int) -> pl.DataFrame:
    """Return stores as the table holds them."""
    return _rows(stores, STORES).with_columns(pl.lit(version).alias("version"))


def sales_rows(sales: pl.DataFrame, version: int) -> pl.DataFrame:
    """Return sales as the table holds them."""
    return _rows(sales, SALES).with_columns(pl.lit(version).alias("version"))


def calendar_rows(calendar: pl.DataFrame, known: tuple[str, ...], version: int) -> pl.DataFrame:
    """Return days as the table holds them, own columns as JSON."""
    rows = _rows(calendar, CALENDAR).with_columns(pl.lit(version).alias("version"))
    if not known:
        return rows
    own = calendar.select(_no_minus_zero(pl.col(name).cast(pl.Float64).fill_nan(None)).alias(name) for name in known)
    return rows.with_columns(own.select(pl.struct(known).struct.json_encode()).to_series().alias(OWN))


def calendar_columns(chain: ChainInfo) -> tuple[list[sa.Column[Any]], dict[str, pl.DataType]]:
    """Return what to read of the calendar, and the types of it."""
    columns, schema = [t.calendar.c[name] for name in CALENDAR], _schema(CALENDAR)
    if chain.known:
        columns, schema = [*columns, t.calendar.c.own], schema | {OWN: pl.String()}
    return columns, schema


def sales_columns() -> tuple[list[sa.Column[Any]], dict[str, pl.DataType]]:
    """Return what to read of the sales, and the types of it."""
    return [t.sales.c[name] for name in SALES], _schema(SALES)


def as_calendar(rows: pl.DataFrame, chain: ChainInfo) -> pl.DataFrame:
    """Return rows of the table as a Panel's calendar."""
    days = _typed(rows, chain)
    if not chain.known:
        return days
    own = pl.Struct(dict.fromkeys(chain.known, pl.Float64()))
    return days.with_columns(pl.col(OWN).str.json_decode(own)).unnest(OWN)


def as_sales(rows: pl.DataFrame, chain: ChainInfo) -> pl.DataFrame:
    """Return rows of the table as a Panel's sales."""
    return _typed(rows, chain)


def as_stores(rows: pl.DataFrame, chain: ChainInfo) -> pl.DataFrame:
    """Return rows of the table as a Panel's stores."""
    return _typed(rows, chain)


def all_stores(conn: Connection, chain: ChainInfo) -> pl.DataFrame:
    """Return the chain's stores."""
    return as_stores(bulk.select(conn, sa.select(*(t.stores.c[name] for name in STORES)), _schema(STORES)), chain)


def _read(conn: Connection, chain: ChainInfo, since: int | None) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    def rows(table: sa.Table, columns: list[sa.Column[Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
        statement = sa.select(*columns)
        return bulk.select(conn, statement if since is None else statement.where(table.c.version > since), schema)

    sales = as_sales(rows(t.sales, *sales_columns()), chain).sort(s.KEYS)
    calendar = as_calendar(rows(t.calendar, *calendar_columns(chain)), chain).sort(s.KEYS)
    stores = as_stores(rows(t.stores, [t.stores.c[name] for name in STORES], _schema(STORES)), chain).sort(s.STORE)
    return sales, calendar, stores


def _schema(names: dict[str, str]) -> dict[str, pl.DataType]:
    return {ours: _TYPES[theirs] for ours, theirs in names.items()}


def _rows(frame: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    money = [name for name in names.values() if _TYPES[name] == pl.Float64()]
    plain = frame.select(names.values()).with_columns(_no_minus_zero(pl.col(name)).alias(name) for name in money)
    return plain.with_columns(pl.col(s.STORE).cast(pl.String)).rename({theirs: ours for ours, theirs in names.items()})


def _no_minus_zero(value: pl.Expr) -> pl.Expr:
    return pl.when(value == 0).then(0.0).otherwise(value)


def _typed(rows: pl.DataFrame, chain: ChainInfo) -> pl.DataFrame:
    names = {**STORES, **SALES, **CALENDAR}
    frame = rows.rename({ours: names[ours] for ours in rows.columns if ours in names})
    return frame.with_columns(pl.col(s.STORE).cast(chain.store_type))


def _laid_over(frame: pl.DataFrame, rows: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    if rows.is_empty():
        return frame
    return pl.concat([frame.join(rows, on=keys, how="anti"), rows.select(frame.columns)]).sort(keys)


def _chain(conn: Connection, statement: sa.Executable) -> ChainInfo:
    row = conn.execute(statement).mappings().one()
    return ChainInfo(
        version=row["version"],
        replaced=row["replaced"],
        generated=bool(row["generated"]),
        store_ids=row["store_ids"],
        known=tuple(json.loads(row["known"])),
        fingerprint=row["fingerprint"],
    )


def _held(chain: ChainInfo) -> ChainInfo:
    if not chain.replaced:
        raise DatabaseError(
            "The database holds no chain yet. Fill it with `storecast db load --data DIR`, or by `storecast run --data DIR`."
        )
    return chain


def check_texts(stores: pl.DataFrame) -> None:
    """Refuse what PostgreSQL cannot keep."""
    for name, dtype in stores.schema.items():
        if dtype == pl.String and stores[name].str.contains("\x00", literal=True).any():
            store = stores.filter(pl.col(name).str.contains("\x00", literal=True))[s.STORE][0]
            raise DatabaseError(
                f"{name} of store {quote(store)} holds a zero byte, which no database keeps. Remove it."
            )
