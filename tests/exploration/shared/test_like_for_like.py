"""Growth is like for like: a store at which a competitor opened does not stand for the chain."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.seasons.estimate import estimate_seasons
from storecast.exploration.seasons.section import seasons_section
from storecast.exploration.shared.adjusted import adjust
from storecast.exploration.shared.estimate_table import EstimateTable
from storecast.exploration.shared.estimates import tidy_table
from storecast.exploration.shared.growth import growth_by_store
from storecast.exploration.shared.like_for_like import competitor_estimates, competitor_sentence, like_for_like
from storecast.exploration.shared.observed import SALES
from storecast.exploration.stores.estimate import estimate_stores
from storecast.exploration.stores.section import stores_section
from support.panels import make_panel

OPENED = dt.date(2014, 1, 6)


def with_competitors(count: int, stores: int = 8) -> Panel:
    """Return a chain that does not grow, and loses half in the first stores from the day on which a competitor opens there."""
    panel = make_panel(stores, 800, ahead=14, noise=0.02)
    new = pl.col(s.STORE) <= count
    since = pl.when(new).then(pl.lit(OPENED)).otherwise(None).alias(s.COMPETITION_SINCE)
    lost = pl.when(new & (pl.col(s.DATE) >= OPENED)).then(pl.col(s.SALES) * 0.5).otherwise(s.SALES).alias(s.SALES)
    return Panel(panel.sales.with_columns(lost), panel.stores.with_columns(since), panel.calendar)


def growth_of(panel: Panel) -> float:
    return growth_by_store(adjust(panel), SALES).chain.value


def sentence(panel: Panel) -> str:
    return competitor_sentence(EstimateTable(tidy_table(competitor_estimates(adjust(panel)))))


def test_what_a_new_competitor_took_is_no_growth_of_the_chain() -> None:
    usual, panel = with_competitors(0), with_competitors(3)
    assert growth_of(panel) == pytest.approx(growth_of(usual), abs=0.005)
    assert sentence(usual) == ""
    section = seasons_section(estimate_seasons(panel))
    assert "Growth is of the stores without a new competitor: 3 stores got one within these days." in section.unproven


def test_where_too_few_stores_are_left_all_are_counted_and_it_is_said() -> None:
    panel = with_competitors(6)
    assert growth_of(panel) < -0.1
    assert like_for_like(adjust(panel)) is adjust(panel)
    assert sentence(panel).startswith("Growth holds what new competitors took: 6 stores got one")


def test_a_store_keeps_its_own_growth_and_is_marked_where_a_competitor_opened() -> None:
    panel = with_competitors(3)
    growth = growth_by_store(adjust(panel), SALES)
    assert (growth.stores[:3] < -0.2).all()
    assert np.abs(growth.stores[3:]).max() < 0.03
    assert np.isnan(growth.like_for_like).tolist() == [True] * 3 + [False] * 5
    assert "(a competitor opened) to" in stores_section(estimate_stores(panel)).answer
