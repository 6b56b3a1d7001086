"""A store that stopped selling long before the chain's end is not forecast, unless something opens it."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.bundle.fitting import fit
from storecast.data.active_stores import SILENT_DAYS, are_inactive, inactive_stores
from storecast.data.ahead import extend
from storecast.data.panel import Panel
from storecast.workflows.preparation import prepare
from storecast.workflows.prepared import Prepared
from support.chain_files import edit, write_chain
from support.panels import make_panel

DAYS = 320
Change = Callable[[list[str]], list[str] | None]


def change_rows(folder: Path, store: int, change: Change, *, last: int) -> None:
    """Change the last rows of a store in train.csv; None removes a row."""

    def edited(lines: list[str]) -> list[str]:
        of_store = [line for line in lines[1:] if line.split(",")[0] == str(store)]
        chosen = set(of_store[-last:])
        rows = [change(line.split(",")) if line in chosen else line.split(",") for line in lines[1:]]
        return [lines[0], *(",".join(cells) for cells in rows if cells is not None)]

    edit(folder, "train.csv", edited)


def removed(_: list[str]) -> None:
    return None


def open_without_sales(cells: list[str]) -> list[str]:
    return [*cells[:3], "0", "0", "1", *cells[6:]]


def closed(cells: list[str]) -> list[str]:
    return [*cells[:3], "0", "0", "0", *cells[6:]]


def ahead_of(prepared: Prepared, store: int) -> pl.DataFrame:
    return prepared.panel.calendar.filter((pl.col(s.DATE) > prepared.panel.end) & (pl.col(s.STORE) == store))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_chain(tmp_path / "data", days=DAYS)
    (tmp_path / "data" / "test.csv").unlink()
    return tmp_path / "data"


ENDS: dict[str, tuple[Change, int]] = {
    "rows ended long ago": (removed, 250),
    "rows ended seven weeks ago": (removed, 49),
    "never had a row": (removed, DAYS),
    "zeros on open days": (open_without_sales, 200),
    "zeros for two months": (open_without_sales, 60),
    "closed rows": (closed, 70),
    "never sold, open": (open_without_sales, DAYS),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_store_that_stopped_is_closed_ahead_left_out_and_named(folder: Path, end: str) -> None:
    change, last = ENDS[end]
    change_rows(folder, 2, change, last=last)
    prepared = prepare(folder, horizon=28)
    assert ahead_of(prepared, 2)[s.OPEN].sum() == 0
    assert all(ahead_of(prepared, store)[s.OPEN].sum() == 24 for store in (1, 3, 4))
    assert prepared.stores_left_out == [2]
    assert any("store 2" in notice and "not forecast" in notice for notice in prepared.cleaned.notices)


ALIVE: dict[str, Change] = {"three weeks without rows": removed, "three weeks of zeros": open_without_sales}


@pytest.mark.parametrize("pause", ALIVE)
def test_a_store_that_paused_for_three_weeks_is_forecast(folder: Path, pause: str) -> None:
    change_rows(folder, 2, ALIVE[pause], last=21)
    prepared = prepare(folder, horizon=28)
    assert prepared.stores_left_out == []
    assert prepared.cleaned.notices == (prepared.cleaned.unseen_seasons,)


def test_a_store_that_came_back_after_half_a_year_is_alive() -> None:
    sold = np.ones((3, 900), bool)
    sold[1, 500:684] = False
    sold[2, 500:] = False
    assert are_inactive(sold).tolist() == [False, False, True]


def test_the_limit_is_counted_from_the_last_sale_of_the_chain() -> None:
    sold = np.zeros((3, 500), bool)
    sold[0, :400] = True  # the whole chain is closed since
    sold[1, : 400 - SILENT_DAYS] = True
    sold[2, : 401 - SILENT_DAYS] = True
    assert are_inactive(sold).tolist() == [False, True, False]


@pytest.mark.parametrize("every", [20, 30, 50])
def test_a_store_that_sells_rarely_is_no_dead_one(every: int) -> None:
    sold = np.ones((2, 900), bool)
    sold[1] = np.arange(900) % every == 0
    sold[1, 900 - 2 * every :] = False
    assert not are_inactive(sold).any()
    sold[1, 900 - 5 * every :] = False
    assert are_inactive(sold)[1] == (every >= 10)


def test_a_chain_that_never_sold_anything_has_no_inactive_store() -> None:
    assert not are_inactive(np.zeros((3, 100), bool)).any()
    panel = make_panel(stores=2, days=60)
    assert inactive_stores(panel.sales.with_columns(pl.lit(0.0).alias(s.SALES)), panel.stores) == []


def test_the_rule_that_is_switched_off_forecasts_every_store(folder: Path) -> None:
    change_rows(folder, 2, removed, last=250)
    prepared = prepare(folder, horizon=28, skip=("inactive_stores",))
    assert ahead_of(prepared, 2)[s.OPEN].sum() == 24
    assert prepared.stores_left_out == []


def without_store(panel: Panel, store: int, after: dt.date) -> Panel:
    before = (pl.col(s.STORE) != store) | (pl.col(s.DATE) <= after)
    return Panel(panel.sales.filter(before), panel.stores, panel.calendar.filter(before))


def test_its_forecast_is_nothing_until_a_request_opens_it() -> None:
    whole = make_panel(stores=5, days=300, ahead=0)
    chain = without_store(whole, 2, whole.end - dt.timedelta(days=100))
    model = fit(chain, "naive", horizon=14)
    assert model.predict().filter(pl.col(s.STORE) == 2)[s.FORECAST].sum() == 0
    alive = model.predict().filter(pl.col(s.STORE) != 2)[s.FORECAST].sum()
    totals = model.totals()
    assert totals.filter(pl.col("Level") == "chain-horizon")[s.FORECAST].item() == pytest.approx(alive)
    monday = chain.end + dt.timedelta(days=7 - chain.end.weekday())
    request = pl.DataFrame({s.STORE: [2], s.DATE: [monday], s.OPEN: [1]})
    reopened = model.predict(calendar=request)
    assert reopened.filter(pl.col(s.FORECAST) > 0)[s.DATE].to_list() == [monday]


@pytest.mark.parametrize("days", [1, 5])
def test_a_calendar_ahead_that_opens_it_is_followed(days: int) -> None:
    whole = make_panel(stores=5, days=300, ahead=14)
    end = whole.end
    gone = without_store(whole, 2, end - dt.timedelta(days=100))
    given = whole.calendar.filter(
        (pl.col(s.STORE) == 2) & (pl.col(s.DATE) > end) & (pl.col(s.DATE) <= end + dt.timedelta(days=days + 2))
    )
    past = gone.calendar.filter(pl.col(s.DATE) <= end)
    chain = extend(Panel(gone.sales, gone.stores, pl.concat([past, given]).sort(s.KEYS)), end + dt.timedelta(days=14))
    ahead = chain.calendar.filter((pl.col(s.STORE) == 2) & (pl.col(s.DATE) > end))
    assert ahead[s.OPEN].sum() == 12
