"""Days that the user marks are learned by no model and counted in no score; what cannot be meant is refused."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.clean import clean
from storecast.data.excluded_spans import ExcludedSpan
from storecast.data.grid import Grid
from storecast.data.panel import Panel
from storecast.data.read import read_chain
from storecast.errors import DataError
from storecast.features.sale_chance import sale_chances
from storecast.models.base import create
from storecast.uncertainty.point import point_forecasts
from support.chain_files import refused, write_chain
from support.panels import make_panel

DAY = dt.date(2014, 1, 8)
PANEL = make_panel(stores=4, days=300)
STRIKE = ExcludedSpan(PANEL.end - dt.timedelta(days=40), PANEL.end - dt.timedelta(days=20), 2, "strike")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_chain(tmp_path / "data", stores=3, days=60, ahead=7)


def write_events(folder: Path, *lines: str, settings: str = "") -> Path:
    (folder / "events.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    (folder / "storecast.toml").write_text(settings, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("lines", "settings", "spans"),
    [
        (["Date,Exclude", "2014-01-08,1"], "", [ExcludedSpan(DAY, DAY)]),
        (["Store,First,Last,Exclude,Name", ",2014-01-08,2014-01-10,1,strike"], "",
         [ExcludedSpan(DAY, dt.date(2014, 1, 10), None, "strike")]),
        (["Filiale;Von;Bis;Exclude", "2;08.01.2014;10.01.2014;1", ";08.01.2014;08.01.2014;1.0"],
         'date_format = "%d.%m.%Y"\n[columns]\nStore = "Filiale"\nFirst = "Von"\nLast = "Bis"\n',
         [ExcludedSpan(DAY, dt.date(2014, 1, 10), 2), ExcludedSpan(DAY, DAY)]),
        (["Date,Exclude,Name", "2014-01-08,1,Total"], "", [ExcludedSpan(DAY, DAY, None, "Total")]),
        (["Date,Exclude", "2041-01-08,1"], "", [ExcludedSpan(dt.date(2041, 1, 8), dt.date(2041, 1, 8))]),
    ],
)  # fmt: skip
def test_events_are_read_as_other_files_are(
    folder: Path, lines: list[str], settings: str, spans: list[ExcludedSpan]
) -> None:
    if "Filiale" in settings:
        for name in ("train.csv", "store.csv", "test.csv", "store_states.csv"):
            text = (
                (folder / name)
                .read_text(encoding="utf-8")
                .replace("Store,", "Filiale,")
                .replace("Store\n", "Filiale\n")
            )
            if s.DATE in text:
                text = text.replace("-", ".")
                frame = pl.read_csv(text.encode(), infer_schema=False)
                text = frame.with_columns(pl.col(s.DATE).str.to_date("%Y.%m.%d").dt.strftime("%d.%m.%Y")).write_csv()
            (folder / name).write_text(text, encoding="utf-8")
    assert list(read_chain(write_events(folder, *lines, settings=settings)).excluded) == spans


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["Date,Exclude", "2014-01-08,0"], ("events.csv, line 2, column Exclude: found '0'", "a column of your own")),
        (["Date,Exclude", "2014-01-08,"], ("line 2, column Exclude: found an empty cell",)),
        (["Date,Exclude", ",1"], ("line 2, column Date: found an empty cell",)),
        (["Date,Exclude", "8.1.2014,1"], ("line 2, column Date", "ISO")),
        (["Date", "2014-01-08"], ("events.csv: found the columns 'Date'", "Exclude")),
        (["First,Exclude", "2014-01-08,1"], ("First, Exclude", "Last")),
        (["Date,First,Last,Exclude", "2014-01-08,2014-01-08,2014-01-08,1"], ("expected Date, or First and Last",)),
        (["First,Last,Exclude", "2014-01-08,2014-01-07,1"], ("line 2, column Last: found '2014-01-07'", "on or after First")),
        (["Store,Date,Exclude", "99,2014-01-08,1"], ("line 2, column Store: found '99'", "a store of the chain")),
        (["Store,Date,Exclude", "all,2014-01-08,1"], ("line 2, column Store: found 'all'",)),
        (["Date,Exclude", "2014-01-08,1", "2004-01-08,1"], ("line 3: found 2004-01-08", "no sales to exclude")),
    ],
)  # fmt: skip
def test_events_that_cannot_be_meant_are_refused(folder: Path, lines: list[str], words: tuple[str, ...]) -> None:
    refused(write_events(folder, *lines), *words)


def test_excluded_days_are_named_with_their_dates(folder: Path) -> None:
    cleaned = clean(
        read_chain(
            write_events(
                folder, "Store,First,Last,Exclude,Name", ",2014-01-08,2014-01-09,1,strike", "2,2014-01-09,2014-01-10,1,"
            )
        )
    )
    notice = next(notice for notice in cleaned.notices if "excluded_days" in notice)
    assert "excludes 7 rows of sales" in notice  # three stores on two days, and one on a third
    assert "2014-01-08 to 2014-01-09, 'strike': 6 rows; 2014-01-09 to 2014-01-10, store 2: 2 rows" in notice


def test_all_excluded_spans_are_counted_and_those_beyond_the_first_few_are_in_the_report_of_check(folder: Path) -> None:
    days = [f"2014-01-{day:02}" for day in range(6, 11)]
    cleaned = clean(read_chain(write_events(folder, "Date,Exclude,Name", *(f"{day},1,strike" for day in days))))
    notice = next(notice for notice in cleaned.notices if "excluded_days" in notice)
    assert (
        f"such as {days[0]}, 'strike': 3 rows; {days[1]}, 'strike': 3 rows; {days[2]}, 'strike': 3 rows and 2 more):"
        in notice
    )
    repair = next(repair for repair in cleaned.report()["repairs"] if repair["rule"] == "excluded_days")
    assert [example.partition(",")[0] for example in (*repair["examples"], *repair["others"])] == days


def excluded(panel: Panel = PANEL, *spans: ExcludedSpan) -> Panel:
    return Panel(panel.sales, panel.stores, panel.calendar, excluded=spans or (STRIKE,))


def sold_otherwise(panel: Panel, factor: float) -> Panel:
    sales = pl.when(STRIKE.rows()).then(pl.col(s.SALES) * factor).otherwise(pl.col(s.SALES))
    return Panel(panel.sales.with_columns(sales.alias(s.SALES)), panel.stores, panel.calendar, excluded=panel.excluded)


@pytest.mark.parametrize("model", ["naive", "linear"])
def test_what_sold_on_excluded_days_changes_no_forecast(model: str) -> None:
    def forecast(panel: Panel) -> pl.DataFrame:
        window = panel.window(panel.end - dt.timedelta(days=14), 14)
        forecaster = create(model)
        forecaster.fit(window.past, window.horizon)
        return point_forecasts(forecaster, window)

    usual = forecast(excluded())
    for factor in (0.5, 0.0, 3.0):
        np.testing.assert_allclose(forecast(sold_otherwise(excluded(), factor))["Median"], usual["Median"], rtol=1e-6)
    assert not np.allclose(forecast(sold_otherwise(PANEL, 0.5))["Median"], usual["Median"], rtol=1e-3)


def test_no_chance_of_a_sale_is_learned_from_a_strike() -> None:
    struck = Grid.of(sold_otherwise(excluded(), 0.0))
    assert (sale_chances(struck, struck.days - 1) == 1).all()
    learned = Grid.of(sold_otherwise(PANEL, 0.0))
    assert (sale_chances(learned, learned.days - 1) < 1).any()


def test_excluded_days_are_those_of_the_store_and_of_every_part_of_a_grid() -> None:
    grid = Grid.of(excluded())
    assert grid.excluded is not None
    assert grid.excluded.sum() == (STRIKE.last - STRIKE.first).days + 1
    assert grid.excluded[1].sum() == grid.excluded.sum()
    part = grid.slice(np.array([1]), grid.column(STRIKE.last))
    assert part.excluded is not None
    assert (part.excluded.sum(), part.broken.sum()) == (1, 1)
    assert np.isnan(grid.learnable_past(grid.days - 1)[grid.excluded]).all()
    cut = grid.truncate(grid.column(STRIKE.first), 7)
    assert cut.excluded is not None
    assert cut.excluded.shape == cut.sales.shape


def test_no_score_counts_excluded_days() -> None:
    panel = excluded()
    window = panel.window(STRIKE.first - dt.timedelta(days=1), 28)
    days = window.actual()
    assert days.filter(STRIKE.rows()).is_empty()
    assert (
        days.filter(pl.col(s.STORE) == 1).height
        == PANEL.window(window.cutoff, 28).actual().filter(pl.col(s.STORE) == 1).height
    )
    assert window.past.excluded == panel.excluded


def test_another_set_of_excluded_days_is_another_panel() -> None:
    assert (
        len(
            {
                PANEL.fingerprint,
                excluded().fingerprint,
                excluded(PANEL, ExcludedSpan(STRIKE.first, STRIKE.last)).fingerprint,
            }
        )
        == 3
    )


@pytest.mark.parametrize("kind", [pl.DataFrame, pd.DataFrame])
def test_frames_hold_events_too(kind: type) -> None:
    sales = pl.DataFrame({s.STORE: [1, 1, 2], s.DATE: [DAY, DAY + dt.timedelta(days=1), DAY], s.SALES: [5.0, 6.0, 7.0]})
    events = kind({"Date": [DAY, DAY], "Store": [2, None], "Exclude": [1, 1]})
    assert Panel.from_frames(sales, events=events).excluded == (ExcludedSpan(DAY, DAY, 2), ExcludedSpan(DAY, DAY))
    texts = sales.cast({s.STORE: pl.String})
    assert (
        Panel.from_frames(texts, events=pl.DataFrame({"Date": [DAY], "Store": ["2"], "Exclude": [True]}))
        .excluded[0]
        .store
        == "2"
    )
    with pytest.raises(DataError, match="events, row 1, column Store: found '9'"):
        Panel.from_frames(sales, events=pl.DataFrame({"Date": [DAY], "Store": [9], "Exclude": [1]}))
