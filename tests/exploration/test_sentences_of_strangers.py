"""What the report says of a chain that has no Promo2, no Christmas, no kinds of stores: not a word of them; and how it counts."""

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.assortment.estimate import estimate_assortment
from storecast.exploration.holidays.estimate import estimate_holidays
from storecast.exploration.holidays.section import holidays_section
from storecast.exploration.promotions.estimate import estimate_promotions
from storecast.exploration.promotions.section import promotions_section
from storecast.exploration.response.section import how_many_gain
from storecast.exploration.seasons.estimate import estimate_seasons
from storecast.exploration.seasons.section import seasons_section
from storecast.exploration.shared.estimates import NotAnswerableError
from storecast.report.section import SectionBody
from support.panels import make_panel


@pytest.fixture(scope="module")
def chain() -> Panel:
    """Return a chain with public holidays alone, whose stores are of no known kind and take part in no Promo2."""
    panel = make_panel(4, 500)
    stores = panel.stores.with_columns(
        pl.lit("").alias(s.STORE_TYPE),
        pl.lit("").alias(s.ASSORTMENT),
        pl.lit("").alias(s.STATE),
        pl.lit(None, panel.stores.schema[s.PROMO2_SINCE]).alias(s.PROMO2_SINCE),
        pl.lit(0, panel.stores.schema[s.PROMO2]).alias(s.PROMO2),
    )
    public = pl.when(pl.col(s.STATE_HOLIDAY) == "a").then(pl.lit("a")).otherwise(pl.lit("0"))
    calendar = panel.calendar.with_columns(public.alias(s.STATE_HOLIDAY), pl.lit(0, pl.Int8).alias(s.SCHOOL_HOLIDAY))
    return Panel(panel.sales, stores, calendar)


def text_of(section: SectionBody) -> str:
    return f"{section.answer} {section.method} {section.unproven}"


def test_promotions_are_told_without_promo2(chain: Panel) -> None:
    assert "Promo2" not in text_of(promotions_section(estimate_promotions(chain)))


def test_without_promotions_the_reason_names_no_promo2(chain: Panel) -> None:
    without = chain.calendar.with_columns(pl.lit(0, pl.Int8).alias(s.PROMO))
    with pytest.raises(NotAnswerableError, match=r"^no promotion is marked on a day with sales$"):
        estimate_promotions(Panel(chain.sales, chain.stores, without))


def test_holidays_and_seasons_are_told_without_christmas_easter_and_schools(chain: Panel) -> None:
    text = text_of(holidays_section(estimate_holidays(chain))) + text_of(seasons_section(estimate_seasons(chain)))
    assert not [
        word
        for word in ("Christmas", "Easter", "New Year", "School holidays:", "Summer school holidays cannot")
        if word in text
    ]


def test_stores_of_no_known_kind_are_said_to_be_so(chain: Panel) -> None:
    with pytest.raises(NotAnswerableError, match="neither the type nor the assortment of any store is given"):
        estimate_assortment(chain)


@pytest.mark.parametrize(
    ("gaining", "words"),
    [
        (33, "all of them surely gain sales"),
        (30, "all but 3 of them surely gain sales"),
        (9, "9 of them surely gain sales"),
        (1, "1 of them surely gains sales"),
        (0, "none of them surely gains sales"),
    ],
)
def test_where_few_stores_gain_those_are_counted(gaining: int, words: str) -> None:
    assert how_many_gain(gaining, 33) == words
