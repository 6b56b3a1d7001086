"""What a database holds, in a few figures."""

from typing import Any

import sqlalchemy as sa

from storecast.database import tables as t
from storecast.database.chain_info import read_info
from storecast.database.connect import Database


def status(db: Database) -> dict[str, Any]:
    """Return what a database holds, as plain data: dates as ISO text, None where there is nothing yet."""
    with db.reading() as conn:
        chain = read_info(conn)
        first, last = conn.execute(sa.select(sa.func.min(t.sales.c.date), sa.func.max(t.sales.c.date))).one()
        ahead = conn.execute(sa.select(sa.func.max(t.calendar.c.date))).scalar_one()
        newest = conn.execute(sa.select(t.forecasts).order_by(t.forecasts.c.id.desc()).limit(1)).one_or_none()
        rows = {
            name: conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in t.metadata.tables.items()
            if name != "chain"
        }
    return {
        "database": db.dialect,
        "tables": t.REVISIONS[-1],
        "version": chain.version,
        "generated": chain.generated,
        "own_columns": list(chain.known),
        "first_sale": None if first is None else first.isoformat(),
        "last_sale": None if last is None else last.isoformat(),
        "calendar_until": None if ahead is None else ahead.isoformat(),
        "newest_forecast": None
        if newest is None
        else {"model": newest.model, "cutoff": newest.cutoff.isoformat(), "made": newest.made.isoformat()},
        "rows": rows,
    }
