"""Seconds to load 1,000 days of sales of 1,115 stores into a database that holds their chain, and to read it back."""

import argparse
import datetime as dt
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from measure import machine, peak_gib
from storecast import schema as s
from storecast.data.panel import Panel
from storecast.database.connect import Database, home_url
from storecast.database.panel_io import apply_changes, changes_since, read_panel, write_panel
from storecast.database.writes import Written, add_sales

FIRST = dt.date(2013, 1, 1)
HISTORY = 60  # days that stand before
Result = TypeVar("Result")


def main() -> None:
    """Print a line for each step on each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stores", type=int, default=1115)
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--db", help="URL of an empty PostgreSQL database; without it, pgserver starts one")
    options = parser.parse_args()
    print(f"# {__doc__}\n# {machine()}\nstep,database,seconds,limit")
    with tempfile.TemporaryDirectory() as folder:
        measure(home_url(Path(folder)), options.stores, options.days)
        with postgres(options.db, Path(folder)) as url:
            measure(url, options.stores, options.days)
    print(f"# peak {peak_gib():.2f} GiB")


def measure(url: str, stores: int, days: int) -> None:
    """Print the lines of one database."""
    days_of_all = days_of(stores, HISTORY + days)
    old = days_of_all.filter(pl.col(s.DATE) < FIRST + dt.timedelta(days=HISTORY))
    new = days_of_all.filter(pl.col(s.DATE) >= FIRST + dt.timedelta(days=HISTORY))
    database = Database.open(url, create=True)

    def step(name: str, call: Callable[[], Result], limit: str = "") -> Result:
        begin = time.perf_counter()
        result = call()
        print(f"{name},{database.dialect},{time.perf_counter() - begin:.1f},{limit}", flush=True)
        return result

    def add(frame: pl.DataFrame) -> Written:
        with database.begin() as conn:
            return add_sales(conn, frame)

    panel = panel_of(old, stores)
    version = write_panel(database, panel)
    loaded = step(f"{new.height} new sales with their calendar", lambda: add(new), "60")
    assert loaded.inserted == new.height, loaded
    again = step("the same again: all stand already", lambda: add(new))
    assert again.same == new.height, again
    day = days_of(stores, HISTORY + days + 1).filter(pl.col(s.DATE) == FIRST + dt.timedelta(days=HISTORY + days))
    step(f"one day of all {stores} stores", lambda: add(day))
    step("one sale", lambda: add(day.head(1).with_columns(pl.col(s.DATE).dt.offset_by("1d"))))
    whole, latest = step("read the chain", lambda: read_panel(database))
    changes = step("read the last two writes", lambda: changes_since(database, latest - 2))
    assert changes.sales.height == stores + 1
    brought = apply_changes(panel, changes_since(database, version))
    assert brought.fingerprint == whole.fingerprint
    database.close()


def days_of(stores: int, days: int, first: dt.date = FIRST) -> pl.DataFrame:
    """Return sales of stores 1 to ``stores`` on so many days, with their calendar."""
    rng = np.random.default_rng(1)
    dates = pl.date_range(first, first + dt.timedelta(days=days - 1), eager=True)
    rows = pl.DataFrame({s.STORE: np.arange(1, stores + 1)}).join(pl.DataFrame({s.DATE: dates}), how="cross")
    opened = rows[s.DATE].dt.weekday() < 7
    sales = np.round(rng.random(rows.height) * 10_000, 2) * opened.to_numpy()
    promo = rows.select((pl.col(s.DATE).dt.week() % 2).cast(pl.Int8)).to_series()
    return rows.with_columns(
        pl.Series(s.SALES, sales),
        pl.Series(s.CUSTOMERS, np.round(sales / 9)),
        opened.cast(pl.Int8).alias(s.OPEN),
        promo.alias(s.PROMO),
        pl.lit("0").alias(s.STATE_HOLIDAY),
        pl.lit(0, pl.Int8).alias(s.SCHOOL_HOLIDAY),
    )


def panel_of(rows: pl.DataFrame, stores: int) -> Panel:
    empty = {name: pl.lit("" if dtype == pl.String() else None, dtype) for name, dtype in s.STORES_SCHEMA.items()}
    attributes = pl.DataFrame({s.STORE: np.arange(1, stores + 1)}).with_columns(**empty)
    calendar = rows.select(*s.KEYS, *s.KNOWN, pl.lit(value=False).alias(s.ASSUMED))
    return Panel(
        rows.select(*s.KEYS, s.SALES, s.CUSTOMERS),
        attributes.with_columns(pl.lit(0, pl.Int8).alias(s.PROMO2)),
        calendar,
    )


@contextmanager
def postgres(url: str | None, folder: Path) -> Iterator[str]:
    """Yield the URL of a PostgreSQL database: the one that is named, or one that is started in a folder."""
    if url is not None:
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pgserver's own, about folders
        import pgserver

        server = pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


if __name__ == "__main__":
    main()
