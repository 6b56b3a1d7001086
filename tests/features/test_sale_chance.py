"""The chance of a sale follows a store's own days, is shrunk where they are few, and is exactly 1 where zeros are rare."""

import numpy as np
import pytest

from storecast.arrays import Bool
from storecast.features.sale_chance import chances

DAYS = 728
WEEKDAYS = np.arange(DAYS) % 7


def with_chance(chance: object, stores: int = 4, seed: int = 3) -> tuple[Bool, Bool]:
    """Return sold and idle days of stores whose chance of a sale may differ by weekday."""
    rng = np.random.default_rng(seed)
    by_day = np.broadcast_to(np.asarray(chance, np.float64), (7,))[WEEKDAYS]
    sold = rng.random((stores, DAYS)) < by_day
    return sold, ~sold


@pytest.mark.parametrize("chance", [0.1, 0.3, 0.6, 0.9])
def test_the_chance_is_that_of_the_days(chance: float) -> None:
    estimated = chances(*with_chance(chance, stores=10), WEEKDAYS)
    assert estimated.mean() == pytest.approx(chance, abs=0.03)
    assert np.abs(estimated - chance).max() < 0.15


def test_a_weekday_of_its_own_is_seen() -> None:
    estimated = chances(*with_chance([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.2]), WEEKDAYS)
    assert estimated[:, 6].mean() == pytest.approx(0.2, abs=0.1)
    assert estimated[:, :6].mean() == pytest.approx(0.9, abs=0.04)


@pytest.mark.parametrize("zeros", [0, 1, 4, 14])
def test_where_zeros_are_rare_the_chance_is_exactly_one(zeros: int) -> None:
    sold = np.ones((3, DAYS), bool)
    sold[1, 100 : 100 + 40 * zeros : 40] = False
    assert (chances(sold, ~sold, WEEKDAYS) == 1).all()


def test_a_store_that_always_sells_is_left_alone_among_others_that_do_not() -> None:
    sold, idle = with_chance(0.4)
    sold[2], idle[2] = True, False
    estimated = chances(sold, idle, WEEKDAYS)
    assert (estimated[2] == 1).all()
    assert (estimated[[0, 1, 3]] < 0.7).all()


def test_a_new_store_is_like_a_chain_that_often_sells_nothing() -> None:
    sold, idle = with_chance(0.4)
    sold[3], idle[3] = False, False
    assert chances(sold, idle, WEEKDAYS)[3].mean() == pytest.approx(0.4, abs=0.06)


def test_newer_days_count_more() -> None:
    sold = np.ones((2, DAYS), bool)
    sold[0, -364::2] = False
    assert chances(sold, ~sold, WEEKDAYS)[0].mean() < 0.75


@pytest.mark.parametrize("chance", [0.05, 0.2, 0.6])
def test_a_kiosk_among_stores_that_always_sell_has_the_chance_of_its_own_days(chance: float) -> None:
    sold, idle = with_chance(chance, stores=12)
    sold[1:], idle[1:] = True, False
    assert chances(sold, idle, WEEKDAYS)[0].mean() == pytest.approx(chance, abs=0.06)
