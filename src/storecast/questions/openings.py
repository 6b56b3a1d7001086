"""Openings and closings: sales around closed days, after long absences, and with Sunday trading.

closures         days around a closure that no holiday and no Sunday explains, and the first day after holidays
absences         days and months without sales, and the weeks around them
sunday_trading   stores that open on Sundays: that day, and their Saturdays and Mondays
"""

import polars as pl

from storecast.data.panel import Panel
from storecast.questions.absences import absences
from storecast.questions.adjusted import adjusted
from storecast.questions.closures import closures
from storecast.questions.sunday_trading import sunday_trading
from storecast.questions.tidy import NotAnswerableError, tidy


def openings(panel: Panel) -> pl.DataFrame:
    """Measure what happens around closings and openings, and what Sunday trading does.

    Returns
    -------
    closures : how many, by the trading days they lose; N the stores
    days around a closure : Position the days from it, beside the store's weeks before and the other stores; N the closures
    first day after closed days : by the length of a run of holidays and Sundays; N the days
    absences : how many, by kind, began on one day, took a whole state; N of so many
    weeks around an absence : Position the weeks, beside weeks 26 to 13 before and the stores that stayed; N the stores
    around an absence : the same for spans of weeks
    stores by their Sundays : how many trade on nearly all, some, no Sundays; N of so many
    Sunday trading : Saturday and Monday of stores that trade on nearly all Sundays, beside stores that never do; N the stores
    Sundays on and off : the same of stores with and without, week by week, beside themselves; N the stores
    Sunday itself : beside Tuesday to Friday of the same store
    week with Sunday : Saturday to Monday, and the whole week, in money, beside stores that never trade on Sundays
    """
    found = adjusted(panel)
    lines = [*closures(found), *absences(found), *sunday_trading(found)]
    if not lines:
        raise NotAnswerableError("no store was shut but for Sundays, and none traded on Sundays")
    return tidy(lines)
