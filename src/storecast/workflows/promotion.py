"""Promotions by command: a model comes into use, and the audit of the database says so, as with promotions by API."""

from pathlib import Path

from storecast.bundle import registry
from storecast.errors import ModelFileError

PROMOTED = "model promoted"
ROLLED_BACK = "model rolled back"


def promote(home: Path, name: str, *, db: str | None = None) -> None:
    """Put a model of a home into use, with an audit entry in its database.

    Parameters
    ----------
    home : with the models
    name : of the model's file
    db : URL of the database; None: the home's own. A home without a database has no audit.

    Raises
    ------
    ModelFileError
        where the model is refused; nothing has changed then
    DatabaseError
        where the audit cannot be written; nothing has changed then
    """
    _promote(home, name, PROMOTED, db)


def rollback(home: Path, *, db: str | None = None) -> str:
    """Put the model back into use that was before, with an audit entry, and return its name.

    Parameters
    ----------
    home, db : as in `promote`
    """
    name = registry.previous(home / "models")
    _promote(home, name, ROLLED_BACK, db)
    return name


def _promote(home: Path, name: str, action: str, db: str | None) -> None:
    from storecast.database.connect import FILE, Database, home_url
    from storecast.database.request_log import audit

    folder = home / "models"
    if db is None and not (home / FILE).is_file():
        registry.promote(folder, name)
        return
    database = Database.open(db or home_url(home))
    try:
        with database.begin() as conn:
            # The entry is written first: it goes with the transaction where the model is refused.
            audit(conn, "command line", action, {"model": name[:100], "before": _in_use(folder)})
            registry.promote(folder, name)
    finally:
        database.close()


def _in_use(folder: Path) -> str | None:
    try:
        return registry.current(folder).name
    except ModelFileError:
        return None
