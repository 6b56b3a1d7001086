"""One archive of all that a database holds, out and in; it goes from SQLite to PostgreSQL and back.

The archive is a zip of Parquet files, a few for each table, and `manifest.json`. It is made of one state of the database, while
others write on, and it is written whole or not at all. It is restored in one transaction.
"""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa
from polars.exceptions import PolarsError
from sqlalchemy import Connection, Table

from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.chain_info import ChainInfo, lock_chain
from storecast.database.connect import Database
from storecast.database.request_log import audit
from storecast.database.tables import REVISIONS
from storecast.errors import DatabaseError, quote
from storecast.files import atomic_write

MANIFEST = "manifest.json"
FORMAT = "storecast backup"
AT_ONCE = 100_000  # rows of a part
LARGE = (t.stores, t.calendar, t.sales, t.forecast_rows)  # these go by the fast road


def backup(db: Database, file: Path) -> dict[str, int]:
    """Write all that a database holds into one file, which only its owner may read; return the rows of each table."""
    rows: dict[str, int] = {}
    with atomic_write(file, mode=0o600) as draft, db.reading() as conn, zipfile.ZipFile(draft, "w") as archive:
        for table in t.metadata.sorted_tables:
            rows[table.name] = 0
            for number, frame in enumerate(_parts(conn, table)):
                part = io.BytesIO()
                frame.write_parquet(part)
                archive.writestr(f"{table.name}/{number:06d}.parquet", part.getvalue())
                rows[table.name] += frame.height
        manifest = {
            "format": FORMAT,
            "revision": REVISIONS[-1],
            "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "rows": rows,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return rows


def restore(url: str, file: Path, *, replace: bool = False) -> dict[str, int]:
    """Fill a database from a backup; return the rows of each table.

    Servers that look at the database see another version afterwards, and read it anew. A key that was revoked since the backup
    was made stays revoked.

    Parameters
    ----------
    url : of a database that is empty, or holds tables of ours
    replace : where it holds a chain or keys, put the backup in their place

    Raises
    ------
    DatabaseError
        a file that is no whole backup, or of other tables; a database that holds something and is not to be replaced
    """
    with _opened(file) as archive:
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
                _fill(conn, archive, file, rows)
                _after(conn, current, file)
        finally:
            db.close()
    return rows


def _parts(conn: Connection, table: Table) -> Iterator[pl.DataFrame]:
    schema = {column.name: _dtype(column.type) for column in table.columns}
    if table is t.forecast_rows:  # the one that grows without end
        for number in conn.execute(sa.select(t.forecasts.c.id).order_by(t.forecasts.c.id)).scalars().all():
            yield bulk.select(conn, sa.select(table).where(table.c.forecast == number), schema)
    elif table in LARGE:
        yield bulk.select(conn, sa.select(table), schema)
    else:
        key = list(table.primary_key.columns)
        streamed = conn.execution_options(yield_per=AT_ONCE).execute(sa.select(table).order_by(*key))
        for rows in streamed.partitions():
            yield pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def _fill(conn: Connection, archive: zipfile.ZipFile, file: Path, rows: dict[str, int]) -> None:
    revoked = conn.execute(sa.select(t.keys.c.hash, t.keys.c.revoked).where(t.keys.c.revoked.is_not(None))).all()
    for table in reversed(t.metadata.sorted_tables):
        if table is not t.chain:  # its one row is what writers wait for, and has to stay
            conn.execute(sa.delete(table))
    for table in t.metadata.sorted_tables:
        count = 0
        for name in sorted(name for name in archive.namelist() if name.startswith(f"{table.name}/")):
            frame = _part(archive, name, table, file)  # one at a time: all forecasts together may be more than memory
            count += frame.height
            if table in LARGE:
                bulk.insert(conn, table, frame)
            else:
                change = sa.update(table) if table is t.chain else sa.insert(table)
                conn.execute(change, frame.to_dicts())
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
        for table in (t.forecasts, t.keys, t.requests, t.audit):
            last = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(table.name, "id")
            conn.execute(sa.select(sa.func.setval(sequence, last, sa.false())))
    audit(conn, "command line", "restored", {"file": file.name, "version": version})


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except FileNotFoundError as error:
        raise DatabaseError(f"The backup {quote(file)} does not exist.") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise _broken(file, "it is no zip") from error


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, int]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        revision, rows = manifest["revision"], {name: int(count) for name, count in manifest["rows"].items()}
        known = manifest["format"] == FORMAT
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
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


def _part(archive: zipfile.ZipFile, name: str, table: Table, file: Path) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(io.BytesIO(archive.read(name)))
    except (zipfile.BadZipFile, PolarsError) as error:
        raise _broken(file, f"{name} cannot be read") from error
    if frame.schema != pl.Schema({column.name: _dtype(column.type) for column in table.columns}):
        raise _broken(file, f"{name} has other columns")
    return frame


def _broken(file: Path, why: str) -> DatabaseError:
    return DatabaseError(f"{quote(file)} is no whole backup: {why}. Use another one.")


def _dtype(kind: sa.types.TypeEngine[Any]) -> pl.DataType:
    kinds: list[tuple[type, pl.DataType]] = [
        (t.Moment, pl.Datetime("us", "UTC")),
        (sa.Date, pl.Date()),
        (sa.Boolean, pl.Boolean()),
        (sa.Integer, pl.Int64()),
        (sa.Double, pl.Float64()),
        (sa.Text, pl.String()),
        (sa.LargeBinary, pl.Binary()),
    ]
    return next(dtype for base, dtype in kinds if isinstance(kind, base))
