"""One archive of all that a database holds, out and in; it goes from SQLite to PostgreSQL and back.

The archive is a zip of Parquet files, a few for each table, and `manifest.json`. It is made of one state of the database, while
others write on, and it is written whole or not at all. It is restored in one transaction, some rows at a time, and what unpacks to
more than it should is refused before it is unpacked.
"""

import datetime as dt
import io
import json
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa
from polars.exceptions import PanicException, PolarsError
from sqlalchemy import Connection, Table

from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import ChainInfo, lock_chain
from storecast.database.connect import Database
from storecast.database.parquet_sizes import row_group_sizes
from storecast.database.request_log import audit
from storecast.database.table_types import Moment
from storecast.database.tables import REVISIONS
from storecast.errors import DatabaseError, quote
from storecast.files import atomic_write
from storecast.stages import BACKUP, RESTORE, RowProgress, no_progress

MANIFEST = "manifest.json"
FORMAT = "storecast backup"
AT_ONCE = 100_000  # rows of a part
MAX_ENTRIES = 500_000  # of an archive; each forecast is one
MAX_MANIFEST = 1024 * 1024  # bytes
MAX_PART = 1024 * 1024 * 1024  # bytes of a part in the archive
MAX_ROW_GROUP = 512 * 1024 * 1024  # bytes that the pages of a row group unpack to; Polars writes some ten million
MAX_TEXTS = 512 * 1024 * 1024  # bytes of the texts of rows that are read at once: many rows may share one text
MAX_INFLATION = 20  # times that an archive which was packed again may unpack to; Parquet is compressed already
_BROKEN = (
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    RuntimeError,
    OverflowError,
    RecursionError,
    MemoryError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    PolarsError,
    PanicException,
)
_REFUSED_ROWS = (sa.exc.IntegrityError, sa.exc.DataError, sqlite3.IntegrityError, sqlite3.InterfaceError)
FEW_AT_ONCE = {  # tables whose rows are large, by the column whose values are read one after the other
    t.plan_figures: t.plan_figures.c.plan,
    t.scenario_figures: t.scenario_figures.c.scenario,
    t.jobs: t.jobs.c.id,
}
LARGE = (t.stores, t.calendar, t.sales, t.forecast_rows, t.plan_overrides, t.plan_budget)  # these go by the fast road


def backup(db: Database, file: Path, progress: RowProgress = no_progress) -> dict[str, int]:
    """Write all that a database holds into one file, which only its owner may read; return the rows of each table.

    Parameters
    ----------
    db : the database
    file : the archive to write
    progress : called with the rows that are written, and all rows
    """
    rows: dict[str, int] = {}
    with atomic_write(file, mode=0o600) as draft, db.reading() as conn, zipfile.ZipFile(draft, "w") as archive:
        total = sum(_row_count(conn, table) for table in t.metadata.sorted_tables)
        progress(BACKUP, 0, total)
        for table in t.metadata.sorted_tables:
            rows[table.name] = 0
            for number, frame in enumerate(_parts(conn, table)):
                part = io.BytesIO()
                frame.write_parquet(part)
                archive.writestr(f"{table.name}/{number:06d}.parquet", part.getvalue())
                rows[table.name] += frame.height
                progress(BACKUP, sum(rows.values()), total)
        manifest = {
            "format": FORMAT,
            "revision": REVISIONS[-1],
            "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "rows": rows,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return rows


def restore(url: str, file: Path, *, replace: bool = False, progress: RowProgress = no_progress) -> dict[str, int]:
    """Fill a database from a backup; return the rows of each table.

    Servers that look at the database see another version afterwards, and read it anew. A key that was revoked since the backup
    was made stays revoked.

    Parameters
    ----------
    url : of a database that is empty, or holds tables of ours
    replace : where it holds a chain or keys, put the backup in their place
    progress : called with the rows that are restored, and all rows

    Raises
    ------
    DatabaseError
        a file that is no whole backup, or of other tables; a database that holds something and is not to be replaced
    """
    with _opened(file) as archive:
        _check_entries(archive, file)
        rows = _manifest(archive, file)
        db = Database.open(url, create=True)
        try:
            with db.begin() as conn:
                current = lock_chain(conn)
                filled = current.replaced or conn.execute(sa.select(sa.func.count()).select_from(t.keys)).scalar_one()
                if filled and not replace:
                    raise DatabaseError(
                        f"{db.name} holds a chain or keys. Restore into an empty one, or say --replace to put the backup in "
                        "their place."
                    )
                try:
                    _fill(conn, archive, file, rows, progress)
                    _after(conn, current, file)
                except _REFUSED_ROWS as error:
                    raise _broken(file, f"its rows do not fit together ({type(error).__name__})") from error
                except (
                    sa.exc.StatementError
                ) as error:  # a value that its column cannot hold; a DBAPIError is the database's
                    if isinstance(error, sa.exc.DBAPIError):
                        raise
                    raise _broken(file, f"its rows do not fit the tables ({type(error).__name__})") from error
        finally:
            db.close()
    return rows


def _parts(conn: Connection, table: Table) -> Iterator[pl.DataFrame]:
    schema = {column.name: _dtype(column.type) for column in table.columns}
    if table is t.forecast_rows:  # the one that grows without end
        for number in conn.execute(sa.select(t.forecasts.c.id).order_by(t.forecasts.c.id)).scalars().all():
            yield bulk.select(conn, sa.select(table).where(table.c.forecast == number), schema)
    elif table in FEW_AT_ONCE:
        owner = FEW_AT_ONCE[table]
        for number in conn.execute(sa.select(owner).distinct().order_by(owner)).scalars().all():
            rows = conn.execute(sa.select(table).where(owner == number)).all()
            yield pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
    elif table in LARGE:
        yield bulk.select(conn, sa.select(table), schema)
    else:
        key = list(table.primary_key.columns)
        streamed = conn.execution_options(yield_per=AT_ONCE).execute(sa.select(table).order_by(*key))
        for rows in streamed.partitions():
            yield pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def _row_count(conn: Connection, table: Table) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _fill(conn: Connection, archive: zipfile.ZipFile, file: Path, rows: dict[str, int], progress: RowProgress) -> None:
    done, total = 0, sum(rows.values())
    progress(RESTORE, done, total)
    revoked = conn.execute(sa.select(t.keys.c.hash, t.keys.c.revoked).where(t.keys.c.revoked.is_not(None))).all()
    for table in reversed(t.metadata.sorted_tables):
        if table is not t.chain:  # its one row is what writers wait for, and has to stay
            conn.execute(sa.delete(table))
    for table in t.metadata.sorted_tables:
        count = 0
        for name in sorted(name for name in archive.namelist() if name.startswith(f"{table.name}/")):
            for frame in _frames(archive, name, table, file):  # all together may be more than memory
                count += frame.height
                if count > rows[table.name]:
                    raise _broken(file, f"the table {table.name} has more rows than {MANIFEST} says")
                if table in LARGE:
                    bulk.insert(conn, table, frame)
                else:
                    change = sa.update(table) if table is t.chain else sa.insert(table)
                    conn.execute(change, frame.to_dicts())
                done += frame.height
                progress(RESTORE, done, total)
        if count != rows[table.name]:
            raise _broken(file, f"rows of the table {table.name} are missing")
    for row in revoked:
        same = (t.keys.c.hash == row.hash) & t.keys.c.revoked.is_(None)
        conn.execute(sa.update(t.keys).where(same).values(revoked=row.revoked))


def _after(conn: Connection, current: ChainInfo, file: Path) -> None:
    """Go on from a version that nobody has seen, and from numbers that nobody has."""
    restored = lock_chain(conn)
    version = max(current.version, restored.version) + 1
    replaced = version if restored.replaced else 0
    conn.execute(sa.update(t.chain).values(version=version, replaced=replaced))
    if conn.dialect.name == "postgresql":
        for table in (table for table in t.metadata.sorted_tables if table is not t.chain and "id" in table.c):
            last = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(table.name, "id")
            conn.execute(sa.select(sa.func.setval(sequence, last, sa.false())))
    audit(conn, "command line", "restored", {"file": file.name, "version": version})


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except FileNotFoundError as error:
        raise DatabaseError(f"The backup {quote(file)} does not exist.") from error
    except _BROKEN as error:
        raise _broken(file, "it is no zip") from error


def _check_entries(archive: zipfile.ZipFile, file: Path) -> None:
    """Refuse an archive that would unpack to more than a backup holds, before anything of it is unpacked."""
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or len({entry.filename for entry in entries}) != len(entries):
        raise _broken(file, f"it has more than {MAX_ENTRIES:,} entries, or two of one name")
    for entry in entries:
        limit = MAX_MANIFEST if entry.filename == MANIFEST else MAX_PART
        if entry.file_size > min(limit, MAX_INFLATION * entry.compress_size):
            raise _broken(file, f"{quote(entry.filename)} unpacks to {entry.file_size:,} bytes")
        if entry.flag_bits & 1:
            raise _broken(file, f"{quote(entry.filename)} is encrypted")


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, int]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        revision, rows = manifest["revision"], {name: int(count) for name, count in manifest["rows"].items()}
        known = manifest["format"] == FORMAT
    except _BROKEN as error:
        raise _broken(file, f"{MANIFEST} cannot be read") from error
    if not known:
        raise _broken(file, f"{MANIFEST} is another program's")
    if revision != REVISIONS[-1]:
        raise DatabaseError(
            f"The backup {quote(file)} is of tables {quote(revision)}; this storecast works on {REVISIONS[-1]}. Restore it with a "
            "storecast of those tables, then bring them up with `storecast db upgrade`."
        )
    if set(rows) != set(t.metadata.tables):
        raise _broken(file, "tables are missing")
    return rows


def _frames(archive: zipfile.ZipFile, name: str, table: Table, file: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a part, some at a time: a few bytes of Parquet may stand for any number of equal rows."""
    schema = pl.Schema({column.name: _dtype(column.type) for column in table.columns})
    try:
        data = archive.read(name)
        largest = max(row_group_sizes(data), default=0)
        if largest > MAX_ROW_GROUP:
            raise _broken(file, f"{name} has pages that unpack to {largest:,} bytes")
        part = pl.scan_parquet(io.BytesIO(data))
        fits = part.collect_schema() == schema
        height = int(part.select(pl.len()).collect().item()) if fits else 0
    except _BROKEN as error:
        raise _broken(file, f"{name} cannot be read") from error
    if not fits:
        raise _broken(file, f"{name} has other columns")
    for begin in range(0, height, AT_ONCE):
        try:
            frame = part.slice(begin, AT_ONCE).collect()
        except _BROKEN as error:
            raise _broken(file, f"{name} cannot be read") from error
        texts = frame.select(pl.col(pl.String).str.len_bytes(), pl.col(pl.Binary).bin.size())
        if texts.sum().sum_horizontal().sum() > MAX_TEXTS:
            raise _broken(file, f"the texts of {name} take more than {MAX_TEXTS:,} bytes")
        yield frame


def _broken(file: Path, why: str) -> DatabaseError:
    return DatabaseError(f"{quote(file)} is no whole backup: {why}. Use another one.")


def _dtype(kind: sa.types.TypeEngine[Any]) -> pl.DataType:
    kinds: list[tuple[type, pl.DataType]] = [
        (Moment, pl.Datetime("us", "UTC")),
        (sa.Date, pl.Date()),
        (sa.Boolean, pl.Boolean()),
        (sa.Integer, pl.Int64()),
        (sa.Double, pl.Float64()),
        (sa.Text, pl.String()),
        (sa.LargeBinary, pl.Binary()),
    ]
    return next(dtype for base, dtype in kinds if isinstance(kind, base))
