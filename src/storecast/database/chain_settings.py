"""What was said of a chain when it was loaded: days not to learn from, country, feasts, groups, target, how files are written."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storecast.data.breakdown import Breakdown
from storecast.data.column_names import ColumnNames
from storecast.data.excluded_spans import ExcludedSpan
from storecast.data.file_layout import FileLayout
from storecast.data.own_feasts import OwnFeast
from storecast.data.target import TARGET, Target, read_target
from storecast.database import tables as t

EXCLUDED, WRITTEN, COUNTRY, FEASTS, BREAKDOWN = "excluded", "written", "country", "feasts", "breakdown"


def replace_settings(conn: Connection, values: dict[str, Any]) -> None:
    """Keep settings in place of all that stood.

    Parameters
    ----------
    conn : in the transaction that replaces the chain
    values : by name, what JSON can hold
    """
    conn.execute(sa.delete(t.chain_settings))
    rows = [{"name": name, "value": json.dumps(value)} for name, value in values.items()]
    if rows:
        conn.execute(sa.insert(t.chain_settings), rows)


def read_setting(conn: Connection, name: str) -> Any:
    """Return a setting; None where it was not given."""
    value = conn.execute(sa.select(t.chain_settings.c.value).where(t.chain_settings.c.name == name)).scalar()
    return None if value is None else json.loads(value)


def read_excluded(conn: Connection) -> tuple[ExcludedSpan, ...]:
    """Return the days that models should not learn from."""
    rows = read_setting(conn, EXCLUDED) or []
    return tuple(
        ExcludedSpan(dt.date.fromisoformat(first), dt.date.fromisoformat(last), *rest) for first, last, *rest in rows
    )


def read_country(conn: Connection) -> str | None:
    """Return the ISO code of the country whose holidays the stores keep; None where no setting says it."""
    country: str | None = read_setting(conn, COUNTRY)
    return country


def read_feasts(conn: Connection) -> tuple[OwnFeast, ...]:
    """Return the feasts of the user's own."""
    return tuple(OwnFeast(name, tuple(on), run_up) for name, on, run_up in read_setting(conn, FEASTS) or [])


def read_breakdown(conn: Connection) -> Breakdown:
    """Return by what totals are made beside store types, states and weeks."""
    return Breakdown.from_setting(read_setting(conn, BREAKDOWN))


def read_target_of_chain(conn: Connection) -> Target:
    """Return the figure that the chain's sales are."""
    return read_target(read_setting(conn, TARGET) or {}, "the database")


def as_settings(names: ColumnNames) -> dict[str, Any]:
    """Return what storecast.toml says of how files are written, as the database keeps it."""
    return {
        "columns": names.file_names | names.names_of,
        "date_format": names.date_format,
        "timezone": names.timezone,
        "decimal": names.decimal,
        "sum": names.sum_rows,
        "wide": names.layout.wide,
        "one_store": names.layout.one_store,
        "unused": names.unused,
    }


def read_written(conn: Connection, known: tuple[str, ...], *, text_ids: bool) -> ColumnNames:
    """Return how the files of the chain are written, by which CSV that is sent is read.

    Parameters
    ----------
    conn : of the database
    known : the chain's own columns
    text_ids : whether its ids are text
    """
    written = read_setting(conn, WRITTEN) or {}
    columns = written.get("columns", {})
    return ColumnNames(
        file_names={name: file_name for name, file_name in columns.items() if isinstance(file_name, str)},
        names_of={part: file_name for part, file_name in columns.items() if isinstance(file_name, dict)},
        known=known,
        text_ids=text_ids,
        date_format=written.get("date_format"),
        timezone=written.get("timezone"),
        decimal=written.get("decimal"),
        sum_rows=written.get("sum", False),
        layout=FileLayout(wide=written.get("wide"), one_store=written.get("one_store")),
        target=read_target_of_chain(conn) if written else Target(),
        unused=tuple(written.get("unused", ())),
    )


def spans_as_rows(spans: Sequence[ExcludedSpan]) -> list[list[Any]]:
    """Return spans as the database keeps them: first, last, store, name."""
    return [[span.first.isoformat(), span.last.isoformat(), span.store, span.name] for span in spans]
