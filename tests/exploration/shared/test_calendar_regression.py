import datetime as dt

import numpy as np
import pytest

from storecast.exploration.shared.adjusted import adjust, one_group
from storecast.exploration.shared.calendar_regression import fit_calendar
from storecast.exploration.shared.calendar_terms import HOLIDAY_KINDS, Family, calendar_terms, holiday_positions
from storecast.exploration.shared.estimates import NotAnswerableError
from storecast.exploration.shared.observed import SALES, observe
from support.known_chain import last_days, usual_chain
from support.panels import make_panel


def column(day: dt.date) -> int:
    return observe(usual_chain()).grid.column(day)


def test_new_year_is_one_of_the_days_after_christmas() -> None:
    near = holiday_positions(observe(usual_chain()))
    assert near["Christmas"](5)[:, column(dt.date(2013, 12, 31))].mean() > 0.9
    assert not near["public"](-1)[:, column(dt.date(2013, 12, 31))].any()


def test_easter_saturday_lies_between_the_holidays() -> None:
    near = holiday_positions(observe(usual_chain()))
    thursday, saturday = column(dt.date(2014, 4, 17)), column(dt.date(2014, 4, 19))
    assert near["Easter"](-1)[:, thursday].mean() > 0.9
    assert near["Easter"](0)[:, saturday].mean() > 0.9
    assert not near["Easter"](1)[:, saturday].any()


def test_each_store_day_is_at_one_distance_from_a_kind_of_holiday_before_it_and_one_after() -> None:
    near = holiday_positions(observe(usual_chain()))
    for kind in (*HOLIDAY_KINDS, Family.SCHOOL):
        assert sum(near[kind](k).astype(int) for k in range(-10, 0)).max() == 1
        assert sum(near[kind](k).astype(int) for k in range(1, 11)).max() == 1


def test_what_is_explained_and_what_is_not_add_up_to_the_index() -> None:
    adjusted = adjust(usual_chain())
    fit, split = adjusted.fits[SALES], adjusted.two_way[SALES]
    used = ~np.isnan(fit.unexplained)
    explained = fit.explained(adjusted.terms.values[0], range(len(fit.terms)))
    gap = (split.index[0] - explained - fit.unexplained)[used]
    assert np.ptp(gap) < 1e-6  # the constant


def test_terms_that_never_hold_are_left_out() -> None:
    panel = last_days(usual_chain(), 120)  # spring: no Christmas, less than a year
    observed = observe(panel)
    adjusted = adjust(panel).fits[SALES]
    families = {term.family for term in adjusted.intervals}
    assert "Christmas" not in families
    assert Family.SEASON not in {term.family for term in calendar_terms(observed, one_group(observed)).terms}
    assert Family.PROMOTION in families


def test_the_week_after_is_distinguished_only_where_other_weeks_off_are_seen() -> None:
    assert Family.AFTER_PROMOTION in {term.family for term in adjust(usual_chain()).fits[SALES].intervals}
    assert Family.AFTER_PROMOTION not in {term.family for term in adjust(make_panel(6, 420)).fits[SALES].intervals}


def test_too_few_days_are_refused_with_their_number() -> None:
    observed = observe(usual_chain())
    terms = calendar_terms(observed, one_group(observed))
    count = np.zeros(observed.grid.days, np.int64)
    count[:20] = 9
    with pytest.raises(NotAnswerableError, match="trading days; at least 56"):
        fit_calendar(np.zeros(observed.grid.days), count, observed.usual_days, terms, 0)
