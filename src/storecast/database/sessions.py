"""Sessions of the web page: who has logged in with a key, until when.

A session is 256 random bits in a cookie. Like a key, the database holds its SHA-256 alone. It ends with the key it was
opened with, at a logout, and after `SESSION_HOURS`.
"""

import datetime as dt
import secrets

import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.api_keys import BYTES, Key, digest, key_of_row
from storecast.database.connect import Database

PREFIX = "ss_"
SESSION_HOURS = 12


def open_session(db: Database, key: Key) -> str:
    """Open a session for the holder of a key; sessions that have expired are removed.

    Returns
    -------
    The token for the cookie, which cannot be asked for again
    """
    token = PREFIX + secrets.token_urlsafe(BYTES)
    now = dt.datetime.now(dt.UTC)
    with db.begin() as conn:
        conn.execute(sa.delete(t.sessions).where(t.sessions.c.expires <= now))
        values = {"hash": digest(token), "key": key.id, "expires": now + dt.timedelta(hours=SESSION_HOURS)}
        conn.execute(sa.insert(t.sessions).values(values))
    return token


def find_session(db: Database, token: str) -> Key | None:
    """Return the key that a session was opened with, whether it still holds or not; None where there is no session."""
    open_now = (t.sessions.c.hash == digest(token)) & (t.sessions.c.expires > dt.datetime.now(dt.UTC))
    with db.reading() as conn:
        row = conn.execute(sa.select(t.keys).join(t.sessions).where(open_now)).one_or_none()
    return None if row is None else key_of_row(row)


def close_session(db: Database, token: str) -> None:
    """End a session; nothing happens where there is none."""
    with db.begin() as conn:
        conn.execute(sa.delete(t.sessions).where(t.sessions.c.hash == digest(token)))
