import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.generate_effects import Effects
from storecast.data.panel import Panel
from storecast.exploration.assortment.estimate import estimate_assortment
from storecast.exploration.assortment.parts import Part
from storecast.exploration.shared.estimates import (
    GROUP,
    HIGH,
    LOW,
    MEASURE,
    PART,
    POSITION,
    TIDY_SCHEMA,
    VALUE,
    NotAnswerableError,
)
from storecast.exploration.shared.observed import CUSTOMERS, SALES
from support.known_chain import first_stores, last_days, usual_answer, usual_chain, without_customers


def of(table: pl.DataFrame, part: str, measure: str = SALES) -> pl.DataFrame:
    return table.filter((pl.col(PART) == part) & (pl.col(MEASURE) == measure))


def test_assortments_differ_by_what_they_do_in_truth_among_alike_stores() -> None:
    table = usual_answer("assortment")
    assert dict(table.schema) == TIDY_SCHEMA
    wide = of(table, f"{Part.SIMILAR_STORES} {s.ASSORTMENT}").filter(pl.col(GROUP) == "c")
    assert wide[LOW][0] < np.expm1(Effects().assortment["c"]) < wide[HIGH][0]


def test_a_type_that_grows_is_seen_to() -> None:
    panel = usual_chain()
    years = (pl.col(s.DATE) - panel.first).dt.total_days() / 365.25
    kinds = panel.stores.filter(pl.col(s.STORE_TYPE) == "d")[s.STORE]
    grown = (
        pl.when(pl.col(s.STORE).is_in(kinds.implode()))
        .then(pl.col(s.SALES) * (0.1 * years).exp())
        .otherwise(pl.col(s.SALES))
    )
    table = estimate_assortment(Panel(panel.sales.with_columns(grown.alias(s.SALES)), panel.stores, panel.calendar))
    growth = {row[GROUP]: row for row in of(table, f"{Part.GROWTH} {s.STORE_TYPE}").iter_rows(named=True)}
    assert growth["d"][LOW] > growth["a"][HIGH]
    assert growth["d"][VALUE] - growth["a"][VALUE] == pytest.approx(0.1, abs=0.03)


def test_the_profile_is_that_of_days_without_promotion() -> None:
    result = of(usual_answer("assortment"), f"{Part.WEEKDAY_PROFILE} {s.STORE_TYPE}", "sales, Sat").filter(
        pl.col(GROUP) == "a"
    )
    weekday = np.array(list(Effects().weekday.values()))[:6]
    assert result[POSITION][0] == 5
    assert result[VALUE][0] == pytest.approx(np.expm1(weekday[5] - weekday.mean()), abs=0.02)


def test_levels_are_means_of_the_stores() -> None:
    panel = usual_chain()
    stores = (
        panel.sales.filter(pl.col(s.SALES) > 0)
        .group_by(s.STORE)
        .agg(pl.col(s.SALES).mean())
        .join(panel.stores, on=s.STORE)
    )
    result = of(usual_answer("assortment"), f"{Part.USUAL_DAY} {s.STORE_TYPE}").filter(pl.col(GROUP) == "a")
    assert result[VALUE][0] == pytest.approx(stores.filter(pl.col(s.STORE_TYPE) == "a")[s.SALES].mean(), rel=1e-5)


def test_without_customers_and_in_a_short_chain_the_rest_is_answered() -> None:
    assert of(
        estimate_assortment(without_customers(usual_chain())), f"{Part.USUAL_DAY} {s.STORE_TYPE}", CUSTOMERS
    ).is_empty()
    short = estimate_assortment(last_days(usual_chain(), 100))
    assert of(short, f"{Part.GROWTH} {s.STORE_TYPE}").is_empty()
    assert of(short, f"{Part.STORES} {s.STORE_TYPE}", "stores").height


def test_one_kind_alone_cannot_be_compared() -> None:
    with pytest.raises(NotAnswerableError, match="only one store type"):
        estimate_assortment(first_stores(usual_chain(), 1))
