"""Seconds to check, spread and save overrides of a plan of 1,115 stores × 42 days: of the whole chain, and of each store-day."""

import argparse
import datetime as dt
import tempfile
from pathlib import Path

import polars as pl

from database_load import FIRST, days_of, panel_of
from measure import cost_of_call, machine
from storecast import schema as s
from storecast.database.connect import Database, home_url
from storecast.database.current_plan import read_current_plan
from storecast.database.forecasts import MadeForecast
from storecast.database.panel_io import write_panel
from storecast.database.plan_overrides import add_overrides
from storecast.database.plan_publishing import publish_version
from storecast.workflows.planning import show_overrides

FORECAST, FACTOR, CENTS = 7.25, 1.1, 798  # of each store-day: the forecast, the override's factor, the plan


def main() -> None:
    """Print a line for each of the two writes, and one for the list of both after a newer forecast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stores", type=int, default=1115)
    parser.add_argument("--days", type=int, default=42)
    options = parser.parse_args()
    print(f"# {__doc__}\n# {machine()}\noverrides | CPU s | wall s")
    with tempfile.TemporaryDirectory() as folder:
        measure(home_url(Path(folder)), options.stores, options.days)


def measure(url: str, stores: int, days: int) -> None:
    """Print the lines of one database.

    Parameters
    ----------
    url : of an empty database
    stores, days : of the plan
    """
    database = Database.open(url, create=True)
    past = days_of(stores, 2)
    write_panel(database, panel_of(past, stores))
    cutoff = FIRST + dt.timedelta(days=1)
    dates = pl.DataFrame({s.DATE: [cutoff + dt.timedelta(days=k + 1) for k in range(days)]})
    keys = past.select(s.STORE).unique(maintain_order=True).join(dates, how="cross")
    forecast = keys.with_columns(pl.lit(FORECAST).alias(name) for name in ("Forecast", "Lower80", "Upper80"))
    with database.begin() as conn:
        publish_version(conn, MadeForecast("benchmark", cutoff, 1, forecast), None, by="benchmark")
    each = keys.select(
        pl.lit("store").alias("level"),
        pl.col(s.STORE).cast(pl.String).alias("key"),
        pl.col(s.DATE).alias("first"),
        pl.col(s.DATE).alias("last"),
        pl.lit("factor").alias("kind"),
        pl.lit(FACTOR).alias("value"),
        pl.lit("other").alias("reason"),
        pl.lit("").alias("note"),
    )
    whole = each.head(1).with_columns(
        pl.lit("chain").alias("level"), pl.lit("chain").alias("key"), pl.lit(dates[s.DATE][-1]).alias("last")
    )
    for name, overrides in (("one of the whole chain", whole), (f"{each.height} of single store-days", each)):

        def write(rows: pl.DataFrame = overrides) -> None:
            with database.begin() as conn:
                add_overrides(conn, rows, by="benchmark", seen=1)

        cost, _ = cost_of_call(write)
        print(f"{name} | {cost.cpu:.2f} | {cost.wall:.2f}", flush=True)
    with database.reading() as conn:
        assert read_current_plan(conn).with_plan().cents["Plan"].sum() == keys.height * CENTS
    newer = forecast.with_columns(pl.col("Forecast", "Lower80", "Upper80") * 2)
    with database.begin() as conn:
        publish_version(conn, MadeForecast("benchmark", cutoff, 2, newer), None, by="benchmark")
    cost, listed = cost_of_call(lambda: show_overrides(database).overrides)
    print(f"the list with what is stale | {cost.cpu:.2f} | {cost.wall:.2f}")
    assert (listed["Stale"] != "").all()
    database.close()


if __name__ == "__main__":
    main()
