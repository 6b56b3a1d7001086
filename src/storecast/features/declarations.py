"""Declarations: every built-in column of the features, once, with the driver that it speaks for.

A column that no block declares is refused as soon as `CutoffState` works it out, and so is a declared one that is missing. What a
chain adds is declared elsewhere: a known-ahead column of its own is called `known_` and its name, a registered feature
(`registry.feature`) `own_` and its name.

A developer who changes what a column says, and not its name, raises the revision of its block: the version of the features
follows from names and revisions, and a model refuses features of another version than it learned from.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from storecast import schema as s
from storecast.features.drivers import (
    COMPETITION,
    HOLIDAYS,
    LEVEL,
    OWN_COLUMNS,
    PROMOTION,
    SEASON,
    TREND,
    WEEKDAY,
    driver_of_term,
    own_driver,
)
from storecast.features.history import PAST_ONLY, SPANS
from storecast.features.registry import OWN, own_drivers
from storecast.features.residuals import RECENT

KNOWN = "known_"  # begins the column of a chain's own known-ahead column


class DeclarationError(AssertionError):
    """A column is not declared, or a declared column is missing: a fault of the program, not of the data."""


@dataclass(frozen=True)
class Feature:
    """A column of the features.

    Attributes
    ----------
    name : of the column
    driver : that it speaks for, one of `DRIVERS`; None: it explains nothing, or nothing where it cannot be taken apart
    parts : drivers of the pieces that `Pieces` takes the column apart into, where it speaks for several
    forest : the random forest looks at it
    """

    name: str
    driver: str | None
    parts: tuple[str, ...] = ()
    forest: bool = False


@dataclass(frozen=True)
class Block:
    """Columns that are worked out together.

    Attributes
    ----------
    name : of the block
    revision : one more whenever a column of the block comes to say something else under its old name
    features : its columns
    """

    name: str
    revision: int
    features: tuple[Feature, ...]


# Every Saturday is followed by a closed day: what is usual on a weekday belongs to it, and the remainder to holidays.
NEIGHBOURS = (WEEKDAY, HOLIDAYS)

# forest: the columns of the largest total gain in XGBoost, on windows that no report shows (2015-02-14 and 2014-07-08).
CALENDAR = Block(
    "calendar",
    1,
    (
        Feature("weekday", WEEKDAY),
        Feature("day_of_month", SEASON, forest=True),
        Feature("days_to_month_end", SEASON, forest=True),
        Feature("from_christmas", HOLIDAYS, forest=True),
        Feature("from_payday", SEASON),
        Feature("from_easter", HOLIDAYS),
        Feature("promo", PROMOTION),
        Feature("promo_position", PROMOTION),
        Feature("promo_left", PROMOTION),
        Feature("promo_weeks", PROMOTION),
        Feature("promo_since", PROMOTION, forest=True),
        Feature("promo_until", PROMOTION, forest=True),
        Feature("promo_last_week", PROMOTION),
        Feature("promo_next_week", PROMOTION),
        Feature("holiday_kind", HOLIDAYS),
        Feature("holiday_since", HOLIDAYS, forest=True),
        Feature("holiday_until", HOLIDAYS, forest=True),
        Feature("public_since", HOLIDAYS, forest=True),
        Feature("public_until", HOLIDAYS, forest=True),
        Feature("closures_this_week", HOLIDAYS, forest=True),
        Feature("closures_last_week", HOLIDAYS, forest=True),
        Feature("closures_next_week", HOLIDAYS, forest=True),
        Feature("holidays_this_week", HOLIDAYS, forest=True),
        Feature("closed_yesterday", None, NEIGHBOURS, forest=True),
        Feature("closed_tomorrow", None, NEIGHBOURS),
        Feature("closed_run_before", None, NEIGHBOURS),
        Feature("closed_run_after", None, NEIGHBOURS),
        Feature("shut_since", HOLIDAYS, forest=True),
        Feature("shut_until", HOLIDAYS, forest=True),
        Feature("open_run", None, NEIGHBOURS, forest=True),
        Feature("sundays_this_week", None, NEIGHBOURS),
        Feature("school", HOLIDAYS),
        Feature("school_position", HOLIDAYS),
        Feature("school_left", HOLIDAYS),
        Feature("school_since", HOLIDAYS),
        Feature("school_until", HOLIDAYS, forest=True),
        Feature("school_this_week", HOLIDAYS),
        Feature("school_next_week", HOLIDAYS),
        Feature("school_last_week", HOLIDAYS),
    ),
)
HISTORY = Block(
    "history",
    1,
    (
        *(Feature(f"mean_{span}", LEVEL) for span in SPANS),
        *(Feature(f"spread_{span}", LEVEL) for span in SPANS),
        *(Feature(f"mean_cell_{span}", LEVEL, (LEVEL, WEEKDAY, PROMOTION), forest=True) for span in SPANS),
        *(Feature(f"mean_weekday_{span}", LEVEL, (LEVEL, WEEKDAY), forest=span != 91) for span in SPANS),
        *(Feature(f"mean_promo_{span}", LEVEL, (LEVEL, PROMOTION), forest=True) for span in SPANS),
        Feature("basket", LEVEL),
        Feature("history_days", LEVEL, forest=True),
        Feature("days_since_gap", LEVEL),
    ),
)
RIDGE = Block(
    "ridge",
    5,
    (
        Feature("ridge", None, (LEVEL, WEEKDAY, TREND, SEASON, PROMOTION, HOLIDAYS), forest=True),
        Feature("ridge_season", SEASON, forest=True),
        Feature("ridge_holiday", HOLIDAYS, forest=True),
        Feature("ridge_promotion", PROMOTION),
        Feature("ridge_level", LEVEL),
        Feature("ridge_trend", TREND, forest=True),
        Feature("ridge_noise", LEVEL),
        *(Feature(f"residual_{span}", TREND) for span in RECENT),
        Feature("residual_last_year", SEASON),
    ),
)
ATTRIBUTES = Block(
    "attributes",
    1,
    (
        Feature(s.STORE_TYPE, LEVEL),
        Feature(s.ASSORTMENT, LEVEL),
        Feature(s.STATE, LEVEL),
        Feature("competition_distance", COMPETITION),
        Feature("competition_months", COMPETITION),
    ),
)
PROMO2 = Block("promo2", 1, (Feature("promo2_weeks", PROMOTION), Feature("promo2_round_age", PROMOTION)))

BLOCKS = (CALENDAR, HISTORY, RIDGE, ATTRIBUTES, PROMO2)
FEATURES = {feature.name: feature for block in BLOCKS for feature in block.features}

# Columns that stand beside the features in what a model looks at. The ridge's parts explain, and are no features.
PART_WEEKDAY, PART_TREND, PART_SCHOOL = RIDGE_PARTS = ("part_weekday", "part_trend", "part_school")
PART_OWN = "part_own_"  # begins the ridge's part for a known-ahead column of the chain's own
OFFSET = "offset"  # what the configuration takes off: the ridge's part for holidays and own columns
_OF_MODELS = (
    *(Feature(name, None) for name in RIDGE_PARTS),
    Feature(OFFSET, HOLIDAYS),
    Feature("store", LEVEL),  # naive and linear: the place of the store
    Feature("cell", None, (WEEKDAY, PROMOTION)),  # naive
    Feature("recent", TREND),  # linear; its terms are declared by their part
    Feature(s.STORE, LEVEL),  # lstm
    Feature("past", TREND),
    Feature("sequence", None),
    Feature("step", None),
)
_ALL = FEATURES | {feature.name: feature for feature in _OF_MODELS}


def declaration(column: str) -> Feature | None:
    """Return the declaration of a column that a model looks at; None for a column that only a model of one's own knows.

    A column of a linear model, "part: term", is declared by its part.

    Examples
    --------
    >>> declaration("school_until").driver, declaration("month: day 3").driver, declaration("school_size")
    ('holidays', 'season', None)
    """
    if column.startswith(KNOWN):
        return Feature(column, own_driver(column.removeprefix(KNOWN)))
    if column.startswith(PAST_ONLY):
        return Feature(column, LEVEL)
    if column.startswith(PART_OWN):
        return Feature(column, None)
    if column.startswith(OWN):
        return Feature(column, own_drivers().get(column, OWN_COLUMNS))
    driver = driver_of_term(column)
    return Feature(column, driver) if driver else _ALL.get(column)


def check_columns(columns: Iterable[str], known: Iterable[str], past_only: Iterable[str] = ()) -> None:
    """Check that the columns that were worked out are exactly those that are declared.

    Parameters
    ----------
    columns : names of the columns
    known : names of the chain's own known-ahead columns
    past_only : names of those that are known of the past alone

    Raises
    ------
    DeclarationError
        where a column is not declared, or a declared one is missing
    """
    worked_out = set(columns)
    declared = {*FEATURES, *(f"{KNOWN}{name}" for name in known), *own_drivers()}
    declared |= {f"{PAST_ONLY}{name}" for name in past_only}
    if undeclared := sorted(worked_out - declared):
        raise DeclarationError(
            f"{', '.join(undeclared)}: worked out as features, and not declared; declare them in {__name__}"
        )
    if missing := sorted(declared - worked_out):
        raise DeclarationError(f"{', '.join(missing)}: declared as features in {__name__}, and not worked out")


def version_of(blocks: Iterable[Block]) -> str:
    """Return a version that follows from the names of the columns and the revisions of their blocks.

    Versions 1 to 3 were counted by hand; what begins with 4 ends with a digest.
    """
    text = "\n".join(
        f"{block.name} {block.revision}: {' '.join(sorted(feature.name for feature in block.features))}"
        for block in blocks
    )
    return f"4.{hashlib.sha256(text.encode()).hexdigest()[:8]}"


VERSION = version_of(BLOCKS)
