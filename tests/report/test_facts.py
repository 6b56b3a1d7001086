"""What the report says is chosen the same every time, and left out where it cannot be said."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.report import facts
from storecast.uncertainty.totals import totals
from support.panels import make_panel

Ahead = Callable[..., pl.DataFrame]


def test_stores_to_show_are_the_largest_the_middle_the_smallest_and_the_most_volatile(ahead: Ahead) -> None:
    panel = make_panel(stores=7, days=200, ahead=14)
    forecast = ahead(panel).with_columns(pl.col(s.FORECAST) * pl.col(s.STORE))
    wild = panel.sales.with_columns(
        pl.when(pl.col(s.STORE) == 3)
        .then(pl.col(s.SALES) * (1 + 2 * (pl.col(s.DATE).dt.day() % 2)))
        .otherwise(s.SALES)
        .alias(s.SALES)
    )
    chosen = facts.sample_stores(forecast, wild, panel.end)
    assert [store for _, store in chosen] == [7, 4, 1, 3]
    assert facts.sample_stores(forecast.reverse(), wild.reverse(), panel.end) == chosen


def test_a_store_is_shown_once(ahead: Ahead) -> None:
    panel = make_panel(stores=1, days=200, ahead=14)
    assert facts.sample_stores(ahead(panel), panel.sales, panel.end) == [("The only store", 1)]
    two = make_panel(stores=2, days=200, ahead=14)
    stores = [store for _, store in facts.sample_stores(ahead(two), two.sales, two.end)]
    assert sorted(stores) == [1, 2]


def test_a_store_without_an_open_day_is_not_shown(ahead: Ahead) -> None:
    panel = make_panel(stores=1, days=200, ahead=14)
    assert facts.sample_stores(ahead(panel, 0.0), panel.sales, panel.end) == []


def test_weeks_and_types_add_up_to_the_chain(ahead: Ahead) -> None:
    panel = make_panel(stores=5, days=400, ahead=14)
    result = facts.outlook(ahead(panel), panel.sales, panel.stores, totals(ahead(panel), panel.stores))
    (types,) = result["groups"]
    for lines in (result["weeks"], types["rows"]):
        for name in (s.FORECAST, "Like", "LastYear"):
            assert round(sum(line[name] for line in lines), 2) == result["chain"][name]
    assert sum(line["Stores"] for line in types["rows"]) == 5


def test_sums_have_the_bounds_of_the_totals_or_none(ahead: Ahead) -> None:
    panel = make_panel(stores=5, days=400, ahead=14)
    forecast = ahead(panel)
    draws = np.random.default_rng(0).gamma(4, forecast[s.FORECAST].to_numpy()[:, None] / 4, (forecast.height, 50))
    for sums in (totals(forecast, panel.stores, draws), totals(forecast, panel.stores)):
        result = facts.outlook(forecast, panel.sales, panel.stores, sums)
        (types,) = result["groups"]
        lines = {"chain-horizon": [result["chain"]], "chain-week": result["weeks"], "type-horizon": types["rows"]}
        for level, shown in lines.items():
            for name in ("Lower80", "Upper95"):
                present = sums.filter(Level=level)
                assert [line[name] for line in shown] == (
                    present[name].to_list() if name in sums.columns else [None] * present.height
                )


def test_weeks_ahead_are_in_the_order_of_numbers() -> None:
    lines = [
        {"model": "m", "cutoff": "mean", "slice": "week", "key": str(week), "rows": 1, "rmspe": week / 100}
        for week in (10, 2, 1)
    ]
    table = facts.side_by_side(lines, "week", "rmspe", ["m", "absent"])
    assert [row["key"] for row in table] == ["1", "2", "10"]
    assert table[0]["values"] == [0.01, None]


def test_the_hardest_days_are_the_models_own_largest_first() -> None:
    row = {"model": "m", "cutoff": "2015-01-01", s.STORE: 1, s.DATE: "2015-01-02", s.SALES: 100.0, s.FORECAST: 150.0}
    result = facts.hardest([row, {**row, s.FORECAST: 10.0}, {**row, "model": "other"}], "m")
    assert [round(line["error"], 2) for line in result] == [-0.9, 0.5]


def test_how_the_calendar_was_worked_out_speaks_only_of_what_the_past_marks() -> None:
    marked = pl.DataFrame({"StateHoliday": ["0", "a"], "Promo": [0, 0], "SchoolHoliday": [0, 0]})
    sentence = facts.how_assumed(marked)
    assert "holidays from law or the chain's past." in sentence
    assert "The past marks no promotions or school holidays, and none are assumed." in sentence
    assert "rhythm" not in sentence


@pytest.mark.parametrize(
    ("biases", "sentence"),
    [
        (
            [0.012, 0.004, 0.022],
            "linear was too high in all three windows, all days and stores added up: by 1.2%, 0.4% and 2.2%.",
        ),
        ([-0.012, -0.004], "linear was too low in both windows, all days and stores added up: by 1.2% and 0.4%."),
        (
            [0.012, -0.004],
            "linear was too high in one of two windows, all days and stores added up: +1.2% and −0.4%.",
        ),
        ([-0.034], "linear was 3.4% too low in the window, all days and stores added up."),
        ([None], ""),
    ],
)
def test_the_report_says_in_which_windows_a_model_was_too_high_or_too_low(
    biases: list[float | None], sentence: str
) -> None:
    lines = [{"model": "linear", "cutoff": f"2015-0{k}-01", "bias": bias} for k, bias in enumerate(biases, start=1)]
    others = [
        {"model": "linear", "cutoff": "mean", "bias": 9.0},
        {"model": "naive", "cutoff": "2015-01-01", "bias": -9.0},
    ]
    assert facts.bias_by_window([*others, *reversed(lines)], "linear") == sentence
