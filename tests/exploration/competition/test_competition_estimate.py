import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.competition.estimate import REFERENCE, estimate_competition
from storecast.exploration.competition.parts import Comparison, Part
from storecast.exploration.shared.estimates import (
    GROUP,
    LOW,
    MEASURE,
    PART,
    POSITION,
    TIDY_SCHEMA,
    VALUE,
    NotAnswerableError,
)
from storecast.exploration.shared.observed import SALES
from support.known_chain import first_stores, last_days, usual_answer, usual_chain, without_customers


def test_an_opening_is_followed_by_a_fall_and_not_preceded_by_one() -> None:
    table = usual_answer("competition")
    assert dict(table.schema) == TIDY_SCHEMA
    curve = table.filter(
        (pl.col(PART) == Part.AROUND_OPENING)
        & (pl.col(GROUP) == Comparison.NOT_YET_REACHED)
        & (pl.col(MEASURE) == SALES)
    )
    assert curve.filter(pl.col(POSITION) < 0)[VALUE].abs().max() < 0.04  # type: ignore[operator]
    assert curve.filter(pl.col(POSITION) > 0)[VALUE].max() < -0.04  # type: ignore[operator]


def test_stores_near_a_competitor_that_sell_more_are_seen_to() -> None:
    panel = usual_chain()
    near = panel.stores.filter(pl.col(s.COMPETITION_DISTANCE) < 500)[s.STORE]
    more = pl.when(pl.col(s.STORE).is_in(near.implode())).then(pl.col(s.SALES) * 3).otherwise(pl.col(s.SALES))
    table = estimate_competition(Panel(panel.sales.with_columns(more.alias(s.SALES)), panel.stores, panel.calendar))
    levels = table.filter(pl.col(PART) == Part.LEVEL_BY_DISTANCE)
    assert levels.filter(pl.col(GROUP) == "250 to 500 m")[LOW][0] > 0.5
    assert levels.filter(pl.col(GROUP) == REFERENCE)[VALUE][0] == 0
    assert table.filter(pl.col(PART) == Part.RANK_CORRELATION)[VALUE][0] < -0.3


def test_a_chain_of_a_few_months_still_tells_distance() -> None:
    table = estimate_competition(last_days(usual_chain(), 150))
    assert not table.filter(pl.col(PART) == Part.OPENING).height
    assert table.filter(pl.col(PART) == Part.LEVEL_BY_DISTANCE).height


def test_without_customers_and_with_one_store() -> None:
    assert set(estimate_competition(without_customers(usual_chain()))[MEASURE]) <= {SALES, "stores"}
    assert set(estimate_competition(first_stores(usual_chain(), 1))[PART]) == {Part.KNOWN}


def test_where_nothing_is_known_of_competitors_it_says_so() -> None:
    panel = usual_chain()
    nothing = panel.stores.with_columns(
        pl.lit(None, pl.Float64).alias(s.COMPETITION_DISTANCE), pl.lit(None, pl.Date).alias(s.COMPETITION_SINCE)
    )
    with pytest.raises(NotAnswerableError, match="neither a distance nor a date"):
        estimate_competition(Panel(panel.sales, nothing, panel.calendar))
