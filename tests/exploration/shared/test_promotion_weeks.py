import numpy as np
import polars as pl
import pytest

from storecast import schema as s
from storecast.data.panel import Panel
from storecast.exploration.shared.adjusted import adjust
from storecast.exploration.shared.estimates import NotAnswerableError
from storecast.exploration.shared.promotion_weeks import promotion_weeks, week_means
from support.known_chain import usual_chain
from support.panels import make_panel


def test_spells_count_up_and_weeks_off_belong_to_the_spell_before() -> None:
    weeks = promotion_weeks(adjust(usual_chain()))
    on = weeks.week_in_spell > 0
    assert weeks.all_together
    assert weeks.weekdays == [0, 1, 2, 3, 4]
    assert (np.diff(weeks.spell) >= 0).all()
    assert ((np.diff(weeks.spell) == 1) == (on[1:] & ~on[:-1])).all()
    assert set(weeks.week_in_spell) == {0, 1, 2}
    assert (weeks.weeks_off[on] == 0).all()


def test_a_chain_that_always_promotes_cannot_be_compared() -> None:
    panel = make_panel(4, 200)
    always = Panel(panel.sales, panel.stores, panel.calendar.with_columns(pl.lit(1, pl.Int8).alias(s.PROMO)))
    with pytest.raises(NotAnswerableError, match="nothing to compare"):
        promotion_weeks(adjust(always))


def test_promotions_of_single_stores_are_not_common() -> None:
    panel = make_panel(6, 300)
    own = pl.when((pl.col(s.STORE) + pl.col(s.DATE).dt.week()) % 3 == 0).then(1).otherwise(0).cast(pl.Int8)
    separate = Panel(panel.sales, panel.stores, panel.calendar.with_columns(own.alias(s.PROMO)))
    assert not promotion_weeks(adjust(separate)).all_together


def test_a_week_with_most_of_its_days_missing_has_no_mean() -> None:
    values = np.array(
        [[1.0, 3.0, np.nan, np.nan, np.nan, np.nan, np.nan, 2.0, 4.0, 6.0, np.nan, np.nan, np.nan, np.nan]]
    )
    result = week_means(values, np.repeat([0, 1], 7), np.tile(np.arange(7), 2), [0, 1, 2], 2)
    np.testing.assert_allclose(result, [[2.0, 4.0]])
    assert np.isnan(week_means(values, np.repeat([0, 1], 7), np.tile(np.arange(7), 2), [0, 1, 2, 3], 2)[0, 0])
