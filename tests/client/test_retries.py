"""How long the client waits before it asks again."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storecast.client import RequestError, Retries
from storecast.client.retries import seconds_of


@given(attempt=st.integers(1, 20), share=st.floats(0, 1), first=st.floats(0, 5), longest=st.floats(0, 20))
def test_a_wait_lies_between_nothing_and_a_limit_that_doubles(
    attempt: int, share: float, first: float, longest: float
) -> None:
    wait = Retries(times=20, first=first, longest=longest).wait(attempt, draw=lambda: share)
    assert wait is not None
    assert 0 <= wait <= min(longest, first * 2 ** (attempt - 1))


def test_when_the_retries_are_spent_then_there_is_no_wait() -> None:
    assert Retries(times=0).wait(1) is None
    assert Retries(times=3).wait(3) is not None
    assert Retries(times=3).wait(4) is None


@given(seconds=st.floats(0, 60), share=st.floats(0, 1))
def test_when_the_service_says_when_then_nobody_comes_earlier(seconds: float, share: float) -> None:
    wait = Retries(first=0.5).wait(1, seconds, draw=lambda: share)
    assert wait is not None
    assert seconds <= wait <= seconds + 0.5


def test_when_the_service_asks_for_too_long_then_it_is_an_error_now() -> None:
    assert Retries(patience=5).wait(1, 6) is None


def test_a_retry_after_may_be_a_date() -> None:
    now = dt.datetime(2015, 10, 21, 7, 27, 50, tzinfo=dt.UTC)
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT", now) == 10
    assert seconds_of("Wed, 21 Oct 2015 07:00:00 GMT", now) == 0
    assert seconds_of("١٢") is None


def test_a_number_below_zero_is_refused() -> None:
    with pytest.raises(RequestError, match="no number below 0"):
        Retries(times=-1)
