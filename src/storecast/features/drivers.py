"""Drivers: a planner's words for what moves a forecast.

Each column of the features speaks for one of them, or for several at once: `declarations` says for which.
"""

from collections.abc import Iterable

from storecast.data.own_categories import column_of_flag

DRIVERS = ("level", "weekday", "season", "promotion", "holidays", "competition", "trend", "own columns")
(LEVEL, WEEKDAY, SEASON, PROMOTION, HOLIDAYS, COMPETITION, TREND, OWN_COLUMNS) = DRIVERS

DRIVER_OF_PART = {  # of the ridge's terms: `Term.part`
    "weekday": WEEKDAY,
    "promotion": PROMOTION,
    "trend": TREND,
    "season": SEASON,
    "month": SEASON,
    "holiday": HOLIDAYS,
    "school": HOLIDAYS,
}


def own_driver(column: str) -> str:
    """Name the driver that a known-ahead column of the chain's own is.

    Examples
    --------
    >>> own_driver("Price")
    'own: Price'
    >>> own_driver("Weather = rain")  # a flag of a text column
    'own: Weather'
    """
    return f"own: {column_of_flag(column)}"


def driver_of_term(column: str) -> str | None:
    """Return the driver of a linear model's column "part: term"; None where there is no such part.

    Examples
    --------
    >>> driver_of_term("month: day 3"), driver_of_term("own: Price"), driver_of_term("school_size")
    ('season', 'own: Price', None)
    """
    part, colon, _ = column.partition(": ")
    if not colon:
        return None
    return own_driver(column.removeprefix("own: ")) if part == "own" else DRIVER_OF_PART.get(part)


def in_order(drivers: Iterable[str]) -> tuple[str, ...]:
    """Return drivers in the order of `DRIVERS`, then those of own columns by name."""
    some = set(drivers)
    return (*(driver for driver in DRIVERS if driver in some), *sorted(some - set(DRIVERS)))
