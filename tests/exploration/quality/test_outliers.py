import datetime as dt

import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.quality.outliers import feast_of, outlier_estimates
from storecast.exploration.quality.parts import BELOW_USUAL, WITHIN_THREE_MONTHS, Part
from storecast.exploration.shared.adjusted import adjust
from storecast.exploration.shared.estimates import GROUP, MEASURE, PART, VALUE, N, tidy_table
from storecast.exploration.shared.observed import SALES
from support.known_chain import usual_chain


def found_in(panel: Panel) -> pl.DataFrame:
    return tidy_table(outlier_estimates(adjust(panel)))


def moved(where: pl.Expr, times: float) -> Panel:
    panel = usual_chain()
    sales = pl.when(where).then(pl.col(s.SALES) * times).otherwise(pl.col(s.SALES)).alias(s.SALES)
    return Panel(panel.sales.with_columns(sales), panel.stores, panel.calendar)


def of(table: pl.DataFrame, part: str, group: str, measure: str) -> float:
    rows = table.filter((pl.col(PART) == part) & (pl.col(GROUP) == group) & (pl.col(MEASURE) == measure))
    return float(rows[VALUE][0])


def largest_state() -> tuple[str, list[int]]:
    stores = usual_chain().stores
    state = stores[s.STATE].value_counts(sort=True).sort("count", s.STATE, descending=True)[s.STATE][0]
    return state, stores.filter(pl.col(s.STATE) == state)[s.STORE].to_list()


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (dt.date(2014, 10, 15), "Wed 2014-10-15, {}"),
        (dt.date(2014, 3, 3), "Mon 2014-03-03, {} (Rose Monday)"),
        (dt.date(2013, 12, 31), "Tue 2013-12-31, {} (New Year's Eve)"),
    ],
)
def test_a_day_on_which_a_states_stores_depart_together_is_named(day: dt.date, name: str) -> None:
    state, stores = largest_state()
    result = found_in(moved(pl.col(s.STORE).is_in(stores) & (pl.col(s.DATE) == day), 0.3))
    first = result.filter(pl.col(PART) == Part.OUTLIERS_BY_DAY)[GROUP][0]
    assert first == name.format(state)
    assert of(result, Part.OUTLIERS_BY_DAY, first, SALES) > 0.9
    assert of(result, Part.OUTLIERS_BY_DAY, first, BELOW_USUAL) == 1


def test_more_sales_than_usual_are_not_below_it() -> None:
    _, stores = largest_state()
    result = found_in(moved(pl.col(s.STORE).is_in(stores) & (pl.col(s.DATE) == dt.date(2014, 9, 10)), 3))
    assert (
        of(result, Part.OUTLIERS_BY_DAY, result.filter(pl.col(PART) == Part.OUTLIERS_BY_DAY)[GROUP][0], BELOW_USUAL)
        == 0
    )


def test_the_first_day_after_school_holidays_is_named() -> None:
    state, stores = largest_state()
    panel = moved(pl.col(s.STORE).is_in(stores) & (pl.col(s.DATE) == dt.date(2014, 9, 15)), 0.3)
    school = pl.col(s.STORE).is_in(stores) & pl.col(s.DATE).is_between(dt.date(2014, 8, 18), dt.date(2014, 9, 12))
    back = pl.col(s.STORE).is_in(stores) & pl.col(s.DATE).is_between(dt.date(2014, 9, 13), dt.date(2014, 9, 20))
    marked = pl.when(school).then(1).when(back).then(0).otherwise(pl.col(s.SCHOOL_HOLIDAY)).cast(pl.Int8)
    result = found_in(panel.with_calendar(panel.calendar.with_columns(marked.alias(s.SCHOOL_HOLIDAY))))
    assert (
        result.filter(pl.col(PART) == Part.OUTLIERS_BY_DAY)[GROUP][0]
        == f"Mon 2014-09-15, {state} (first day after school holidays)"
    )


def test_a_store_with_one_bad_spell_leads_and_its_spell_is_seen() -> None:
    spell = (pl.col(s.STORE) == 7) & pl.col(s.DATE).is_between(dt.date(2014, 6, 2), dt.date(2014, 7, 5))
    result = found_in(moved(spell, 0.3))
    first = result.filter(pl.col(PART) == Part.OUTLIERS_BY_STORE)
    assert first[GROUP][0] == "7"
    assert first[N][0] >= 24  # trading days of the spell
    assert of(result, Part.OUTLIERS_BY_STORE, "7", BELOW_USUAL) > 0.9
    assert of(result, Part.OUTLIERS_BY_STORE, "7", WITHIN_THREE_MONTHS) > 0.9


def test_numbers_of_outliers_add_up_to_the_stores() -> None:
    result = found_in(usual_chain())
    assert result.filter(pl.col(PART) == Part.STORES_BY_OUTLIERS)[VALUE].sum() == usual_chain().stores.height
    assert of(result, Part.OUTLIERS, "all", SALES) < 0.001  # the noise of the generated chain is normal


def test_a_day_is_named_by_the_feasts_of_the_country() -> None:
    assert feast_of(dt.date(2015, 2, 16), "DE") == "Rose Monday"
    assert feast_of(dt.date(2015, 5, 10), "DE") == "Mother's Day"
    assert feast_of(dt.date(2015, 5, 11), "DE") is None
    assert feast_of(dt.date(2015, 2, 16), "EC") == "Carnaval"
    assert feast_of(dt.date(2015, 2, 16), "") is None
    assert feast_of(dt.date(2015, 11, 27), "US") == "Black Friday"
    assert feast_of(dt.date(2015, 4, 4), "") == "Easter Saturday"
    assert feast_of(dt.date(2015, 4, 4), "JP") is None
