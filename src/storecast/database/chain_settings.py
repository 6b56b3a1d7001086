"""What was said of a chain when it was loaded, beside its rows: days that models should not learn from."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storecast.data.excluded_spans import ExcludedSpan
from storecast.database import tables as t

EXCLUDED = "excluded"


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


def spans_as_rows(spans: Sequence[ExcludedSpan]) -> list[list[Any]]:
    """Return spans as the database keeps them: first, last, store, name."""
    return [[span.first.isoformat(), span.last.isoformat(), span.store, span.name] for span in spans]
