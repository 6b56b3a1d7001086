"""Drivers: a planner's words for what moves a forecast.

Each column of the features speaks for one of them, or for several at once: `declarations` says for which.
"""

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
