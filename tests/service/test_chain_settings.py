"""A chain with a target in whole numbers, stores in two countries and groups of its own, over HTTP."""

import datetime as dt
from collections.abc import Iterator

import polars as pl
import pytest

from storecast import schema as s
from storecast.bundle.registry import promote
from storecast.data.ahead import extend
from storecast.data.panel import Panel
from storecast.database.connect import home_url
from support.panels import make_panel
from support.served_home import HORIZON, Client, fill, make_key, running, settings_of, train

DAYS = 300
CZECH = [dt.date(2013, *day) for day in ((4, 1), (5, 8), (7, 5), (7, 6), (9, 28))]  # on which these stores are shut
BAVARIAN = [dt.date(2013, *day) for day in ((3, 29), (4, 1), (5, 9), (5, 20), (5, 30), (8, 15), (10, 3))]
REGIONS = {1: "north", 2: "south", 3: "south", 4: "north"}


def chain() -> Panel:
    """Return the orders of two Czech and two Bavarian stores, up to 2013-10-27."""
    days = make_panel(stores=4, days=DAYS, ahead=0)
    orders = days.sales.select(*s.KEYS, (pl.col(s.SALES) // 100).alias("orders"))
    shut = pl.when(pl.col(s.STORE) <= 2).then(pl.col(s.DATE).is_in(CZECH)).otherwise(pl.col(s.DATE).is_in(BAVARIAN))
    orders = orders.filter(~shut & (pl.col("orders") > 0))
    panel = Panel.from_frames(
        orders,
        pl.DataFrame({s.STORE: [*REGIONS], "Region": [*REGIONS.values()]}),
        country={"CZ": [1, 2], "DE-BY": [3, 4]},
        groups=["Region"],
        target="orders",
        unit="pieces",
        whole_numbers=True,
    )
    return extend(panel, panel.end + dt.timedelta(days=HORIZON))


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Run a service over the chain; its key is an admin's."""
    home = tmp_path_factory.mktemp("orders")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
        panel = chain()
        promote(home / "models", train("naive", panel, home))
        fill(home_url(home), panel)
        with running(settings_of(home), make_key(home_url(home))) as client:
            yield client


def test_the_target_its_unit_and_whole_bounds_are_in_the_reply(orders: Client) -> None:
    reply = orders.forecasts({"store": 1, "days": 7, "quantiles": [0.3]}).json()
    assert (reply["target"], reply["unit"]) == ("orders", "pieces")
    bounds = [row[name] for row in reply["forecasts"] for name in ("Lower80", "Upper80", "Lower95", "Upper95", "Q30")]
    assert [bound for bound in bounds if bound != round(bound)] == []


def test_figures_that_are_not_whole_are_refused_by_row_and_field(orders: Client) -> None:
    day = str(chain().end + dt.timedelta(days=1))
    rows = [{"Store": 1, "Date": day, "Sales": 3}, {"Store": 2, "Date": day, "Sales": 2.5}]
    refused = orders.post("/v1/sales", {"rows": rows})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "rows[1].Sales"
    assert "expected a whole number from " in refused.text
    as_csv = orders.post("/v1/sales", f"Store,Date,Sales\n1,{day},2.5\n", content_type="text/csv")
    assert as_csv.status_code == 422
    assert "column Sales" in as_csv.text


def test_whole_figures_are_taken(orders: Client) -> None:
    day = str(chain().end - dt.timedelta(days=1))
    row = {"Store": 1, "Date": day, "Sales": 3.0}
    assert orders.post("/v1/sales", {"rows": [row], "replace": True}).json()["replaced"] == 1


def test_holidays_ahead_are_those_of_the_country_of_each_store(orders: Client) -> None:
    rows = [{"Store": store, "Date": day} for store in (1, 3) for day in ("2013-10-28", "2013-11-01")]
    calendar = {(row["Store"], row["Date"]): row for row in orders.forecasts({"rows": rows}).json()["forecasts"]}
    closed = {key for key, row in calendar.items() if row["Forecast"] == 0}
    assert closed == {(1, "2013-10-28"), (3, "2013-11-01")}  # Czech independence, All Saints


def test_totals_of_groups_add_up(orders: Client) -> None:
    rows = [{"Store": store, "Date": "2013-10-29"} for store in REGIONS]
    totals = orders.forecasts({"rows": rows, "totals": True}).json()["totals"]
    by_region = {line["Key"]: line["Forecast"] for line in totals if line["Level"] == "Region-horizon"}
    assert set(by_region) == {"north", "south"}
    whole = next(line["Forecast"] for line in totals if line["Level"] == "chain-horizon")
    assert sum(by_region.values()) == pytest.approx(whole)
