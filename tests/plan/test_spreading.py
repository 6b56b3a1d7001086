"""What is spread adds up to the cent, at every level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storecast.plan.spreading import spread

SHAPES = st.lists(st.integers(0, 10**10), min_size=1, max_size=60).map(lambda cells: np.array(cells, np.int64))


@given(SHAPES, st.integers(0, 10**13))
def test_what_is_spread_adds_up_and_follows_the_shape(shape: np.ndarray, total: int) -> None:
    if len(shape) > 1 and total and not shape.any():
        with pytest.raises(ValueError, match="no shape"):
            spread(total, shape)
        return
    cents = spread(total, shape)
    assert cents.sum() == total
    assert (cents >= 0).all()
    if len(shape) > 1:
        assert (cents[shape == 0] == 0).all()
        exact = shape * (total / max(1, shape.sum()))
        assert np.abs(cents - exact).max() <= 1 + 1e-12 * total


def test_the_largest_remainders_are_rounded_up() -> None:
    assert spread(100, np.array([1, 1, 1])).tolist() == [34, 33, 33]
    assert spread(10, np.array([0, 39, 61])).tolist() == [0, 4, 6]
    assert spread(7, np.array([0])).tolist() == [7]
