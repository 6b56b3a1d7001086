"""What the section says of promotions is no more than its estimates bear."""

import pytest

from storecast.exploration.promotions.parts import ALL_WEEKDAYS, Part
from storecast.exploration.promotions.section import promotions_section
from storecast.exploration.shared.estimates import Estimate, Unit, tidy_table
from storecast.exploration.shared.observed import CUSTOMERS, SALES

Bounds = tuple[float, float, float]


@pytest.mark.parametrize(
    ("uplift", "share", "divided"),
    [
        ((0.37, 0.36, 0.38), (0.63, 0.61, 0.65), True),
        ((-0.022, -0.041, -0.002), (-9.1, -17.2, -0.9), False),  # sales fall
        ((0.01, -0.02, 0.04), (0.6, 0.5, 0.7), False),  # chance alone may bring it
        ((0.1, 0.08, 0.12), (1.3, 1.1, 1.5), False),  # baskets become smaller
        ((0.02, 0.001, 0.04), (0.5, -1.0, 2.0), False),  # nobody knows
    ],
)
def test_an_uplift_is_divided_into_customers_and_baskets_only_where_both_surely_grow(
    uplift: Bounds, share: Bounds, divided: bool
) -> None:
    table = tidy_table(
        [
            Estimate(Part.UPLIFT, ALL_WEEKDAYS, SALES, Unit.CHANGE, *uplift),
            Estimate(Part.NEW_CUSTOMERS, ALL_WEEKDAYS, CUSTOMERS, Unit.SHARE, *share),
        ]
    )
    answer = str(promotions_section(table).answer)
    assert "a promotion week sells" in answer
    assert ("more customers, the rest larger baskets" in answer) == divided
