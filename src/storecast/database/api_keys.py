"""Keys of the service: who may do what.

A key is 256 random bits. It is shown once, when it is made; the database holds its SHA-256, which is enough to know it again and
too little to make it. (A slow hash protects passwords, which people choose; nobody guesses 256 bits.)
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from storecast.database import tables as t
from storecast.database.connect import Database
from storecast.database.request_log import audit
from storecast.errors import ConfigError, DatabaseError, hint, quote

SCOPES = ("read", "forecast", "write", "admin")
PREFIX = "sc_"
PERSON = "person:"  # begins what stands in the place of a key's hash, which no token has
BYTES = 32


@dataclass(frozen=True)
class Key:
    """A key as it is listed; the secret itself is nowhere."""

    id: int
    name: str
    scopes: frozenset[str]
    created: dt.datetime
    expires: dt.datetime | None  # None: never
    revoked: dt.datetime | None  # None: it holds
    person: bool = False  # who logs in at a provider, and has no secret here (`people`)

    def may(self, scope: str) -> bool:
        """Return whether the key has a scope; admin has every scope."""
        return scope in self.scopes or "admin" in self.scopes

    def holds(self, now: dt.datetime) -> bool:
        """Return whether the key is neither revoked nor expired at a moment."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def create_key(
    db: Database, name: str, scopes: Collection[str], expires: dt.datetime | None = None, *, actor: str = "command line"
) -> tuple[str, Key]:
    """Make a key; return its token, which cannot be asked for again, and what is known of it.

    Parameters
    ----------
    scopes : some of `SCOPES`
    expires : a moment with its time zone; None: never
    actor : who made it, for the audit
    """
    with db.begin() as conn:
        return _create(conn, name, scopes, expires, actor)


def create_first_key(db: Database, name: str, scopes: Collection[str], keep: Callable[[str], None]) -> Key | None:
    """Make a key where a database has none yet; None where it has one. Of several starts at once, one makes it.

    Parameters
    ----------
    db : the database, SQLite, whose writers follow one another
    name, scopes : of the key
    keep : takes the token, before the key stands: a token that cannot be kept leaves no key behind that nobody knows
    """
    with db.begin() as conn:
        if conn.execute(sa.select(sa.func.count()).select_from(t.keys)).scalar_one():
            return None
        token, key = _create(conn, name, scopes, None, name)
        keep(token)
    return key


def _create(
    conn: Connection, name: str, scopes: Collection[str], expires: dt.datetime | None, actor: str
) -> tuple[str, Key]:
    if not scopes:
        raise ConfigError(f"A key without scopes opens nothing. Choose some of: {', '.join(SCOPES)}.")
    for scope in scopes:
        if scope not in SCOPES:
            raise ConfigError(f"There is no scope {quote(scope)}.{hint(scope, SCOPES)} There are: {', '.join(SCOPES)}.")
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise ConfigError("A key needs a name of 1 to 200 printable characters, which says who uses it.")
    token = PREFIX + secrets.token_urlsafe(BYTES)
    values = {
        "name": name,
        "hash": digest(token),
        "scopes": scope_list(scopes),
        "created": dt.datetime.now(dt.UTC),
        "expires": expires,
    }
    row = conn.execute(sa.insert(t.keys).values(values).returning(*t.keys.c)).one()
    audit(conn, actor, "key created", {"key": row.id, "name": name, "scopes": row.scopes})
    return token, key_of_row(row)


def find_key(db: Database, token: str) -> Key | None:
    """Return the key with this token, whether it still holds or not; None where there is none."""
    expected = digest(token)
    with db.reading() as conn:
        row = conn.execute(sa.select(t.keys).where(t.keys.c.hash == expected)).one_or_none()
    if row is None or not hmac.compare_digest(row.hash, expected):
        return None
    return key_of_row(row)


def all_keys(db: Database) -> list[Key]:
    """Return all keys, the oldest first."""
    with db.reading() as conn:
        return [key_of_row(row) for row in conn.execute(sa.select(t.keys).order_by(t.keys.c.id))]


def revoke_key(db: Database, id: int, *, actor: str = "command line") -> Key:  # noqa: A002 - what it is called in lists
    """Revoke a key; one that was revoked already stays so, at its first moment.

    Parameters
    ----------
    db : the database
    id : number of the key
    actor : who revokes it, for the audit

    Raises
    ------
    DatabaseError
        where there is no such key
    """
    with db.begin() as conn:
        unrevoked = (t.keys.c.id == id) & t.keys.c.revoked.is_(None)
        done = conn.execute(sa.update(t.keys).where(unrevoked).values(revoked=dt.datetime.now(dt.UTC)))
        row = conn.execute(sa.select(t.keys).where(t.keys.c.id == id)).one_or_none()
        if row is None:
            raise DatabaseError(f"There is no key {id}. See `storecast key list`.")
        if done.rowcount:
            audit(conn, actor, "key revoked", {"key": id, "name": row.name})
    return key_of_row(row)


def rotate_key(
    db: Database,
    id: int,  # noqa: A002 - what it is called in lists
    expires: dt.datetime | None,
    ends: dt.datetime,
    *,
    actor: str = "command line",
) -> tuple[str, Key]:
    """Make a key that takes another one's place, which goes on for a while; return its token, and what is known of it.

    Parameters
    ----------
    db : the database
    id : number of the key whose name and scopes the new one has
    expires : when the new one ends, with its time zone; None: never
    ends : when the old one does, unless it ends earlier
    actor : who does it, for the audit

    Raises
    ------
    DatabaseError
        where there is no such key, or it holds no longer
    """
    with db.begin() as conn:
        row = conn.execute(sa.select(t.keys).where(t.keys.c.id == id)).one_or_none()
        if row is None:
            raise DatabaseError(f"There is no key {id}. See `storecast key list`.")
        old = key_of_row(row)
        if old.person:
            raise DatabaseError(f"Key {id} is a person who logs in at a provider: there is no secret to make anew.")
        if not old.holds(dt.datetime.now(dt.UTC)):
            raise DatabaseError(f"Key {id} was revoked or has expired. Make a new one with `storecast key create`.")
        token, key = _create(conn, old.name, old.scopes, expires, actor)
        last = ends if old.expires is None else min(ends, old.expires)
        conn.execute(sa.update(t.keys).where(t.keys.c.id == id).values(expires=last))
        audit(conn, actor, "key rotated", {"key": id, "new": key.id, "name": old.name, "ends": last.isoformat()})
    return token, key


def digest(token: str) -> str:
    """Return what the database holds of a token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def scope_list(scopes: Collection[str]) -> str:
    """Return scopes as the database holds them, in their order."""
    return ",".join(scope for scope in SCOPES if scope in scopes)


def key_of_row(row: sa.Row[Any]) -> Key:
    """Return the key of a row of the table."""
    person = row.hash.startswith(PERSON)
    return Key(row.id, row.name, frozenset(row.scopes.split(",")), row.created, row.expires, row.revoked, person)
