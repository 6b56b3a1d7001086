import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.questions.competition import CURVE, DISTANCE, KNOWN, NOT_YET, OPENING, RANK, REFERENCE, competition
from storecast.questions.levels import SALES
from storecast.questions.tidy import GROUP, LOW, MEASURE, PART, POSITION, TIDY, VALUE, NotAnswerableError
from support.known_chain import first_stores, last_days, usual_chain, without_customers


def test_an_opening_is_followed_by_a_fall_and_not_preceded_by_one() -> None:
    found = competition(usual_chain())
    assert dict(found.schema) == TIDY
    curve = found.filter((pl.col(PART) == CURVE) & (pl.col(GROUP) == NOT_YET) & (pl.col(MEASURE) == SALES))
    assert curve.filter(pl.col(POSITION) < 0)[VALUE].abs().max() < 0.04  # type: ignore[operator]
    assert curve.filter(pl.col(POSITION) > 0)[VALUE].max() < -0.04  # type: ignore[operator]


def test_stores_near_a_competitor_that_sell_more_are_seen_to() -> None:
    panel = usual_chain()
    near = panel.stores.filter(pl.col(s.COMPETITION_DISTANCE) < 500)[s.STORE]
    more = pl.when(pl.col(s.STORE).is_in(near.implode())).then(pl.col(s.SALES) * 3).otherwise(pl.col(s.SALES))
    found = competition(Panel(panel.sales.with_columns(more.alias(s.SALES)), panel.stores, panel.calendar))
    levels = found.filter(pl.col(PART) == DISTANCE)
    assert levels.filter(pl.col(GROUP) == "250 to 500 m")[LOW][0] > 0.5
    assert levels.filter(pl.col(GROUP) == REFERENCE)[VALUE][0] == 0
    assert found.filter(pl.col(PART) == RANK)[VALUE][0] < -0.3


def test_a_chain_of_a_few_months_still_tells_distance() -> None:
    found = competition(last_days(usual_chain(), 150))
    assert not found.filter(pl.col(PART) == OPENING).height
    assert found.filter(pl.col(PART) == DISTANCE).height


def test_without_customers_and_with_one_store() -> None:
    assert set(competition(without_customers(usual_chain()))[MEASURE]) <= {SALES, "stores"}
    assert set(competition(first_stores(usual_chain(), 1))[PART]) == {KNOWN}


def test_where_nothing_is_known_of_competitors_it_says_so() -> None:
    panel = usual_chain()
    nothing = panel.stores.with_columns(
        pl.lit(None, pl.Float64).alias(s.COMPETITION_DISTANCE), pl.lit(None, pl.Date).alias(s.COMPETITION_SINCE)
    )
    with pytest.raises(NotAnswerableError, match="neither a distance nor a date"):
        competition(Panel(panel.sales, nothing, panel.calendar))
