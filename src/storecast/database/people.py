"""People who log in to the page at a provider: each has a row among the keys, by whose number and name they write.

Such a key has no secret. Revoking it shuts its person out.
"""

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from storecast.database import bulk
from storecast.database import tables as t
from storecast.database.api_keys import PERSON, Key, digest, key_of_row, scope_list
from storecast.database.connect import Database
from storecast.database.request_log import audit


def person_key(db: Database, issuer: str, subject: str, name: str, scopes: Collection[str]) -> Key:
    """Return the key of a person, whether it still holds or not; made at the first login, and kept up with the provider.

    Parameters
    ----------
    db : the database
    issuer : the provider
    subject : who it is there
    name : to be shown
    scopes : what this person may do now
    """
    identity = PERSON + digest(f"{issuer}\n{subject}")
    current = {"name": name, "scopes": scope_list(scopes)}
    values = {**current, "hash": identity, "created": dt.datetime.now(dt.UTC)}
    with db.begin() as conn:
        insert = bulk.insert_into(conn, t.keys).values(values).on_conflict_do_nothing()
        is_new = conn.execute(insert).rowcount > 0
        row = conn.execute(sa.select(t.keys).where(t.keys.c.hash == identity)).one()
        if is_new or (row.name, row.scopes) != (name, current["scopes"]):
            conn.execute(sa.update(t.keys).where(t.keys.c.id == row.id).values(current))
            action = "person added" if is_new else "person changed"
            audit(conn, f"key:{row.id}", action, {"key": row.id, **current})
            row = conn.execute(sa.select(t.keys).where(t.keys.c.id == row.id)).one()
    return key_of_row(row)
