"""The view Promotions: what an extra promotion day brings, and a plan under a budget of days."""

import datetime as dt
import json
from urllib.parse import parse_qs, urlsplit

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.bundle.predictor import Predictor
from storecast.page.language import Words
from storecast.page.views import promotion_plan
from storecast.page.views.scenario_calendar import read_changes
from storecast.workflows.extra_promotions import (
    GAIN,
    GAIN_HIGH,
    GAIN_LOW,
    MEASURED,
    UPLIFT_LOW,
    UPLIFT_OF_DAY,
    ExtraPromotions,
    PromotionPlan,
    extra_promotions,
    plan_promotions,
)
from support.page_client import PageClient, callback
from support.served_home import Client


@pytest.fixture(scope="module")
def predictor(client: Client) -> Predictor:
    predictor: Predictor = client.service.live.snapshot.predictor
    return predictor


@pytest.fixture(scope="module")
def extra(predictor: Predictor) -> ExtraPromotions:
    return extra_promotions(predictor)


def test_the_gain_of_a_day_is_what_the_model_expects_of_it_alone(predictor: Predictor, extra: ExtraPromotions) -> None:
    usual = predictor.forecast()
    for row in extra.days.sample(8, seed=1).iter_rows(named=True):
        day = pl.DataFrame({s.STORE: [row[s.STORE]], s.DATE: [row[s.DATE]], s.PROMO: pl.Series([1], dtype=pl.Int8)})
        alone, _ = predictor.predict(day)
        of_store = usual.filter(pl.col(s.STORE) == row[s.STORE])
        assert row[GAIN] == pytest.approx(alone[s.FORECAST].sum() - of_store[s.FORECAST].sum(), abs=0.005)
        at = alone.filter(pl.col(s.DATE) == row[s.DATE])[s.FORECAST].item()
        assert row[UPLIFT_OF_DAY] == pytest.approx(at / row[s.FORECAST] - 1)


def test_only_open_days_without_a_promotion_are_asked_about(predictor: Predictor, extra: ExtraPromotions) -> None:
    days = extra.days.join(predictor.future, on=list(s.KEYS), how="left")
    assert (days[s.OPEN] == 1).all()
    assert (days[s.PROMO] == 0).all()
    assert extra.days[GAIN].to_list() == sorted(extra.days[GAIN].to_list(), reverse=True)


def test_where_the_past_cannot_tell_there_are_no_intervals_and_the_reason_is_said(extra: ExtraPromotions) -> None:
    assert "at least 10 are needed" in extra.unanswered  # the chain has six stores
    assert extra.days[GAIN_LOW].null_count() == extra.days.height


def known_days() -> pl.DataFrame:
    """Return twelve days of three stores, the largest gain first; those of store 3 are not sure."""
    monday = dt.date(2015, 6, 1)
    rows = [
        {
            s.STORE: store,
            s.DATE: monday + dt.timedelta(days=7 * week),
            s.FORECAST: 100.0,
            GAIN: 50.0 - 10 * store - week,
        }
        for store in (1, 2, 3)
        for week in range(4)
    ]
    days = pl.DataFrame(rows).sort(GAIN, descending=True)
    surely = pl.when(pl.col(s.STORE) == 3).then(0.05).otherwise(0.3)
    bounds = [(pl.col(GAIN) - 5).alias(GAIN_LOW), (pl.col(GAIN) + 5).alias(GAIN_HIGH)]
    return days.with_columns(
        pl.lit(0.4).alias(UPLIFT_OF_DAY), surely.alias(UPLIFT_LOW), pl.lit(0.35).alias(MEASURED), *bounds
    )


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        ({"budget": 3, "most_per_store": 4}, [(1, 0), (1, 1), (1, 2)]),
        ({"budget": 3, "most_per_store": 1}, [(1, 0), (2, 0), (3, 0)]),
        ({"budget": 9, "most_per_store": 1, "needed": 0.2}, [(1, 0), (2, 0)]),
        ({"budget": 9, "most_per_store": 2, "weeks": [dt.date(2015, 6, 15)]}, [(1, 2), (2, 2), (3, 2)]),
        ({"budget": 9, "needed": 0.5}, []),
    ],
)
def test_a_plan_takes_the_largest_gains_that_budget_stores_weeks_and_uplift_allow(
    monkeypatch: pytest.MonkeyPatch, predictor: Predictor, choice: dict[str, object], taken: list[tuple[int, int]]
) -> None:
    monkeypatch.setattr("storecast.workflows.extra_promotions._together", lambda *_: 0.0)
    plan = plan_promotions(predictor, known_days(), **choice)  # type: ignore[arg-type]
    weeks = [(day - dt.date(2015, 6, 1)).days // 7 for day in plan.days[s.DATE]]
    assert list(zip(plan.days[s.STORE], weeks, strict=True)) == taken


def test_all_days_of_a_plan_are_asked_at_once_too(predictor: Predictor, extra: ExtraPromotions) -> None:
    plan = plan_promotions(predictor, extra.days, 4)
    assert plan.days[s.STORE].n_unique() == 4
    assert plan.together == pytest.approx(plan.days[GAIN].sum(), abs=0.05)  # of four stores: they do not touch
    assert plan_promotions(predictor, extra.days, 4, needed=9.0).together == 0.0


def test_intervals_widen_with_what_the_past_leaves_open(monkeypatch: pytest.MonkeyPatch, predictor: Predictor) -> None:
    stores = predictor.panel.stores[s.STORE]

    def responses(error: float) -> ExtraPromotions:
        measured = np.full(len(stores), 0.2)
        table = pl.DataFrame({s.STORE: stores, MEASURED: measured, "error": np.full(len(stores), error)})
        monkeypatch.setattr("storecast.workflows.extra_promotions._responses", lambda _: (table, ""))
        return extra_promotions(predictor)

    sure, unsure = responses(0.0).days, responses(0.2).days
    for days in (sure, unsure):
        assert (days[GAIN_LOW] <= days[GAIN]).all()
        assert (days[GAIN_HIGH] >= days[GAIN]).all()
    assert ((unsure[GAIN_HIGH] - unsure[GAIN_LOW]) > (sure[GAIN_HIGH] - sure[GAIN_LOW])).all()


def test_the_view_shows_the_plan_of_its_address_in_both_languages(browser: PageClient) -> None:
    view = browser.draw("/app/promotions", "?budget=7&most=1&needed=5")
    assert "Where an extra promotion day pays most" in view
    part = browser.draw_part("promotions-plan", "?budget=5&most=1")
    assert "5 extra promotion days in 5 stores would bring +" in part
    assert "There are no intervals" in part
    assert "No day pays as much as is asked for" in browser.draw_part("promotions-plan", "?needed=50")
    for broken in ("?budget=x&most=-1&needed=1e9&weeks=x,2015-01-01", "?budget=99999999999"):
        assert "extra promotion days in" in browser.draw_part("promotions-plan", broken)


def test_a_model_that_expects_nothing_of_promotions_says_so() -> None:
    nothing = known_days().with_columns(pl.lit(0.0).alias(GAIN))
    shown = promotion_plan.section(PromotionPlan(nothing.clear(), 0.0), ExtraPromotions(nothing, ""), (), Words("en"))
    assert "expects nothing" in str(shown)


def test_the_plan_is_shown_with_intervals_where_the_past_tells() -> None:
    days = known_days()
    shown = str(promotion_plan.section(PromotionPlan(days.head(3), 110.0), ExtraPromotions(days, ""), (), Words("de")))
    assert "3 zusätzliche Aktionstage in 1 Filiale brächten +110,00" in shown
    assert "95-%-Intervalle" in shown


def test_the_plan_opens_as_a_scenario_with_the_same_days(
    browser: PageClient, predictor: Predictor, extra: ExtraPromotions
) -> None:
    plan = plan_promotions(predictor, extra.days, 3)
    address = promotion_plan.scenario_address(plan)
    changes = read_changes(parse_qs(urlsplit(address).query)["a"][0], Words("en"))
    stores = plan.days[s.STORE].cast(pl.String)
    assert [(each.key, each.first, each.column, each.value) for each in changes] == [
        (store, day, s.PROMO, 1) for store, day in zip(stores, plan.days[s.DATE], strict=True)
    ]
    assert "promotion" in browser.draw("/app/scenarios", f"?{urlsplit(address).query}")


def test_the_file_of_the_plan_has_cells_that_no_spreadsheet_runs(
    browser: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = known_days().head(2).with_columns(pl.lit("=cmd|' /C calc'!A0").alias(s.STORE))
    monkeypatch.setattr("storecast.page.views.promotions._plan", lambda _: PromotionPlan(days, 1.0))
    values = {"promotions-csv-button.n_clicks": 1, "url.search": ""}
    answer = browser.post(callback("promotions-csv.data", values))
    content = json.loads(answer.text)["response"]["promotions-csv"]["data"]
    assert content["filename"].endswith(".csv")
    lines = content["content"].splitlines()
    assert lines[0].startswith("Store,Date,Forecast,Gain")
    assert all(line.startswith("'=cmd") for line in lines[1:])
