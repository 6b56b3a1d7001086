"""What the rows of the table on openings and closings are about."""

from enum import StrEnum


class Part(StrEnum):
    """The parts of the table."""

    CLOSURES = "closures"  # how many, by the trading days they lose; N the stores
    AROUND_CLOSURE = "days around a closure"  # Position the days from it; N the closures
    AROUND_CLOSED_DAYS = "first day after closed days"  # by the length of a run of holidays and Sundays; N the days
    ABSENCES = "absences"  # how many, by kind, began on one day, took a whole state; N of so many
    WEEKS_AROUND_ABSENCE = "weeks around an absence"  # against weeks 26 to 13 before and the stores that stayed
    AROUND_ABSENCE = "around an absence"  # the same for spans of weeks
    STORES_BY_SUNDAYS = "stores by their Sundays"  # how many trade on nearly all, some, no Sundays; N of so many
    SUNDAY_TRADING = "Sunday trading"  # Saturday and Monday, against stores that never trade on Sundays; N the stores
    SUNDAYS_ON_AND_OFF = "Sundays on and off"  # the same, week by week, of stores that open on some Sundays
    SUNDAY_ITSELF = "Sunday itself"  # against Tuesday to Friday of the same store
    WEEK_WITH_SUNDAY = "week with Sunday"  # Saturday to Monday, and the whole week, in money
    SHARE_ON_SUNDAYS = "share of all sales made on Sundays"


class Closure(StrEnum):
    """The kinds of closures, by the trading days that are lost."""

    ONE_DAY = "1 day"
    ONE_DAY_SHARED = "1 day, with others"
    SHORT = "2 to 3 days"
    LONG = "4 to 27 days"


class Absence(StrEnum):
    """The kinds of absences."""

    NO_ROWS = "no rows"
    SHUT = "shut 4 weeks or more"
    SHORTER = "shut 4 to 27 days"


class Sundays(StrEnum):
    """The kinds of stores, by the Sundays they trade on."""

    NEARLY_ALL = "nearly all"
    SOME = "some"
    NEVER = "none"
    NEARLY_ALL_SAME_TYPE = "nearly all, beside stores of their own type"
    SWITCHED_ONCE = "some, begun or ended once"


ALL, SAME_DAY, WHOLE_STATE = "all", "of them began on one day", "of them in states that were away as a whole"
