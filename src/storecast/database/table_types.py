"""What the declarations of tables share: their metadata, and types that SQLite and PostgreSQL write differently."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Dialect, MetaData
from sqlalchemy.types import TypeDecorator

metadata = MetaData()

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by INTEGER alone
NO_ROWID: dict[str, Any] = {"sqlite_with_rowid": False}  # rows lie in the order of their key


class Moment(TypeDecorator[dt.datetime]):
    """A moment, always with its time zone: UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """Refuse a moment without a time zone; SQLite keeps UTC and no zone."""
        assert value is None or value.tzinfo is not None
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """Return UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
