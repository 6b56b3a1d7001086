import datetime as dt

import numpy as np
import pytest

from storecast.questions.adjusted import adjusted, chain
from storecast.questions.calendar import AFTER, KINDS, PROMO, SCHOOL, SEASON, calendar_terms, explain, holiday_positions
from storecast.questions.levels import SALES, observed
from storecast.questions.tidy import NotAnswerableError
from support.known_chain import last_days, usual_chain
from support.panels import make_panel


def column(day: dt.date) -> int:
    return observed(usual_chain()).grid.column(day)


def test_new_year_is_one_of_the_days_after_christmas() -> None:
    near = holiday_positions(observed(usual_chain()))
    assert near["Christmas"](5)[:, column(dt.date(2013, 12, 31))].mean() > 0.9
    assert not near["public"](-1)[:, column(dt.date(2013, 12, 31))].any()


def test_easter_saturday_lies_between_the_holidays() -> None:
    near = holiday_positions(observed(usual_chain()))
    thursday, saturday = column(dt.date(2014, 4, 17)), column(dt.date(2014, 4, 19))
    assert near["Easter"](-1)[:, thursday].mean() > 0.9
    assert near["Easter"](0)[:, saturday].mean() > 0.9
    assert not near["Easter"](1)[:, saturday].any()


def test_each_store_day_is_at_one_distance_from_a_kind_of_holiday_before_it_and_one_after() -> None:
    near = holiday_positions(observed(usual_chain()))
    for kind in (*KINDS, SCHOOL):
        assert sum(near[kind](k).astype(int) for k in range(-10, 0)).max() == 1
        assert sum(near[kind](k).astype(int) for k in range(1, 11)).max() == 1


def test_what_is_explained_and_what_is_not_add_up_to_the_index() -> None:
    found = adjusted(usual_chain())
    fit, split = found.fits[SALES], found.two_way[SALES]
    used = ~np.isnan(fit.unexplained)
    explained = fit.explained(found.terms.values[0], range(len(fit.terms)))
    gap = (split.index[0] - explained - fit.unexplained)[used]
    assert np.ptp(gap) < 1e-6  # the constant


def test_terms_that_never_hold_are_left_out() -> None:
    panel = last_days(usual_chain(), 120)  # spring: no Christmas, less than a year
    seen = observed(panel)
    found = adjusted(panel).fits[SALES]
    families = {term.family for term in found.intervals}
    assert "Christmas" not in families
    assert SEASON not in {term.family for term in calendar_terms(seen, chain(seen)).terms}
    assert PROMO in families


def test_the_week_after_is_told_apart_only_where_other_weeks_off_are_seen() -> None:
    assert AFTER in {term.family for term in adjusted(usual_chain()).fits[SALES].intervals}
    assert AFTER not in {term.family for term in adjusted(make_panel(6, 420)).fits[SALES].intervals}


def test_too_few_days_are_refused_with_their_number() -> None:
    seen = observed(usual_chain())
    terms = calendar_terms(seen, chain(seen))
    count = np.zeros(seen.grid.days, np.int64)
    count[:20] = 9
    with pytest.raises(NotAnswerableError, match="trading days; at least 56"):
        explain(np.zeros(seen.grid.days), count, seen.weekday, terms, 0)
