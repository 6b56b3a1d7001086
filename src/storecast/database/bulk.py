"""Insert and select many rows at once. A frame's columns have the names of the table's.

PostgreSQL takes and gives rows by COPY, SQLite by executemany and fetchall: a million rows in seconds on both.
"""

import io
from collections.abc import Mapping
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Column, Connection, MetaData, SelectBase, Table
from sqlalchemy.dialects import postgresql, sqlite

from storecast.database.connect import driver_errors
from storecast.database.sql_columns import STORE_ID

Schema = Mapping[str, pl.DataType]

MAX_ROWS_OF_STATEMENT = 500  # more rows are faster in bulk

_wanted = Table("wanted", MetaData(), Column("store", STORE_ID), Column("date", sa.Date), prefixes=["TEMPORARY"])


def insert(conn: Connection, table: Table, frame: pl.DataFrame, *, replace: bool = False) -> None:
    """Insert rows; ``replace`` lets them take the place of rows with the same key.

    Parameters
    ----------
    conn : open connection
    table : to write to
    frame : rows, with the columns of the table
    replace : overwrite rows with the same primary key
    """
    if frame.is_empty():
        return
    if frame.height <= MAX_ROWS_OF_STATEMENT:
        conn.execute(_statement(conn, table, frame.columns, replace=replace), frame.to_dicts())
    elif conn.dialect.name == "sqlite":
        _executemany(conn, table, frame, replace=replace)
    elif replace:
        columns = [table.c[name] for name in frame.columns]
        incoming = Table("incoming", MetaData(), *(Column(c.name, c.type) for c in columns), prefixes=["TEMPORARY"])
        incoming.create(conn)
        _copy_in(conn, incoming, frame)
        rows = sa.select(incoming)
        conn.execute(_statement(conn, table, frame.columns, replace=True, rows=rows))
        incoming.drop(conn)
    else:
        _copy_in(conn, table, frame)


def select(conn: Connection, statement: SelectBase, schema: Schema) -> pl.DataFrame:
    """Return the rows of a statement as a frame.

    Parameters
    ----------
    statement : its parameters are numbers and dates alone
    schema : the columns in the statement's order, with their types
    """
    if conn.dialect.name == "sqlite":
        return _fetch(conn, statement, schema)
    return _copy_out(conn, statement, schema)


def matching(conn: Connection, table: Table, keys: pl.DataFrame, columns: list[Any], schema: Schema) -> pl.DataFrame:
    """Return a table's rows whose store and date stand in ``keys``.

    Parameters
    ----------
    conn : open connection
    table : to read
    keys : frame of the keys whose rows are wanted
    columns : of the table
    schema : types of the result
    """
    if keys.height <= MAX_ROWS_OF_STATEMENT:
        wanted = sa.tuple_(table.c.store, table.c.date).in_(keys.select("store", "date").rows())
        rows = conn.execute(sa.select(*columns).where(wanted)).all()
        return pl.DataFrame([tuple(row) for row in rows], schema=_given(schema), orient="row").cast(dict(schema))  # type: ignore[arg-type]
    _wanted.create(conn)
    insert(conn, _wanted, keys.select("store", "date"))
    if conn.dialect.name == "postgresql":
        conn.execute(sa.text("ANALYZE wanted"))
    same = (table.c.store == _wanted.c.store) & (table.c.date == _wanted.c.date)
    frame = select(conn, sa.select(*columns).select_from(_wanted.join(table, same)), schema)
    _wanted.drop(conn)
    return frame


def insert_into(conn: Connection, table: Table) -> Any:
    """Return an INSERT that can say what happens on a conflict; each database has its own class, and both the same methods."""
    return (sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert)(table)


def _statement(
    conn: Connection, table: Table, columns: list[str], *, replace: bool, rows: SelectBase | None = None
) -> Any:
    statement = insert_into(conn, table)
    if rows is not None:
        statement = statement.from_select(columns, rows)
    else:
        statement = statement.values({name: sa.bindparam(name) for name in columns})
    if replace:
        key = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in columns if name not in key}
        statement = statement.on_conflict_do_update(index_elements=key, set_=changed)
    return statement


def _executemany(conn: Connection, table: Table, frame: pl.DataFrame, *, replace: bool) -> None:
    compiled = _statement(conn, table, frame.columns, replace=replace).compile(dialect=conn.dialect)
    assert compiled.positiontup is not None
    days = [name for name, dtype in frame.schema.items() if dtype == pl.Date]
    moments = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    plain = frame.select(compiled.positiontup).with_columns(
        pl.col(days).dt.to_string("%Y-%m-%d"), pl.col(moments).dt.to_string("%Y-%m-%d %H:%M:%S%.6f")
    )
    conn.exec_driver_sql(str(compiled), plain.rows())


def _copy_in(conn: Connection, table: Table, frame: pl.DataFrame) -> None:
    quoted = conn.dialect.identifier_preparer
    columns = ", ".join(quoted.quote(name) for name in frame.columns)
    statement = f"COPY {quoted.quote(table.name)} ({columns}) FROM STDIN (FORMAT csv)"
    connection: Any = conn.connection.driver_connection
    dbapi: Any = conn.dialect.loaded_dbapi
    try:
        with driver_errors(), connection.cursor() as cursor, cursor.copy(statement) as copy:
            for part in frame.iter_slices(200_000):
                text = io.BytesIO()
                part.write_csv(text, include_header=False)  # an empty text is quoted, a null is nothing at all
                copy.write(text.getvalue())
    except (dbapi.IntegrityError, dbapi.DataError) as error:  # as a statement of SQLAlchemy would raise it
        kind = sa.exc.IntegrityError if isinstance(error, dbapi.IntegrityError) else sa.exc.DataError
        raise kind(statement, None, error) from error


def _copy_out(conn: Connection, statement: SelectBase, schema: Schema) -> pl.DataFrame:
    compiled = statement.compile(dialect=conn.dialect, compile_kwargs={"literal_binds": True})
    text = io.BytesIO()
    connection: Any = conn.connection.driver_connection
    with (
        driver_errors(),
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({compiled}) TO STDOUT (FORMAT csv)") as copy,
    ):
        for part in copy:
            text.write(part)
    if not text.tell():
        return pl.DataFrame(schema=dict(schema))
    text.seek(0)
    flags = [name for name, dtype in schema.items() if dtype == pl.Boolean]
    read = {name: pl.String() if name in flags else dtype for name, dtype in schema.items()}
    frame = pl.read_csv(text, has_header=False, schema=read)
    return frame.with_columns(pl.col(name) == "t" for name in flags)


def _fetch(conn: Connection, statement: SelectBase, schema: Schema) -> pl.DataFrame:
    compiled = statement.compile(dialect=conn.dialect, compile_kwargs={"literal_binds": True})
    connection: Any = conn.connection.driver_connection
    with driver_errors():
        rows = connection.execute(str(compiled)).fetchall()
    read = {
        name: pl.String() if dtype == pl.Date else pl.Int8() if dtype == pl.Boolean else dtype
        for name, dtype in schema.items()
    }
    frame = pl.DataFrame(rows, schema=read, orient="row")
    return frame.with_columns(
        pl.col(name).str.to_date("%Y-%m-%d") if dtype == pl.Date else pl.col(name).cast(dtype)
        for name, dtype in schema.items()
    )


def _given(schema: Schema) -> dict[str, pl.DataType]:
    """Return the types that values have when SQLAlchemy hands them over."""
    return {name: pl.Int64() if dtype.is_integer() else dtype for name, dtype in schema.items()}
